package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"wps/emulator/emulatortest"
	"wps/protocol"
)

const text = "text/plain"

// TestSendConversion holds the REST rows of the conversion matrix.
func TestSendConversion(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, contentType, body string
		op                      int
		simple, json            string
	}{
		{"text", "text/plain", "hi", websocket.TextMessage, "hi", `"dataType":"text","data":"hi"`},
		{"text that looks like JSON", "text/plain", `{"a":1}`, websocket.TextMessage, `{"a":1}`, `"dataType":"text","data":"{\"a\":1}"`},
		{"json object keeps blanks", "application/json", `{"a": 1}`, websocket.TextMessage, `{"a": 1}`, `"dataType":"json","data":{"a": 1}`},
		{"json string keeps quotes", "application/json", `"hi"`, websocket.TextMessage, `"hi"`, `"dataType":"json","data":"hi"`},
		{"json number", "application/json", `5`, websocket.TextMessage, `5`, `"dataType":"json","data":5`},
		{"binary", "application/octet-stream", "\x01\x02\x03", websocket.BinaryMessage, "\x01\x02\x03", `"dataType":"binary","data":"AQID"`},
		{"no content type is binary", "", "\x01", websocket.BinaryMessage, "\x01", `"dataType":"binary","data":"AQ=="`},
		{"media type in capitals", "TEXT/PLAIN", "x", websocket.TextMessage, "x", `"dataType":"text","data":"x"`},
		{"latin-1", "text/plain; charset=iso-8859-1", "\xe9", websocket.TextMessage, "é", `"dataType":"text","data":"é"`},
		{"quoted charset", `text/plain; charset="UTF-8"`, "é", websocket.TextMessage, "é", `"dataType":"text","data":"é"`},
		{"no UTF-8", "text/plain", "a\xff", websocket.TextMessage, "a\uFFFD", "\"dataType\":\"text\",\"data\":\"a\uFFFD\""},
		{"utf-16be", "text/plain; charset=utf-16BE", "\x00h\xd8\x3d\xde\x00", websocket.TextMessage, "h😀", `"dataType":"text","data":"h😀"`},
		{"utf-32", "text/plain; charset=utf-32", "h\x00\x00\x00\x00\xf6\x01\x00", websocket.TextMessage, "h😀", `"dataType":"text","data":"h😀"`},
		{"utf-32be", "text/plain; charset=utf-32be", "\x00\x00\x00h\x00\x00\xd8\x00", websocket.TextMessage, "h\uFFFD", "\"dataType\":\"text\",\"data\":\"h\uFFFD\""},
		{"empty binary", "application/octet-stream", "", websocket.BinaryMessage, "", `"dataType":"binary","data":""`},
		{"json null", "application/json", `null`, websocket.TextMessage, `null`, `"dataType":"json","data":null`},
		{"utf-16", "text/plain; charset=utf-16", "h\x00i\x00", websocket.TextMessage, "hi", `"dataType":"text","data":"hi"`},
		{"empty text", "text/plain", "", websocket.TextMessage, "", `"dataType":"text","data":""`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			e := emulatortest.Run(t)
			simple, json := dial(t, e, clientOptions{}), (*client)(nil)
			json, _ = dialJSON(t, e, clientOptions{})
			a := want(t, e, http.StatusAccepted, post("chat/:send", tt.contentType, tt.body))
			if a.body != "" || a.header.Get("Content-Length") != "0" {
				t.Errorf("202 with body %q, Content-Length %q, want empty and 0", a.body, a.header.Get("Content-Length"))
			}
			simple.expect(tt.op, tt.simple)
			json.expectText(`{"type":"message","from":"server",` + tt.json + `}`)
		})
	}
}

func TestSendTargets(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	a, idA := dialJSON(t, e, clientOptions{user: "alice smith", groups: []string{"room/1", "g1"}})
	b, idB := dialJSON(t, e, clientOptions{user: "bob", groups: []string{"g1"}})
	other, _ := dialJSON(t, e, clientOptions{hub: "other", user: "bob"})

	want(t, e, 202, post("chat/users/alice%20smith/:send", text, "1"))
	a.expectText(`{"type":"message","from":"server","dataType":"text","data":"1"}`)
	want(t, e, 202, post("chat/connections/"+idB+"/:send", text, "2"))
	b.expectText(`{"type":"message","from":"server","dataType":"text","data":"2"}`)
	want(t, e, 202, post("CHAT/groups/g1/:send?excluded="+idA, text, "3"))
	b.expectText(`{"type":"message","from":"group","group":"g1","fromUserId":null,"dataType":"text","data":"3"}`)
	want(t, e, 202, post("chat/:send?excluded="+idB+"&excluded=nobody", text, "4"))
	a.expectText(`{"type":"message","from":"server","dataType":"text","data":"4"}`)
	for _, empty := range []string{"chat/groups/none/:send", "chat/users/none/:send", "chat/connections/none/:send", "empty/:send", "chat/groups/room%2F1/:send"} {
		want(t, e, 202, post(empty, text, "5"))
	}
	for _, c := range []*client{a, b, other} {
		c.silent()
	}
}

func TestSendMetadata(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c, _ := dialJSON(t, e, clientOptions{})
	r := post("chat/:send", text, "x")
	r.header = http.Header{"X-Webpubsub-Metadata-Trace-Id": {"1", "a, 7 "}}
	want(t, e, 202, r)
	c.expectText(`{"type":"message","from":"server","metadata":{"trace-id":"7"},"dataType":"text","data":"x"}`)
	r.header = http.Header{"X-Webpubsub-Metadata-K": {strings.Repeat("v", protocol.MaxMetadataValue+1)}}
	wantError(t, want(t, e, 400, r), "Error.BadRequest", "Request")
}

func wantError(t *testing.T, a answer, code, target string) {
	t.Helper()
	if got := a.header.Get("x-ms-error-code"); got != code {
		t.Errorf("x-ms-error-code = %q, want %q", got, code)
	}
	for _, part := range []string{`{"code":"` + code + `","message":"`, `,"target":"` + target + `","details":null,"inner":null}`} {
		if !strings.Contains(a.body, part) {
			t.Errorf("body %s lacks %s", a.body, part)
		}
	}
}

func TestSendRefused(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	tooBig := post("chat/:send", text, strings.Repeat("x", protocol.MaxMessageSize+1))
	chunked := post("chat/:send", text, "x")
	chunked.chunked = true
	tests := []struct {
		name   string
		r      request
		status int
	}{
		{"broken JSON", post("chat/:send", "application/json", "{"), 400},
		{"JSON twice", post("chat/:send", "application/json", "1 2"), 400},
		{"JSON with a byte order mark", post("chat/:send", "application/json", "\ufeff1"), 400},
		{"JSON that is no UTF-8", post("chat/:send", "application/json", "\"\xff\""), 400},
		{"unreadable media type", post("chat/:send", "text", "x"), 415},
		{"unreadable parameter", post("chat/:send", "text/plain; charset", "x"), 415},
		{"TTL decimal", post("chat/:send?messageTtlSeconds=1.5", text, "x"), 400},
		{"TTL empty", post("chat/:send?messageTtlSeconds=", text, "x"), 400},
		{"TTL twice", post("chat/users/u/:send?messageTtlSeconds=1&messageTtlSeconds=1", text, "x"), 400},
		{"api-version empty", post("chat/:send?api-version=", text, "x"), 400},
		{"api-version of a dead preview", post("chat/:send?api-version=2021-08-01-preview", text, "x"), 400},
		{"empty JSON", post("chat/:send", "application/json", ""), 400},
		{"unknown media type", post("chat/:send", "text/html", "x"), 415},
		{"protobuf", post("chat/:send", "application/x-protobuf", "x"), 415},
		{"unknown charset", post("chat/:send", "text/plain; charset=klingon", "x"), 415},
		{"too big", tooBig, 400},
		{"no length", chunked, 400},
		{"TTL below", post("chat/:send?messageTtlSeconds=-1", text, "x"), 400},
		{"TTL above", post("chat/:send?messageTtlSeconds=301", text, "x"), 400},
		{"TTL no number", post("chat/:send?messageTtlSeconds=soon", text, "x"), 400},
		{"hub", post("9bad/:send", text, "x"), 400},
		{"blank group", post("chat/groups/%20/:send", text, "x"), 400},
		{"api-version unknown", post("chat/:send?api-version=1999-01-01", text, "x"), 400},
		{"api-version twice", post("chat/:send?api-version=2024-12-01&api-version=2024-12-01", text, "x"), 400},
		{"api-version list", post("chat/:send?api-version=2023-07-01,2024-12-01", text, "x"), 400},
		{"no such path", post("chat/nothing", text, "x"), 404},
		{"no such method", request{method: "PATCH", path: "chat/:send"}, 405},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			want(t, e, tt.status, tt.r)
		})
	}
	a := want(t, e, 400, post("chat/connections/c/:send?messageTtlSeconds=301", text, "x"))
	if !strings.Contains(a.body, `"target":"messageTtlSeconds","errors":{"messageTtlSeconds":["messageTtlSeconds must`) {
		t.Errorf("TTL above: %s, want the parameter named", a.body)
	}
	for _, good := range []string{"0", "300"} {
		want(t, e, 202, post("chat/:send?messageTtlSeconds="+good, text, "x"))
	}
	want(t, e, 202, post("chat/:send", text, strings.Repeat("x", protocol.MaxMessageSize)))
}

func TestAPIVersions(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	for _, v := range []string{"", "?api-version=2021-10-01", "?api-version=2022-11-01", "?api-version=2023-07-01", "?api-version=2024-01-01", "?api-version=2024-12-01"} {
		a := want(t, e, 202, post("chat/:send"+v, text, "x"))
		if got := a.header.Get("api-supported-versions"); got != protocol.SupportedAPIVersions {
			t.Errorf("api-supported-versions = %q, want %q", got, protocol.SupportedAPIVersions)
		}
	}
}

func TestGroups(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	put := func(path string) request { return request{method: "PUT", path: path} }
	del := func(path string) request { return request{method: "DELETE", path: path} }
	head := func(path string) request { return request{method: "HEAD", path: path} }
	wantError(t, want(t, e, 404, put("chat/groups/g1/connections/none")), "Error.Connection.NotExisted", "Connection")
	wantError(t, want(t, e, 404, put("chat/users/u1/groups/g1")), "Warning.User.NotExisted", "User")
	c1, id1 := dialJSON(t, e, clientOptions{user: "u1"})
	c2, _ := dialJSON(t, e, clientOptions{user: "u1"})
	want(t, e, 404, head("chat/groups/g1"))
	for range 2 {
		want(t, e, 200, put("chat/groups/g1/connections/"+id1))
	}
	want(t, e, 200, head("chat/groups/g1"))
	want(t, e, 404, head("chat/groups/G1"))
	want(t, e, 202, post("chat/groups/g1/:send", text, "one"))
	c1.object()
	want(t, e, 200, put("chat/users/u1/groups/g2"))
	want(t, e, 202, post("chat/groups/g2/:send", text, "two"))
	c1.object()
	c2.object()
	for range 2 {
		want(t, e, 204, del("chat/groups/g1/connections/"+id1))
		want(t, e, 204, del("chat/users/u1/groups/g2"))
	}
	want(t, e, 404, head("chat/groups/g2"))
	want(t, e, 200, put("chat/users/u1/groups/g3"))
	want(t, e, 204, del("chat/connections/"+id1+"/groups"))
	want(t, e, 202, post("chat/groups/g3/:send", text, "three"))
	c2.object()
	want(t, e, 204, del("chat/users/u1/groups"))
	want(t, e, 404, head("chat/groups/g3"))
	want(t, e, 204, del("chat/users/none/groups"))
	want(t, e, 204, del("chat/connections/none/groups"))
	c1.silent()
	c2.silent()
}

func TestExists(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	_, id := dialJSON(t, e, clientOptions{user: "u/1", groups: []string{"a b"}})
	head := func(path string) request { return request{method: "HEAD", path: path} }
	want(t, e, 200, head("chat/connections/"+id))
	want(t, e, 200, head("chat/groups/a%20b"))
	// A slash in a name cannot be addressed through a path.
	want(t, e, 404, head("chat/users/u%2F1"))
	for path, code := range map[string]string{
		"chat/connections/x": protocol.CodeCheckConnectionNotExisted,
		"chat/users/x":       protocol.CodeUserNotExisted,
		"chat/groups/x":      protocol.CodeGroupNotExisted,
		"nohub/groups/x":     protocol.CodeGroupNotExisted,
	} {
		a := want(t, e, 404, head(path))
		if a.header.Get("x-ms-error-code") != code || a.header.Get("Content-Length") == "" {
			t.Errorf("HEAD %s: headers %v, want code %s and a Content-Length", path, a.header, code)
		}
	}
}

func TestClose(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	closed := func(c *client, reason string) {
		t.Helper()
		c.expectText(`{"type":"system","event":"disconnected","message":"Application server closed the connection.` + reason + `"}`)
		c.expectClose(1000, "")
	}
	c, id := dialJSON(t, e, clientOptions{})
	want(t, e, 204, request{method: "DELETE", path: "chat/connections/" + id + "?reason=see%20you"})
	want(t, e, 404, request{method: "HEAD", path: "chat/connections/" + id})
	closed(c, " Reason: see you")
	want(t, e, 204, request{method: "DELETE", path: "chat/connections/" + id})

	u, _ := dialJSON(t, e, clientOptions{user: "u"})
	g, _ := dialJSON(t, e, clientOptions{groups: []string{"g"}})
	simple := dial(t, e, clientOptions{})
	stays, stayID := dialJSON(t, e, clientOptions{user: "u", groups: []string{"g"}})
	want(t, e, 204, post("chat/users/u/:closeConnections?excluded="+stayID, "", ""))
	closed(u, "")
	want(t, e, 204, post("chat/groups/g/:closeConnections?reason=r&excluded="+stayID, "", ""))
	closed(g, " Reason: r")
	want(t, e, 204, post("chat/:closeConnections?excluded="+stayID, "", ""))
	simple.expectClose(1000, "")
	stays.silent()
	want(t, e, 204, post("nobody/:closeConnections", "", ""))
}

func TestUnauthorized(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	other := emulatortest.Run(t)
	sign := func(audience string) string {
		tok, err := e.ConnectionString.Key.SignREST(audience, time.Now(), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return tok
	}
	url := e.URL + "/api/hubs/chat/:send"
	for name, tok := range map[string]string{
		"none": "none", "garbage": "abc", "other path": sign(e.URL + "/api/hubs/other/:send"), "other host": sign(other.URL + "/api/hubs/chat/:send"),
	} {
		r := post("chat/:send", text, "x")
		r.token = tok
		if a := want(t, e, 401, r); a.body != "" {
			t.Errorf("%s: body %q, want none", name, a.body)
		}
	}
	for _, audience := range []string{url, url + "?api-version=1", strings.Replace(url, "127.0.0.1", "localhost", 1), strings.ToUpper(url[:4]) + url[4:]} {
		r := post("chat/:send", text, "x")
		r.token = sign(audience)
		want(t, e, 202, r)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	resp, err := http.Head(e.URL + "/api/health")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("api-supported-versions") != "" {
		t.Errorf("HEAD /api/health = %d, %v, want 200 without api-supported-versions", resp.StatusCode, resp.Header)
	}
}
