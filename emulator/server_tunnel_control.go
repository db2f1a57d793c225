package emulator

import (
	"net/http"
	"net/url"
	"time"

	"wps/protocol/tunnel"
)

// TunnelStatus is one tunnel connection.
type TunnelStatus struct {
	Hub          string `json:"hub"`
	ConnectionID string `json:"connectionId"`
	// ClientID is the id of the tunnel client, which may have several connections.
	ClientID string `json:"clientId"`
	// Target is the instance of the service that the client asked for, because a
	// message of the service has named it; "" for any.
	Target string    `json:"target,omitempty"`
	Since  time.Time `json:"since"`
	// InFlight is how many events were sent through it that have no answer yet.
	InFlight int `json:"inFlight"`
}

// Tunnels returns the tunnel connections, by hub and in the order in which they were
// opened.
func (s *Server) Tunnels() []TunnelStatus { return s.tunnelStatus("") }

// tunnelStatus returns the tunnel connections of a hub, "" for every hub.
func (s *Server) tunnelStatus(hub string) []TunnelStatus {
	all := []TunnelStatus{}
	for _, i := range s.tunnels.List() {
		if hub == "" || i.Hub == hub {
			all = append(all, TunnelStatus{i.Hub, i.ID, i.ClientID, i.Target, i.Since, i.InFlight})
		}
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
