package emulator

import (
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"wps/emulator/internal/outbound"
	"wps/emulator/internal/rights"
)

// conn is one client connection as the service knows it. It has one transport
// for life, unless it is reliable: then it outlives its transport for a while
// and may get another one.
type conn struct {
	id          string
	userID      string
	hasUser     bool   // an empty user id in a token counts as one
	subprotocol string // as agreed, in the client's spelling; "" for none
	server      *Server
	hub         *hub
	kind        kind
	client      clientProtocol
	rights      *rights.Rights
	groups      map[string]struct{} // guarded by hub.mu
	link        *link               // of a reliable connection guarded by replay.mu
	replay      *replay             // nil unless reliable
	source      *eventSource        // nil when the hub has no event handler
	streams     streams             // that it publishes
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

// Why a connection ended, as the event disconnected tells it.
//
// Source: the vendor's emulator.
const (
	endedSomehow    = "The connection ended."
	endedByRecovery = "The connection recovery timeout expired."
)

// Why a receiver that takes too little is closed.
//
// Source: the vendor's emulator.
const (
	queueFull  = "The outbound message queue is full."
	replayFull = "The reliable message buffer is full."
)

// line gives the transport in use; nil while a reliable connection is away.
func (c *conn) line() *link {
	if c.replay == nil {
		return c.link
	}
	c.replay.mu.Lock()
	defer c.replay.mu.Unlock()
	return c.link
}

// send queues m. It gives "" or the reason for which the caller has to call
// overflow, without holding the hub's lock.
func (c *conn) send(m *message) (full string) {
	if c.kind == kindSimple && m.response.Stream != nil && m.response.Stream.End {
		return ""
	}
	it := m.item(c.kind)
	if c.replay != nil {
		return c.replay.send(c, it)
	}
	if c.link.out.Push(it) == outbound.Full {
		return queueFull
	}
	return ""
}

// reply queues a frame for the transport in use; it is lost when there is none.
func (c *conn) reply(frame []byte) {
	if l := c.line(); l != nil && l.out.Push(outbound.Item{Bytes: frame}) == outbound.Full {
		c.overflow(queueFull)
	}
}

// handle gives a message of l to the client's protocol. Messages of a connection
// are handled one at a time; one that a replaced transport still brings is
// dropped, because its answer would not be awaited any more.
func (c *conn) handle(l *link, op int, data []byte) *closing {
	if c.replay == nil {
		return c.client.handle(c, op, data)
	}
	c.replay.turn.Lock()
	defer c.replay.turn.Unlock()
	if c.line() != l {
		return nil
	}
	return c.client.handle(c, op, data)
}

// overflow closes a connection that takes its messages too slowly. What waits
// for it is dropped.
func (c *conn) overflow(reason string) {
	l := c.retire(reason)
	if l != nil && l.out.EndNow(outbound.CloseFrame(closePolicy, reason)) {
		c.server.log.Warn("connection too slow, closed", "hub", c.hub.name, "connectionId", c.id, "userId", c.userID)
	}
}

// close takes c out of its hub at once and ends it with a close frame, after
// what is queued and an optional farewell. Only the first close counts; why is
// what the event disconnected tells.
func (c *conn) close(code int, reason string, farewell []byte, why string) {
	l := c.retire(why)
	switch {
	case l == nil: // away
	case farewell != nil:
		l.out.End(farewell, outbound.CloseFrame(code, reason))
	default:
		l.out.End(outbound.CloseFrame(code, reason))
	}
}

// closedByApplication is what REST does to a connection: the reason goes into
// the farewell, never into the close frame.
func (c *conn) closedByApplication(reason string) {
	text := "Application server closed the connection."
	if reason != "" {
		text += " Reason: " + reason
	}
	c.close(closeNormal, "", c.client.farewell(text), text)
}

// lost tells that transport l is gone without a word: a reliable connection
// waits for another one, any other ends.
func (c *conn) lost(l *link) {
	if c.replay == nil {
		c.retire(endedSomehow)
		return
	}
	c.replay.detach(c, l)
}

// retire ends c for good: it leaves its hub and cannot come back. It gives the
// transport, which the caller ends; nil when there is none. Every way in which a
// connection ends comes through here, and the first call alone is its end.
func (c *conn) retire(why string) *link {
	if c.server.removeConn(c) {
		c.server.log.Info("connection closed", "hub", c.hub.name, "connectionId", c.id, "userId", c.userID, "reason", why)
		c.notice(Notice{Type: NoticeClosed, Reason: why})
	}
	c.endStreams()
	c.source.end(why)
	if c.replay != nil {
		return c.replay.end(c)
	}
	return c.link
}

// validText tells whether a text message may be used: WebSocket text is UTF-8.
func validText(op int, data []byte) bool {
	return op != websocket.TextMessage || utf8.Valid(data)
}
