package emulator_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
)

// TestAbsent holds what each operation says of something that is not there.
func TestAbsent(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	_, here := dialJSON(t, e, clientOptions{})
	tests := []struct {
		method, path string
		status       int
		code         string
	}{
		{"POST", ":send", 202, ""},
		{"POST", "groups/none/:send", 202, ""},
		{"POST", "users/none/:send", 202, ""},
		{"POST", "connections/none/:send", 202, ""},
		{"POST", ":send?excluded=" + here, 202, ""},
		{"POST", ":send?filter=false", 202, ""},
		{"HEAD", "connections/none", 404, "Warning.Connection.NotExisted"},
		{"HEAD", "groups/none", 404, "Warning.Group.NotExisted"},
		{"HEAD", "users/none", 404, "Warning.User.NotExisted"},
		{"PUT", "groups/g/connections/none", 404, "Error.Connection.NotExisted"},
		{"DELETE", "groups/g/connections/none", 204, ""},
		{"DELETE", "groups/none/connections/" + here, 204, ""},
		{"DELETE", "connections/none/groups", 204, ""},
		{"PUT", "users/none/groups/g", 404, "Warning.User.NotExisted"},
		{"DELETE", "users/none/groups/g", 204, ""},
		{"DELETE", "users/none/groups", 204, ""},
		{"DELETE", "connections/none", 204, ""},
		{"POST", "groups/none/:closeConnections", 204, ""},
		{"POST", "users/none/:closeConnections", 204, ""},
		{"POST", ":closeConnections?excluded=" + here, 204, ""},
		{"PUT", "permissions/sendToGroup/connections/none?targetName=g", 404, "Info.Connection.NotExisted"},
		{"HEAD", "permissions/sendToGroup/connections/none?targetName=g", 404, "Info.Connection.NotExisted"},
		{"DELETE", "permissions/sendToGroup/connections/none?targetName=g", 204, ""},
		{"GET", "groups/none/connections", 200, ""},
	}
	for _, hub := range []string{"chat/", "nobody/"} {
		for _, tt := range tests {
			r := request{method: tt.method, path: hub + tt.path}
			if strings.Contains(tt.path, ":send") {
				r.contentType = text
			}
			a := want(t, e, tt.status, r)
			if got := a.header.Get("x-ms-error-code"); got != tt.code {
				t.Errorf("%s %s: code %q, want %q", tt.method, r.path, got, tt.code)
			}
			if a.header.Get("api-supported-versions") != protocol.SupportedAPIVersions {
				t.Errorf("%s %s: no api-supported-versions", tt.method, r.path)
			}
			if length, there := a.header["Content-Length"]; there == (tt.status == 204) || tt.status == 202 && length[0] != "0" {
				t.Errorf("%s %s = %d with Content-Length %v", tt.method, r.path, tt.status, length)
			}
		}
	}
}

// TestPathEscaping holds which user a path means: all is decoded once, but for
// an escaped slash.
func TestPathEscaping(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	for segment, name := range map[string]string{
		"tenant%2Falice":    "tenant%2Falice",
		"tenant%2falice":    "tenant%2falice",
		"tenant%252Falice":  "tenant%2Falice",
		"a%2Fb%20c":         "a%2Fb c",
		"%C3%BC%2Fx":        "ü%2Fx",
		"literal%2520value": "literal%20value",
		"alice%20smith":     "alice smith",
		"alice+bob":         "alice+bob",
		"caf%C3%A9":         "café",
		"%3Asend":           ":send",
		"a%3Fb%23c%26d":     "a?b#c&d",
	} {
		hub := fmt.Sprintf("esc%x", segment)[:min(40, 3+2*len(segment))]
		dialJSON(t, e, clientOptions{hub: hub, user: name, groups: []string{name}})
		want(t, e, 200, request{method: "HEAD", path: hub + "/users/" + segment})
		want(t, e, 200, request{method: "HEAD", path: hub + "/groups/" + segment})
	}
	dialJSON(t, e, clientOptions{user: "tenant/alice"})
	want(t, e, 404, request{method: "HEAD", path: "chat/users/tenant%2Falice"})
	want(t, e, 404, request{method: "HEAD", path: "chat/users/tenant%2Falice%20smith"})
}

func TestNames(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	for _, hub := range []string{"a", "A9_", "a%5Bb%60c%2Cd.e%5D", strings.Repeat("h", 128)} {
		want(t, e, 202, post(hub+"/:send", text, "x"))
	}
	for _, hub := range []string{"9bad", "_a", "a-b", "a%20b", "a%2Fb", "a%C3%A9", "%60", strings.Repeat("h", 129)} {
		wantError(t, want(t, e, 400, post(hub+"/:send", text, "x")), "Error.BadRequest", "Request")
	}
	emoji := protocol.EscapeSegment("😀") // two UTF-16 units
	want(t, e, 404, request{method: "HEAD", path: "chat/groups/" + strings.Repeat(emoji, 512)})
	for _, path := range []string{
		"groups/" + strings.Repeat(emoji, 513), "groups/" + strings.Repeat("g", 1025), "groups/%20%09",
		"users/%20", "connections/%20", "groups/g/connections/%20", "users/u/groups/%20", "users/%20/groups/g",
	} {
		method := "HEAD"
		if strings.Count(path, "/") > 1 {
			method = "DELETE"
		}
		want(t, e, 400, request{method: method, path: "chat/" + path})
	}
	// Hubs are one without regard to case, users and groups are not.
	dialJSON(t, e, clientOptions{hub: "MiXed", user: "User"})
	want(t, e, 200, request{method: "HEAD", path: "mIXED/users/User"})
	want(t, e, 404, request{method: "HEAD", path: "mixed/users/user"})
}

func TestRoutes(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	dialJSON(t, e, clientOptions{groups: []string{":send"}})
	for path, status := range map[string]int{
		"chat/groups/%3Asend": 200, "chat/GROUPS/%3Asend/": 200, "chat/groups/:send": 200,
		"chat": 404, "chat/": 404, "chat/groups": 404, "chat/nothing/x": 404, "chat/groups/g/x": 404, "chat/users/u/groups/g/x": 404,
		"chat/users/u/groups/g": 405, "chat/:send": 405, "chat/groups/g/:send": 405,
	} {
		want(t, e, status, request{method: "HEAD", path: path})
	}
	want(t, e, 202, post("chat/groups/:send/:SEND/", text, "x"))
	a := want(t, e, 405, get("chat/users/u/groups/g"))
	if got := a.header.Get("Allow"); got != "DELETE, PUT" {
		t.Errorf("Allow = %q, want DELETE, PUT", got)
	}
	resp, err := http.Head(e.URL + "/api/v1/hubs/chat/users/u") // of the dead previews
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 404 {
		t.Errorf("HEAD /api/v1 = %d, want 404", resp.StatusCode)
	}
}

// TestOrderOfChecks breaks one thing more in each row; the earlier fault answers.
func TestOrderOfChecks(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	all := request{method: "POST", contentType: "text/html", body: "{", chunked: true}
	for _, tt := range []struct {
		path, token string
		status      int
		has         string
	}{
		{"9bad/nothing?api-version=1&filter=a%20b", "none", 404, "no operation"},
		{"9bad/:send?api-version=1&filter=a%20b", "none", 401, ""},
		{"9bad/:send?api-version=1&filter=a%20b", "", 400, "api-version"},
		{"9bad/:send?filter=a%20b", "", 400, "hub name"},
		{"chat/groups/%20/:send?filter=a%20b", "", 400, "group name"},
		{"chat/:send?filter=a%20b", "", 400, "Invalid syntax"},
		{"chat/:send", "", 400, "Content-Length"},
	} {
		r := all
		r.path, r.token = tt.path, tt.token
		if a := do(t, e, r); a.status != tt.status || !strings.Contains(a.body, tt.has) {
			t.Errorf("%s = %d %s, want %d and %q", tt.path, a.status, a.body, tt.status, tt.has)
		}
	}
	all.chunked, all.path = false, "chat/:send"
	if a := want(t, e, 415, all); a.body != "" || a.header.Get("Content-Length") != "0" {
		t.Errorf("415 with body %q, want none", a.body)
	}
	all.contentType = "application/json"
	wantError(t, want(t, e, 400, all), "Error.BadRequest", "Request")
}

// TestNoLength sends what no HTTP library does: a POST that does not say how
// long it is.
func TestNoLength(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	host := strings.TrimPrefix(e.URL, "http://")
	tok, err := e.ConnectionString.Key.SignREST(e.URL+"/api/hubs/chat/:send", time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	for length, status := range map[string]int{"": 400, "Content-Length: 0\r\n": 202, "Content-Length: 2\r\n": 202} {
		nc, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		defer nc.Close()
		if err := nc.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(nc, "POST /api/hubs/chat/:send HTTP/1.1\r\nHost: %s\r\nAuthorization: bearer %s\r\nConnection: close\r\n%s\r\nhi", host, tok, length)
		resp, err := http.ReadResponse(bufio.NewReader(nc), nil)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != status || status == 400 && !strings.Contains(string(body), `"Invalid Content-Length header."`) {
			t.Errorf("with %q: %d %s, want %d", length, resp.StatusCode, body, status)
		}
	}
}

func TestMetadataLimits(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c, _ := dialJSON(t, e, clientOptions{})
	simple := dial(t, e, clientOptions{})
	send := func(status int, h http.Header) {
		t.Helper()
		r := post("chat/:send", text, "x")
		r.header = h
		want(t, e, status, r)
	}
	const prefix = "X-Webpubsub-Metadata-"
	long := strings.Repeat("k", 256)
	send(202, http.Header{prefix + long: {strings.Repeat("v", 1024)}, prefix + "!#$%&'*+.^_`|~9": {""}, prefix: {"no key"}, "X-Webpubsub-Other": {"v"}})
	got, _ := c.object()["metadata"].(map[string]any)
	if len(got) != 2 || got["!#$%&'*+.^_`|~9"] != "" || got[long] != strings.Repeat("v", 1024) {
		t.Errorf("metadata = %v, want two keys in lower case", got)
	}
	simple.expectText("x")
	total := http.Header{}
	for i := range 8 { // 8 * 1024 bytes
		total[fmt.Sprintf("%sK%d", prefix, i)] = []string{strings.Repeat("v", 1022)}
	}
	send(202, total)
	c.object()
	total[prefix+"K"] = []string{""}
	send(400, total)
	send(400, http.Header{prefix + long + "k": {"v"}})
	send(400, http.Header{prefix + "K": {strings.Repeat("v", 1025)}})
	send(400, http.Header{prefix + "K": {"é"}})
	send(202, http.Header{prefix + "K": {strings.Repeat("v", 2000) + ", short "}})
	if m := c.object(); fmt.Sprint(m["metadata"]) != "map[k:short]" {
		t.Errorf("metadata = %v, want what follows the last comma", m["metadata"])
	}
	c.silent()
}

func TestExcluded(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	a, idA := dialJSON(t, e, clientOptions{user: "u"})
	b, idB := dialJSON(t, e, clientOptions{user: "u"})
	both := func(path string) {
		t.Helper()
		want(t, e, 202, post(path, text, path))
		for _, c := range []*client{a, b} {
			if m := c.object(); m["data"] != path {
				t.Errorf("got %v, want %s", m["data"], path)
			}
		}
	}
	both("chat/:send?excluded=" + idA + "," + idB) // commas are part of the value
	both("chat/:send?excluded=" + strings.ToUpper(idA) + "x&excluded=%20" + idB)
	both("chat/users/u/:send?excluded=" + idA)
	want(t, e, 202, post("chat/:send?excluded="+idA+"&excluded="+idA+"&Excluded="+idB, text, "nobody"))
	want(t, e, 204, request{method: "DELETE", path: "chat/connections/" + idA + "?excluded=" + idA + "&reason=" + strings.Repeat("r", 300)})
	a.expectText(`{"type":"system","event":"disconnected","message":"Application server closed the connection. Reason: ` + strings.Repeat("r", 300) + `"}`)
	a.expectClose(1000, "")
	b.silent()
}

// TestAudience holds which hosts and times a token of the access key may name.
func TestAudience(t *testing.T) {
	t.Parallel()
	now := time.Now()
	e := emulatortest.RunWith(t, emulator.Options{Hosts: []string{"proxy.example", "box:8080"}, Clock: emulator.NewClock(now)})
	const path = "/api/hubs/chat/:send"
	port := e.URL[strings.LastIndexByte(e.URL, ':'):]
	for _, tt := range []struct {
		audience   string
		begin, end time.Duration
		status     int
	}{
		{e.URL + path, 0, time.Hour, 202},
		{e.URL + path, 0, -4 * time.Minute, 202},
		{e.URL + path, 0, -6 * time.Minute, 401},
		{"wss://localhost" + port + path + "/child?x", 0, time.Hour, 202},
		{"https://[::1]" + port + path, 0, time.Hour, 202},
		{"https://proxy.example" + path, 0, time.Hour, 202},
		{"https://PROXY.example:443" + path, 0, time.Hour, 401},
		{"http://box:8080" + path, 0, time.Hour, 202},
		{"http://localhost" + path, 0, time.Hour, 401},
		{"http://other.example" + path, 0, time.Hour, 401},
		{e.URL + path + "Suffix", 0, time.Hour, 401},
		{e.URL, 0, time.Hour, 401},
	} {
		r := post("chat/:send", text, "x")
		var err error
		if r.token, err = e.ConnectionString.Key.SignREST(tt.audience, now, tt.end); err != nil {
			t.Fatal(err)
		}
		if a := do(t, e, r); a.status != tt.status {
			t.Errorf("audience %s, lifetime %v: %d, want %d", tt.audience, tt.end, a.status, tt.status)
		}
	}
}
