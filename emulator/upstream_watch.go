package emulator

import (
	"context"
	"errors"
	"math"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"wps/protocol"
)

// userEvent runs a user event of the client and waits for its answer; a reply
// goes to the client at once. False means that the event failed. A client that
// goes away meanwhile cancels it.
func (c *conn) userEvent(name string, d protocol.DataType, data []byte, metadata map[string]string) bool {
	m, ok := c.ask(name, d, data, metadata)
	if m != nil {
		if full := c.send(m); full != "" {
			c.overflow(full)
		}
	}
	return ok
}

// ask sends a user event and gives the answer, nil for none; not ok when the
// event failed.
func (c *conn) ask(name string, d protocol.DataType, data []byte, metadata map[string]string) (m *message, ok bool) {
	if c.source == nil {
		c.notice(Notice{Type: NoticeEvent, Reason: errNoHandler.Error(), NoticeHandled: &NoticeHandled{Event: name}})
		return nil, false
	}
	ctx, cancel := context.WithCancel(c.source.ctx)
	defer cancel()
	stop := func() {}
	if l := c.line(); l != nil {
		stop = l.watch(&c.server.wg, cancel)
	}
	m, ok = c.source.userEvent(ctx, name, d, data, metadata)
	stop()
	return m, ok
}

// maxAhead is how much watch reads ahead, in bytes. A client that sends more
// while its event is under way has to wait.
const maxAhead = 64 << 10

// watch reads ahead while the link's reader waits for an event handler,
// so that a client which goes away is noticed and one that answers pings counts
// as alive. gone is called at most once. The reader calls stop before it reads
// on.
func (l *link) watch(wg *sync.WaitGroup, gone func()) (stop func()) {
	done := make(chan struct{})
	var stopping atomic.Bool
	wg.Go(func() {
		defer close(done)
		err := l.in.readAhead(func() { l.seen.Store(0) })
		switch {
		case err == nil:
			l.seen.Store(math.MinInt32) // silent for our sake, not its own
		case !stopping.Load() || !errors.Is(err, os.ErrDeadlineExceeded):
			l.in.failed = err
			gone()
		}
	})
	return func() {
		stopping.Store(true)
		l.out.setReading(false)
		<-done
		l.out.setReading(true)
		l.seen.Store(0)
	}
}

// longAgo as a deadline ends a Read that is under way.
var longAgo = time.Unix(1, 0)

// setReading ends a Read that is under way, or lets the next one wait. A closing
// connection keeps the deadline that it has.
func (q *queue) setReading(on bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	switch {
	case q.ending:
	case on:
		q.transport.SetReadDeadline(time.Time{})
	default:
		q.transport.SetReadDeadline(longAgo)
	}
}

// readAhead reads until maxAhead bytes wait or reading fails.
func (c *captureConn) readAhead(alive func()) error {
	buf := make([]byte, readBuffer)
	for len(c.ahead) < maxAhead {
		n, err := c.Conn.Read(buf)
		c.ahead = append(c.ahead, buf[:n]...)
		if err != nil {
			return err
		}
		alive()
	}
	return nil
}

// Read gives what was read ahead, then how that ended, then reads.
func (c *captureConn) Read(b []byte) (int, error) {
	n, err := c.take(b)
	c.tail.note(b[:n])
	return n, err
}

func (c *captureConn) take(b []byte) (int, error) {
	switch {
	case len(c.ahead) > 0:
		n := copy(b, c.ahead)
		if c.ahead = c.ahead[n:]; len(c.ahead) == 0 {
			c.ahead = nil
		}
		return n, nil
	case c.failed != nil:
		return 0, c.failed
	}
	return c.Conn.Read(b)
}
