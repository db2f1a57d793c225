package emulator_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"wps/emulator/emulatortest"
	"wps/protocol"
)

// permission makes a request about one permission of a connection for a group.
func permission(method, name, id, group string) request {
	return request{method: method, path: "chat/permissions/" + name + "/connections/" + id + "?targetName=" + url.QueryEscape(group)}
}

func TestPermissions(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c, id := dialJSON(t, e, clientOptions{groups: []string{"member"}})
	join := func(ack int, want string) {
		t.Helper()
		c.send(fmt.Sprintf(`{"type":"joinGroup","group":"g","ackId":%d}`, ack))
		c.expectText(want)
	}
	no := func(ack int) string {
		return failed(ack, "Forbidden", "The client does not have permission to join group 'g'.")
	}
	want(t, e, 404, permission("HEAD", "joinLeaveGroup", id, "g"))
	join(1, no(1))
	for range 2 {
		want(t, e, 200, permission("PUT", "joinLeaveGroup", id, "g"))
	}
	want(t, e, 200, permission("HEAD", "joinLeaveGroup", id, "g"))
	want(t, e, 404, permission("HEAD", "sendToGroup", id, "g"))
	want(t, e, 404, permission("HEAD", "joinLeaveGroup", id, "G"))
	want(t, e, 404, request{method: "HEAD", path: "chat/groups/g"}) // granting does not join
	join(1, ok(1))
	for range 2 {
		want(t, e, 204, permission("DELETE", "joinLeaveGroup", id, "g"))
	}
	want(t, e, 200, request{method: "HEAD", path: "chat/groups/g"}) // revoking does not evict
	join(2, no(2))

	want(t, e, 200, permission("PUT", "SENDTOGROUP", id, "member"))
	c.send(`{"type":"sendToGroup","group":"member","dataType":"text","data":"x","ackId":3}`)
	c.object()
	c.expectText(ok(3))
	want(t, e, 200, permission("HEAD", "1", id, "member"))
	want(t, e, 200, permission("PUT", "2", id, "*"))
	want(t, e, 200, permission("HEAD", "joinleavegroup", id, "*"))
	join(4, no(4)) // a star means itself
}

func TestPermissionsRefused(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	_, id := dialJSON(t, e, clientOptions{})
	for _, method := range []string{"PUT", "DELETE", "HEAD"} {
		for _, name := range []string{"0", "3", "shout", "sendToGroup,joinLeaveGroup", "sendToGroup%20"} {
			want(t, e, 400, permission(method, name, id, "g"))
		}
		for _, group := range []string{"", "  ", strings.Repeat("g", protocol.MaxGroupName+1)} {
			want(t, e, 400, permission(method, "sendToGroup", id, group))
		}
		want(t, e, 400, request{method: method, path: "chat/permissions/sendToGroup/connections/" + id})
		want(t, e, 400, permission(method, "sendToGroup", "%20", "g"))
	}
	wantError(t, want(t, e, 400, permission("PUT", "sendToGroup", "none", "")), "Error.BadRequest", "Request")
	a := want(t, e, 404, permission("PUT", "sendToGroup", "none", "g"))
	wantError(t, a, "Info.Connection.NotExisted", "Connection")
	a = want(t, e, 404, permission("HEAD", "sendToGroup", id, "g"))
	if got := a.header.Get("x-ms-error-code"); got != "Info.Connection.NotExisted" {
		t.Errorf("HEAD without the permission: code %q, want that of a missing connection", got)
	}
	want(t, e, 204, permission("DELETE", "sendToGroup", "none", "g"))
	want(t, e, 200, permission("PUT", "sendToGroup", id, strings.Repeat("g", protocol.MaxGroupName)))
}

// TestPermissionRules proves that a single-group rule beats what roles say, both
// ways, and that taking it back restores what they say.
func TestPermissionRules(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	for _, role := range []string{"webpubsub.sendToGroup", "webpubsub.sendToGroups.g*"} {
		c, id := dialJSON(t, e, clientOptions{roles: []string{role}})
		want(t, e, 204, permission("DELETE", "sendToGroup", id, "g1"))
		want(t, e, 404, permission("HEAD", "sendToGroup", id, "g1"))
		want(t, e, 200, permission("HEAD", "sendToGroup", id, "g2"))
		c.send(`{"type":"sendToGroup","group":"g1","data":1,"ackId":1}`)
		c.expectText(failed(1, "Forbidden", "The client does not have permission to send to group 'g1'."))
		want(t, e, 200, permission("PUT", "sendToGroup", id, "g1"))
		want(t, e, 200, permission("HEAD", "sendToGroup", id, "g1"))
	}
}

// TestPermissionQuota proves that the 1001st single-group rule is refused with
// nothing changed, and that rules which are not needed cost nothing.
func TestPermissionQuota(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	_, id := dialJSON(t, e, clientOptions{roles: []string{"webpubsub.sendToGroup"}})
	fill := func(method, name string, status int) {
		t.Helper()
		for i := range 1000 {
			want(t, e, status, permission(method, name, id, fmt.Sprint("g", i)))
		}
		wantError(t, want(t, e, 409, permission(method, name, id, "one more")), "Error.Connection.Conflict", "Connection")
	}
	fill("PUT", "joinLeaveGroup", 200)
	want(t, e, 404, permission("HEAD", "joinLeaveGroup", id, "one more"))
	want(t, e, 200, permission("PUT", "joinLeaveGroup", id, "g7"))
	want(t, e, 204, permission("DELETE", "joinLeaveGroup", id, "never granted"))
	want(t, e, 204, permission("DELETE", "joinLeaveGroup", id, "g7"))
	want(t, e, 200, permission("PUT", "joinLeaveGroup", id, "one more"))
	want(t, e, 200, permission("PUT", "sendToGroup", id, "allowed by the role"))
	fill("DELETE", "sendToGroup", 204)
	want(t, e, 200, permission("HEAD", "sendToGroup", id, "one more"))
	_, role := dialJSON(t, e, clientOptions{roles: manyRoles(1001)})
	want(t, e, 200, permission("HEAD", "sendToGroup", role, "0999"))
	want(t, e, 404, permission("HEAD", "sendToGroup", role, "1000"))
}

func manyRoles(n int) []string {
	roles := make([]string, n)
	for i := range roles {
		roles[i] = fmt.Sprintf("webpubsub.sendToGroup.%04d", i)
	}
	return roles
}
