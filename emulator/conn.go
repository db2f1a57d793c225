package emulator

import (
	"context"
	"log/slog"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"wps/emulator/internal/outbound"
	"wps/emulator/internal/rights"
	"wps/protocol"
	"wps/protocol/traffic"
)

// conn is one client connection as the service knows it. It has one transport
// (link) for its whole life, unless it is reliable: then it outlives its
// transport for a while and may be given another one.
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
	groupBytes  int                 // of their names, guarded by hub.mu
	link        *link               // of a reliable connection guarded by replay.mu
	replay      *replay             // nil unless reliable
	source      *eventSource        // nil when the hub has no event handler
	streams     streams             // that it publishes
	roles       []string            // of its token
	since       time.Time
	framesIn    atomic.Uint64
	bytesIn     atomic.Uint64
	// chain is that of the handshake, then of the message that is being handled. It
	// belongs to the goroutine that opens the connection, then to its reader.
	chain uint64
}

// clientProtocol interprets the messages of a kind of client.
type clientProtocol interface {
	// handleMessage acts on one message. A non-nil closing ends the connection.
	handleMessage(c *conn, op int, data []byte) *closeStatus
	// connectedFrame returns the first frame for a client; nil for none.
	connectedFrame(c *conn) []byte
	// disconnectedFrame returns the frame that precedes a close by REST; nil for
	// none.
	disconnectedFrame(text string) []byte
}

// ending is the end of a connection: the close code of its last frame, the reason
// of the event disconnected, and the chain of what has ended it.
type ending struct {
	code  int
	why   string
	chain uint64
	cause string // what the client did, for the log and the traffic; "" if why says it
}

// text returns the reason with its cause.
func (e ending) text() string {
	if e.cause == "" {
		return e.why
	}
	return strings.TrimSuffix(e.why, ".") + ": " + e.cause
}

// closeStatus is a close code and its reason.
type closeStatus struct {
	code   int
	reason string
	chain  uint64 // of the message that ends the connection
	cause  string // for the log and events: what the client did; "" if the reason says it
}

// Reasons of the event disconnected.
//
// Source: the vendor's emulator.
const (
	reasonEnded       = "The connection ended."
	reasonWindowEnded = "The connection recovery timeout expired."
)

// Reasons of closes of a receiver that reads too slowly.
//
// Source: the vendor's emulator.
const (
	queueFull  = "The outbound message queue is full."
	replayFull = "The reliable message buffer is full."
)

// currentLink returns the transport in use; nil while a reliable connection has
// none.
func (c *conn) currentLink() *link {
	if c.replay == nil {
		return c.link
	}
	c.replay.mu.Lock()
	defer c.replay.mu.Unlock()
	return c.link
}

// sendMessage queues m. It returns "" or the reason with which the caller calls
// overflow, after releasing the hub's lock.
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
	c.server.backlog.added(len(frame))
}

// handleMessage passes a message of l to the client's protocol. Messages of a
// connection are handled one at a time; a message of a transport that was
// replaced is dropped, because the client no longer waits for its answer.
func (c *conn) handleMessage(l *link, op int, data []byte) *closeStatus {
	if c.replay != nil {
		c.replay.handling.Lock()
		defer c.replay.handling.Unlock()
		if c.currentLink() != l {
			return nil
		}
	}
	end := c.client.handleMessage(c, op, data)
	if end != nil {
		end.chain = c.chain
	}
	return end
}

// overflow closes a connection that reads too slowly. What waits for it is
// dropped.
func (c *conn) overflow(reason string) {
	if l := c.terminate(ending{code: closePolicy, why: reason}); l != nil {
		c.tooSlow(l.out.EndNow, reason)
	}
}

// yield is overflow for a connection whose messages take memory that is needed.
func (c *conn) yield() {
	if l := c.terminate(ending{code: closePolicy, why: queueFull}); l != nil {
		c.tooSlow(l.out.EndSoon, queueFull)
	}
}

// tooSlow ends the transport of a connection that reads too slowly.
func (c *conn) tooSlow(end func(last ...[]byte) bool, reason string) {
	if end(outbound.CloseFrame(closePolicy, reason)) {
		c.publishFault("the client reads too slowly: " + reason)
		c.server.log.Warn("connection too slow, closed", "hub", c.hub.name, "connectionId", c.id, "userId", c.userID)
	}
}

// close removes c from its hub at once and ends it with a close frame, after
// what is queued and an optional last frame. Only the first close counts; the why
// of e is the reason of the event disconnected.
func (c *conn) close(e ending, reason string, lastFrame []byte) {
	l := c.terminate(e)
	switch {
	case l == nil: // without a transport
	case lastFrame != nil:
		l.out.End(lastFrame, outbound.CloseFrame(e.code, reason))
	default:
		l.out.End(outbound.CloseFrame(e.code, reason))
	}
}

// closeByREST closes c as REST does: the reason is in the frame before the close
// frame, never in that itself.
func (c *conn) closeByREST(reason string, chain uint64) {
	text := "Application server closed the connection."
	if reason != "" {
		text += " Reason: " + strings.ToValidUTF8(reason, "\uFFFD")
	}
	frame := c.client.disconnectedFrame(text)
	if frame != nil {
		c.publishSent(&protocol.Response{Type: protocol.ResponseSystem, Event: protocol.SystemDisconnected, Message: text}, chain)
	}
	c.close(ending{code: closeNormal, why: text, chain: chain}, "", frame)
}

// linkEnded is called when transport l has ended without a close: a reliable
// connection waits for another one, any other ends.
func (c *conn) linkEnded(l *link) {
	if c.replay == nil {
		c.terminate(ending{code: closeAbnormal, why: reasonEnded})
		return
	}
	c.replay.detach(c, l)
}

// closeWith closes c because of what its client sent. The cause of it is in the log
// and in the traffic; the client and the event disconnected get the reason alone.
func (c *conn) closeWith(end *closeStatus) {
	c.close(ending{end.code, end.reason, end.chain, end.cause}, end.reason, nil)
}

// terminate ends c for good: it leaves its hub and cannot be recovered. It returns
// the transport, which the caller ends; nil when there is none. Every end of a
// connection calls it, and only the first call counts.
func (c *conn) terminate(e ending) *link {
	if c.server.removeConn(c) {
		level := slog.LevelInfo
		if e.cause != "" {
			level = slog.LevelWarn
		}
		c.server.log.Log(context.Background(), level, "connection closed", "hub", c.hub.name, "connectionId", c.id, "userId", c.userID, "reason", traffic.Cut(e.text()))
		e.chain = c.publishClosed(e)
	}
	c.endStreams()
	c.source.connectionEnded(e.why, e.chain)
	if c.replay != nil {
		return c.replay.finish(c)
	}
	return c.link
}

// validText reports whether a text message may be used: WebSocket text is UTF-8.
func validText(op int, data []byte) bool {
	return op != websocket.TextMessage || utf8.Valid(data)
}

// agree sets the subprotocol of c: a service-defined one, or any other name for a
// simple client.
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

// status returns the status of c with the names of at most so many groups.
func (c *conn) status(groups int) ConnectionStatus {
	st := ConnectionStatus{Hub: c.hub.name, ConnectionID: c.id, Subprotocol: c.subprotocol}
	st.Groups, st.MoreGroups = c.hub.groupNames(c, groups)
	if c.hasUser {
		st.UserID = &c.userID
	}
	if c.replay != nil {
		st.Unacknowledged = c.replay.unacknowledged()
	}
	l := c.currentLink()
	if st.Away = l == nil; l != nil {
		st.Queued, st.QueuedBytes = l.out.Waiting()
	}
	return st
}
