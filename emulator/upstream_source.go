package emulator

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"wps/emulator/internal/carrier"
	"wps/internal/reason"
	"wps/protocol"
	"wps/protocol/traffic"
	"wps/token"
)

// eventSource sends the events of one logical connection to the handlers of its
// hub, and keeps what they answer about it: to CloudEvents a connection is the
// source of its events. Close of the server waits until connectionEnded or abandon
// was called and the last event is sent.
type eventSource struct {
	up        *upstream
	hub       string
	id        string // of the connection
	origin    string // host of the service as the client knows it
	signature string
	ctx       context.Context
	cancel    context.CancelFunc // ends pending user events
	chain     uint64             // of the handshake

	mu          sync.Mutex
	userID      string
	subprotocol string
	nextID      uint64
	state       string
	hasState    bool
	cookies     cookies
	opening     *opening // nil until connected was called
	ended       bool
}

// opening is the progress of the event connected. Its channels are closed.
type opening struct {
	sent     chan struct{} // the first attempt is on its way
	answered chan struct{} // or the event has failed
	once     sync.Once     // closes sent
}

// sourceEvent is one event. Its id is assigned when it happens.
type sourceEvent struct {
	kind        protocol.EventKind
	name        string
	id          uint64
	contentType string
	body        []byte
	metadata    map[string]string
	begun       func()           // is called when an attempt to send it begins; nil: nothing
	chain       uint64           // of its traffic objects
	sent        *carrier.Request // nil until it is sent
	watched     bool             // attempts and headers are kept
	attempts    []traffic.Attempt
}

// newSource returns the source of a connection, or nil when its hub has no
// handler and is to have none: all its methods do nothing then. The caller is one
// that Close waits for.
func (u *upstream) newSource(hub, connectionID, origin string, chain uint64) *eventSource {
	if len(u.server.settings.Load().rules(hub).handlers) == 0 && !u.server.allEvents {
		return nil
	}
	u.server.life.extend() // until the last event is out
	s := &eventSource{up: u, hub: hub, id: connectionID, origin: origin, chain: chain, signature: token.Signature(connectionID, u.server.key)}
	s.ctx, s.cancel = context.WithCancel(u.server.ctx)
	return s
}

// newEvent returns an event with the connection's next id, which is used even when
// the event has no handler.
func (s *eventSource) newEvent(kind protocol.EventKind, name, contentType string, body []byte) *sourceEvent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.newEventLocked(kind, name, contentType, body)
}

func (s *eventSource) newEventLocked(kind protocol.EventKind, name, contentType string, body []byte) *sourceEvent {
	e := &sourceEvent{kind: kind, name: name, id: s.nextID, contentType: contentType, body: body}
	s.nextID++
	return e
}

const jsonType = "application/json"

// connected sends the connected event without waiting.
func (s *eventSource) connected(userID, subprotocol string) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.userID, s.subprotocol = userID, subprotocol
	e := s.newEventLocked(protocol.EventSystem, protocol.EventConnected, jsonType, []byte("{}"))
	o := &opening{sent: make(chan struct{}), answered: make(chan struct{})}
	e.chain = s.chain
	e.begun = func() { o.once.Do(func() { close(o.sent) }) }
	s.opening = o
	s.up.server.life.run(func() {
		defer close(o.answered)
		s.sendUnblocking(e)
	})
}

// connectionEnded sends the disconnected event without waiting, and cancels a user
// event in progress. Only the first call counts. A source whose connect event was
// refused ends by abandon instead.
func (s *eventSource) connectionEnded(reason string, chain uint64) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended {
		return
	}
	s.ended = true
	s.cancel()
	e := s.newEventLocked(protocol.EventSystem, protocol.EventDisconnected, jsonType, disconnectedBody(reason))
	e.chain = chain
	s.up.server.life.run(func() {
		defer s.up.server.life.leave()
		s.opening.wait()
		s.sendUnblocking(e)
	})
}

// abandon ends a source without an event.
func (s *eventSource) abandon() {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ended = true
	s.cancel()
	s.up.server.life.leave()
}

// openingLead is how far ahead of disconnected the request of connected is, when
// its handler has not answered it yet: enough for the two to arrive in order.
const openingLead = 100 * time.Millisecond

// wait returns when disconnected may be sent.
func (o *opening) wait() {
	if o == nil {
		return
	}
	select {
	case <-o.answered:
		return
	case <-o.sent:
	}
	lead := time.NewTimer(openingLead)
	defer lead.Stop()
	select {
	case <-o.answered:
	case <-lead.C:
	}
}

// awaitConnected returns when the request of connected is on its way, so that the
// handler learns of a connection before its first user event. It does not wait for
// the answer, which the documentation leaves the handler any time for.
func (s *eventSource) awaitConnected(ctx context.Context) {
	s.mu.Lock()
	o := s.opening
	s.mu.Unlock()
	if o == nil {
		return
	}
	select {
	case <-o.sent:
	case <-o.answered: // it has no handler, or was dropped
	case <-ctx.Done():
	}
}

func (s *eventSource) sendUnblocking(e *sourceEvent) {
	defer s.up.unblocking.Add(-1)
	if s.up.unblocking.Add(1) > maxUnblocking {
		s.report(e, nil, nil, time.Now(), errors.New("too many events are in progress, dropped"))
		return
	}
	if s.handlerOf(e) == nil {
		return
	}
	ctx, cancel := context.WithTimeout(s.up.ctx, carrier.Timeout)
	defer cancel()
	s.deliver(ctx, e)
}

// handlerOf returns the handler of an event by the settings of now, or nil.
func (s *eventSource) handlerOf(e *sourceEvent) *handler {
	return s.up.server.settings.Load().rules(s.hub).handlerFor(e.kind, e.name)
}

var errNoHandler = errors.New("no event handler receives it")

// deliver sends an event to its handler, within the limit of ctx, and returns the
// answer, whatever its status. It is logged here.
func (s *eventSource) deliver(ctx context.Context, e *sourceEvent) (*carrier.Answer, error) {
	began, h := time.Now(), s.handlerOf(e)
	a, err := s.exchange(ctx, h, e)
	s.report(e, h, a, began, err)
	return a, err
}

// report logs the outcome of an event and publishes it.
func (s *eventSource) report(e *sourceEvent, h *handler, a *carrier.Answer, began time.Time, err error) {
	took := time.Since(began).Round(time.Microsecond)
	status := 0
	if a != nil {
		if status = a.Status; !a.OK() {
			err = a.Refusal()
		}
	}
	s.publish(e, a, took, err)
	message, level := outcome(h, status, err)
	if !s.up.server.log.Enabled(context.Background(), level) {
		return
	}
	facts := []any{"hub", s.hub, "event", e.name, "connectionId", s.id, "id", e.id, "status", status, "took", took}
	if err != nil && !errors.Is(err, context.Canceled) {
		facts = append(facts, "error", oneLine(err))
	}
	s.up.server.log.Log(context.Background(), level, message, facts...)
}

// outcome returns what the log says of an event. A handler in this process
// reports its own refusals.
func outcome(h *handler, status int, err error) (message string, level slog.Level) {
	switch {
	case err == nil:
		return "event answered", slog.LevelInfo
	case status != 0 && h.carrier.Local():
		return "event refused", slog.LevelInfo
	case status != 0:
		return "event refused", slog.LevelWarn
	case errors.Is(err, context.Canceled):
		return "event cancelled, the connection has ended", slog.LevelInfo
	}
	return "event not delivered", slog.LevelWarn
}

// reasonOf returns the cause of a failed event.
func reasonOf(err error) string {
	var op *net.OpError
	switch {
	case errors.Is(err, context.Canceled):
		return "the connection ended before the answer"
	case errors.As(err, &op), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the event handler does not answer: " + reason.Network(err)
	}
	return oneLine(err)
}

func (s *eventSource) exchange(ctx context.Context, h *handler, e *sourceEvent) (*carrier.Answer, error) {
	if h == nil {
		return nil, errNoHandler
	}
	if err := s.up.validate(ctx, h, s.hub, s.origin); err != nil {
		return nil, fmt.Errorf("event handler not valid: %w", err)
	}
	r := &carrier.Request{Carrier: h.carrier, Method: http.MethodPost, URL: h.carrier.Address(s.hub, e.name), Hub: s.hub, Body: e.body, Begun: e.begun}
	if !h.carrier.Local() {
		r.Log = s.up.server.log
	}
	r.Header, e.sent = s.header(e, r), r
	if s.up.server.feed.Watched() {
		e.watched, r.Tried = true, e.keepAttempt
	}
	a, err := r.Send(ctx)
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return nil, fmt.Errorf("no answer within %s", carrier.Timeout)
	case err == nil && a.OK():
		s.keepCookies(r.URL, a.Header)
	}
	return a, err
}

// header returns the header of an event.
func (s *eventSource) header(e *sourceEvent, r *carrier.Request) http.Header {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := protocol.EventContext{
		Kind: e.kind, Event: e.name, Hub: s.hub, ConnectionID: s.id, UserID: s.userID,
		Subprotocol: s.subprotocol, ID: strconv.FormatUint(e.id, 10), Time: s.up.server.now(),
		Signature: s.signature, Origin: s.origin,
		State: s.state, HasState: s.hasState, RequestID: uuid.NewString(),
	}
	h := make(http.Header, headerLines+len(e.metadata))
	if r.Carrier.Local() {
		c.SetCanonicalHeader(h)
	} else {
		c.SetHeader(h)
		h["User-Agent"] = nil
	}
	h["Content-Type"] = []string{e.contentType}
	setMetadata(h, e.metadata, r.Carrier.Local())
	if line := s.cookies.header(r.URL); line != "" {
		h["Cookie"] = []string{line}
	}
	return h
}

// headerLines is how many lines the header of an event has, at most and without
// metadata.
const headerLines = 18

// keepCookies keeps the cookies of a successful answer.
func (s *eventSource) keepCookies(url string, h http.Header) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cookies.store(url, h)
}

// keepState keeps the connection's state in the answer to a blocking event, once
// all of the answer has turned out to be usable.
func (s *eventSource) keepState(h http.Header) {
	states := h.Values(protocol.HeaderConnectionState)
	if len(states) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.hasState = states[len(states)-1], true
}
