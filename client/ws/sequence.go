package ws

import (
	"sync/atomic"
	"time"

	"wps/protocol"
)

// How often the largest sequence id is acknowledged: at each interval in which
// it grew, and at once when it grew by more than ackAhead. The service closes a
// connection that leaves 1000 messages unacknowledged. Its JavaScript client uses
// the same interval and 300 messages, which is sometimes too late on a busy
// machine.
const (
	sequenceAckInterval = time.Second
	ackAhead            = 100
)

// sequence is the position of a reliable connection in the stream of its messages.
type sequence struct {
	largest atomic.Uint64 // written by the reader
	asked   uint64        // of the reader: largest when an ack was last due at once
	acked   uint64        // of the writer: the last id acknowledged
	due     chan struct{}
}

// advance records the id of a message. It reports whether the message is new.
func (s *sequence) advance(id uint64) bool {
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

// ackInterval returns 0 for a connection without sequence acks.
func (c *Conn) ackInterval() time.Duration {
	if !c.reliable() {
		return 0
	}
	return sequenceAckInterval
}

// acknowledge writes the largest sequence id, unless it was the last one written.
func (c *Conn) acknowledge() error {
	id := c.sequence.largest.Load()
	if id == c.sequence.acked {
		return nil
	}
	c.sequence.acked = id
	return c.writeFrame(c.encode(&protocol.Request{Type: protocol.RequestSequenceAck, SequenceID: id}))
}
