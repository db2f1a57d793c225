package emulator

import (
	"maps"
	"slices"
	"strings"
	"time"

	"wps/emulator/internal/rights"
	"wps/internal/feed"
)

// MaxStateConnections is how many connections a State has at most.
const MaxStateConnections = 1000

// maxStateList is how many groups, roles and permissions one of them has.
const maxStateList = 100

// State is who is connected at the moment, for the inspector.
type State struct {
	Time   time.Time   `json:"time"`
	Hubs   []HubState  `json:"hubs"`
	Totals feed.Totals `json:"totals"`
}

// HubState is one hub of a State. Left is how many connections it has besides.
type HubState struct {
	Name        string            `json:"name"`
	Connections []ConnectionState `json:"connections"`
	Left        int               `json:"left"`
}

// ConnectionState is one connection.
type ConnectionState struct {
	ID string `json:"id"`
	// User is nil for an anonymous connection.
	User        *string       `json:"user,omitempty"`
	Subprotocol string        `json:"subprotocol,omitempty"`
	Since       time.Time     `json:"since"`
	Groups      []string      `json:"groups"`
	Roles       []string      `json:"roles"`
	Permissions []rights.Rule `json:"permissions"`
	// FramesIn and BytesIn count what the client has sent, FramesOut and BytesOut
	// what was written to its present transport.
	FramesIn    uint64 `json:"framesIn"`
	BytesIn     uint64 `json:"bytesIn"`
	FramesOut   uint64 `json:"framesOut"`
	BytesOut    uint64 `json:"bytesOut"`
	Queued      int    `json:"queued"`
	QueuedBytes int    `json:"queuedBytes"`
	// Away reports that a reliable connection has no transport.
	Away bool `json:"away,omitempty"`
}

// State returns at most MaxStateConnections connections, by hub and id.
func (s *Server) State() State {
	st := State{Time: s.now().UTC(), Hubs: []HubState{}, Totals: s.feed.Totals()}
	room := MaxStateConnections
	for _, h := range s.hubsNamed("") {
		x := h.state(room)
		room -= len(x.Connections)
		st.Hubs = append(st.Hubs, x)
	}
	return st
}

// state returns the hub with at most that many connections, by id.
func (h *hub) state(most int) HubState {
	h.mu.RLock()
	defer h.mu.RUnlock()
	ids := slices.Sorted(maps.Keys(h.byID))
	x := HubState{Name: h.name, Connections: []ConnectionState{}, Left: max(0, len(ids)-most)}
	for _, id := range ids[:min(len(ids), most)] {
		x.Connections = append(x.Connections, h.byID[id].state())
	}
	return x
}

// state returns the state of c; its hub's lock is held.
func (c *conn) state() ConnectionState {
	st := ConnectionState{
		ID: c.id, Subprotocol: c.subprotocol, Since: c.since.UTC(),
		Groups: firstSorted(slices.Collect(maps.Keys(c.groups))), Roles: firstSorted(slices.Clone(c.roles)),
		Permissions: c.rights.Rules(maxStateList),
		FramesIn:    c.framesIn.Load(), BytesIn: c.bytesIn.Load(),
	}
	if c.hasUser {
		st.User = &c.userID
	}
	l := c.currentLink()
	if st.Away = l == nil; l != nil {
		st.Queued, st.QueuedBytes = l.out.Waiting()
		st.FramesOut, st.BytesOut = l.out.Written()
	}
	return st
}

// firstSorted sorts a list and returns its first maxStateList entries.
func firstSorted(list []string) []string {
	slices.SortFunc(list, strings.Compare)
	return append([]string{}, list[:min(len(list), maxStateList)]...)
}
