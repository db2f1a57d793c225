package emulator_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"wps/emulator/emulatortest"
	"wps/protocol"
)

const tooManyGroups = "The connection is in too many groups; at most 10000 are allowed, and 4 MiB of names."

// groupNames returns the body of a bulk operation on n groups whose names have at
// least that many characters.
func groupNames(t *testing.T, first, n, length int) string {
	t.Helper()
	groups := make([]string, n)
	for i := range groups {
		groups[i] = fmt.Sprint("g", first+i)
		groups[i] += strings.Repeat("x", max(0, length-len(groups[i])))
	}
	body, err := json.Marshal(map[string]any{"groups": groups})
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// TestGroupLimit proves that a connection is in at most 10,000 groups, by
// whichever way it joins them, and that it goes on.
func TestGroupLimit(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c, id := dialJSON(t, e, clientOptions{user: "u", roles: []string{"webpubsub.joinLeaveGroup"}})
	want(t, e, 200, post("chat/:addToGroups", jsonType, groupNames(t, 0, 10_000, 0)))
	join := func(ack int, group string) {
		c.send(fmt.Sprintf(`{"type":"joinGroup","group":"%s","ackId":%d}`, group, ack))
	}
	join(1, "more")
	c.expectText(failed(1, protocol.AckBadRequest, tooManyGroups))
	join(2, "g7") // it is in it
	c.expectText(`{"type":"ack","ackId":2,"success":true}`)
	for _, r := range []request{
		{method: "PUT", path: "chat/groups/more/connections/" + id}, {method: "PUT", path: "chat/users/u/groups/more"},
		post("chat/:addToGroups", jsonType, `{"groups":["more"]}`),
	} {
		wantError(t, want(t, e, 409, r), "Error.Connection.Conflict", "Connection")
	}
	want(t, e, 404, request{method: "HEAD", path: "chat/groups/more"})
	want(t, e, 200, post("chat/:removeFromGroups", jsonType, `{"groups":["g7"]}`))
	join(3, "more")
	c.expectText(`{"type":"ack","ackId":3,"success":true}`)
	want(t, e, 204, request{method: "DELETE", path: "chat/users/u/groups"})
	want(t, e, 200, post("chat/:addToGroups", jsonType, groupNames(t, 0, 10_000, 0)))
}

// TestGroupNamesLimit proves that the names of a connection's groups are bounded
// together: 10,000 of the longest ones would take 30 MB.
func TestGroupNamesLimit(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c, _ := dialJSON(t, e, clientOptions{roles: []string{"webpubsub.joinLeaveGroup"}})
	for i := range 5 {
		status := 200
		if i == 4 { // 4100 KiB in all
			status = 409
		}
		want(t, e, status, post("chat/:addToGroups", jsonType, groupNames(t, 1000*i+1, 1000-i/4*180, 1024)))
	}
	c.send(`{"type":"joinGroup","group":"` + strings.Repeat("y", 1024) + `","ackId":1}`)
	c.expectText(failed(1, protocol.AckBadRequest, tooManyGroups))
}
