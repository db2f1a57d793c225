package trigger

import (
	"context"
	"strings"
	"sync"
	"time"

	"wps/protocol"
)

// Limits of what is remembered for events that are sent again, beside time: number
// and bytes of answers.
const (
	maxRemembered      = 4096
	maxRememberedBytes = 16 << 20
)

// rememberFor is how long an answer is remembered. The service sends an event at
// most four times, within 100 s.
const rememberFor = 5 * time.Minute

// eventID identifies an event, and is the same when the event is sent again. An
// MQTT client keeps its connection id over physical connections, and a different
// request id means a different event.
type eventID struct {
	hub, connection, physical, id, request string
	kind                                   protocol.EventKind
	name                                   string
}

// dedupe holds the answers to the last events, so that an event that the service
// sends again gets the answer of the first time. It also holds events that are
// being answered; a repetition waits for their answer.
type dedupe struct {
	elapsed  func() time.Duration // the time that has passed, also when the clock is set
	mu       sync.Mutex
	known    map[eventID]*attempt
	answered []*attempt // oldest first
	bytes    int
}

// attempt is an event that is being answered or was answered.
type attempt struct {
	id       eventID
	answered chan struct{} // closed when reply is set
	reply    *reply        // nil: may be run again
	at       time.Duration // elapsed when it was answered
	size     int
}

func newDedupe() *dedupe {
	started := time.Now()
	return &dedupe{elapsed: func() time.Duration { return time.Since(started) }, known: map[eventID]*attempt{}}
}

// begin returns the attempt of an event. If first is true the caller answers the
// event and calls end. The attempt of an event without an id is nil: such an
// event is never recognised again.
func (d *dedupe) begin(c *protocol.EventContext) (a *attempt, first bool) {
	if c.ID == "" {
		return nil, true
	}
	id := eventID{strings.ToLower(c.Hub), c.ConnectionID, c.PhysicalConnectionID, c.ID, c.RequestID, c.Kind, c.Event}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.forgetOld(d.elapsed())
	if a := d.known[id]; a != nil {
		return a, false
	}
	a = &attempt{id: id, answered: make(chan struct{})}
	d.known[id] = a
	return a, true
}

// end sets the answer to a. A nil reply forgets the event, and so does an answer
// after which the service sends the event again: it is run again then.
func (d *dedupe) end(a *attempt, r *reply) {
	if a == nil {
		return
	}
	if r != nil && r.retried() {
		r = nil
	}
	a.reply = r
	d.mu.Lock()
	if r == nil {
		delete(d.known, a.id)
	} else {
		d.keep(a)
	}
	d.mu.Unlock()
	close(a.answered)
}

// keep remembers an answered attempt, and forgets the oldest ones while there are
// too many or the answers are too large.
func (d *dedupe) keep(a *attempt) {
	a.at, a.size = d.elapsed(), a.measure()
	d.answered = append(d.answered, a)
	d.bytes += a.size
	for len(d.answered) > maxRemembered || d.bytes > maxRememberedBytes {
		d.forgetOldest()
	}
}

// forgetOld forgets what was answered rememberFor ago.
func (d *dedupe) forgetOld(elapsed time.Duration) {
	for len(d.answered) > 0 && elapsed-d.answered[0].at >= rememberFor {
		d.forgetOldest()
	}
}

func (d *dedupe) forgetOldest() {
	old := d.answered[0]
	d.answered[0] = nil
	d.answered = d.answered[1:]
	d.bytes -= old.size
	delete(d.known, old.id)
}

// measure returns about how much memory an answered attempt takes, in bytes.
func (a *attempt) measure() int {
	n := len(a.reply.body) + len(a.id.hub) + len(a.id.connection) + len(a.id.physical) + len(a.id.id) + len(a.id.request) + len(a.id.name)
	for name, values := range a.reply.header {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return n
}

// wait waits for the answer to an attempt that another request makes. It returns
// nil if the event may be run again or ctx ended.
func (a *attempt) wait(ctx context.Context) (*reply, error) {
	select {
	case <-a.answered:
		return a.reply, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
