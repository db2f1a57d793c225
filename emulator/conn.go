package emulator

import (
	"maps"
	"slices"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"wps/emulator/internal/outbound"
	"wps/emulator/internal/rights"
	"wps/protocol"
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
	// handleMessage acts on one message. A non-nil closing ends the connection.
	handleMessage(c *conn, op int, data []byte) *closeStatus
	// connectedFrame is what a client gets first; nil for nothing.
	connectedFrame(c *conn) []byte
	// disconnectedFrame is what it gets before being closed by REST; nil for nothing.
	disconnectedFrame(text string) []byte
}

// closeStatus is a close code and its reason.
type closeStatus struct {
	code   int
	reason string
}

// Why a connection ended, as the event disconnected tells it.
//
// Source: the vendor's emulator.
const (
	reasonEnded       = "The connection ended."
	reasonWindowEnded = "The connection recovery timeout expired."
)

// Why a receiver that takes too little is closed.
//
// Source: the vendor's emulator.
const (
	queueFull  = "The outbound message queue is full."
	replayFull = "The reliable message buffer is full."
)

// currentLink gives the transport in use; nil while a reliable connection is away.
func (c *conn) currentLink() *link {
	if c.replay == nil {
		return c.link
	}
	c.replay.mu.Lock()
	defer c.replay.mu.Unlock()
	return c.link
}

// sendMessage queues m. It gives "" or the reason for which the caller has to call
// overflow, without holding the hub's lock.
func (c *conn) sendMessage(m *message) (full string) {
	if c.kind == kindSimple && m.response.Stream != nil && m.response.Stream.End {
		return ""
	}
	it := m.item(c.kind)
	if c.replay != nil {
		return c.replay.sendMessage(c, it)
	}
	if c.link.out.Push(it) == outbound.Full {
		return queueFull
	}
	return ""
}

// sendFrame queues a frame for the transport in use; it is lost when there is none.
func (c *conn) sendFrame(frame []byte) {
	if l := c.currentLink(); l != nil && l.out.Push(outbound.Item{Bytes: frame}) == outbound.Full {
		c.overflow(queueFull)
	}
}

// handleMessage gives a message of l to the client's protocol. Messages of a connection
// are handled one at a time; one that a replaced transport still brings is
// dropped, because its answer would not be awaited any more.
func (c *conn) handleMessage(l *link, op int, data []byte) *closeStatus {
	if c.replay == nil {
		return c.client.handleMessage(c, op, data)
	}
	c.replay.handling.Lock()
	defer c.replay.handling.Unlock()
	if c.currentLink() != l {
		return nil
	}
	return c.client.handleMessage(c, op, data)
}

// overflow closes a connection that takes its messages too slowly. What waits
// for it is dropped.
func (c *conn) overflow(reason string) {
	l := c.terminate(reason)
	if l != nil && l.out.EndNow(outbound.CloseFrame(closePolicy, reason)) {
		c.server.log.Warn("connection too slow, closed", "hub", c.hub.name, "connectionId", c.id, "userId", c.userID)
	}
}

// close takes c out of its hub at once and ends it with a close frame, after
// what is queued and an optional farewell. Only the first close counts; why is
// what the event disconnected tells.
func (c *conn) close(code int, reason string, farewell []byte, why string) {
	l := c.terminate(why)
	switch {
	case l == nil: // away
	case farewell != nil:
		l.out.End(farewell, outbound.CloseFrame(code, reason))
	default:
		l.out.End(outbound.CloseFrame(code, reason))
	}
}

// closeByREST is what REST does to a connection: the reason goes into
// the farewell, never into the close frame.
func (c *conn) closeByREST(reason string) {
	text := "Application server closed the connection."
	if reason != "" {
		text += " Reason: " + reason
	}
	c.close(closeNormal, "", c.client.disconnectedFrame(text), text)
}

// linkEnded tells that transport l is gone without a word: a reliable connection
// waits for another one, any other ends.
func (c *conn) linkEnded(l *link) {
	if c.replay == nil {
		c.terminate(reasonEnded)
		return
	}
	c.replay.detach(c, l)
}

// terminate ends c for good: it leaves its hub and cannot come back. It gives the
// transport, which the caller ends; nil when there is none. Every way in which a
// connection ends comes through here, and the first call alone is its end.
func (c *conn) terminate(why string) *link {
	if c.server.removeConn(c) {
		c.server.log.Info("connection closed", "hub", c.hub.name, "connectionId", c.id, "userId", c.userID, "reason", why)
		c.notice(Notice{Type: NoticeClosed, Reason: why})
	}
	c.endStreams()
	c.source.connectionEnded(why)
	if c.replay != nil {
		return c.replay.finish(c)
	}
	return c.link
}

// validText tells whether a text message may be used: WebSocket text is UTF-8.
func validText(op int, data []byte) bool {
	return op != websocket.TextMessage || utf8.Valid(data)
}

// agree settles what c speaks: a service-defined subprotocol, or any other name
// for a simple client.
func (c *conn) agree(subprotocol string) {
	c.subprotocol = subprotocol
	format, reliable, ok := protocol.ParseSubprotocol(subprotocol)
	if !ok {
		return
	}
	c.kind, c.client = kindOf(format, reliable), &pubsubClient{format: format}
	if reliable {
		c.replay = &replay{}
	}
}

// reconnectionToken is the right to resume c.
func (c *conn) reconnectionToken() string {
	tok, err := c.server.key.SignReconnection(c.id, c.server.now())
	if err != nil {
		c.server.log.Error("reconnection token", "connectionId", c.id, "error", err)
	}
	return tok
}

// status tells of c; its hub's lock is held.
func (c *conn) status() ConnectionStatus {
	st := ConnectionStatus{
		Hub: c.hub.name, ConnectionID: c.id, Subprotocol: c.subprotocol,
		Groups: slices.AppendSeq(make([]string, 0, len(c.groups)), maps.Keys(c.groups)),
	}
	slices.Sort(st.Groups)
	if c.hasUser {
		st.UserID = &c.userID
	}
	if c.replay != nil {
		st.Unacknowledged = c.replay.unacknowledged()
	}
	l := c.currentLink()
	if st.Away = l == nil; !st.Away {
		st.Queued, st.QueuedBytes = l.out.Waiting()
	}
	return st
}

// notice tells what happened to c.
func (c *conn) notice(x Notice) {
	x.Time, x.Hub, x.ConnectionID, x.UserID = c.server.now(), c.hub.name, c.id, c.userID
	c.server.notices.publish(x)
}
