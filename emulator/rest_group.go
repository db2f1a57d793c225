package emulator

import (
	"fmt"
	"net/http"
	"strings"

	"wps/protocol"
)

func addConnection(c *call, _ protocol.Target) {
	name := strings.Clone(c.first) // it stays, and not all of the URL with it
	found := c.hub.change(protocol.Target{Kind: protocol.TargetConnection, ID: c.second}, func(m *conn) { c.hub.join(m, name) })
	if !found {
		fail(c.w, http.StatusNotFound, protocol.CodeConnectionNotExisted, "Connection", notFound("Connection", c.second))
		return
	}
	c.w.WriteHeader(http.StatusOK)
}

func removeConnection(c *call, _ protocol.Target) {
	c.hub.change(protocol.Target{Kind: protocol.TargetConnection, ID: c.second}, func(m *conn) { c.hub.leave(m, c.first) })
	c.w.WriteHeader(http.StatusNoContent)
}

func addUser(c *call, u protocol.Target) {
	name := strings.Clone(c.second)
	if !c.hub.change(u, func(m *conn) { c.hub.join(m, name) }) {
		fail(c.w, http.StatusNotFound, protocol.CodeUserNotExisted, "User", notFound("User", u.ID))
		return
	}
	c.w.WriteHeader(http.StatusOK)
}

func removeUser(c *call, u protocol.Target) {
	c.hub.change(u, func(m *conn) { c.hub.leave(m, c.second) })
	c.w.WriteHeader(http.StatusNoContent)
}

func leaveAll(c *call, of protocol.Target) {
	c.hub.change(of, c.hub.leaveAll)
	c.w.WriteHeader(http.StatusNoContent)
}

// exists answers a HEAD with 200 or 404.
func exists(c *call, t protocol.Target) {
	if c.hub.exists(t) {
		c.w.WriteHeader(http.StatusOK)
		return
	}
	switch t.Kind {
	case protocol.TargetConnection:
		fail(c.w, http.StatusNotFound, protocol.CodeCheckConnectionNotExisted, "Connection", notFound("Connection", t.ID))
	case protocol.TargetUser:
		fail(c.w, http.StatusNotFound, protocol.CodeUserNotExisted, "User", notFound("User", t.ID))
	default:
		// The recorded answer is four bytes shorter than the analogous text.
		fail(c.w, http.StatusNotFound, protocol.CodeGroupNotExisted, "Group", fmt.Sprintf("Group `%s` not found", t.ID))
	}
}

func notFound(what, id string) string { return fmt.Sprintf("%s `%s` is not found.", what, id) }

// closeConnections answers the four ways of closing: those that are there are
// closed, and the answer is 204 in any case.
func closeConnections(c *call, of protocol.Target) {
	var stay map[string]bool
	if of.Kind != protocol.TargetConnection {
		stay = exclusion(c.query["excluded"])
	}
	reason := c.query.Get("reason")
	for _, m := range c.hub.members(of) {
		if !stay[m.id] {
			m.closedByApplication(reason)
		}
	}
	c.w.WriteHeader(http.StatusNoContent)
}
