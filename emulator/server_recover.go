package emulator

import (
	"net/http"

	"github.com/gorilla/websocket"

	"wps/protocol"
	"wps/protocol/traffic"
	"wps/token"
)

// recover returns a reliable connection a new transport, with the subprotocol it
// has, whatever is offered now. A refusal follows the upgrade, because a client
// retries after an HTTP error.
//
// Source: client specification of the service; the order as the vendor's
// emulator has it.
func (s *Server) recover(w *responseWriter, r *http.Request, hubName, id, tok string) {
	c := s.findHub(hubName).connection(id)
	if c == nil || c.replay == nil || token.VerifyReconnection(tok, id, s.now(), s.key) != nil {
		s.refuseRecovery(w, r, chooseSubprotocol(websocket.Subprotocols(r)))
		return
	}
	l, answer := s.upgrade(w, r, c.subprotocol, c.kind.format())
	if l == nil {
		return
	}
	l.conn = c
	if !c.replay.adopt(c, l, answer) {
		l.conn = nil
		s.life.run(func() { l.closeRefused(answer, closePolicy, notRecovered) })
		return
	}
	s.log.Info("connection recovered", "hub", hubName, "connectionId", id, "userId", c.userID)
	o := c.newObject(traffic.Recovered)
	o.Chain = w.chain
	c.publishObject(o)
	if c.publishesStreams() {
		// The service's JavaScript client continues its streams only after the frame
		// connected, which the specification allows.
		hello := c.client.connectedFrame(c)
		c.publishSent(&protocol.Response{Type: protocol.ResponseSystem, Event: protocol.SystemConnected}, w.chain)
		c.sendFrame(hello)
	}
	s.life.run(l.readLoop)
	s.closeLate(c)
}

const notRecovered = "The connection could not be recovered."

func (s *Server) refuseRecovery(w *responseWriter, r *http.Request, subprotocol string) {
	if l, answer := s.upgrade(w, r, subprotocol, protocol.FormatJSON); l != nil {
		s.life.run(func() { l.closeRefused(answer, closePolicy, notRecovered) })
	}
}
