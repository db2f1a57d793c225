package emulator

import (
	"net/http"
	"strings"

	"wps/protocol"
)

// permissionQuery is a permission request that has passed its checks: which
// permission, for which group.
type permissionQuery struct {
	permission protocol.Permission
	group      string
}

// readPermission reads what a readPermission request names, and answers 400 when it is
// not valid. That is checked before the connection.
//
// Source: recorded answers of 2021; the vendor's emulator for the numbers.
func (c *restRequest) readPermission() (permissionQuery, bool) {
	p, err := parsePermission(c.first)
	if err != nil {
		writeBadRequest(c.w, "Request", "Invalid permission: "+err.Error()+".")
		return permissionQuery{}, false
	}
	target := c.query.Get("targetName")
	if protocol.CheckGroup(target) != nil {
		writeBadRequest(c.w, "Request", invalidGroup)
		return permissionQuery{}, false
	}
	return permissionQuery{p, strings.Clone(target)}, true // a rule stays, and not all of the URL with it
}

// parsePermission reads a permission by its name, in any case, or by the number
// that it has in the service.
func parsePermission(s string) (protocol.Permission, error) {
	switch s {
	case "1":
		return protocol.PermissionSendToGroup, nil
	case "2":
		return protocol.PermissionJoinLeaveGroup, nil
	}
	return protocol.ParsePermission(s)
}

func grantPermission(c *restRequest, _ protocol.Target) {
	p, ok := c.readPermission()
	if !ok {
		return
	}
	m := c.hub.connection(c.second)
	switch {
	case m == nil:
		c.writeNoPermission()
	case !m.rights.Set(p.permission, p.group, true):
		c.writeTooManyRules()
	default:
		m.publishPermission(p, true, c.w.chain)
		c.w.WriteHeader(http.StatusOK)
	}
}

// revokePermission answers 204 for a connection that is not there too.
func revokePermission(c *restRequest, _ protocol.Target) {
	p, ok := c.readPermission()
	if !ok {
		return
	}
	if m := c.hub.connection(c.second); m != nil {
		if !m.rights.Set(p.permission, p.group, false) {
			c.writeTooManyRules()
			return
		}
		m.publishPermission(p, false, c.w.chain)
	}
	c.w.WriteHeader(http.StatusNoContent)
}

// checkPermission answers the same 404 for "no" and for a connection that does not
// exist.
func checkPermission(c *restRequest, _ protocol.Target) {
	p, ok := c.readPermission()
	if !ok {
		return
	}
	if m := c.hub.connection(c.second); m == nil || !m.rights.May(p.permission, p.group) {
		c.writeNoPermission()
		return
	}
	c.w.WriteHeader(http.StatusOK)
}

func (c *restRequest) writeNoPermission() {
	writeError(c.w, http.StatusNotFound, protocol.CodeInfoConnectionNotExisted, "Connection", notFound("Connection", c.second))
}

func (c *restRequest) writeTooManyRules() {
	writeError(c.w, http.StatusConflict, protocol.CodeConnectionConflict, "Connection",
		"The connection has too many permission rules for single groups; at most 1000 are allowed.")
}
