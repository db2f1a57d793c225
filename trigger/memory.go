package trigger

import (
	"context"
	"strings"
	"sync"

	"wps/protocol"
)

// Bounds of what is remembered for events that come again. The service tries
// again within 10 s or so.
const (
	maxRemembered      = 4096
	maxRememberedBytes = 16 << 20
)

// eventID names an event, also when it comes again. An MQTT client keeps its
// connection id over physical connections, and a request id that differs tells
// that the event is another one.
type eventID struct{ hub, connection, physical, id, request string }

// memory holds the answers of the last events, oldest first. An event that is
// still under way is there too, so that a repetition waits for the one answer.
type memory struct {
	mu    sync.Mutex
	known map[eventID]*attempt
	ring  []eventID // of answered attempts
	next  int       // where the ring is written
	bytes int
}

// attempt is an event that is under way or was answered.
type attempt struct {
	id       eventID
	answered chan struct{} // closed when reply is there
	reply    *reply        // nil: not run, so it may be tried again
}

func newMemory() *memory { return &memory{known: map[eventID]*attempt{}} }

// begin gives the attempt of an event; first tells that the caller is to answer
// it and to call end. An event without an id is nil: it is never known again.
func (m *memory) begin(c *protocol.EventContext) (a *attempt, first bool) {
	if c.ID == "" {
		return nil, true
	}
	id := eventID{strings.ToLower(c.Hub), c.ConnectionID, c.PhysicalConnectionID, c.ID, c.RequestID}
	m.mu.Lock()
	defer m.mu.Unlock()
	if a := m.known[id]; a != nil {
		return a, false
	}
	a = &attempt{id: id, answered: make(chan struct{})}
	m.known[id] = a
	return a, true
}

// end tells the answer; nil forgets the event.
func (m *memory) end(a *attempt, r *reply) {
	if a == nil {
		return
	}
	a.reply = r
	m.mu.Lock()
	if r == nil {
		delete(m.known, a.id)
	} else {
		m.keep(a)
	}
	m.mu.Unlock()
	close(a.answered)
}

// keep puts an answered attempt into the ring in the place of the oldest, and
// forgets more when the answers are too large.
func (m *memory) keep(a *attempt) {
	if len(m.ring) < maxRemembered {
		m.ring = append(m.ring, eventID{})
	}
	m.forget(m.next)
	m.ring[m.next] = a.id
	m.next = (m.next + 1) % maxRemembered
	m.bytes += a.size()
	for i := 0; m.bytes > maxRememberedBytes && i < len(m.ring); i++ {
		m.forget((m.next + i) % len(m.ring))
	}
}

// size is about what an answered attempt takes, in bytes.
func (a *attempt) size() int {
	n := len(a.reply.body) + len(a.id.hub) + len(a.id.connection) + len(a.id.physical) + len(a.id.id) + len(a.id.request)
	for name, values := range a.reply.header {
		for _, v := range values {
			n += len(name) + len(v)
		}
	}
	return n
}

func (m *memory) forget(at int) {
	old := m.known[m.ring[at]]
	if old == nil || old.reply == nil {
		return
	}
	m.bytes -= old.size()
	delete(m.known, m.ring[at])
	m.ring[at] = eventID{}
}

// wait gives the answer of an attempt that somebody else is at; nil when that
// was not run, or ctx ended.
func (a *attempt) wait(ctx context.Context) (*reply, error) {
	select {
	case <-a.answered:
		return a.reply, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
