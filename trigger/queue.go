package trigger

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"wps/protocol"
)

// SerialBy is the set of events that are run one after another, in the order in
// which they were received.
type SerialBy string

// The ways to keep order. Each anonymous connection counts as a user of its own.
const (
	SerialByConnection SerialBy = "connection"
	SerialByUser       SerialBy = "user"
	SerialByNone       SerialBy = "none"
)

func (s SerialBy) check() error {
	switch s {
	case SerialByConnection, SerialByUser, SerialByNone:
		return nil
	}
	return fmt.Errorf("events cannot be kept in order by %q: use connection, user or none", string(s))
}

// lineOf returns the key of the line that an event waits in; ok is false for none.
func (s SerialBy) lineOf(c *protocol.EventContext) (key lineKey, ok bool) {
	switch {
	case s == SerialByNone:
		return lineKey{}, false
	case s == SerialByUser && c.UserID != "":
		return lineKey{strings.ToLower(c.Hub), "", c.UserID}, true
	}
	return lineKey{strings.ToLower(c.Hub), c.ConnectionID, ""}, true
}

type lineKey struct{ hub, connection, user string }

const (
	// maxWait is how long an event waits for its turn before it is answered 503:
	// less than the 100 s after which the service gives up.
	maxWait = time.Minute
	// maxQueuedBytes limits the data of all events in the handler.
	maxQueuedBytes = 64 << 20
)

// Reasons why an event was not run. The service may send it again.
var (
	errFull    = errors.New("too many events are waiting")
	errClosing = errors.New("this event handler is stopping")
	errWaited  = fmt.Errorf("the event waited %v for its turn", maxWait)
)

// queue limits how many events run and how many wait, and keeps the order of the
// events of a line.
type queue struct {
	serial   SerialBy
	slots    chan struct{} // holds one for each event that runs
	maxIn    int           // events that run or wait
	maxBytes int64

	// stopping is closed when no further event may begin. ctx ends when the
	// events that run must be killed.
	stopping chan struct{}
	ctx      context.Context
	kill     context.CancelFunc

	mu      sync.Mutex
	closed  bool
	in      int
	running int
	bytes   int64
	lines   map[lineKey][]*place // the first one runs or is next
	idle    chan struct{}        // closed when closed and none is running
}

// place is the place of one event in its line.
type place struct {
	key   lineKey
	turn  chan struct{} // closed when all before it have left; nil when first
	bytes int64
}

func newQueue(o Options) *queue {
	ctx, kill := context.WithCancel(context.Background())
	return &queue{
		serial: o.SerialBy, slots: make(chan struct{}, o.Concurrency),
		maxIn: o.Concurrency + o.Queue, maxBytes: max(maxQueuedBytes, o.MaxBody),
		stopping: make(chan struct{}), ctx: ctx, kill: kill,
		lines: map[lineKey][]*place{}, idle: make(chan struct{}),
	}
}

// enter returns the place of a new event. The error is errFull or errClosing.
func (q *queue) enter(c *protocol.EventContext, bytes int64) (*place, error) {
	key, inLine := q.serial.lineOf(c)
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.closed:
		return nil, errClosing
	case q.in >= q.maxIn, q.in > 0 && q.bytes+bytes > q.maxBytes:
		return nil, errFull
	}
	q.in++
	q.bytes += bytes
	p := &place{key: key, bytes: bytes}
	if !inLine {
		return p, nil
	}
	line := q.lines[key]
	if len(line) > 0 {
		p.turn = make(chan struct{})
	}
	q.lines[key] = append(line, p)
	return p, nil
}

// wait waits until the event may run. release frees its slot.
func (q *queue) wait(ctx context.Context, p *place) (release func(), err error) {
	if p.turn == nil {
		select {
		case q.slots <- struct{}{}:
			return q.begin()
		default:
		}
	}
	limit := time.NewTimer(maxWait)
	defer limit.Stop()
	turn, slots := p.turn, q.slots
	if turn != nil {
		slots = nil
	}
	for {
		select {
		case <-turn:
			turn, slots = nil, q.slots
		case slots <- struct{}{}:
			return q.begin()
		case <-q.stopping:
			return nil, errClosing
		case <-limit.C:
			return nil, errWaited
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// begin counts an event that has a slot as running.
func (q *queue) begin() (release func(), err error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		<-q.slots
		return nil, errClosing
	}
	q.running++
	return q.release, nil
}

func (q *queue) release() {
	q.mu.Lock()
	q.running--
	if q.closed && q.running == 0 {
		close(q.idle)
	}
	q.mu.Unlock()
	<-q.slots
}

// leave frees a place, whether the event ran or not.
func (q *queue) leave(p *place) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.in--
	q.bytes -= p.bytes
	line := q.lines[p.key]
	for i, other := range line {
		if other != p {
			continue
		}
		line = append(line[:i], line[i+1:]...)
		if len(line) == 0 {
			delete(q.lines, p.key)
			return
		}
		q.lines[p.key] = line
		if i == 0 {
			close(line[0].turn)
		}
		return
	}
}

// close refuses further events and waits for those that run, but not for those
// whose data has not been received. When ctx ends first they are killed.
func (q *queue) close(ctx context.Context) {
	q.mu.Lock()
	if !q.closed {
		q.closed = true
		close(q.stopping)
		if q.running == 0 {
			close(q.idle)
		}
	}
	q.mu.Unlock()
	select {
	case <-q.idle:
	case <-ctx.Done():
	}
	q.kill()
	<-q.idle
}

// retryAfter is the Retry-After of a 502 or 503, in seconds.
const retryAfter = "1"

// unavailable returns the answer to an event that did not reach its hook.
func unavailable(err error) *reply {
	status := http.StatusServiceUnavailable
	if _, ok := errors.AsType[*gatewayError](err); ok {
		status = http.StatusBadGateway
	}
	return &reply{
		status:  status,
		header:  http.Header{headerContentType: nil, "Retry-After": {retryAfter}},
		body:    []byte(err.Error()),
		problem: err.Error(),
	}
}
