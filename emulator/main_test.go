package emulator_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// patience bounds every wait of these tests.
const patience = 10 * time.Second

// client is a WebSocket client that speaks raw frames.
type client struct {
	t  testing.TB
	ws *websocket.Conn
}

type clientOptions struct {
	hub         string // default chat
	user        string
	roles       []string
	groups      []string
	query       string // after the URL, beginning with &
	subprotocol []string
}

// dialTry connects without failing the test.
func dialTry(t testing.TB, e *emulatortest.Emulator, o clientOptions) (*client, *http.Response, error) {
	t.Helper()
	if o.hub == "" {
		o.hub = "chat"
	}
	return dialURL(t, negotiated(t, e, o), o.subprotocol...)
}

func dialURL(t testing.TB, url string, subprotocol ...string) (*client, *http.Response, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	d := websocket.Dialer{Subprotocols: subprotocol}
	ws, resp, err := d.DialContext(ctx, url, nil)
	if err != nil {
		return nil, resp, err
	}
	t.Cleanup(func() { ws.Close() })
	return &client{t, ws}, resp, nil
}

// dial connects a simple client.
func dial(t testing.TB, e *emulatortest.Emulator, o clientOptions) *client {
	t.Helper()
	c, resp, err := dialTry(t, e, o)
	if err != nil {
		t.Fatalf("dial: %v (%+v)", err, resp)
	}
	return c
}

// dialJSON connects a JSON client and returns its connection id too.
func dialJSON(t testing.TB, e *emulatortest.Emulator, o clientOptions) (*client, string) {
	t.Helper()
	o.subprotocol = []string{protocol.SubprotocolJSON}
	c := dial(t, e, o)
	hello := c.object()
	if hello["type"] != "system" || hello["event"] != "connected" {
		t.Fatalf("first frame = %v, want system connected", hello)
	}
	return c, hello["connectionId"].(string)
}

func (c *client) read() (int, string) {
	c.t.Helper()
	op, text, err := c.readTry()
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	return op, text
}

func (c *client) readTry() (int, string, error) {
	if err := c.ws.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return 0, "", err
	}
	op, b, err := c.ws.ReadMessage()
	return op, string(b), err
}

// expect reads one message and compares it to the byte.
func (c *client) expect(op int, want string) {
	c.t.Helper()
	if gotOp, got := c.read(); gotOp != op || got != want {
		c.t.Fatalf("got frame %d %q, want %d %q", gotOp, got, op, want)
	}
}

func (c *client) expectText(want string) { c.t.Helper(); c.expect(websocket.TextMessage, want) }

// object reads one JSON object.
func (c *client) object() map[string]any {
	c.t.Helper()
	_, text := c.read()
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		c.t.Fatalf("frame %q: %v", text, err)
	}
	return m
}

func (c *client) send(text string) {
	c.t.Helper()
	c.sendOp(websocket.TextMessage, text)
}

func (c *client) sendOp(op int, data string) {
	c.t.Helper()
	if err := c.ws.WriteMessage(op, []byte(data)); err != nil {
		c.t.Fatalf("write: %v", err)
	}
}

// expectClose reads until the connection ends and compares code and reason.
func (c *client) expectClose(code int, reason string) {
	c.t.Helper()
	for {
		_, _, err := c.readTry()
		if err == nil {
			continue
		}
		var closed *websocket.CloseError
		if e, ok := err.(*websocket.CloseError); ok {
			closed = e
		}
		if closed == nil || closed.Code != code || closed.Text != reason {
			c.t.Fatalf("ended with %v, want close %d %q", err, code, reason)
		}
		return
	}
}

// silent proves that nothing is waiting: the next frame is the pong to a ping
// that this client sends. Only for JSON clients.
func (c *client) silent() {
	c.t.Helper()
	c.send(`{"type":"ping"}`)
	c.expectText(`{"type":"pong"}`)
}

// answer is what a REST request got.
type answer struct {
	status int
	header http.Header
	body   string
}

// request is a REST request; path begins after /api/hubs/.
type request struct {
	method      string
	path        string
	contentType string
	body        string
	header      http.Header
	token       string // default: a good one; "none" for none
	chunked     bool
}

func do(t testing.TB, e *emulatortest.Emulator, r request) answer {
	t.Helper()
	a, err := try(t.Context(), e, r)
	if err != nil {
		t.Fatalf("%s %s: %v", r.method, r.path, err)
	}
	return a
}

// try is do for other goroutines than the test's.
func try(ctx context.Context, e *emulatortest.Emulator, r request) (answer, error) {
	url := e.URL + "/api/hubs/" + r.path
	var body io.Reader = strings.NewReader(r.body)
	if r.chunked {
		body = io.MultiReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, url, body)
	if err != nil {
		return answer{}, err
	}
	for k, v := range r.header {
		req.Header[k] = v
	}
	if r.contentType != "" {
		req.Header.Set("Content-Type", r.contentType)
	}
	if r.token == "" {
		if r.token, err = e.ConnectionString.Key.SignREST(url, time.Now(), time.Hour); err != nil {
			return answer{}, err
		}
	}
	if r.token != "none" {
		req.Header.Set("Authorization", "Bearer "+r.token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(b)}, err
}

// want sends a request and compares the status.
func want(t testing.TB, e *emulatortest.Emulator, status int, r request) answer {
	t.Helper()
	a := do(t, e, r)
	if a.status != status {
		t.Fatalf("%s %s = %d %s, want %d", r.method, r.path, a.status, a.body, status)
	}
	return a
}

func post(path, contentType, body string) request {
	return request{method: "POST", path: path, contentType: contentType, body: body}
}

// negotiated returns a client URL.
func negotiated(t testing.TB, e *emulatortest.Emulator, o clientOptions) string {
	t.Helper()
	n, err := token.Negotiate(e.ConnectionString, token.ClientOptions{Hub: o.hub, UserID: o.user, Roles: o.roles, Groups: o.groups})
	if err != nil {
		t.Fatalf("Negotiate: %v", err)
	}
	return n.URL + o.query
}
