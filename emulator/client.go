package emulator

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/websocket"

	"wps/emulator/internal/rights"
	"wps/protocol"
	"wps/token"
)

// serveClient answers a client that wants a WebSocket connection.
//
// Source for the order of the checks: the vendor's emulator.
func (s *Server) serveClient(w *responseWriter, r *http.Request) {
	q := r.URL.Query()
	hubName, path := token.ClientPath(r.URL.EscapedPath(), last(q, "hub"))
	if !websocket.IsWebSocketUpgrade(r) || hubName == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if !s.life.enter() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	defer s.life.leave()
	if id := last(q, "awps_connection_id"); id != "" {
		s.recover(w, r, hubName, id, last(q, "awps_reconnection_token"))
		return
	}
	claims, ok := s.clientClaims(w, r, q, hubName, path)
	if !ok {
		return
	}
	simple, err := newSimpleClient(q)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	c := &conn{id: newConnectionID(), server: s, client: simple}
	c.source = s.up.newSource(hubName, c.id, originOf(r))
	subprotocol, ok := s.connectEvent(w, r, c, &claims)
	if !ok {
		return
	}
	c.userID, c.hasUser, c.rights = claims.UserID, claims.HasUserID, rights.New(claims.Roles)
	c.agree(subprotocol)
	s.open(w, r, hubName, c, claims.Groups)
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

// clientClaims checks the token of a client, which the query or a header may
// carry, and answers when it is refused. A hub may let clients in without one.
func (s *Server) clientClaims(w *responseWriter, r *http.Request, q url.Values, hubName, path string) (token.Claims, bool) {
	text := last(q, "access_token")
	if text == "" {
		text = bearer(r)
	}
	if text == "" && s.settings.Load().letsIn(hubName) {
		return token.Claims{}, true
	}
	if text == "" {
		s.refuse(w, r, noToken+", and this hub lets nobody in without one")
		return token.Claims{}, false
	}
	claims, err := token.Verify(text, s.now(), s.key)
	if err != nil {
		s.refuse(w, r, err.Error())
		return claims, false
	}
	if !token.MatchClient(claims.Audiences, s.acceptedHosts(r.Host), path) {
		s.refuse(w, r, "the token's audience is not this hub")
		return claims, false
	}
	for _, g := range claims.Groups {
		if err := protocol.CheckGroup(g); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return claims, false
		}
	}
	return claims, true
}

// choose picks the first service-defined subprotocol in the client's order,
// echoed as the client spelled it. "" means a simple client.
func choose(offered []string) string {
	for _, name := range offered {
		if _, _, ok := protocol.ParseSubprotocol(name); ok {
			return name
		}
	}
	return ""
}

// canonicalSubprotocol spells a service-defined subprotocol as the service does.
func canonicalSubprotocol(name string) string {
	if _, _, ok := protocol.ParseSubprotocol(name); ok {
		return strings.ToLower(name)
	}
	return name
}

func newConnectionID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}
