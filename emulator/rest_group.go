package emulator

import (
	"fmt"
	"net/http"
	"strings"

	"wps/protocol"
)

func addConnection(c *restRequest, _ protocol.Target) {
	name := strings.Clone(c.first) // it stays, and not all of the URL with it
	full := false
	found := c.hub.update(protocol.Target{Kind: protocol.TargetConnection, ID: c.second}, func(m *conn) { full = !c.hub.join(m, name, c.w.chain) })
	if !found {
		writeError(c.w, http.StatusNotFound, protocol.CodeConnectionNotExisted, "Connection", notFound("Connection", c.second))
		return
	}
	c.writeJoined(full)
}

// writeJoined answers a request that made connections join groups; full means that
// one of them has reached its limit.
func (c *restRequest) writeJoined(full bool) {
	if full {
		writeError(c.w, http.StatusConflict, protocol.CodeConnectionConflict, "Connection", tooManyGroups)
		return
	}
	c.w.WriteHeader(http.StatusOK)
}

func removeConnection(c *restRequest, _ protocol.Target) {
	c.hub.update(protocol.Target{Kind: protocol.TargetConnection, ID: c.second}, func(m *conn) { c.hub.leave(m, c.first, c.w.chain) })
	c.w.WriteHeader(http.StatusNoContent)
}

func addUser(c *restRequest, u protocol.Target) {
	name := strings.Clone(c.second)
	full := false
	if !c.hub.update(u, func(m *conn) { full = !c.hub.join(m, name, c.w.chain) || full }) {
		writeError(c.w, http.StatusNotFound, protocol.CodeUserNotExisted, "User", notFound("User", u.ID))
		return
	}
	c.writeJoined(full)
}

func removeUser(c *restRequest, u protocol.Target) {
	c.hub.update(u, func(m *conn) { c.hub.leave(m, c.second, c.w.chain) })
	c.w.WriteHeader(http.StatusNoContent)
}

// leaveAll locks the hub for one connection at a time, because each may be in many
// groups.
func leaveAll(c *restRequest, of protocol.Target) {
	for _, m := range c.hub.connections(of) {
		c.hub.update(protocol.Target{Kind: protocol.TargetConnection, ID: m.id}, func(m *conn) { c.hub.leaveAll(m, c.w.chain) })
	}
	c.w.WriteHeader(http.StatusNoContent)
}

// restExists answers a HEAD with 200 or 404.
func restExists(c *restRequest, t protocol.Target) {
	if c.hub.exists(t) {
		c.w.WriteHeader(http.StatusOK)
		return
	}
	switch t.Kind {
	case protocol.TargetConnection:
		writeError(c.w, http.StatusNotFound, protocol.CodeCheckConnectionNotExisted, "Connection", notFound("Connection", t.ID))
	case protocol.TargetUser:
		writeError(c.w, http.StatusNotFound, protocol.CodeUserNotExisted, "User", notFound("User", t.ID))
	default:
		// The recorded answer is four bytes shorter than the analogous text.
		writeError(c.w, http.StatusNotFound, protocol.CodeGroupNotExisted, "Group", fmt.Sprintf("Group `%s` not found", t.ID))
	}
}

func notFound(what, id string) string { return fmt.Sprintf("%s `%s` is not found.", what, id) }

// closeConnections answers the four operations that close: whatever exists is
// closed, and the answer is 204 in any case.
func closeConnections(c *restRequest, of protocol.Target) {
	var stay map[string]bool
	if of.Kind != protocol.TargetConnection {
		stay = idSet(c.query["excluded"])
	}
	reason := strings.Clone(c.query.Get("reason")) // it is kept, and not all of the URL with it
	for _, m := range c.hub.connections(of) {
		if !stay[m.id] {
			m.closeByREST(reason, c.w.chain)
		}
	}
	c.w.WriteHeader(http.StatusNoContent)
}
