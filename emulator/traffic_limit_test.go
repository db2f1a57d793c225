package emulator_test

import (
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/protocol/traffic"
)

// longText is text that JSON makes six times longer: 300 KB on the wire.
var longText = "€" + strings.Repeat("\x01", 50_000)

// TestTrafficTexts proves that an object keeps the first 1024 bytes of each text, so
// that readers can read it and what is kept is bounded. The reason of a close
// reaches the client as it is.
func TestTrafficTexts(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	seen := follow(t, e, emulator.TrafficOptions{Data: true})
	user := strings.Repeat("ü", 1000)
	c, id := dialJSON(t, e, clientOptions{user: user, roles: joinAny})
	name := protocol.EscapeSegment(longText[:5000])
	want(t, e, 202, post("chat/users/"+name+"/:send", text, longText))
	want(t, e, 404, request{method: "PUT", path: "chat/groups/g/connections/" + name})
	want(t, e, 404, request{method: "GET", path: "chat/" + name})
	end := request{method: "DELETE", path: "chat/connections/" + id}
	var err error
	if end.token, err = e.ConnectionString.Key.SignREST(e.URL+"/api/hubs/"+end.path, time.Now(), time.Hour); err != nil {
		t.Fatal(err)
	}
	end.path += "?reason=" + url.QueryEscape(longText)
	want(t, e, 204, end)
	if m := c.object(); m["message"] != "Application server closed the connection. Reason: "+longText {
		t.Errorf("the client got a reason of %d bytes, want all of %d", len(m["message"].(string)), len(longText))
	}
	types := ""
	for range 5 {
		n := <-seen
		if n.Type == traffic.Sent || n.Type == traffic.REST {
			n = <-seen
		}
		types += string(n.Type) + " "
		texts := []string{n.Hub, n.ConnectionID, n.UserID, n.Subprotocol, n.Group, n.Reason}
		if n.Fanout != nil {
			texts = append(texts, n.TargetID)
		}
		if n.HTTP != nil {
			texts = append(texts, n.Method, n.Path, n.Code)
		}
		for _, s := range texts {
			if len(s) > 1024 || !utf8.ValidString(s) {
				t.Errorf("a %s object has a text of %d bytes, want at most 1024 of whole characters", n.Type, len(s))
			}
		}
	}
	if types != "opened message refused refused closed " {
		t.Errorf("objects = %s", types)
	}
	if got := collect(t, e, emulator.TrafficOptions{Recent: 100}); len(got) != 6 {
		t.Errorf("%d objects are kept, want 6", len(got))
	}
}
