package emulator

import (
	"crypto/rand"
	"encoding/hex"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/websocket"

	"wps/emulator/internal/carrier"
	"wps/emulator/internal/rights"
	"wps/protocol"
	"wps/token"
)

// serveClient answers a client that wants a WebSocket connection.
//
// Source for the order of the checks: the vendor's emulator.
func (s *Server) serveClient(w *responseWriter, r *http.Request) {
	q := r.URL.Query()
	hubName, path := token.ClientPath(r.URL.EscapedPath(), lastValue(q, "hub"))
	if !checkHandshake(w, r) {
		return
	}
	if hubName == "" {
		http.Error(w, "The URL names no hub.", http.StatusBadRequest)
		return
	}
	if !s.life.enter() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	defer s.life.leave()
	if id := lastValue(q, "awps_connection_id"); id != "" {
		s.recover(w, r, hubName, id, lastValue(q, "awps_reconnection_token"))
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
	c := &conn{id: newConnectionID(), server: s, client: simple, chain: w.chain}
	c.source = s.up.newSource(hubName, c.id, originOf(r), c.chain)
	subprotocol, ok := s.connectEvent(w, r, c, &claims)
	if !ok {
		return
	}
	c.roles = claims.Roles
	c.userID, c.hasUser, c.rights = claims.UserID, claims.HasUserID, rights.New(claims.Roles)
	c.agree(subprotocol)
	s.open(w, r, hubName, c, claims.Groups)
}

// clientClaims checks the token of a client, which the query or a header may
// carry, and answers when it is refused. A hub may let clients in without one.
func (s *Server) clientClaims(w *responseWriter, r *http.Request, q url.Values, hubName, path string) (token.Claims, bool) {
	text := lastValue(q, "access_token")
	if text == "" {
		text = bearerToken(r)
	}
	if text == "" && s.settings.Load().allowsAnonymous(hubName) {
		return token.Claims{}, true
	}
	if text == "" {
		s.refuseUnauthorized(w, r, noToken+", and this hub does not allow anonymous clients")
		return token.Claims{}, false
	}
	claims, err := token.Verify(text, s.now(), s.key)
	if err != nil {
		s.refuseUnauthorized(w, r, err.Error())
		return claims, false
	}
	if !token.MatchClient(claims.Audiences, s.acceptedHosts(r.Host), path) {
		s.refuseUnauthorized(w, r, "the token's audience is not this hub")
		return claims, false
	}
	if err := checkGroups(claims.Groups); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return claims, false
	}
	return claims, true
}

// chooseSubprotocol picks the first service-defined subprotocol in the client's order,
// echoed as the client spelled it. "" means a simple client.
func chooseSubprotocol(offered []string) string {
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

// connectEvent runs the connect event of c and returns the subprotocol of the
// connection as the client spelled it: the handler's choice, else the first
// that the emulator speaks. It changes the claims as the handler says, and
// answers when the client is refused.
func (s *Server) connectEvent(w *responseWriter, r *http.Request, c *conn, claims *token.Claims) (chosen string, ok bool) {
	o, refusal := c.source.connect(r, claims)
	if refusal != nil {
		c.source.abandon()
		refuseConnect(w, refusal)
		return "", false
	}
	o.apply(claims)
	if o.Subprotocol != nil {
		return *o.Subprotocol, true
	}
	return chooseSubprotocol(websocket.Subprotocols(r)), true
}

// refuseConnect answers a client whose connect event was refused. A 4xx of the
// handler reaches the client with its body; that of another status is only logged,
// because it may say what the handler's own trouble is.
//
// Source: product documentation on the error responses of event handlers.
func refuseConnect(w *responseWriter, a *carrier.Answer) {
	switch {
	case a.Status == http.StatusInternalServerError:
		http.Error(w, "The connect event failed.", a.Status)
	case a.Status >= 400 && a.Status < 500 && len(a.Body) > 0:
		w.Header()["Content-Type"] = a.Header.Values("Content-Type")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.WriteHeader(a.Status)
		w.Write(a.Body)
	default:
		http.Error(w, "The event handler refused the connection.", a.Status)
	}
}

// originOf is the host that events name as the service: that of the client's
// request, without the port.
func originOf(r *http.Request) string {
	if host, _, err := net.SplitHostPort(r.Host); err == nil {
		return host
	}
	return strings.Trim(r.Host, "[]")
}
