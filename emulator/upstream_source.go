package emulator

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"wps/protocol"
	"wps/token"
)

// eventSource sends the events of one logical connection to the handlers of its
// hub, and keeps what they say about it: CloudEvents call a connection the
// source of its events. Close of the server waits until end has been called and
// the last event is out.
type eventSource struct {
	up     *upstream
	hub    string
	id     string // of the connection
	origin string // host of the service as the client knows it
	ctx    context.Context
	cancel context.CancelFunc // ends pending user events

	mu          sync.Mutex
	userID      string
	subprotocol string
	nextID      uint64
	state       string
	hasState    bool
	cookies     cookies
	waiting     []*sourceEvent // notices, in order
	sending     bool           // a goroutine sends them
	ended       bool
}

// sourceEvent is one event. Its id is taken when it happens.
type sourceEvent struct {
	kind        protocol.EventKind
	name        string
	id          uint64
	contentType string
	body        []byte
	metadata    map[string]string
}

// newSource returns the source of a connection, or nil when its hub has no
// handler: all its methods do nothing then. The caller is one that Close waits
// for.
func (u *upstream) newSource(hub, connectionID, origin string) *eventSource {
	if len(u.server.settings.Load().rules(hub).handlers) == 0 {
		return nil
	}
	u.server.life.extend() // until the last event is out
	s := &eventSource{up: u, hub: hub, id: connectionID, origin: origin}
	s.ctx, s.cancel = context.WithCancel(u.server.ctx)
	return s
}

// next makes an event with the connection's next id, which it uses up even when
// nobody wants the event.
func (s *eventSource) next(kind protocol.EventKind, name, contentType string, body []byte) *sourceEvent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.nextLocked(kind, name, contentType, body)
}

func (s *eventSource) nextLocked(kind protocol.EventKind, name, contentType string, body []byte) *sourceEvent {
	e := &sourceEvent{kind: kind, name: name, id: s.nextID, contentType: contentType, body: body}
	s.nextID++
	return e
}

const jsonType = "application/json"

// connected tells the handler that the connection is there, and waits for
// nothing.
func (s *eventSource) connected(userID, subprotocol string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.userID, s.subprotocol = userID, subprotocol
	s.waiting = append(s.waiting, s.nextLocked(protocol.EventSystem, protocol.EventConnected, jsonType, []byte("{}")))
	s.startSending()
}

// end tells the handler that the connection is over and why, and cancels a
// pending user event. Only the first call counts. A source whose connect event
// was refused ends by refused.
func (s *eventSource) end(reason string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.waiting = append(s.waiting, s.nextLocked(protocol.EventSystem, protocol.EventDisconnected, jsonType, disconnectedBody(reason)))
	s.finish()
}

// refused ends a source without an event.
func (s *eventSource) refused() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.finish()
}

// finish makes the events that wait the last ones. The mutex is held.
func (s *eventSource) finish() {
	s.ended = true
	s.cancel()
	s.startSending()
}

// startSending sends what waits, unless a goroutine does. The mutex is held.
func (s *eventSource) startSending() {
	if !s.sending {
		s.sending = true
		s.up.server.life.run(s.sendNotices)
	}
}

// sendNotices sends what waits, one after another.
func (s *eventSource) sendNotices() {
	for {
		s.mu.Lock()
		if len(s.waiting) == 0 {
			s.sending, s.waiting = false, nil
			if s.ended {
				s.up.server.life.leave()
			}
			s.mu.Unlock()
			return
		}
		e := s.waiting[0]
		s.waiting = s.waiting[1:]
		s.mu.Unlock()
		s.sendNotice(e)
	}
}

func (s *eventSource) sendNotice(e *sourceEvent) {
	defer s.up.notices.Add(-1)
	if s.up.notices.Add(1) > maxNotices {
		s.log(e, 0, time.Now(), errors.New("too many events are under way, dropped"))
		return
	}
	if s.handlerOf(e) != nil {
		s.send(s.up.ctx, e)
	}
}

// handlerOf gives the handler that wants an event now; nil when none does.
func (s *eventSource) handlerOf(e *sourceEvent) *handler {
	return s.up.server.settings.Load().rules(s.hub).find(e.kind, e.name)
}

var errNoHandler = errors.New("no event handler wants it")

// send sends an event to its handler and gives the answer, whatever its status.
// It is logged here.
func (s *eventSource) send(ctx context.Context, e *sourceEvent) (*answer, error) {
	began := time.Now()
	a, err := s.exchange(ctx, e)
	status := 0
	if err == nil {
		if status = a.status; !a.ok() {
			err = &refusal{a}
		}
	}
	s.log(e, status, began, err)
	if a != nil && !a.ok() {
		err = nil
	}
	return a, err
}

// refusal is a status other than 2xx, for the log.
type refusal struct{ *answer }

func (r *refusal) Error() string {
	if len(r.body) == 0 {
		return "no body"
	}
	return fmt.Sprintf("%.200q", r.body)
}

func (s *eventSource) log(e *sourceEvent, status int, began time.Time, err error) {
	took := time.Since(began).Round(time.Microsecond)
	s.tell(e, status, took, err)
	facts := []any{"hub", s.hub, "event", e.name, "connectionId", s.id, "id", e.id, "status", status, "took", took}
	switch {
	case err == nil:
		s.up.server.log.Info("event answered", facts...)
	case status != 0 && s.tellsItself(e):
		s.up.server.log.Info("event refused", append(facts, "error", oneLine(err))...)
	case status != 0:
		s.up.server.log.Warn("event refused", append(facts, "error", oneLine(err))...)
	case errors.Is(err, context.Canceled):
		s.up.server.log.Info("event given up, the connection is over", facts...)
	default:
		s.up.server.log.Warn("event not delivered", append(facts, "error", oneLine(err))...)
	}
}

// tell gives a notice of an event.
func (s *eventSource) tell(e *sourceEvent, status int, took time.Duration, err error) {
	s.mu.Lock()
	n := Notice{Time: s.up.server.now(), Type: NoticeEvent, Hub: s.hub, ConnectionID: s.id, UserID: s.userID}
	s.mu.Unlock()
	n.NoticeHandled = &NoticeHandled{e.name, e.id, status, float64(took.Microseconds()) / 1000}
	if err != nil {
		n.Reason = err.Error()
	}
	s.up.server.notices.tell(n)
}

// tellsItself is true for a handler behind a transport of its own: whoever gave
// it knows of its answers.
func (s *eventSource) tellsItself(e *sourceEvent) bool {
	h := s.handlerOf(e)
	return h != nil && h.client != s.up.shared
}

func (s *eventSource) exchange(ctx context.Context, e *sourceEvent) (*answer, error) {
	h := s.handlerOf(e)
	if h == nil {
		return nil, errNoHandler
	}
	if err := s.up.validate(ctx, h, s.hub, s.origin); err != nil {
		return nil, fmt.Errorf("event handler not valid: %w", err)
	}
	limited, cancel := context.WithTimeout(ctx, upstreamTimeout)
	defer cancel()
	r := &upstreamRequest{
		client: h.client, method: http.MethodPost, url: resolve(h.template, s.hub, e.name), body: e.body,
	}
	if h.client == s.up.shared {
		r.log = s.up.server.log
	}
	r.header = s.header(e, r.url)
	a, err := r.send(limited)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("no answer within %s", upstreamTimeout)
	case err == nil && a.ok():
		s.learn(e, r.url, a.header)
	}
	return a, err
}

// header makes the header of an event, spelled as the service spells it.
func (s *eventSource) header(e *sourceEvent, url string) http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := protocol.EventContext{
		Kind: e.kind, Event: e.name, Hub: s.hub, ConnectionID: s.id, UserID: s.userID,
		Subprotocol: s.subprotocol, ID: strconv.FormatUint(e.id, 10), Time: s.up.server.now(),
		Signature: token.Signature(s.id, s.up.server.key), Origin: s.origin,
		State: s.state, HasState: s.hasState, RequestID: newGUID(),
	}
	h := http.Header{"User-Agent": nil, "Content-Type": {e.contentType}}
	setMetadata(h, e.metadata)
	c.SetHeader(h)
	if line := s.cookies.header(url); line != "" {
		h["Cookie"] = []string{line}
	}
	return h
}

// learn keeps what a good answer says about the connection: cookies, and its
// state when the event is one that the service waits for.
func (s *eventSource) learn(e *sourceEvent, url string, h http.Header) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cookies.learn(url, h)
	states := h.Values(protocol.HeaderConnectionState)
	blocking := protocol.EventContext{Kind: e.kind, Event: e.name}
	if len(states) > 0 && blocking.Blocking() {
		s.state, s.hasState = states[len(states)-1], true
	}
}

// newGUID makes a random one.
//
// Source: RFC 9562, section 5.4.
func newGUID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
