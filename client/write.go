package client

import (
	"context"
	"fmt"
	"time"

	"github.com/gorilla/websocket"

	"wps/protocol"
)

// pingPayload marks the ping control frames of a simple client as ours.
const pingPayload = "wps"

// write is the writer goroutine: it alone writes messages, pings and pongs.
func (c *Conn) write() {
	var tick <-chan time.Time
	if c.pingInterval > 0 {
		t := time.NewTicker(c.pingInterval)
		defer t.Stop()
		tick = t.C
	}
	closing := c.closing
	for {
		var err error
		select {
		case f := <-c.out:
			err = c.writeFrame(f)
		case payload := <-c.pong:
			err = c.writeFrame(frame{websocket.PongMessage, []byte(payload)})
		case <-tick:
			err = c.keepAlive()
		case <-closing:
			closing = nil
			err = c.writeClose()
		case <-c.done:
			return
		}
		if err != nil {
			c.writeFailed(err)
		}
	}
}

func (c *Conn) writeFrame(f frame) error {
	deadline := time.Now().Add(writeTimeout)
	if f.messageType == websocket.PingMessage || f.messageType == websocket.PongMessage {
		return c.ws.WriteControl(f.messageType, f.data, deadline)
	}
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

// writeFailed leaves it to the reader to end the connection, because a close
// frame that says why may still be unread. After the first failure the WebSocket
// library refuses every write, so that the queue empties itself.
func (c *Conn) writeFailed(err error) {
	c.mu.Lock()
	first := c.writeErr == nil
	if first {
		c.writeErr = err
	}
	c.mu.Unlock()
	if first {
		c.ws.SetReadDeadline(time.Now().Add(lastWords))
	}
}

// keepAlive ends a connection that has been silent for too long, else pings the
// service. While the reader waits for Receive, silence is our own doing; one
// ping lets it go on to see the service's pings.
func (c *Conn) keepAlive() error {
	paused := c.paused.Load()
	silence := time.Since(time.Unix(0, c.lastSeen.Load()))
	if limit := silentIntervals * c.pingInterval; !paused && silence >= limit {
		c.fail(&CloseError{
			Code:    websocket.CloseAbnormalClosure,
			Message: c.farewellText(),
			cause:   fmt.Errorf("%w for %v", ErrKeepAlive, limit),
		})
		return nil
	}
	open := c.openPings()
	if open >= silentIntervals || paused && open > 0 {
		return nil
	}
	c.expectPong(nil)
	return c.writeFrame(c.pingFrame())
}

func (c *Conn) farewellText() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.farewell
}

func (c *Conn) pingFrame() frame {
	if c.codec == nil {
		return frame{websocket.PingMessage, []byte(pingPayload)}
	}
	return c.encode(&protocol.Request{Type: protocol.RequestPing})
}

func (c *Conn) encode(r *protocol.Request) frame {
	return frame{c.codec.messageType(), c.codec.appendRequest(nil, r)}
}

// enqueue hands f to the writer, waiting for room.
func (c *Conn) enqueue(ctx context.Context, f frame) error {
	switch {
	case len(f.data) > protocol.MaxMessageSize:
		return fmt.Errorf("%w: its frame has %d bytes, the service takes %d", ErrTooLarge, len(f.data), protocol.MaxMessageSize)
	case c.isClosing():
		return ErrClosed
	case c.cause() != nil:
		return c.cause()
	}
	select {
	case c.out <- f:
		return nil
	case <-c.closing:
		return ErrClosed
	case <-c.done:
		return c.cause()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// pinged answers the service's ping, the last one if several come.
func (c *Conn) pinged(payload string) error {
	c.seen()
	select {
	case <-c.pong:
	default:
	}
	c.pong <- payload // the reader alone sends here
	return nil
}

// ponged takes the answer to a ping of a simple client.
func (c *Conn) ponged(payload string) error {
	c.seen()
	if c.codec == nil && payload == pingPayload {
		c.pongSeen()
	}
	return nil
}
