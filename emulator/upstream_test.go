package emulator_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// rawHandler answers HTTP/1.1 by hand, so that a test sees the bytes.
func rawHandler(t *testing.T, requests chan<- string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				var head strings.Builder
				r := bufio.NewReader(io.TeeReader(c, &head))
				req, err := http.ReadRequest(r)
				if err != nil {
					return
				}
				io.Copy(io.Discard, req.Body)
				requests <- head.String()
				io.WriteString(c, "HTTP/1.1 200 OK\r\nWebHook-Allowed-Origin: *\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
			}()
		}
	}()
	return "http://" + l.Addr().String()
}

// TestEventBytes compares requests as they are on the wire: header names with
// the spelling of the service, and nothing beside them.
func TestEventBytes(t *testing.T) {
	t.Parallel()
	requests := make(chan string, 10)
	h := emulator.EventHandler{
		URLTemplate: rawHandler(t, requests) + "/eh/{hub}/{event}?code=s", SystemEvents: emulator.AllSystemEvents(), EventPattern: "*",
	}
	e := emulatortest.RunWith(t, emulator.Options{
		Hubs: hubs(h), Clock: emulator.NewClock(time.Date(2026, 9, 1, 10, 20, 30, 999, time.UTC)),
	})
	n, err := token.Negotiate(e.ConnectionString, token.ClientOptions{
		Hub: "Chat", UserID: "ana é", Now: time.Date(2026, 9, 1, 10, 20, 0, 0, time.UTC),
	})
	if err != nil {
		t.Fatal(err)
	}
	c, _, err := dialURL(t, n.URL, protocol.SubprotocolJSON)
	if err != nil {
		t.Fatal(err)
	}
	id := c.object()["connectionId"].(string)
	host := strings.TrimPrefix(strings.TrimSuffix(h.URLTemplate, "/eh/{hub}/{event}?code=s"), "http://")

	text := next(t, requests)
	if want := "OPTIONS /eh/chat/validate?code=s HTTP/1.1\r\nHost: " + host +
		"\r\nWebHook-Request-Origin: 127.0.0.1\r\nce-awpsversion: 1.0\r\n\r\n"; text != want {
		t.Errorf("validation = %q, want %q", text, want)
	}
	lines := func(event, typ, number, contentType string, more ...string) []string {
		return append([]string{
			"POST /eh/chat/" + event + "?code=s HTTP/1.1", "Host: " + host, "Content-Type: " + contentType,
			"WebHook-Request-Origin: 127.0.0.1", "ce-awpsversion: 1.0", "ce-connectionId: " + id, "ce-eventName: " + event,
			"ce-hub: chat", "ce-id: " + number, "ce-signature: " + token.Signature(id, e.ConnectionString.Key),
			"ce-source: /hubs/chat/client/" + id, "ce-specversion: 1.0", "ce-time: 2026-09-01T10:20:30Z",
			"ce-type: azure.webpubsub." + typ + "." + event, "ce-userId: ana é",
		}, more...)
	}
	check := func(want []string, body string) {
		t.Helper()
		head, gotBody, _ := strings.Cut(next(t, requests), "\r\n\r\n")
		lines := strings.Split(head, "\r\n")
		left := map[string]bool{}
		for _, l := range lines {
			if !strings.HasPrefix(l, "Content-Length: ") && !strings.HasPrefix(l, "x-ms-client-request-id: ") {
				left[l] = true
			}
		}
		for _, l := range want {
			if !left[l] {
				t.Errorf("no line %q in %q", l, lines)
			}
			delete(left, l)
		}
		if len(left) > 0 || len(lines) != len(want)+2 {
			t.Errorf("further lines %v", left)
		}
		if body != "" && gotBody != body {
			t.Errorf("body = %q, want %q", gotBody, body)
		}
	}
	sub := "ce-subprotocol: " + protocol.SubprotocolJSON
	check(lines("connect", "sys", "0", "application/json"), "")
	check(lines("connected", "sys", "1", "application/json", sub), "{}")
	c.send(`{"type":"event","event":"a.b-c","dataType":"text","data":"h<i>","metadata":{"Key":"v, w"}}`)
	check(lines("a.b-c", "user", "2", "text/plain; charset=utf-8", sub, "x-webpubsub-metadata-key: v, w"), "h<i>")
	c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "bye"), time.Now().Add(patience))
	check(lines("disconnected", "sys", "3", "application/json", sub), `{"reason":"bye"}`)
}

func next(t *testing.T, c <-chan string) string {
	t.Helper()
	select {
	case s := <-c:
		return s
	case <-time.After(patience):
		t.Fatal("no request")
	}
	return ""
}

func TestConnectBody(t *testing.T) {
	t.Parallel()
	h := &handler{}
	inBubble(t, emulator.Options{Hubs: hubs(everything(h))}, func(t *testing.T, b *bubble) {
		b.dial(clientOptions{user: "u1", roles: []string{"r1", "r2"}, query: "&v=2&v=3&Access_Token=x", subprotocol: []string{"mine", protocol.SubprotocolJSON}})
		body := jsonOf(t, h.wait(t, 1)[0].body)
		claims := body["claims"].(map[string]any)
		if got := claims["sub"].([]any)[0]; got != "u1" {
			t.Errorf("claims.sub = %v, want u1", got)
		}
		if got := claims["role"].([]any); len(got) != 2 {
			t.Errorf("claims.role = %v, want two", got)
		}
		query := body["query"].(map[string]any)
		if len(query) != 1 || len(query["v"].([]any)) != 2 {
			t.Errorf("query = %v, want v alone, twice", query)
		}
		headers := body["headers"].(map[string]any)
		if headers["X-Asrs-Internal-Secret"] != nil || headers["Authorization"] != nil || headers["X-Mine"] == nil {
			t.Errorf("headers = %v, want those of the client without secrets", headers)
		}
		if got := headers["Host"].([]any)[0]; got != "svc.test" {
			t.Errorf("Host = %v, want svc.test", got)
		}
		if got := body["subprotocols"].([]any); len(got) != 2 || got[0] != "mine" {
			t.Errorf("subprotocols = %v", got)
		}
		if got := body["clientCertificates"].([]any); len(got) != 0 {
			t.Errorf("clientCertificates = %v", got)
		}
	})
}

// TestConnectAnswers goes through what a connect handler can say, and what the
// client sees of it.
func TestConnectAnswers(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("g", protocol.MaxGroupName+1)
	tests := []struct {
		name       string
		reply      func(http.ResponseWriter, *http.Request)
		status     int    // 101 for accepted
		user       any    // of the greeting
		group      string // where the connection is
		mayPublish bool
	}{
		{"empty 200", say(200, ""), 101, "u1", "tokens", true},
		{"204", say(204, ""), 101, "u1", "tokens", true},
		{"202", say(202, ""), 101, "u1", "tokens", true},
		{"null", say(200, "null"), 101, "u1", "tokens", true},
		{"empty object", say(200, "{}"), 101, "u1", "tokens", true},
		{"nulls", say(200, `{"userId":null,"groups":null,"roles":null,"subprotocol":null}`), 101, "u1", "tokens", true},
		{"as text", say(200, `{"userId":"u2"}`, "Content-Type", "text/plain"), 101, "u2", "tokens", true},
		{"name in another case", say(200, `{"USERID":"u2"}`), 101, "u2", "tokens", true},
		{"empty user", say(200, `{"userId":""}`), 101, nil, "tokens", true},
		{"groups", say(200, `{"groups":["a","b"]}`), 101, "u1", "b", true},
		{"no groups", say(200, `{"groups":[]}`), 101, "u1", "tokens", true},
		{"no roles", say(200, `{"roles":[]}`), 101, "u1", "tokens", false},
		{"roles", say(200, `{"roles":["webpubsub.joinLeaveGroup"]}`), 101, "u1", "tokens", false},
		{"unknown member", say(200, `{"x":[1]}`), 101, "u1", "tokens", true},

		{"401", say(401, "go"), 401, nil, "", false},
		{"403", say(403, ""), 403, nil, "", false},
		{"404", say(404, ""), 404, nil, "", false},
		{"429", say(429, ""), 429, nil, "", false},
		{"not JSON", say(200, "{"), 500, nil, "", false},
		{"not UTF-8", say(200, "{\"userId\":\"\xff\"}"), 500, nil, "", false},
		{"list", say(200, "[]"), 500, nil, "", false},
		{"user is a number", say(200, `{"userId":1}`), 500, nil, "", false},
		{"blank group", say(200, `{"groups":["  "]}`), 500, nil, "", false},
		{"null group", say(200, `{"groups":[null]}`), 500, nil, "", false},
		{"long group", say(200, `{"groups":["`+long+`"]}`), 500, nil, "", false},
		{"too many groups", say(200, groupNames(t, 0, 10_001, 0)), 500, nil, "", false},
		{"null role", say(200, `{"roles":[null]}`), 500, nil, "", false},
		{"subprotocol not offered", say(200, `{"subprotocol":"other"}`), 500, nil, "", false},
		{"blank subprotocol", say(200, `{"subprotocol":""}`), 500, nil, "", false},
		{"too large", say(200, `"`+strings.Repeat("x", protocol.MaxUpstreamResponse)+`"`), 500, nil, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := &handler{reply: on("connect", tt.reply)}
			e := emulatortest.RunWith(t, emulator.Options{Hubs: hubs(everything(h))})
			o := clientOptions{user: "u1", roles: joinAny, groups: []string{"tokens"}, subprotocol: []string{protocol.SubprotocolJSON}}
			c, resp, err := dialTry(t, e, o)
			if resp == nil || resp.StatusCode != tt.status {
				t.Fatalf("status %v, %v, want %d", resp, err, tt.status)
			}
			if tt.status != 101 {
				if got := names(h.events()); got != "connect" {
					t.Errorf("events = %q, want connect alone", got)
				}
				return
			}
			if hello := c.object(); hello["userId"] != tt.user {
				t.Errorf("greeting = %v, want user %v", hello, tt.user)
			}
			want(t, e, 202, post("chat/groups/"+tt.group+"/:send", "text/plain", "hi"))
			if m := c.object(); m["group"] != tt.group {
				t.Errorf("message = %v, want one to group %s", m, tt.group)
			}
			c.send(`{"type":"sendToGroup","group":"x","data":1,"ackId":1}`)
			if got := c.object()["success"]; got != tt.mayPublish {
				t.Errorf("may publish = %v, want %v", got, tt.mayPublish)
			}
		})
	}
}

// TestUserOfEvents: connect has the token's user, later events the one that
// the handler chose.
func TestUserOfEvents(t *testing.T) {
	t.Parallel()
	h := &handler{reply: on("connect", say(200, `{"userId":"u2"}`))}
	inBubble(t, emulator.Options{Hubs: hubs(everything(h))}, func(t *testing.T, b *bubble) {
		b.dial(clientOptions{user: "u1"})
		all := h.wait(t, 2)
		for i, want := range []string{"u1", "u2"} {
			if got := all[i].Header.Get(protocol.HeaderUserID); got != want {
				t.Errorf("user of event %d = %q, want %q", i, got, want)
			}
		}
	})
}

func TestSubprotocolChosenByHandler(t *testing.T) {
	t.Parallel()
	tests := []struct {
		offered []string
		choice  string
		chosen  string
		simple  bool
	}{
		{[]string{"mine", protocol.SubprotocolJSON}, "mine", "mine", true},
		{[]string{"Mine"}, "mine", "Mine", true},
		{[]string{"mine", protocol.SubprotocolJSON}, protocol.SubprotocolJSON, protocol.SubprotocolJSON, false},
	}
	for _, tt := range tests {
		h := &handler{reply: on("connect", say(200, `{"subprotocol":"`+tt.choice+`"}`))}
		h.reply = func(w http.ResponseWriter, r *http.Request) {
			switch r.Header.Get(protocol.HeaderEventName) {
			case "connect":
				say(200, `{"subprotocol":"`+tt.choice+`"}`)(w, r)
			case "message":
				say(200, "raw", "Content-Type", "text/plain")(w, r)
			}
		}
		e := emulatortest.RunWith(t, emulator.Options{Hubs: hubs(everything(h))})
		c := dial(t, e, clientOptions{subprotocol: tt.offered})
		if c.ws.Subprotocol() != tt.chosen {
			t.Errorf("offer %v, choice %s: got %q", tt.offered, tt.choice, c.ws.Subprotocol())
		}
		if tt.simple {
			c.send("x")
			c.expectText("raw")
		} else if c.object()["event"] != "connected" {
			t.Errorf("choice %s: no greeting", tt.choice)
		}
		if got := h.wait(t, 2)[1].Header.Get(protocol.HeaderSubprotocol); got != tt.chosen {
			t.Errorf("ce-subprotocol = %q, want %q", got, tt.chosen)
		}
	}
}

// TestReplies is the conversion of a handler's answer, for both kinds of client.
func TestReplies(t *testing.T) {
	t.Parallel()
	const key = "X-WebPubSub-Metadata-K"
	tests := []struct {
		name        string
		body        string
		contentType string
		more        []string
		simple      string // "T:" or "B:" and the message; "" nothing, "!" failure
		json        string // frame; "" nothing, "!" failure
	}{
		{"text", "hi", "text/plain", nil, "T:hi", `{"type":"message","from":"server","dataType":"text","data":"hi"}`},
		{"text that is JSON", `{"a":1}`, "text/plain; charset=utf-8", nil, `T:{"a":1}`, `{"type":"message","from":"server","dataType":"text","data":"{\"a\":1}"}`},
		{"text in capitals", "hi", "TEXT/PLAIN", nil, "T:hi", `{"type":"message","from":"server","dataType":"text","data":"hi"}`},
		{"text that is not UTF-8", "h\xffi", "text/plain", nil, "T:h\uFFFDi", "{\"type\":\"message\",\"from\":\"server\",\"dataType\":\"text\",\"data\":\"h\uFFFDi\"}"},
		{"JSON", `{"a": 1}`, "application/json", nil, `T:{"a": 1}`, `{"type":"message","from":"server","dataType":"json","data":{"a": 1}}`},
		{"JSON string", `"x"`, "application/json; charset=utf-8", nil, `T:"x"`, `{"type":"message","from":"server","dataType":"json","data":"x"}`},
		{"bad JSON", `{"a"`, "application/json", nil, "!", "!"},
		{"JSON that is not UTF-8", "\"\xff\"", "application/json", nil, "!", "!"},
		{"binary", "\x01\x02\x03", "application/octet-stream", nil, "B:\x01\x02\x03", `{"type":"message","from":"server","dataType":"binary","data":"AQID"}`},
		{"no type", "hi", "-", nil, "B:hi", `{"type":"message","from":"server","dataType":"binary","data":"aGk="}`},
		{"protobuf", "\x01", "application/x-protobuf", nil, "B:\x01", `{"type":"message","from":"server","dataType":"protobuf","data":"AQ=="}`},
		{"other type", "<a/>", "text/html", nil, "!", "!"},
		{"other charset", "hi", "text/plain; charset=ebcdic", nil, "!", "!"},
		{"empty", "", "text/plain", nil, "", ""},
		{"empty of another type", "", "text/html", nil, "", ""},
		{"empty with metadata", "", "application/json", []string{key, "v"}, "T:", `{"type":"message","from":"server","metadata":{"k":"v"},"dataType":"text","data":""}`},
		{"metadata", "hi", "text/plain", []string{key, "a, b", key, "c, d "}, "T:hi", `{"type":"message","from":"server","metadata":{"k":"d"},"dataType":"text","data":"hi"}`},
		{"metadata too long", "hi", "text/plain", []string{key, strings.Repeat("v", protocol.MaxMetadataValue+1)}, "!", "!"},
		{"too large", strings.Repeat("x", protocol.MaxUpstreamResponse+1), "text/plain", nil, "!", "!"},
		{"large", strings.Repeat("x", 12<<20), "text/plain", nil, "T:" + strings.Repeat("x", 12<<20), `{"type":"message","from":"server","dataType":"text","data":"` + strings.Repeat("x", 12<<20) + `"}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			h := &handler{reply: func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get(protocol.HeaderType) == "azure.webpubsub.sys.connect" {
					return
				}
				if tt.contentType != "-" {
					w.Header().Set("Content-Type", tt.contentType)
				} else {
					w.Header()["Content-Type"] = nil
				}
				for i := 0; i < len(tt.more); i += 2 {
					w.Header().Add(tt.more[i], tt.more[i+1])
				}
				io.WriteString(w, tt.body)
			}}
			e := emulatortest.RunWith(t, emulator.Options{Hubs: hubs(everything(h))})
			c := dial(t, e, clientOptions{})
			c.send("ask")
			switch {
			case tt.simple == "!":
				c.expectClose(1011, "Internal server error")
			case tt.simple == "":
				want(t, e, 202, post("chat/:send", "text/plain", "end"))
				c.expectText("end")
			default:
				op := websocket.TextMessage
				if tt.simple[0] == 'B' {
					op = websocket.BinaryMessage
				}
				c.expect(op, tt.simple[2:])
			}
			j, _ := dialJSON(t, e, clientOptions{})
			j.send(event(7, "json", "1"))
			if tt.json == "!" {
				j.expectText(failed(7, "InternalServerError", "Internal server error"))
				j.send(event(7, "json", "1")) // not remembered
				j.expectText(failed(7, "InternalServerError", "Internal server error"))
				return
			}
			if tt.json != "" {
				j.expectText(tt.json) // before the ack
			}
			j.expectText(ok(7))
			j.send(event(7, "json", "1"))
			if got := j.object()["error"].(map[string]any)["name"]; got != "Duplicate" {
				t.Errorf("the same ack id again = %v, want Duplicate", got)
			}
		})
	}
}

// TestEventData is what a handler gets of each kind of message.
func TestEventData(t *testing.T) {
	t.Parallel()
	h := &handler{}
	inBubble(t, emulator.Options{Hubs: hubs(everything(h))}, func(t *testing.T, b *bubble) {
		c := b.dial(clientOptions{})
		c.send(`{"a":1}`)
		c.sendOp(websocket.BinaryMessage, "\x00\xff")
		j, _ := b.dialJSON(clientOptions{})
		j.send(event(1, "text", `"h\u00e9"`))
		j.send(event(2, "json", `{"a": 1}`))
		j.send(event(3, "binary", `"AQID"`))
		j.send(`{"type":"event","event":"chat","data":"x"}`)
		want := map[string]string{
			"message:" + `{"a":1}`:   "text/plain; charset=utf-8",
			"message:" + "\x00\xff":  "application/octet-stream",
			"chat:" + "hé":           "text/plain; charset=utf-8",
			"chat:" + `{"a": 1}`:     "application/json",
			"chat:" + "\x01\x02\x03": "application/octet-stream",
			"chat:" + `"x"`:          "application/json",
		}
		for _, g := range h.wait(t, 10) {
			if g.Header.Get(protocol.HeaderType)[:20] != "azure.webpubsub.user" {
				continue
			}
			key := g.event() + ":" + g.body
			if got := g.Header.Get("Content-Type"); got != want[key] {
				t.Errorf("%q came as %q, want %q", key, got, want[key])
			}
			delete(want, key)
		}
		if len(want) > 0 {
			t.Errorf("did not come: %q", want)
		}
	})
}

func TestEventIDs(t *testing.T) {
	t.Parallel()
	h := &handler{}
	narrow := everything(h)
	narrow.SystemEvents, narrow.EventPattern = []string{"DISCONNECTED"}, "chat, Other"
	for name, tt := range map[string]struct {
		h    emulator.EventHandler
		want string
	}{
		"all":  {everything(h), "connect=0 connected=1 chat=2 unhandled=3 chat=4 disconnected=5"},
		"some": {narrow, "chat=2 chat=4 disconnected=5"}, // those without a handler count
	} {
		h.got = nil
		inBubble(t, emulator.Options{Hubs: hubs(tt.h)}, func(t *testing.T, b *bubble) {
			j, _ := b.dialJSON(clientOptions{})
			j.send(event(1, "json", "1"))
			j.send(`{"type":"event","event":"unhandled","data":"x"}`)
			j.send(event(2, "json", "1"))
			j.expectText(ok(1))
			j.expectText(ok(2))
			j.ws.Close()
			var got []string
			synctest.Wait()
			for _, g := range h.events() {
				got = append(got, g.event()+"="+g.Header.Get(protocol.HeaderID))
			}
			// connected is not waited for: a handler orders by id.
			slices.SortFunc(got, func(a, b string) int { return strings.Compare(a[strings.Index(a, "="):], b[strings.Index(b, "="):]) })
			if s := strings.Join(got, " "); s != tt.want {
				t.Errorf("%s: events %s, want %s", name, s, tt.want)
			}
		})
	}
}

// TestFirstMatchWins: no second handler gets an event, system and user events
// of one name are not mixed up, and hubs are distinguished.
func TestFirstMatchWins(t *testing.T) {
	t.Parallel()
	one, two, star := &handler{}, &handler{}, &handler{}
	first := everything(one)
	first.SystemEvents, first.EventPattern = nil, "connected,chat"
	settings := hubs(first, everything(two))
	settings[emulator.AnyHub] = emulator.HubSettings{Handlers: []emulator.EventHandler{everything(star)}}
	settings["bare"] = emulator.HubSettings{}
	inBubble(t, emulator.Options{Hubs: settings}, func(t *testing.T, b *bubble) {
		j, _ := b.dialJSON(clientOptions{hub: "Chat"})
		synctest.Wait() // connected is not waited for by itself
		for _, name := range []string{"CHAT", "connected", "else"} {
			j.send(`{"type":"event","event":"` + name + `","data":1,"ackId":` + string('1'+rune(name[0]%7)) + `}`)
			j.object()
		}
		b.dialJSON(clientOptions{hub: "elsewhere"})
		bare, _ := b.dialJSON(clientOptions{hub: "bare"})
		bare.send(event(1, "json", "1"))
		bare.expectText(failed(1, "InternalServerError", "Internal server error"))
		synctest.Wait()
		for _, tt := range []struct {
			h    *handler
			want string
		}{{one, "CHAT connected"}, {two, "connect connected else"}, {star, "connect connected"}} {
			if got := names(tt.h.events()); got != tt.want {
				t.Errorf("events = %q, want %q", got, tt.want)
			}
		}
	})
}

// TestState: the last value of a good answer of a blocking event is sent with
// the next events, also an empty one; other answers change nothing.
func TestState(t *testing.T) {
	t.Parallel()
	const name = "ce-connectionState"
	steps := []func(http.ResponseWriter, *http.Request){
		say(200, "", name, "one"), // connect
		say(200, ""),              // unchanged
		say(400, "", name, "no"),  // refused
		say(200, "x", name, "no", "Content-Type", "unsupported/type"),
		say(200, "{", name, "no", "Content-Type", "application/json"),
		say(200, "", name, "a", name, "last"), // two lines
		say(204, "", name, ""),                // empty
		say(200, ""),
	}
	states := []string{"-", "one", "one", "one", "one", "one", "last", ""}
	step := 0
	h := &handler{}
	h.reply = func(w http.ResponseWriter, r *http.Request) {
		if name := r.Header.Get(protocol.HeaderEventName); name == "connected" || name == "disconnected" {
			say(200, "", "ce-connectionState", "unblocking")(w, r)
			return
		}
		steps[step](w, r)
		step++
	}
	inBubble(t, emulator.Options{Hubs: hubs(everything(h))}, func(t *testing.T, b *bubble) {
		j, _ := b.dialJSON(clientOptions{})
		synctest.Wait()
		for i := 1; i < len(steps); i++ {
			j.send(event(i, "json", "1"))
			j.object()
		}
		blocking := 0
		for _, g := range h.events() {
			if g.event() == "connected" {
				continue
			}
			got := "-"
			if v := g.Header.Values(name); len(v) > 0 {
				got = v[0]
			}
			if got != states[blocking] {
				t.Errorf("state of event %d = %q, want %q", blocking, got, states[blocking])
			}
			blocking++
		}
	})
}

// TestStateThatIsNotASCII fails later events at once, without a retry.
func TestStateThatIsNotASCII(t *testing.T) {
	t.Parallel()
	h := &handler{reply: on("connect", say(200, "", "ce-connectionState", "é"))}
	inBubble(t, emulator.Options{Hubs: hubs(everything(h))}, func(t *testing.T, b *bubble) {
		j, _ := b.dialJSON(clientOptions{})
		began := time.Now()
		j.send(event(1, "json", "1"))
		j.expectText(failed(1, "InternalServerError", "Internal server error"))
		if took := time.Since(began); took != 0 {
			t.Errorf("took %s, want no retry", took)
		}
		if got := names(h.events()); got != "connect" {
			t.Errorf("events = %q, want connect alone", got)
		}
	})
}

func TestCookies(t *testing.T) {
	t.Parallel()
	h := &handler{}
	h.reply = func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get(protocol.HeaderID) {
		case "0":
			say(200, "", "Set-Cookie", "a=1; Path=/", "Set-Cookie", "other=1; Domain=elsewhere.test")(w, r)
		case "2":
			say(403, "", "Set-Cookie", "refused=1")(w, r)
		}
	}
	inBubble(t, emulator.Options{Hubs: hubs(everything(h))}, func(t *testing.T, b *bubble) {
		j, _ := b.dialJSON(clientOptions{})
		for i := range 2 {
			j.send(event(i, "json", "1"))
			j.object()
		}
		other, _ := b.dialJSON(clientOptions{}) // has its own
		other.send(event(9, "json", "1"))
		for i, g := range h.wait(t, 5) {
			want := "a=1"
			if g.Header.Get(protocol.HeaderID) == "0" {
				want = ""
			}
			if got := g.Header.Get("Cookie"); got != want {
				t.Errorf("event %d: cookie %q, want %q", i, got, want)
			}
		}
	})
}

func TestDisconnectedReasons(t *testing.T) {
	t.Parallel()
	closed := func(code int, reason string) func(*bubble, *client, string) {
		return func(b *bubble, c *client, _ string) {
			c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(patience))
		}
	}
	rest := func(query string) func(*bubble, *client, string) {
		return func(b *bubble, _ *client, id string) { b.rest("DELETE", "/connections/"+id+query) }
	}
	for name, tt := range map[string]struct {
		end    func(*bubble, *client, string)
		reason string
	}{
		"client says why":   {closed(1000, "done <é>"), "done <é>"},
		"client says no":    {closed(1000, ""), "The connection ended."},
		"client says other": {closed(4000, "mine"), "mine"},
		"transport":         {func(_ *bubble, c *client, _ string) { c.ws.NetConn().Close() }, "The connection ended."},
		"REST":              {rest(""), "Application server closed the connection."},
		"REST with reason":  {rest("?reason=" + strings.Repeat("r", 300)), "Application server closed the connection. Reason: " + strings.Repeat("r", 300)},
		"bad frame":         {func(_ *bubble, c *client, _ string) { c.send("{") }, "The client message is not a valid JSON protocol message."},
		"server stops":      {func(b *bubble, _ *client, _ string) { b.server.Close() }, "The connection ended."},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &handler{}
			inBubble(t, emulator.Options{Hubs: hubs(everything(h))}, func(t *testing.T, b *bubble) {
				c, hello := b.dialJSON(clientOptions{})
				go func() { // reads the close frame
					for {
						if _, _, err := c.ws.ReadMessage(); err != nil {
							return
						}
					}
				}()
				tt.end(b, c, hello["connectionId"].(string))
				time.Sleep(time.Minute) // of the bubble
				all := h.events()
				if got := names(all); got != "connect connected disconnected" {
					t.Fatalf("events = %q", got)
				}
				if got := jsonOf(t, all[2].body)["reason"]; got != tt.reason {
					t.Errorf("reason = %q, want %q", got, tt.reason)
				}
			})
		})
	}
}

// rest sends one REST request over a pipe.
func (b *bubble) rest(method, path string) int {
	b.t.Helper()
	url := "http://svc.test/api/hubs/chat" + path
	tok, err := token.NewKey(protocol.DefaultAccessKey).SignREST(url, time.Now(), time.Hour)
	if err != nil {
		b.t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(b.t.Context(), method, url, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+tok)
	transport := &http.Transport{DialContext: b.pipes.dial, DisableKeepAlives: true}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		b.t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// TestNoHandlerForConnect lets the client in and sends nothing.
func TestNoHandlerForConnect(t *testing.T) {
	t.Parallel()
	h := &handler{}
	only := everything(h)
	only.SystemEvents = nil
	inBubble(t, emulator.Options{Hubs: hubs(only)}, func(t *testing.T, b *bubble) {
		c := b.dial(clientOptions{})
		c.send("x")
		if got := names(h.wait(t, 1)); got != "message" {
			t.Errorf("events = %q, want message alone", got)
		}
	})
}

func TestAnonymous(t *testing.T) {
	t.Parallel()
	h := &handler{reply: on("connect", say(200, `{"userId":"guest"}`))}
	settings := hubs(everything(h))
	settings["open"] = emulator.HubSettings{Handlers: []emulator.EventHandler{everything(h)}}
	e := emulatortest.RunWith(t, emulator.Options{Hubs: settings, AnonymousHubs: []string{"open"}})
	ws := "ws" + strings.TrimPrefix(e.URL, "http")
	if _, resp, err := dialURL(t, ws+"/client/hubs/chat"); err == nil || resp.StatusCode != 401 {
		t.Errorf("hub chat without a token: %v, %v, want 401", resp, err)
	}
	if _, resp, err := dialURL(t, ws+"/client/hubs/open?access_token=bad"); err == nil || resp.StatusCode != 401 {
		t.Errorf("hub open with a bad token: %v, %v, want 401", resp, err)
	}
	c, _, err := dialURL(t, ws+"/client/hubs/open", protocol.SubprotocolJSON)
	if err != nil {
		t.Fatal(err)
	}
	if hello := c.object(); hello["userId"] != "guest" {
		t.Errorf("greeting = %v, want user guest", hello)
	}
	if got := jsonOf(t, h.wait(t, 1)[0].body)["claims"]; len(got.(map[string]any)) != 0 {
		t.Errorf("claims = %v, want none", got)
	}
}

func TestHandlerCheck(t *testing.T) {
	t.Parallel()
	tests := []struct {
		h    emulator.EventHandler
		want string // "" for good
	}{
		{emulator.EventHandler{URLTemplate: "http://h"}, ""},
		{emulator.EventHandler{URLTemplate: "https://h:1/a/{HUB}/{Event}?code={hub}", SystemEvents: []string{"Connect"}, EventPattern: "a, b.c"}, ""},
		{emulator.EventHandler{URLTemplate: "http://h", EventPattern: "*"}, ""},
		{emulator.EventHandler{}, "must begin with http"},
		{emulator.EventHandler{URLTemplate: "h:80/x"}, "must begin with http"},
		{emulator.EventHandler{URLTemplate: "/x"}, "must begin with http"},
		{emulator.EventHandler{URLTemplate: "ftp://h"}, "must begin with http"},
		{emulator.EventHandler{URLTemplate: "tunnel:///{hub}/x?code={event}"}, ""},
		{emulator.EventHandler{URLTemplate: "Tunnel:///"}, ""},
		{emulator.EventHandler{URLTemplate: "tunnel://h/x"}, "a tunnel has no host"},
		{emulator.EventHandler{URLTemplate: "tunnel:/x"}, "a tunnel has no host"},
		{emulator.EventHandler{URLTemplate: "tunnel:x"}, "a tunnel has no host"},
		{emulator.EventHandler{URLTemplate: "tunnel:///{user}"}, ""},
		{emulator.EventHandler{URLTemplate: "tunnel:///{user"}, "brace is unbalanced"},
		{emulator.EventHandler{URLTemplate: "tunnel:///x", Transport: http.DefaultTransport}, "no transport"},
		{emulator.EventHandler{URLTemplate: "tunnel:///x", Handler: http.NotFoundHandler()}, "no URL template"},
		{emulator.EventHandler{URLTemplate: "http://{hub}.test/"}, "not allowed in the host"},
		{emulator.EventHandler{URLTemplate: "http://h/{user}"}, ""},
		{emulator.EventHandler{URLTemplate: "http://{user}/"}, "not a URL"},
		{emulator.EventHandler{URLTemplate: "http://h/}"}, "brace is unbalanced"},
		{emulator.EventHandler{URLTemplate: "http://h/{hub"}, "brace is unbalanced"},
		{emulator.EventHandler{URLTemplate: "http://h/?code={@Microsoft.KeyVault(SecretUri=x)}"}, "Key Vault"},
		{emulator.EventHandler{URLTemplate: "http://h/%zz"}, "not a URL"},
		{emulator.EventHandler{URLTemplate: "http://h", SystemEvents: []string{"joined"}}, `"joined" is unknown`},
		{emulator.EventHandler{URLTemplate: "http://h", EventPattern: "a*"}, "only a star alone"},
		{emulator.EventHandler{URLTemplate: "http://h", EventPattern: "a,*"}, "only a star alone"},
		{emulator.EventHandler{URLTemplate: "http://h", EventPattern: "a,,b"}, "event name is empty"},
		{emulator.EventHandler{URLTemplate: "http://h", EventPattern: "1a"}, "must be a letter"},
	}
	for _, tt := range tests {
		err := tt.h.Check()
		if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
			t.Errorf("Check(%+v) = %v, want %q", tt.h, err, tt.want)
		}
	}
	unknown := emulator.EventHandler{URLTemplate: "http://h/{hub}/{user}/{EVENT}?code={secret}"}
	if got := unknown.UnknownParameters(); !slices.Equal(got, []string{"{user}", "{...}"}) {
		t.Errorf("UnknownParameters() = %q, want {user} and a secret", got)
	}
	for _, settings := range []map[string]emulator.HubSettings{
		{"9bad": {}}, {"a": {}, "A": {}}, {"a": {Handlers: []emulator.EventHandler{{URLTemplate: "x"}}}},
	} {
		if _, err := emulator.New(emulator.Options{Hubs: settings}); err == nil {
			t.Errorf("New with hubs %v: no error", settings)
		}
	}
}
