package ws

import (
	"context"
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"wps/client"
	"wps/protocol"
)

// pingPayload marks the ping control frames of a simple client as ours.
const pingPayload = "wps"

// write is the writer goroutine of one transport: only it writes messages, pings
// and pongs. It ends with the transport, or when a write has failed; what is
// queued then is written by the next one. When recovering it first writes what the
// former transport may have lost.
func (c *Conn) write(ended <-chan struct{}, recovering bool) {
	tick, stop := every(c.pingInterval)
	defer stop()
	ack, stopAck := every(c.ackInterval())
	defer stopAck()
	if recovering {
		if err := c.resume(); err != nil {
			c.writeFailed(err, ended)
			return
		}
	}
	closing := c.closing.Done()
	for {
		var err error
		select {
		case f := <-c.out:
			err = c.writeRequest(f)
		case payload := <-c.pong:
			err = c.writeFrame(frame{messageType: websocket.PongMessage, data: []byte(payload)})
		case <-tick:
			err = c.keepAlive()
		case <-ack:
			err = c.acknowledge()
		case <-c.sequence.due:
			err = c.acknowledge()
		case <-closing:
			closing = nil
			if c.ended.Err() == nil {
				err = c.writeClose()
			}
		case <-ended:
			return
		}
		if err != nil {
			c.writeFailed(err, ended)
			return
		}
	}
}

// every returns a channel that ticks at an interval; 0 means never.
func every(interval time.Duration) (tick <-chan time.Time, stop func()) {
	if interval <= 0 {
		return nil, func() {}
	}
	t := time.NewTicker(interval)
	return t.C, t.Stop
}

// writeRequest writes a frame from the queue.
func (c *Conn) writeRequest(f frame) error {
	if f.ackID != 0 && c.reliable() {
		c.noteWritten(f.ackID)
	}
	return c.writeFrame(f)
}

func (c *Conn) writeFrame(f frame) error {
	deadline := time.Now().Add(writeTimeout)
	if f.messageType == websocket.PingMessage || f.messageType == websocket.PongMessage {
		return c.ws.WriteControl(f.messageType, f.data, deadline)
	}
	c.trace(true, f.messageType, f.data, "")
	c.ws.SetWriteDeadline(deadline)
	return c.ws.WriteMessage(f.messageType, f.data)
}

// writeClose writes what is queued, then the close frame.
func (c *Conn) writeClose() error {
	for {
		select {
		case f := <-c.out:
			if err := c.writeFrame(f); err != nil {
				return err
			}
		default:
			bye := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
			return c.ws.WriteControl(websocket.CloseMessage, bye, time.Now().Add(writeTimeout))
		}
	}
}

// writeFailed ends a transport that can no longer be written to. The reader has
// closeFrameWait to receive a close frame with the reason; then the transport is
// closed, which ends the reader. A reader that waits for Receive does not notice
// that: a connection that can recover goes on when Receive is called, any other
// one ends without its reader.
func (c *Conn) writeFailed(err error, ended <-chan struct{}) {
	c.noteWriteErr(err)
	if endsWithin(closeFrameWait, ended) {
		return
	}
	c.ws.Close()
	if c.reliable() && c.recoveryTimeout > 0 {
		return
	}
	if !endsWithin(closeFrameWait, ended) {
		c.fail(c.readError(err))
	}
}

// endsWithin reports whether ended is closed before d has passed.
func endsWithin(d time.Duration, ended <-chan struct{}) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ended:
		return true
	case <-t.C:
		return false
	}
}

// noteWriteErr keeps the first error of writing.
func (c *Conn) noteWriteErr(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.writeErr == nil {
		c.writeErr = err
	}
}

// keepAlive closes a transport that has been silent for too long, else pings the
// service. While the reader waits for Receive, the silence does not count; an open
// ping raises the limits of the inbox, so that the reader continues and sees the
// service's pings.
func (c *Conn) keepAlive() error {
	paused := c.paused.Load()
	if limit := silentIntervals * c.pingInterval; !paused && c.silence() >= limit {
		err := fmt.Errorf("%w for %v", ErrKeepAlive, limit)
		c.noteWriteErr(err)
		c.ws.Close() // ends the reader
		return err
	}
	open := c.openPings()
	if open >= silentIntervals || paused && open > 0 {
		return nil
	}
	c.expectPong(nil)
	return c.writeFrame(c.pingFrame())
}

func (c *Conn) pingFrame() frame {
	if c.codec == nil {
		return frame{messageType: websocket.PingMessage, data: []byte(pingPayload)}
	}
	return c.encode(&protocol.Request{Type: protocol.RequestPing})
}

func (c *Conn) encode(r *protocol.Request) frame {
	return frame{messageType: c.codec.messageType(), data: c.codec.format.AppendRequest(nil, r)}
}

// enqueue queues f for the writer, waiting for space.
func (c *Conn) enqueue(ctx context.Context, f frame) error {
	switch {
	case len(f.data) > protocol.MaxMessageSize:
		return fmt.Errorf("%w: its frame has %d bytes, the limit is %d", client.ErrTooLarge, len(f.data), protocol.MaxMessageSize)
	case c.closing.Err() != nil:
		return c.closeReason()
	}
	select {
	case c.out <- f:
		return nil
	case <-c.closing.Done():
		return c.closeReason()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// handlePing queues the answer to a ping of the service, replacing an older one.
func (c *Conn) handlePing(payload string) error {
	c.seen()
	select {
	case <-c.pong:
	default:
	}
	c.pong <- payload // only the reader sends here
	return nil
}

// handlePong processes the answer to a ping of a simple client.
func (c *Conn) handlePong(payload string) error {
	c.seen()
	if c.codec == nil && payload == pingPayload {
		c.pongSeen()
	}
	return nil
}
