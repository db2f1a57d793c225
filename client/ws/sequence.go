package ws

import (
	"sync/atomic"
	"time"

	"wps/protocol"
)

// How often the largest sequence id is acknowledged: at each interval in which
// it grew, and at once when it grew by more than ackAhead. The service closes a
// connection that leaves 1000 messages unacknowledged. Its JavaScript client
// takes the same interval and 300 messages, which on a busy machine comes too
// late now and then.
const (
	sequenceAckInterval = time.Second
	ackAhead            = 100
)

// sequence is where a reliable connection stands in the stream of its messages.
type sequence struct {
	largest atomic.Uint64 // written by the reader
	asked   uint64        // the reader's: largest when an ack was last due at once
	acked   uint64        // the writer's: what the service was told last
	due     chan struct{}
}

// take notes the id of a message. It is false for one that came before.
func (s *sequence) take(id uint64) bool {
	if id == 0 { // not numbered
		return true
	}
	if id <= s.largest.Load() {
		return false
	}
	s.largest.Store(id)
	if id > s.asked+ackAhead {
		s.asked = id
		signal(s.due)
	}
	return true
}

// ackInterval is 0 for a connection that acknowledges nothing.
func (c *Conn) ackInterval() time.Duration {
	if !c.reliable() {
		return 0
	}
	return sequenceAckInterval
}

// acknowledge tells the service the largest sequence id, if that is news.
func (c *Conn) acknowledge() error {
	id := c.sequence.largest.Load()
	if id == c.sequence.acked {
		return nil
	}
	c.sequence.acked = id
	return c.writeFrame(c.encode(&protocol.Request{Type: protocol.RequestSequenceAck, SequenceID: id}))
}
