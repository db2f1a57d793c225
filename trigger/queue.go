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

// SerialBy says which events wait for each other, in the order in which they
// came.
type SerialBy string

// The ways to keep order. An anonymous connection is a user of its own.
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

// lineOf names the line that an event stands in; ok is false for none.
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
	// maxWait is how long an event waits for its turn before the service is told
	// to come again: less than the 100 s after which it gives up.
	maxWait = time.Minute
	// maxQueuedBytes bounds the data of all events in the handler.
	maxQueuedBytes = 64 << 20
)

// Why an event was not run; it may be tried again.
var (
	errFull    = errors.New("too many events are waiting")
	errClosing = errors.New("this event handler is stopping")
	errWaited  = fmt.Errorf("the event waited for %v without its turn coming", maxWait)
)

// queue lets a bounded number of events run, keeps a bounded number waiting,
// and keeps the order within a line.
type queue struct {
	serial   SerialBy
	slots    chan struct{} // holds one for each event that runs
	maxIn    int           // events that run or wait
	maxBytes int64

	// stopping is closed when no event may begin any more; ctx ends when those
	// that run are to be killed.
	stopping chan struct{}
	ctx      context.Context
	kill     context.CancelFunc

	mu      sync.Mutex
	closed  bool
	in      int
	running int
	bytes   int64
	lines   map[lineKey][]*place // the first runs or is next
	idle    chan struct{}        // closed when closed and none is running
}

// place is that of one event in its line.
type place struct {
	key   lineKey
	turn  chan struct{} // closed when all before it have left
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

// enter gives an event its place, or errFull or errClosing.
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

// wait waits until the event may run; release then takes the slot back.
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

// begin makes an event that has a slot one that runs.
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

// leave gives up a place, whether the event ran or not.
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

// close lets no further event begin and waits for those that run, but not for
// those whose data have yet to come; when ctx ends first they are killed.
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

// retryAfter is what a 503 advises, in seconds.
const retryAfter = "1"

func unavailable(err error) *reply {
	return &reply{
		status:  http.StatusServiceUnavailable,
		header:  http.Header{headerContentType: nil, "Retry-After": {retryAfter}},
		body:    []byte(err.Error()),
		problem: err.Error(),
	}
}
