package emulator

import (
	"sync"
	"time"

	"wps/emulator/internal/outbound"
	"wps/protocol"
	"wps/protocol/traffic"
)

// recoveryWindow is how long a reliable connection is kept without a transport.
//
// Source: Azure/azure-webpubsub protocols/client/client-spec.md says at least 30
// seconds; the vendor's emulator takes exactly that.
const recoveryWindow = 30 * time.Second

// replay is the part of a reliable connection that outlives its transport: the
// messages that its client has not acknowledged, up to protocol.MaxQueuedMessages
// and protocol.MaxQueuedBytes, and the recovery window.
type replay struct {
	handling sync.Mutex // held while a message of the client is handled

	mu      sync.Mutex      // guards conn.link too; taken before that link's queue
	last    uint64          // sequence id of the newest message
	unacked []outbound.Item // oldest first
	bytes   int             // their size
	ended   bool
	windows int         // how many recovery windows have begun
	stop    func() bool // ends the recovery window; nil while there is a transport
}

// sendMessage numbers a message, keeps it and queues it when there is a transport.
// It returns "" or the reason for which the connection is to be closed.
func (r *replay) sendMessage(c *conn, it outbound.Item) (full string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return ""
	}
	if !r.fits(it) {
		r.expire(c.server.clock.elapsed())
		if !r.fits(it) {
			return replayFull
		}
	}
	r.last++
	it.SequenceID = r.last
	r.unacked = append(r.unacked, it)
	r.bytes += len(it.Bytes)
	if c.link != nil && c.link.out.Push(it) == outbound.Full {
		return queueFull
	}
	return ""
}

func (r *replay) fits(it outbound.Item) bool {
	return len(r.unacked) < protocol.MaxQueuedMessages && r.bytes+len(it.Bytes) <= protocol.MaxQueuedBytes
}

// acknowledge drops every message up to a sequence id.
func (r *replay) acknowledge(id uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for n < len(r.unacked) && r.unacked[n].SequenceID <= id {
		r.bytes -= len(r.unacked[n].Bytes)
		r.unacked[n] = outbound.Item{}
		n++
	}
	if r.unacked = r.unacked[n:]; len(r.unacked) == 0 {
		r.unacked = nil // hold nothing while idle
	}
}

// expire drops messages whose time to live has passed.
func (r *replay) expire(elapsed time.Duration) {
	kept := r.unacked[:0:0]
	r.bytes = 0
	for _, it := range r.unacked {
		if !it.Expired(elapsed) {
			kept = append(kept, it)
			r.bytes += len(it.Bytes)
		}
	}
	r.unacked = kept
}

// adopt makes l the transport of c. The answer is sent first, then what is not
// acknowledged, then new messages. A transport still in use is aborted. It returns
// false when c has ended meanwhile.
func (r *replay) adopt(c *conn, l *link, answer []byte) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return false
	}
	if r.stop != nil {
		r.stop()
		r.stop = nil
	}
	if c.link != nil {
		c.link.out.Abort()
	}
	c.link = l
	r.expire(c.server.clock.elapsed())
	l.out.Begin(answer, r.unacked)
	return true
}

// detach is called when transport l has ended: the recovery window begins unless
// another transport has replaced it.
func (r *replay) detach(c *conn, l *link) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended || c.link != l {
		return
	}
	c.link = nil
	r.windows++
	window := r.windows
	r.stop = c.server.clock.afterFunc(recoveryWindow, func() {
		if r.windowEnded(c, window) {
			c.terminate(ending{code: closeAbnormal, why: reasonWindowEnded})
		}
	})
	// Last, so that the window has begun for a reader of the log.
	c.server.log.Info("connection lost, waiting for recovery", "hub", c.hub.name, "connectionId", c.id, "userId", c.userID)
	c.publishObject(c.newObject(traffic.Away))
}

// windowEnded ends c if it has no transport since the given window began, and
// reports whether it did.
func (r *replay) windowEnded(c *conn, window int) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended || c.link != nil || r.windows != window {
		return false
	}
	r.ended = true
	return true
}

// finish drops everything and returns the transport.
func (r *replay) finish(c *conn) *link {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended = true
	if r.stop != nil {
		r.stop()
		r.stop = nil
	}
	r.unacked, r.bytes = nil, 0
	return c.link
}

func (r *replay) unacknowledged() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.unacked)
}
