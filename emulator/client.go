package emulator

import (
	"crypto/rand"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"github.com/gorilla/websocket"

	"wps/protocol"
	"wps/token"
)

// serveClient answers a client that wants a WebSocket connection; rest is the
// path behind /client/.
//
// Source for the order of the checks: the vendor's emulator.
func (s *Server) serveClient(w http.ResponseWriter, r *http.Request, rest string) {
	q := r.URL.Query()
	hubName := clientHub(rest, q)
	if !websocket.IsWebSocketUpgrade(r) || hubName == "" {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if last(q, "awps_connection_id") != "" {
		s.refuseRecovery(w, r)
		return
	}
	claims, ok := s.clientClaims(w, r, q)
	if !ok {
		return
	}
	simple, err := newSimpleClient(q)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	offered := websocket.Subprotocols(r)
	chosen, ok := choose(offered)
	if !ok {
		notYet(w, "the reliable and protobuf subprotocols")
		return
	}
	c := &conn{
		id: newConnectionID(), userID: claims.UserID, hasUser: claims.HasUserID,
		server: s, hub: s.hub(hubName), kind: kindSimple, client: simple, rights: newRights(claims.Roles),
	}
	if chosen != "" {
		c.kind, c.client = kindJSON, &jsonClient{}
	}
	s.open(w, r, c, chosen, claims.Groups)
}

// clientHub gives the hub of /client/hubs/{hub} or /client/?hub={hub}, in lower
// case; "" when there is none or its name is not valid.
func clientHub(rest string, q url.Values) string {
	name := ""
	first, second, _ := strings.Cut(rest, "/")
	switch {
	case rest == "":
		name = last(q, "hub")
	case strings.EqualFold(first, "hubs"):
		name = protocol.UnescapeSegment(strings.TrimSuffix(second, "/"))
	}
	if protocol.CheckHub(name) != nil {
		return ""
	}
	return strings.ToLower(name)
}

// clientClaims checks the token of a client, which the query or a header may
// carry, and answers when it is refused.
func (s *Server) clientClaims(w http.ResponseWriter, r *http.Request, q url.Values) (token.Claims, bool) {
	text := last(q, "access_token")
	if text == "" {
		text = bearer(r)
	}
	claims, err := token.Verify(text, s.now(), s.key)
	if err != nil {
		s.refuse(w, r, err.Error())
		return claims, false
	}
	if !token.MatchClient(claims.Audiences, s.acceptedHosts(r.Host), clientPath(r, q)) {
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

// clientPath is the path that a client's token is made for; the query form of
// the URL means the same hub.
func clientPath(r *http.Request, q url.Values) string {
	path := r.URL.EscapedPath()
	if strings.Contains(strings.ToLower(path), "/hubs/") {
		return path
	}
	return "/client/hubs/" + protocol.EscapeSegment(last(q, "hub"))
}

// choose picks the first subprotocol the emulator speaks, in the client's order,
// echoed as the client spelled it. "" means a simple client. It is not ok when
// the client wants only ones of the service that are not there yet.
func choose(offered []string) (chosen string, ok bool) {
	ok = true
	for _, name := range offered {
		switch strings.ToLower(name) {
		case protocol.SubprotocolJSON:
			return name, true
		case protocol.SubprotocolJSONReliable, protocol.SubprotocolProtobuf, protocol.SubprotocolProtobufReliable:
			ok = false
		}
	}
	return "", ok
}

func newConnectionID() string {
	var b [16]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// refuseRecovery accepts the WebSocket and closes it: a connection that is not
// reliable cannot be recovered.
func (s *Server) refuseRecovery(w http.ResponseWriter, r *http.Request) {
	first := ""
	if offered := websocket.Subprotocols(r); len(offered) > 0 {
		first = offered[0]
	}
	c := &conn{id: newConnectionID(), server: s, hub: newHub(""), client: &simpleClient{}, rights: newRights(nil)}
	if s.open(w, r, c, first, nil) {
		c.close(closePolicy, "The connection could not be recovered.", nil)
	}
}
