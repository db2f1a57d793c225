package inspector_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"wps/cmd/internal/inspector"
	"wps/internal/feed"
	"wps/output"
	"wps/protocol"
	"wps/protocol/traffic"
	"wps/token"
)

// backend is a program without a service: event objects are counted.
type backend struct {
	feed.Feed
	cs     token.ConnectionString
	resent []uint64
}

func (b *backend) Info() inspector.Info {
	return inspector.Info{Kind: inspector.KindEmulator, Endpoint: "http://localhost:1"}
}
func (b *backend) State() any                               { return nil }
func (b *backend) ConnectionString() token.ConnectionString { return b.cs }
func (b *backend) Service(string) (output.Service, error)   { return nil, errors.New("no service") }
func (b *backend) Curl(context.Context, string, output.Event) (string, error) {
	return "curl", nil
}
func (b *backend) Resend(_ context.Context, o *traffic.Object) (inspector.Answer, error) {
	b.resent = append(b.resent, o.ID)
	return inspector.Answer{OK: true, Status: 200}, nil
}

// page is a server with an inspector.
type page struct {
	*backend
	t     *testing.T
	web   *httptest.Server
	token string
}

func newPage(t *testing.T) *page {
	t.Helper()
	cs, err := token.ParseConnectionString("Endpoint=http://localhost:1;AccessKey=TOPSECRET;Version=1.0;")
	if err != nil {
		t.Fatal(err)
	}
	p := &page{backend: &backend{cs: cs}, t: t}
	i := inspector.New(inspector.Options{Backend: p.backend})
	p.web = httptest.NewServer(i)
	t.Cleanup(p.web.Close)
	u, err := url.Parse(p.web.URL)
	if err != nil {
		t.Fatal(err)
	}
	_, p.token, _ = strings.Cut(i.URL(u), "#token=")
	return p
}

// do sends a request; header lines are pairs of name and value.
func (p *page) do(method, path, body string, header ...string) *http.Response {
	p.t.Helper()
	r, err := http.NewRequestWithContext(p.t.Context(), method, p.web.URL+path, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+p.token)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for n := 0; n < len(header); n += 2 {
		if r.Header.Set(header[n], header[n+1]); header[n] == "Host" {
			r.Host = header[n+1]
		}
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		p.t.Fatal(err)
	}
	p.t.Cleanup(func() { resp.Body.Close() })
	return resp
}

func (p *page) text(resp *http.Response) string {
	p.t.Helper()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatal(err)
	}
	return string(b)
}

// TestWhoMayUse proves that the page is for its own machine and origin, and its API
// for who has the token.
func TestWhoMayUse(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	own := p.web.URL
	for _, test := range []struct {
		path   string
		header []string
		want   int
	}{
		{"/", nil, 200}, {"/", []string{"Authorization", ""}, 200}, {"/_ui/nothing.js", nil, 404}, {"/_ui/../inspector.go", nil, 404},
		{"/_ui/api/info", nil, 200}, {"/_ui/api/info", []string{"Origin", own}, 200}, {"/_ui/api/nothing", nil, 404},
		{"/_ui/api/info", []string{"Authorization", ""}, 401}, {"/_ui/api/info", []string{"Authorization", "Bearer old"}, 401},
		{"/_ui/api/info", []string{"Authorization", "Basic " + p.token}, 401}, {"/_ui/api/info?token=" + p.token, []string{"Authorization", ""}, 401},
		{"/_ui/api/info", []string{"Host", "evil.example"}, 403}, {"/", []string{"Host", "evil.example"}, 403},
		{"/_ui/api/info", []string{"Origin", "https://evil.example"}, 403}, {"/_ui/api/info", []string{"Origin", "http://localhost:1"}, 403}, {"/_ui/api/info", []string{"Origin", "null"}, 403},
		{"/_ui/api/info", []string{"Sec-Fetch-Site", "cross-site"}, 403}, {"/_ui/api/info", []string{"Sec-Fetch-Site", "same-site"}, 403}, {"/_ui/api/info", []string{"Sec-Fetch-Site", "same-origin"}, 200},
	} {
		resp := p.do("GET", test.path, "", test.header...)
		if resp.StatusCode != test.want {
			t.Errorf("%s %v = %d, want %d", test.path, test.header, resp.StatusCode, test.want)
		}
		h := resp.Header
		if csp := h.Get("Content-Security-Policy"); !strings.HasPrefix(csp, "default-src 'none'; script-src 'self'; style-src 'self';") || strings.Contains(csp, "unsafe") || h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s: header %v", test.path, h)
		}
		if text := p.text(resp); test.want >= 400 && strings.Contains(text, p.token) || strings.Contains(text, "TOPSECRET") {
			t.Errorf("%s shows a secret: %s", test.path, text)
		}
	}
	if resp := p.do("POST", "/", "{}"); resp.StatusCode != 405 {
		t.Errorf("POST / = %d, want 405", resp.StatusCode)
	}
	if text := p.text(p.do("GET", "/_ui/api/secret", "")); !strings.Contains(text, "AccessKey=TOPSECRET") {
		t.Errorf("secret = %s", text)
	}
}

// TestBadBodies proves that what the API cannot use is refused with a reason.
func TestBadBodies(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	for _, test := range []struct {
		path, body, want string
		status           int
		header           []string
	}{
		{"run", "{", "the body is not the JSON that this operation needs", 400, nil},
		{"run", `{"hub":"chat"}`, "event is missing", 200, nil},
		{"run", `{"hub":"9","event":{"type":"MessageEvent","message":"x","dataType":"text"}}`, "hub", 200, nil},
		{"run", `{"hub":"chat","event":{"type":"MessageEvent","message":"x","dataType":"text"}}`, "no service", 400, nil},
		{"run", `{}`, "the Content-Type must be application/json", 400, []string{"Content-Type", "text/plain"}},
		{"preview", `{"hub":"chat","event":{"type":"MessageEvent","targetType":"Groups","message":5,"dataType":"text"}}`, `targetId`, 200, nil},
		{"preview", strings.Repeat(" ", 2<<20) + "{}", "the body is larger than 2097152 bytes", 400, nil},
		{"negotiate", `{"hub":""}`, "hub", 400, nil},
		{"negotiate", `{"hub":"chat","minutes":-1}`, "minutes must be 1 to 1440", 400, nil},
		{"resend", `{"id":9}`, "the event is not kept any more", 404, nil},
		{"resend", `{"id":1}`, "note is not an event for a handler", 400, nil},
		{"resend", `{"id":2}`, "the data of the event is not kept as a whole", 400, nil},
	} {
		if len(p.Latest(feed.Options{Recent: 9})) == 0 {
			p.Publish(traffic.New(traffic.Note, time.Now()))
			o := traffic.New(traffic.Handled, time.Now())
			o.Handling = &traffic.Handling{EventType: protocol.EventUser}
			o.SetSize(protocol.DataTypeText, 5)
			p.Publish(o)
		}
		resp := p.do("POST", "/_ui/api/"+test.path, test.body, test.header...)
		if text := p.text(resp); resp.StatusCode != test.status || !strings.Contains(text, test.want) {
			t.Errorf("%s %.80s = %d %s, want %d with %q", test.path, test.body, resp.StatusCode, text, test.status, test.want)
		}
	}
	if resp := p.do("GET", "/_ui/api/state", ""); resp.StatusCode != 404 {
		t.Errorf("state = %d, want 404 without a state", resp.StatusCode)
	}
}

func TestResend(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	o := traffic.New(traffic.Handled, time.Now())
	o.Handling = &traffic.Handling{EventType: protocol.EventUser}
	o.SetPayload(protocol.DataTypeText, []byte("hi"))
	p.Publish(o)
	if text := p.text(p.do("POST", "/_ui/api/resend", `{"id":1}`)); len(p.resent) != 1 || !strings.Contains(text, `"status":200`) {
		t.Errorf("resend = %s, resent %v", text, p.resent)
	}
}

func TestNegotiate(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	var n token.Negotiation
	text := p.text(p.do("POST", "/_ui/api/negotiate", `{"hub":"chat","user":"ana","roles":["webpubsub.sendToGroup"],"groups":["g"]}`))
	if err := json.Unmarshal([]byte(text), &n); err != nil || !strings.HasPrefix(n.URL, "ws://localhost:1/client/hubs/chat?access_token=") || n.AccessToken == "" {
		t.Errorf("negotiate = %s, %v", text, err)
	}
}

// TestStream proves that a page gets what is kept, then what happens, and learns how
// many objects were left out when there are too many.
func TestStream(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	publish := func(kind traffic.Type, n int) {
		for range n {
			o := traffic.New(kind, time.Now())
			o.UserID = "<script>alert(1)</script>"
			p.Publish(o)
		}
	}
	publish(traffic.Note, 3)
	resp := p.do("GET", "/_ui/api/stream?after=1", "")
	lines := bufio.NewScanner(resp.Body)
	next := func() (o traffic.Object) {
		t.Helper()
		if !lines.Scan() || json.Unmarshal(lines.Bytes(), &o) != nil {
			t.Fatalf("the stream has ended: %v", lines.Err())
		}
		if o.Type == traffic.Alive {
			lines.Scan()
		}
		return o
	}
	if a, b := next(), next(); a.ID != 2 || b.ID != 3 {
		t.Errorf("first ids %d and %d, want 2 and 3", a.ID, b.ID)
	}
	const many = 5000
	publish(traffic.Message, many)
	got, left := 0, 0
	for got+left < many {
		if o := next(); o.Type == traffic.Sampled || o.Type == traffic.Dropped {
			left += o.Count
		} else {
			got++
		}
	}
	if got+left != many || left == 0 || got < 50 {
		t.Errorf("%d objects and %d left out of %d, want some of both", got, left, many)
	}
	publish(traffic.Closed, 1)
	if o := next(); o.Type != traffic.Closed || o.UserID != "<script>alert(1)</script>" {
		t.Errorf("afterwards %+v, want closed", o)
	}
}

// TestStreamsAreLimited proves that a page learns why it gets no stream.
func TestStreamsAreLimited(t *testing.T) {
	t.Parallel()
	p := newPage(t)
	for range feed.MaxFollowers {
		if _, err := p.Follow(feed.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	resp := p.do("GET", "/_ui/api/stream", "")
	if text := p.text(resp); resp.StatusCode != 503 || !strings.Contains(text, "too many event streams are open") {
		t.Errorf("stream = %d %s", resp.StatusCode, text)
	}
}

func TestCommand(t *testing.T) {
	t.Parallel()
	for object, want := range map[string]string{
		`{"type":"MessageEvent","message":"hi","dataType":"text"}`:                                                                                                                         `wps send --hub chat hi`,
		`{"type":"MessageEvent","message":"-it's","dataType":"text","targetType":"Users","targetId":"-u","excludes":[]}`:                                                                   `wps send --hub chat '--user=-u' -- "-it's"`,
		`{"type":"MessageEvent","message":{"a":1},"dataType":"json","targetType":"Groups","targetId":"a b","excludes":["c"],"filter":"userId eq 'x'","ttlSeconds":5,"metadata":{"k":"v"}}`: `wps send --hub chat --group 'a b' --exclude c --filter "userId eq 'x'" --ttl 5s --meta 'k=v' --data-type json '{"a":1}'`,
		`{"type":"MessageEvent","message":"/wA=","dataType":"binary"}`:                                                                                                                     `printf %s '{"type":"MessageEvent","targetType":"All","message":"/wA=","dataType":"binary"}' | wps apply --hub chat`,
		`{"type":"MessageEvent","message":"","dataType":"text"}`:                                                                                                                           `printf %s '{"type":"MessageEvent","targetType":"All","message":"","dataType":"text"}' | wps apply --hub chat`,
		`{"type":"GroupEvent","groupAction":"join","targetType":"Users","targetId":"u","groupId":"g"}`:                                                                                     `wps group join --hub chat --user u g`,
		`{"type":"GroupEvent","groupAction":"Leave","targetType":"All","groupIds":["g"],"filter":"userId eq 'u'"}`:                                                                         `wps group leave --hub chat --filter "userId eq 'u'" g`,
		`{"type":"GroupEvent","groupAction":"LeaveAll","targetType":"Connections","targetId":"c"}`:                                                                                         `wps group leave-all --hub chat --connection c`,
		`{"type":"CloseConnectionEvent","connectionId":"c","reason":"bye"}`:                                                                                                                `wps close --hub chat --reason bye c`,
		`{"type":"CloseConnectionEvent","targetType":"All","excludes":["d"]}`:                                                                                                              `wps close --hub chat --all --yes --exclude d`,
		`{"type":"CloseConnectionEvent","targetType":"Groups","targetId":"g"}`:                                                                                                             `wps close --hub chat --group g`,
		`{"type":"ExistenceEvent","targetType":"Users","targetId":"u"}`:                                                                                                                    `wps exists --hub chat --user u`,
		`{"type":"PermissionEvent","permissionAction":"Grant","connectionId":"c","permission":"sendToGroup","targetName":"g"}`:                                                             `wps permission grant --hub chat --connection c --group g sendToGroup`,
	} {
		ev, err := output.Decode([]byte(object))
		if err != nil {
			t.Errorf("%s: %v", object, err)
			continue
		}
		if got := inspector.Command("chat", ev); got != want {
			t.Errorf("%s\n%s\nwant\n%s", object, got, want)
		}
	}
}
