package trigger

import (
	"context"
	"strings"
	"sync"

	"wps/protocol"
)

// Limits of what is remembered for events that are sent again. The service
// retries within about 10 s.
const (
	maxRemembered      = 4096
	maxRememberedBytes = 16 << 20
)

// eventID identifies an event, and is the same when the event is sent again. An
// MQTT client keeps its connection id over physical connections, and a different
// request id means a different event.
type eventID struct{ hub, connection, physical, id, request string }

// dedupe holds the answers to the last events, oldest first, so that an event
// that the service sends again gets the answer of the first time. It also holds
// events that are being answered; a repetition waits for their answer.
type dedupe struct {
	mu    sync.Mutex
	known map[eventID]*attempt
	ring  []eventID // of answered attempts
	next  int       // where the ring is written
	bytes int
}

// attempt is an event that is being answered or was answered.
type attempt struct {
	id       eventID
	answered chan struct{} // closed when reply is set
	reply    *reply        // nil: not run, so it may be run again
}

func newDedupe() *dedupe { return &dedupe{known: map[eventID]*attempt{}} }

// begin returns the attempt of an event. If first is true the caller answers the
// event and calls end. The attempt of an event without an id is nil: such an
// event is never recognised again.
func (d *dedupe) begin(c *protocol.EventContext) (a *attempt, first bool) {
	if c.ID == "" {
		return nil, true
	}
	id := eventID{strings.ToLower(c.Hub), c.ConnectionID, c.PhysicalConnectionID, c.ID, c.RequestID}
	d.mu.Lock()
	defer d.mu.Unlock()
	if a := d.known[id]; a != nil {
		return a, false
	}
	a = &attempt{id: id, answered: make(chan struct{})}
	d.known[id] = a
	return a, true
}

// end sets the answer to a. A nil reply forgets the event.
func (d *dedupe) end(a *attempt, r *reply) {
	if a == nil {
		return
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

// keep puts an answered attempt into the ring in place of the oldest, and forgets
// further ones while the answers are too large.
func (d *dedupe) keep(a *attempt) {
	if len(d.ring) < maxRemembered {
		d.ring = append(d.ring, eventID{})
	}
	d.forget(d.next)
	d.ring[d.next] = a.id
	d.next = (d.next + 1) % maxRemembered
	d.bytes += a.size()
	for i := 0; d.bytes > maxRememberedBytes && i < len(d.ring); i++ {
		d.forget((d.next + i) % len(d.ring))
	}
}

// size returns about how much memory an answered attempt takes, in bytes.
func (a *attempt) size() int {
	n := len(a.reply.body) + len(a.id.hub) + len(a.id.connection) + len(a.id.physical) + len(a.id.id) + len(a.id.request)
	for name, values := range a.reply.header {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return n
}

func (d *dedupe) forget(at int) {
	old := d.known[d.ring[at]]
	if old == nil || old.reply == nil {
		return
	}
	d.bytes -= old.size()
	delete(d.known, d.ring[at])
	d.ring[at] = eventID{}
}

// wait waits for the answer to an attempt that another request makes. It returns
// nil if the event was not run or ctx ended.
func (a *attempt) wait(ctx context.Context) (*reply, error) {
	select {
	case <-a.answered:
		return a.reply, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
