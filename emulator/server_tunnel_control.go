package emulator

import (
	"net/http"
	"net/url"

	"wps/protocol/tunnel"
)

// TunnelStatus is one tunnel connection.
type TunnelStatus struct {
	Hub          string `json:"hub"`
	ConnectionID string `json:"connectionId"`
	// ClientID is the id of the tunnel client, which may have several connections.
	ClientID string `json:"clientId"`
}

// Tunnels returns the tunnel connections, by hub and in the order in which they were
// opened.
func (s *Server) Tunnels() []TunnelStatus {
	all := []TunnelStatus{}
	for _, i := range s.tunnels.List() {
		all = append(all, TunnelStatus{i.Hub, i.ID, i.ClientID})
	}
	return all
}

// controlTunnel asks the client of a tunnel connection for what the service may ask:
// to open it again, to open another one, or to close it.
func (s *Server) controlTunnel(w *responseWriter, r *http.Request, escaped string) {
	const text = "Asked for by the control API."
	asks := map[string]tunnel.Message{
		"reconnect": &tunnel.Reconnect{Text: text}, "rebalance": &tunnel.Rebalance{Text: text}, "close": &tunnel.Close{Text: text},
	}
	id, err := url.PathUnescape(escaped)
	if err != nil {
		id = escaped
	}
	switch m := asks[r.URL.Query().Get("ask")]; {
	case m == nil:
		writeBadRequest(w, "ask", "Use ask=reconnect, ask=rebalance or ask=close.")
	case s.tunnels.Ask(id, m):
		w.WriteHeader(http.StatusAccepted)
	default:
		writeError(w, http.StatusNotFound, codeControlNotFound, "Tunnel", notFound("Tunnel", id))
	}
}
