package emulator

import (
	"bytes"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"wps/protocol"
)

// conn is one client connection. Its reader goroutine handles one message at a
// time; everything sent to it goes through its queue.
type conn struct {
	id      string
	userID  string
	hasUser bool // an empty user id in a token counts as one
	server  *Server
	hub     *hub
	kind    kind
	client  clientProtocol
	rights  *rights
	ws      *websocket.Conn // read only; writing is the queue's
	out     queue
	groups  map[string]struct{} // guarded by hub.mu
	seen    atomic.Int64        // keep-alive rounds without a sign of life
}

// clientProtocol is what a kind of client makes of the messages it sends.
type clientProtocol interface {
	// handle acts on one message. A non-nil closing ends the connection.
	handle(c *conn, op int, data []byte) *closing
	// greeting is what a client gets first; nil for nothing.
	greeting(c *conn) []byte
	// farewell is what it gets before being closed by REST; nil for nothing.
	farewell(text string) []byte
}

// closing is a close code and its reason.
type closing struct {
	code   int
	reason string
}

var errTooBig = errors.New("message too large")

// read handles the client's messages until the connection ends, then cleans up.
func (c *conn) read() {
	for {
		op, data, err := c.next()
		if err != nil {
			c.readFailed(err)
			break
		}
		c.seen.Store(0)
		if end := c.client.handle(c, op, data); end != nil {
			c.close(end.code, end.reason, nil)
			c.drain()
			break
		}
	}
	c.hub.remove(c)
	c.out.readEnded()
	c.server.log.Info("connection closed", "hub", c.hub.name, "connectionId", c.id, "userId", c.userID)
}

func (c *conn) next() (int, []byte, error) {
	op, r, err := c.ws.NextReader()
	if err != nil {
		return 0, nil, err
	}
	var buf bytes.Buffer
	n, err := buf.ReadFrom(io.LimitReader(r, protocol.MaxMessageSize+1))
	if err == nil && n > protocol.MaxMessageSize {
		err = errTooBig
	}
	return op, buf.Bytes(), err
}

// readFailed answers what ended the reading, when an answer is due.
func (c *conn) readFailed(err error) {
	var peer *websocket.CloseError
	var network net.Error
	switch {
	case errors.As(err, &peer) && peer.Code == closeNormal:
		c.close(closeNormal, peer.Text, nil)
	case errors.As(err, &peer): // another close code, or the transport ended
	case errors.As(err, &network), errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF):
	case errors.Is(err, errTooBig):
		c.close(closeTooBig, "The client message is too large.", nil)
		c.drain()
	default:
		c.close(closeProtocol, "The client frame is invalid.", nil)
	}
}

// drain reads on until the client closes or the deadline of the close is over,
// so that the close frame is not lost to a reset.
func (c *conn) drain() {
	for {
		_, r, err := c.ws.NextReader()
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			return
		}
	}
}

// send queues m. It is false when the queue is full; the caller then calls
// overflow, without holding the hub's lock.
func (c *conn) send(m *message) bool { return c.out.push(m.frame(c.kind)) != pushFull }

// reply queues a frame for this connection alone.
func (c *conn) reply(frame []byte) {
	if c.out.push(frame) == pushFull {
		c.overflow()
	}
}

// overflow closes a connection that takes its messages too slowly.
func (c *conn) overflow() {
	if c.out.end(true, closeFrame(closePolicy, "The outbound message queue is full.")) {
		c.server.log.Warn("connection too slow, closed", "hub", c.hub.name, "connectionId", c.id, "userId", c.userID)
	}
	c.hub.remove(c)
}

// close takes c out of its hub at once and ends it with a close frame, after
// what is queued and an optional farewell. Only the first close counts.
func (c *conn) close(code int, reason string, farewell []byte) {
	c.hub.remove(c)
	if farewell != nil {
		c.out.end(false, farewell, closeFrame(code, reason))
		return
	}
	c.out.end(false, closeFrame(code, reason))
}

// closedByApplication is what REST does to a connection: the reason goes into
// the farewell, never into the close frame.
func (c *conn) closedByApplication(reason string) {
	text := "Application server closed the connection."
	if reason != "" {
		text += " Reason: " + reason
	}
	c.close(closeNormal, "", c.client.farewell(text))
}

// validText tells whether a text message may be used: WebSocket text is UTF-8.
func validText(op int, data []byte) bool {
	return op != websocket.TextMessage || utf8.Valid(data)
}
