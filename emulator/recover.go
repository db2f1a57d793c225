package emulator

import (
	"net/http"

	"github.com/gorilla/websocket"

	"wps/protocol"
	"wps/token"
)

// recover gives a reliable connection a new transport, with the subprotocol it
// has, whatever is offered now. A refusal comes after the upgrade, because a
// client takes an HTTP error for one that may pass.
//
// Source: client specification of the service; the order as the vendor's
// emulator has it.
func (s *Server) recover(w *responseWriter, r *http.Request, hubName, id, tok string) {
	c := s.findHub(hubName).connection(id)
	if c == nil || c.replay == nil || token.VerifyReconnection(tok, id, s.now(), s.key) != nil {
		s.refuseRecovery(w, r, choose(websocket.Subprotocols(r)))
		return
	}
	l, answer := s.upgrade(w, r, c.subprotocol, c.kind.format())
	if l == nil {
		return
	}
	l.conn = c
	if !c.replay.adopt(c, l, answer) {
		l.conn = nil
		s.life.run(func() { l.refuse(answer, closePolicy, notRecovered) })
		return
	}
	s.log.Info("connection recovered", "hub", hubName, "connectionId", id, "userId", c.userID)
	c.notice(Notice{Type: NoticeRecovered})
	if c.publishesStreams() {
		// The service's JavaScript client goes on with its streams only when it is
		// told that it is connected, which the specification allows.
		c.reply(c.client.greeting(c))
	}
	s.life.run(l.read)
	s.closeLate(c)
}

const notRecovered = "The connection could not be recovered."

func (s *Server) refuseRecovery(w *responseWriter, r *http.Request, subprotocol string) {
	if l, answer := s.upgrade(w, r, subprotocol, protocol.FormatJSON); l != nil {
		s.life.run(func() { l.refuse(answer, closePolicy, notRecovered) })
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
