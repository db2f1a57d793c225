package emulator

import (
	"cmp"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"wps/token"
)

// ControlPath is where the emulator's own control API begins. It is no part of
// the service: it inspects a running emulator, from the same machine and with the
// access key.
//
//	GET    status
//	GET    connections[?hub=HUB]
//	GET    groups[?hub=HUB]
//	GET    events[?recent=N][&follow=true][&data=true]   JSON lines
//	DELETE connections/ID[?reason=TEXT]
//	GET    tunnels[?hub=HUB]
//	POST   tunnels/ID?ask=reconnect|rebalance|close      as the service may ask a tunnel client
const ControlPath = "/_emulator/"

// Status is what an emulator as a whole is doing.
type Status struct {
	// Version is Options.Version.
	Version       string    `json:"version"`
	Started       time.Time `json:"started"`
	UptimeSeconds int64     `json:"uptimeSeconds"`
	Connections   int       `json:"connections"`
	Users         int       `json:"users"`
	Groups        int       `json:"groups"`
	// Tunnels is how many tunnel connections are open.
	Tunnels int `json:"tunnels"`
	// Followers is how many streams of events are open.
	Followers int `json:"followers"`
	// Hubs are those that have connections, by name.
	Hubs []HubStatus `json:"hubs"`
}

// HubStatus is one hub of a Status.
type HubStatus struct {
	Hub         string `json:"hub"`
	Connections int    `json:"connections"`
	Users       int    `json:"users"`
	Groups      int    `json:"groups"`
}

// ConnectionStatus is one connection.
type ConnectionStatus struct {
	Hub          string `json:"hub"`
	ConnectionID string `json:"connectionId"`
	// UserID is nil for an anonymous connection.
	UserID *string `json:"userId,omitempty"`
	// Subprotocol is "" for a simple client.
	Subprotocol string `json:"subprotocol,omitempty"`
	// Groups are the first 1000 groups by name, and MoreGroups how many follow.
	Groups     []string `json:"groups"`
	MoreGroups int      `json:"moreGroups,omitempty"`
	// Queued is how many messages wait for the client, QueuedBytes their size.
	Queued      int `json:"queued"`
	QueuedBytes int `json:"queuedBytes"`
	// Unacknowledged is how many messages a reliable client has not acknowledged.
	Unacknowledged int `json:"unacknowledged"`
	// Away reports that a reliable connection has no transport at the moment.
	Away bool `json:"away"`
}

// GroupStatus is one group.
type GroupStatus struct {
	Hub         string `json:"hub"`
	Group       string `json:"group"`
	Connections int    `json:"connections"`
}

// serveControl answers the control API; path is the path after ControlPath.
func (s *Server) serveControl(w *responseWriter, r *http.Request, path string) {
	if !fromHere(r) {
		writeError(w, http.StatusForbidden, codeForbidden, "Request", "The control API accepts requests from this host only.")
		return
	}
	if why := s.keyProblem(r); why != "" {
		s.refuseUnauthorized(w, r, why)
		return
	}
	limitWrite(http.NewResponseController(w))
	what, id, _ := strings.Cut(path, "/")
	hub := strings.ToLower(r.URL.Query().Get("hub"))
	switch r.Method + " " + what {
	case "GET status":
		writeJSON(w, http.StatusOK, "application/json", s.Status())
	case "GET connections":
		writeJSON(w, http.StatusOK, "application/json", s.connectionStatus(hub))
	case "GET groups":
		writeJSON(w, http.StatusOK, "application/json", s.groupStatus(hub))
	case "GET events":
		s.streamTraffic(w, r)
	case "DELETE connections":
		s.controlClose(w, r, id)
	case "GET tunnels":
		writeJSON(w, http.StatusOK, "application/json", s.tunnelStatus(hub))
	case "POST tunnels":
		s.controlTunnel(w, r, id)
	default:
		writeError(w, http.StatusNotFound, codeNotFound, "Request", "The control API has no such operation.")
	}
}

// fromHere reports whether a request comes from this machine and names it by a
// loopback name: a page in a browser may reach loopback under another one.
func fromHere(r *http.Request) bool {
	peer, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return false
	}
	ip := net.ParseIP(peer)
	return ip != nil && ip.IsLoopback() && token.IsLoopbackHost(r.Host)
}

// Status returns the status of the emulator.
func (s *Server) Status() Status {
	st := Status{Version: s.version, Started: s.started, Tunnels: len(s.tunnels.List()), Followers: s.feed.Followers(), Hubs: []HubStatus{}}
	st.UptimeSeconds = int64((s.clock.elapsed() - s.begun).Seconds())
	for _, h := range s.hubsNamed("") {
		x := h.status()
		st.Connections += x.Connections
		st.Users += x.Users
		st.Groups += x.Groups
		if x.Connections > 0 {
			st.Hubs = append(st.Hubs, x)
		}
	}
	return st
}

// connectionStatus returns the connections of a hub ("" means every hub), sorted by
// hub and id, up to maxListed.
func (s *Server) connectionStatus(hubName string) []ConnectionStatus {
	l := connectionList{all: []ConnectionStatus{}}
	for _, h := range s.hubsNamed(hubName) {
		l.add(h)
	}
	return l.all
}

// groupStatus returns the groups of a hub ("" means every hub), sorted by hub and
// name, up to maxListed.
func (s *Server) groupStatus(hubName string) []GroupStatus {
	all := []GroupStatus{}
	for _, h := range s.hubsNamed(hubName) {
		all = append(all, h.groupList()...)
	}
	slices.SortFunc(all, func(a, b GroupStatus) int {
		return cmp.Or(strings.Compare(a.Hub, b.Hub), strings.Compare(a.Group, b.Group))
	})
	return all[:min(len(all), maxListed)]
}

// controlClose closes a connection of any hub, as the service's REST does.
func (s *Server) controlClose(w *responseWriter, r *http.Request, escaped string) {
	id, err := url.PathUnescape(escaped)
	if err != nil {
		id = escaped
	}
	for _, h := range s.allHubs() {
		if c := h.connection(id); c != nil {
			c.closeByREST(strings.Clone(r.URL.Query().Get("reason")), s.feed.NewChain())
			w.WriteHeader(http.StatusNoContent)
			return
		}
	}
	writeError(w, http.StatusNotFound, codeControlNotFound, "Connection", notFound("Connection", id))
}
