package emulator

import (
	"bufio"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"wps/emulator/internal/tunnel"
	"wps/protocol"
	"wps/protocol/traffic"
	"wps/token"
)

// newTunnels returns the tunnels of s.
func (s *Server) newTunnels() *tunnel.Tunnels {
	return tunnel.New(tunnel.Options{
		KeepAlive: s.keepAlive, Logger: s.log, REST: http.HandlerFunc(s.serveTunnelREST),
		Opened: func(i tunnel.Info) {
			s.log.Info("tunnel opened", "hub", i.Hub, "connectionId", i.ID, "clientId", i.ClientID)
			s.publishTunnel(traffic.TunnelOpened, i, "")
		},
		Closed: func(i tunnel.Info, reason string) {
			s.log.Info("tunnel closed", "hub", i.Hub, "connectionId", i.ID, "clientId", i.ClientID, "reason", reason)
			s.publishTunnel(traffic.TunnelClosed, i, reason)
		},
	})
}

// publishTunnel publishes that a tunnel was opened or has ended.
func (s *Server) publishTunnel(t traffic.Type, i tunnel.Info, reason string) {
	o := s.newObject(t)
	o.Hub, o.ConnectionID, o.UserID, o.Reason = i.Hub, i.ID, i.ClientID, reason
	s.feed.Publish(o)
}

// serveTunnel answers a program that opens a tunnel, and serves the tunnel until it
// ends. path is the path after /server/.
func (s *Server) serveTunnel(w *responseWriter, r *http.Request, path string) {
	if !strings.EqualFold(strings.TrimSuffix(path, "/"), "tunnel") {
		writeError(w, http.StatusNotFound, codeNotFound, "Request", "The path is unknown.")
		return
	}
	if !checkHandshake(w, r) {
		return
	}
	q := r.URL.Query()
	hub := lastValue(q, "hub")
	if err := protocol.CheckHub(hub); err != nil {
		http.Error(w, "Invalid hub name: "+err.Error()+".", http.StatusBadRequest)
		return
	}
	hub = strings.ToLower(hub)
	claims, ok := s.tunnelClaims(w, r, q, hub)
	if !ok {
		return
	}
	ws := s.upgradeTunnel(w, r)
	if ws == nil {
		return
	}
	if err := s.tunnels.Serve(ws, s.tunnelInfo(q, hub, claims)); err != nil {
		s.log.Warn("tunnel refused", "hub", hub, "error", err)
	}
}

// tunnelInfo describes a new tunnel connection.
func (s *Server) tunnelInfo(q url.Values, hub string, claims token.Claims) tunnel.Info {
	return tunnel.Info{ID: newConnectionID(), Hub: hub, ClientID: claims.UserID, Target: lastValue(q, "target"), Since: s.now()}
}

// upgradeTunnel makes a WebSocket of a request. It is nil when the request was
// answered otherwise.
func (s *Server) upgradeTunnel(w *responseWriter, r *http.Request) *websocket.Conn {
	if !s.life.enter() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return nil
	}
	defer s.life.leave()
	u := websocket.Upgrader{
		HandshakeTimeout: tunnelHandshakeTimeout,
		CheckOrigin:      func(*http.Request) bool { return true }, // ServeHTTP has checked it
		Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
			http.Error(w, reason.Error(), status)
		},
	}
	ws, err := u.Upgrade(&hijackWriter{w}, r, nil)
	if err != nil {
		return nil
	}
	return ws
}

// tunnelHandshakeTimeout limits the write of the answer that opens a tunnel.
const tunnelHandshakeTimeout = 10 * time.Second

// hijackWriter lets the WebSocket library take over the connection of a request.
type hijackWriter struct{ http.ResponseWriter }

// Hijack implements http.Hijacker.
func (w *hijackWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return http.NewResponseController(w.ResponseWriter).Hijack()
}

// tunnelClaims checks the token of a tunnel, in the query or a header, and answers
// when it is refused. A Microsoft Entra ID token is accepted where REST accepts it.
//
// Source for the key: the tunnel client, which signs the URL with its query.
func (s *Server) tunnelClaims(w *responseWriter, r *http.Request, q url.Values, hub string) (token.Claims, bool) {
	text := lastValue(q, "access_token")
	if text == "" {
		text = bearerToken(r)
	}
	if s.entra {
		if claims, err := token.ReadEntra(text, s.now()); err == nil {
			return claims, true
		}
	}
	claims, err := token.Verify(text, s.now(), s.key)
	why := ""
	switch {
	case text == "":
		why = noToken
	case err != nil:
		why = err.Error()
	case !token.MatchTunnel(claims.Audiences, s.acceptedHosts(r.Host), r.URL.EscapedPath(), hub):
		why = "the token's audience is not the tunnel of this hub"
	default:
		return claims, true
	}
	s.refuseUnauthorized(w, r, why)
	return claims, false
}

// serveTunnelREST runs a REST request that has come through a tunnel. It is
// authorized by the token of the tunnel.
func (s *Server) serveTunnelREST(rw http.ResponseWriter, r *http.Request) {
	w, began := &responseWriter{ResponseWriter: rw, chain: s.feed.NewChain()}, time.Now()
	first, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.EscapedPath(), "/"), "/")
	text, err := s.key.SignREST("http://"+r.Host+r.URL.EscapedPath(), s.now(), time.Minute)
	switch {
	case err != nil:
		s.refuseUnauthorized(w, r, err.Error())
	case !strings.EqualFold(first, "api"):
		writeError(w, http.StatusNotFound, codeNotFound, "Request", "A tunnel carries REST operations only.")
	default:
		r.Header.Set("Authorization", "Bearer "+text)
		s.serveREST(w, r, rest)
	}
	s.publishRequest(w, r, began)
}
