package emulator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/protocol/traffic"
	"wps/protocol/tunnel"
	"wps/token"
)

// tunnelClient is the other end of a tunnel, by raw frames.
type tunnelClient struct {
	t  testing.TB
	ws *websocket.Conn
	id string // of the connection
}

// tunnelURL returns the URL of a tunnel without a token.
func tunnelURL(e *emulatortest.Emulator, query string) string {
	return "ws" + strings.TrimPrefix(e.URL, "http") + "/server/tunnel?" + query
}

// dialTunnel opens a tunnel of a hub, and reads the greeting.
func dialTunnel(t testing.TB, e *emulatortest.Emulator, hub string) *tunnelClient {
	t.Helper()
	c, resp, err := dialURL(t, signedTunnel(t, tunnelURL(e, "hub="+hub), e.ConnectionString.Key))
	if err != nil {
		t.Fatalf("open a tunnel: %v (%+v)", err, resp)
	}
	return newTunnelClient(t, c)
}

// tunnel is dialTunnel in a bubble.
func (b *bubble) tunnel(hub string) *tunnelClient {
	b.t.Helper()
	c, resp, err := b.dialPlain(signedTunnel(b.t, "ws://svc.test/server/tunnel?hub="+hub, token.NewKey(protocol.DefaultAccessKey)))
	if err != nil {
		b.t.Fatalf("open a tunnel: %v (%+v)", err, resp)
	}
	return newTunnelClient(b.t, c)
}

// signedTunnel returns the URL of a tunnel with a token.
func signedTunnel(t testing.TB, address string, key token.Key) string {
	t.Helper()
	text, err := key.SignTunnel(address, "me", time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	return address + "&access_token=" + url.QueryEscape(text)
}

func newTunnelClient(t testing.TB, c *client) *tunnelClient {
	t.Helper()
	tc := &tunnelClient{t: t, ws: c.ws}
	hello := readAs[*tunnel.Connected](tc)
	if hello.ConnectionID == "" || hello.UserID != "me" || hello.ReconnectionToken != "" {
		t.Errorf("greeting = %+v, want an id and the client's own", hello)
	}
	tc.id = hello.ConnectionID
	return tc
}

// readAs reads the next message, which must be of a type.
func readAs[M tunnel.Message](c *tunnelClient) M {
	c.t.Helper()
	m, err := c.readTry()
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	want, ok := m.(M)
	if !ok {
		c.t.Fatalf("message = %T %+v, want %T", m, m, want)
	}
	return want
}

func (c *tunnelClient) readTry() (tunnel.Message, error) {
	if err := c.ws.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return nil, err
	}
	kind, b, err := c.ws.ReadMessage()
	if err != nil {
		return nil, err
	}
	if kind != websocket.BinaryMessage {
		return nil, fmt.Errorf("frame of kind %d", kind)
	}
	return tunnel.Parse(b)
}

func (c *tunnelClient) write(m tunnel.Message) {
	c.t.Helper()
	b, err := tunnel.Append(nil, tunnel.Client, m)
	if err == nil {
		err = c.ws.WriteMessage(websocket.BinaryMessage, b)
	}
	if err != nil {
		c.t.Fatalf("write %+v: %v", m, err)
	}
}

// answer answers a request in one part.
func (c *tunnelClient) answer(r *tunnel.Request, status int, header map[string][]string, body string) {
	c.t.Helper()
	c.write(&tunnel.Response{AckID: r.AckID, Status: status, Header: header, LocalRouting: r.LocalRouting, ChannelName: r.ChannelName, Body: []byte(body)})
}

func throughTunnel(template string) emulator.Options {
	return emulator.Options{Hubs: hubs(emulator.EventHandler{
		URLTemplate: template, SystemEvents: []string{protocol.EventConnect, protocol.EventConnected}, EventPattern: emulator.EveryEvent,
	})}
}

func line(h map[string][]string, name string) string { return strings.Join(h[name], "|") }

// TestTunnelEvents: the events of a client go through a tunnel with the header lines
// of a webhook and without a validation, and what is answered has the same effect.
func TestTunnelEvents(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, throughTunnel("tunnel:///eh/{hub}/{event}?code=s"))
	tc := dialTunnel(t, e, "Chat")
	connected := make(chan *client)
	go func() {
		c, _, err := dialTry(t, e, clientOptions{user: "ana é", subprotocol: []string{protocol.SubprotocolJSON}})
		if err != nil {
			t.Errorf("dial: %v", err)
		}
		connected <- c
	}()
	r := readAs[*tunnel.Request](tc)
	if r.Method != "POST" || r.URL != "tunnel:///eh/chat/connect?code=s" || r.LocalRouting || r.ChannelName != "" || r.TracingID != "" {
		t.Errorf("connect = %+v", r)
	}
	var body struct{ Subprotocols []string }
	if err := json.Unmarshal(r.Body, &body); err != nil || !slices.Equal(body.Subprotocols, []string{protocol.SubprotocolJSON}) {
		t.Errorf("body of connect = %s, %v", r.Body, err)
	}
	id := line(r.Header, "ce-connectionId")
	for name, want := range map[string]string{
		"ce-eventName": "connect", "ce-hub": "chat", "ce-userId": "ana é", "Content-Type": "application/json",
		"ce-signature": token.Signature(id, e.ConnectionString.Key), "WebHook-Request-Origin": "127.0.0.1", "User-Agent": "",
	} {
		if got := line(r.Header, name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	if _, named := r.Header["User-Agent"]; named {
		t.Error("there is an empty User-Agent")
	}
	tc.answer(r, 200, map[string][]string{"ce-connectionstate": {"e30="}, "content-type": {"application/json"}}, `{"userId":"bea"}`)
	c := <-connected
	if hello := c.object(); hello["userId"] != "bea" {
		t.Errorf("greeting = %v, want user bea", hello)
	}
	r = readAs[*tunnel.Request](tc)
	if name := line(r.Header, "ce-eventName"); name != "connected" || line(r.Header, "ce-connectionState") != "e30=" {
		t.Errorf("event %s with %v, want connected with the state", name, r.Header)
	}
	tc.answer(r, 204, nil, "")
	c.send(`{"type":"event","event":"say","ackId":1,"dataType":"text","data":"hi"}`)
	r = readAs[*tunnel.Request](tc)
	if r.URL != "tunnel:///eh/chat/say?code=s" || string(r.Body) != "hi" {
		t.Errorf("event = %s %q", r.URL, r.Body)
	}
	// In three parts: the first has status and header, the last ends it.
	tc.write(&tunnel.Response{AckID: r.AckID, Status: 200, Header: map[string][]string{"content-type": {"text/plain"}}, NotCompleted: true, Body: []byte("o")})
	tc.write(&tunnel.Response{AckID: r.AckID, Status: 500, NotCompleted: true, Body: []byte("n")})
	tc.write(&tunnel.Response{AckID: r.AckID})
	tc.answer(r, 200, nil, "late, and ignored")
	if m := c.object(); m["data"] != "on" {
		t.Errorf("reply = %v, want on", m)
	}
	if ack := c.object(); ack["success"] != true {
		t.Errorf("ack = %v, want success", ack)
	}
}

// TestTunnelBalance: events are shared by the tunnels of their hub, and no other
// hub's tunnel gets them.
func TestTunnelBalance(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{Hubs: map[string]emulator.HubSettings{emulator.AnyHub: {Handlers: []emulator.EventHandler{
		{URLTemplate: "tunnel:///eh", EventPattern: emulator.EveryEvent},
	}}}})
	const events = 30
	seen := make(chan string, events)
	for _, hub := range []string{"chat", "chat", "chat", "other"} {
		tc := dialTunnel(t, e, hub)
		go func() {
			for {
				m, err := tc.readTry()
				r, ok := m.(*tunnel.Request)
				if err != nil || !ok {
					return
				}
				seen <- hub + tc.id
				tc.answer(r, 204, nil, "")
			}
		}()
	}
	c, _ := dialJSON(t, e, clientOptions{})
	count := map[string]int{}
	for n := range events {
		c.send(fmt.Sprintf(`{"type":"event","event":"say","ackId":%d,"dataType":"text","data":"hi"}`, n+1))
		if ack := c.object(); ack["success"] != true {
			t.Fatalf("ack = %v", ack)
		}
		count[next(t, seen)]++
	}
	for id, n := range count {
		if n != events/3 || !strings.HasPrefix(id, "chat") {
			t.Errorf("%s got %d events, want %d each of hub chat", id, n, events/3)
		}
	}
}

// TestTunnelAway: an event without a tunnel, and one whose tunnel ends before the
// answer, are sent again, and fail when all tries have.
func TestTunnelAway(t *testing.T) {
	t.Parallel()
	inBubble(t, throughTunnel("tunnel:///eh"), func(t *testing.T, b *bubble) {
		// No tunnel at all: the four tries take 9 s.
		began := time.Now()
		if _, resp, err := b.dialTry(clientOptions{}); err == nil || resp.StatusCode != 500 {
			t.Errorf("connect without a tunnel = %v, %v, want 500", resp, err)
		}
		if took := time.Since(began); took != 9*time.Second {
			t.Errorf("the tries took %v, want 9 s", took)
		}
		// Cut in the middle of the event: the second tunnel gets it again.
		first := b.tunnel("chat")
		go func() {
			readAs[*tunnel.Request](first)
			first.ws.NetConn().Close()
		}()
		done := make(chan error)
		go func() {
			_, _, err := b.dialTry(clientOptions{})
			done <- err
		}()
		time.Sleep(500 * time.Millisecond) // by the bubble's clock
		second := b.tunnel("chat")
		r := readAs[*tunnel.Request](second)
		if name := line(r.Header, "ce-eventName"); name != "connect" {
			t.Errorf("event = %s, want connect", name)
		}
		second.answer(r, 204, nil, "")
		if err := <-done; err != nil {
			t.Errorf("dial = %v, want nil", err)
		}
		second.answer(readAs[*tunnel.Request](second), 204, nil, "") // connected
	})
}

// TestTunnelREST: a client of a tunnel may send, in order, and gets the answers of
// the REST operations.
func TestTunnelREST(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	tc := dialTunnel(t, e, "chat")
	c, id := dialJSON(t, e, clientOptions{groups: []string{"g 1"}})
	const at = "https://host/api/hubs/chat/"
	const version = "?api-version=2023-07-01"
	rest := func(ack int64, method, path, contentType, body string) {
		t.Helper()
		r := &tunnel.Request{AckID: ack, Method: method, URL: at + path, LocalRouting: true, ChannelName: "n"}
		if contentType != "" {
			r.Header, r.Body = map[string][]string{"Content-Type": {contentType}}, []byte(body)
		}
		tc.write(r)
	}
	expect := func(ack int64, status int, body string) {
		t.Helper()
		m := readAs[*tunnel.Response](tc)
		if m.AckID != ack || m.Status != status || !m.LocalRouting || m.ChannelName != "n" || m.NotCompleted || !strings.Contains(string(m.Body), body) {
			t.Errorf("answer %d = %+v (%s), want %d with %q", ack, m, m.Body, status, body)
		}
	}
	const many = 50
	for n := range int64(many) {
		rest(n, "POST", ":send"+version, "text/plain", fmt.Sprint(n))
	}
	for n := range int64(many) {
		expect(n, 202, "")
		if m := c.object(); m["data"] != fmt.Sprint(n) {
			t.Fatalf("message %d = %v", n, m)
		}
	}
	rest(100, "POST", "groups/g%201/:send"+version, "text/plain", "to the group")
	expect(100, 202, "")
	if m := c.object(); m["data"] != "to the group" {
		t.Errorf("message = %v", m)
	}
	rest(101, "DELETE", "groups/g%201/connections/"+id+version, "", "")
	expect(101, 204, "")
	rest(102, "POST", ":addToGroups"+version, "application/json", `{"groups":["a"],"filter":"userId eq null"}`)
	expect(102, 200, "")
	rest(103, "HEAD", "groups/a"+version, "", "")
	expect(103, 200, "")
	rest(104, "POST", ":send?api-version=1", "text/plain", "x")
	expect(104, 400, "api-version")
	rest(105, "POST", "nothing", "text/plain", "x")
	expect(105, 404, "no operation")
	rest(106, "GET", ":send", "", "")
	expect(106, 405, "POST")
	for n, r := range []*tunnel.Request{
		{URL: at + ":send"}, {Method: "GET /", URL: at}, {Method: "GET", URL: "%"}, {Method: "GET", URL: "mailto:x"},
	} {
		r.AckID, r.LocalRouting, r.ChannelName = int64(200+n), true, "n"
		tc.write(r)
		expect(r.AckID, 400, "not valid")
	}
	tc.write(&tunnel.Request{AckID: 300, LocalRouting: true, ChannelName: "n", Method: "GET", URL: "https://host/_emulator/status"})
	expect(300, 404, "REST operations only")
}

// TestTunnelRefused: who may not open a tunnel learns why by the status.
func TestTunnelRefused(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	sign := func(audience string, at time.Time, key token.Key) string {
		text, err := key.SignTunnel(audience, "me", at, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return "&access_token=" + url.QueryEscape(text)
	}
	key, now := e.ConnectionString.Key, time.Now()
	good := tunnelURL(e, "hub=chat")
	tests := map[string]struct {
		address string
		want    int
	}{
		"no hub":        {tunnelURL(e, "x=1") + sign(good, now, key), 400},
		"a bad hub":     {tunnelURL(e, "hub=1") + sign(good, now, key), 400},
		"no token":      {good, 401},
		"another key":   {good + sign(good, now, token.NewKey(strings.Repeat("x", 32))), 401},
		"expired":       {good + sign(good, now.Add(-2*time.Hour), key), 401},
		"another hub":   {good + sign(tunnelURL(e, "hub=other"), now, key), 401},
		"a client's":    {good + sign(e.URL+"/client/hubs/chat", now, key), 401},
		"not JWT":       {good + "&access_token=x", 401},
		"another path":  {strings.Replace(good, "tunnel", "other", 1) + sign(good, now, key), 404},
		"without query": {good + sign(strings.Split(good, "?")[0], now, key), 101},
		"http audience": {good + sign("http"+strings.TrimPrefix(good, "ws"), now, key), 101},
		"with a target": {good + "&target=a%2Fb" + sign(good+"&target=a%2Fb", now, key), 101},
	}
	for name, tt := range tests {
		_, resp, err := dialURL(t, tt.address)
		if resp == nil || resp.StatusCode != tt.want {
			t.Errorf("%s: %v, %v, want %d", name, resp, err, tt.want)
		}
	}
	resp, err := http.Get("http" + strings.TrimPrefix(good, "ws"))
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 400 {
		t.Errorf("GET without an upgrade = %d, want 400", resp.StatusCode)
	}
}

// TestTunnelEntra: an Entra ID token opens a tunnel only where REST accepts one.
func TestTunnelEntra(t *testing.T) {
	t.Parallel()
	for _, allowed := range []bool{true, false} {
		e := emulatortest.RunWith(t, emulator.Options{AllowUnvalidatedEntraTokens: allowed})
		_, resp, err := dialURL(t, tunnelURL(e, "hub=chat&access_token="+entraToken(t, entraAudience, time.Now(), time.Now().Add(time.Hour))))
		if (err == nil) != allowed || resp == nil || !allowed && resp.StatusCode != 401 {
			t.Errorf("allowed %v: %v, %v", allowed, resp, err)
		}
	}
}

// TestTunnelLimit: there are at most 64 tunnel connections; a further one is closed
// with 1013.
func TestTunnelLimit(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	for range 64 {
		dialTunnel(t, e, "chat")
	}
	c, _, err := dialURL(t, signedTunnel(t, tunnelURL(e, "hub=chat"), e.ConnectionString.Key))
	if err != nil {
		t.Fatal(err)
	}
	c.expectClose(1013, "there are 64 tunnel connections already")
}

// TestTunnelBadFrames: a connection with a frame that cannot be read is closed, and
// its requests are sent again through another.
func TestTunnelBadFrames(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	for name, tt := range map[string]struct {
		kind int
		data string
		code int
	}{
		"text":      {websocket.TextMessage, "x", 1003},
		"short":     {websocket.BinaryMessage, "x", 1007},
		"no array":  {websocket.BinaryMessage, "\x01\x00\x00\x00\xc0", 1007},
		"too large": {websocket.BinaryMessage, strings.Repeat("x", tunnel.MaxResponse+1), 1009},
	} {
		tc := dialTunnel(t, e, "chat")
		if err := tc.ws.WriteMessage(tt.kind, []byte(tt.data)); err != nil && tt.code != 1009 {
			t.Fatal(err)
		}
		if _, err := tc.readTry(); !websocket.IsCloseError(err, tt.code) {
			t.Errorf("%s: %v, want close %d", name, err, tt.code)
		}
	}
	tc := dialTunnel(t, e, "chat")
	b, err := tunnel.Append(nil, tunnel.Client, &tunnel.Connected{})
	if err != nil {
		t.Fatal(err)
	}
	b[5] = 99 // a type that does not exist, which is ignored
	if err := tc.ws.WriteMessage(websocket.BinaryMessage, b[:len(b):len(b)]); err != nil {
		t.Fatal(err)
	}
	tc.write(&tunnel.Request{AckID: 1, Method: "HEAD", URL: "https://host/api/hubs/chat/users/u"})
	if r := readAs[*tunnel.Response](tc); r.Status != 404 {
		t.Errorf("answer = %+v, want 404", r)
	}
}

// TestTunnelClose: a closing emulator sends disconnected events through the tunnel,
// then closes it as one that restarts does, so that its client opens it again.
func TestTunnelClose(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{Hubs: hubs(emulator.EventHandler{
		URLTemplate: "tunnel:///eh", SystemEvents: []string{protocol.EventDisconnected},
	})})
	tc := dialTunnel(t, e, "chat")
	c := dial(t, e, clientOptions{})
	closed := make(chan error)
	go func() { closed <- e.Server.Close() }()
	c.expectClose(1001, "")
	r := readAs[*tunnel.Request](tc)
	if name := line(r.Header, "ce-eventName"); name != "disconnected" {
		t.Errorf("event = %s, want disconnected", name)
	}
	tc.answer(r, 204, nil, "")
	if m, err := tc.readTry(); !websocket.IsCloseError(err, 1001) {
		t.Errorf("end = %v, %v, want close 1001 without a message before it", m, err)
	}
	if err := <-closed; err != nil {
		t.Errorf("Close() = %v", err)
	}
}

// TestTunnelTraffic: the stream of events has the opening and the end of a tunnel
// with its cause, and why an event has failed.
func TestTunnelTraffic(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, throughTunnel("tunnel:///eh"))
	r := emulator.NewRemote(e.ConnectionString)
	defer r.Close()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	objects := make(chan *traffic.Object, 10)
	followed := make(chan error, 1)
	go func() {
		followed <- r.Traffic(ctx, emulator.TrafficOptions{Follow: true, Recent: 1}, func(n *traffic.Object) error {
			objects <- n
			return nil
		})
	}()
	tc := dialTunnel(t, e, "chat")
	expect := func(typ traffic.Type, reason string) {
		t.Helper()
		select {
		case n := <-objects:
			if n.Type != typ || n.Hub != "chat" || n.ConnectionID != tc.id || n.UserID != "me" || n.Reason != reason {
				t.Errorf("object = %+v, want %s for %q", n, typ, reason)
			}
		case <-ctx.Done():
			t.Fatalf("no %s", typ)
		}
	}
	expect(traffic.TunnelOpened, "")
	tc.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1001, "bye"), time.Now().Add(patience))
	expect(traffic.TunnelClosed, "closed by the client with 1001 bye")
	tc = dialTunnel(t, e, "chat")
	expect(traffic.TunnelOpened, "")
	tc.ws.NetConn().Close()
	expect(traffic.TunnelClosed, "the connection was cut")
	cancel()
	<-followed
}

// TestTunnelAnswerLimits: an answer that cannot be used fails its event, which is not
// sent again, and nothing else.
func TestTunnelAnswerLimits(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{Hubs: hubs(emulator.EventHandler{URLTemplate: "tunnel:///eh", EventPattern: emulator.EveryEvent})})
	tc := dialTunnel(t, e, "chat")
	c, _ := dialJSON(t, e, clientOptions{})
	plain := map[string][]string{"content-type": {"text/plain"}}
	half := strings.Repeat("x", protocol.MaxUpstreamResponse/2)
	tests := map[string][]*tunnel.Response{
		"status":           {{Status: 0}},
		"status of a part": {{Status: 1000, NotCompleted: true}},
		"header":           {{Status: 200, Header: map[string][]string{"x": {strings.Repeat("x", 64<<10)}}}},
		"body":             {{Status: 200, Header: plain, Body: []byte(half + half + "x")}},
		"parts":            {{Status: 200, Header: plain, Body: []byte(half), NotCompleted: true}, {Body: []byte(half), NotCompleted: true}, {Body: []byte("x")}},
		"a refusal":        {{Status: 400, Body: []byte(half)}},
	}
	ack := 0
	for name, parts := range tests {
		ack++
		c.send(fmt.Sprintf(`{"type":"event","event":"say","ackId":%d,"dataType":"text","data":%q}`, ack, name))
		r := readAs[*tunnel.Request](tc)
		if string(r.Body) != name {
			t.Fatalf("event = %q, want %q", r.Body, name)
		}
		for _, p := range parts {
			p.AckID = r.AckID
			tc.write(p)
		}
		if m := c.object(); m["success"] != false || m["ackId"] != float64(ack) {
			t.Errorf("%s: %v, want an ack that it failed", name, m)
		}
	}
	c.send(`{"type":"event","event":"say","ackId":99,"dataType":"text","data":"all"}`)
	r := readAs[*tunnel.Request](tc)
	tc.write(&tunnel.Response{AckID: r.AckID, Status: 200, Header: plain, Body: []byte(half[:1<<20-1]), NotCompleted: true})
	tc.write(&tunnel.Response{AckID: r.AckID, Body: []byte("x")})
	if m := c.object(); len(m["data"].(string)) != 1<<20 {
		t.Errorf("reply of %d bytes, want 1 MiB", len(m["data"].(string)))
	}
}

// control sends a request to the control API.
func control(t testing.TB, e *emulatortest.Emulator, method, path string) (int, string) {
	t.Helper()
	address := e.URL + emulator.ControlPath + path
	text, err := e.ConnectionString.Key.SignREST(address, time.Now(), time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	r, err := http.NewRequestWithContext(t.Context(), method, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+text)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(body)
}

// TestTunnelControl: the control API lists tunnels, and asks their clients for what
// the service may ask; one that is about to end gets no more events.
func TestTunnelControl(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{Hubs: hubs(emulator.EventHandler{URLTemplate: "tunnel:///eh", EventPattern: emulator.EveryEvent})})
	if _, list := control(t, e, "GET", "tunnels"); list != "[]" {
		t.Errorf("tunnels = %s, want none", list)
	}
	first, second := dialTunnel(t, e, "chat"), dialTunnel(t, e, "chat&target=one")
	want := fmt.Sprintf(`[{"hub":"chat","connectionId":"%s","clientId":"me","since":"T","inFlight":0},{"hub":"chat","connectionId":"%s","clientId":"me","target":"one","since":"T","inFlight":0}]`, first.id, second.id)
	since := regexp.MustCompile(`"since":"20[^"]*Z"`)
	if status, list := control(t, e, "GET", "tunnels"); status != 200 || since.ReplaceAllString(list, `"since":"T"`) != want {
		t.Errorf("tunnels = %d %s, want %s", status, list, want)
	}
	if _, list := control(t, e, "GET", "tunnels?hub=other"); list != "[]" {
		t.Errorf("tunnels of another hub = %s, want none", list)
	}
	for path, want := range map[string]int{"tunnels/" + first.id: 400, "tunnels/" + first.id + "?ask=x": 400, "tunnels/x?ask=close": 404} {
		if status, body := control(t, e, "POST", path); status != want || body == "" {
			t.Errorf("POST %s = %d %s, want %d", path, status, body, want)
		}
	}
	ask := func(what string) {
		t.Helper()
		if status, body := control(t, e, "POST", "tunnels/"+first.id+"?ask="+what); status != 202 {
			t.Errorf("%s = %d %s, want 202", what, status, body)
		}
	}
	ask("rebalance")
	readAs[*tunnel.Rebalance](first)
	ask("reconnect")
	readAs[*tunnel.Reconnect](first)
	c, _ := dialJSON(t, e, clientOptions{})
	for n := range 4 { // all of them to the one that stays
		c.send(fmt.Sprintf(`{"type":"event","event":"say","ackId":%d,"dataType":"text","data":"hi"}`, n))
		r := readAs[*tunnel.Request](second)
		if all := e.Server.Tunnels(); len(all) != 2 || all[0].InFlight != 0 || all[1].InFlight != 1 {
			t.Errorf("tunnels = %+v, want one event in flight at the second", all)
		}
		second.answer(r, 204, nil, "")
		if ack := c.object(); ack["success"] != true {
			t.Errorf("ack = %v", ack)
		}
	}
	ask("close")
	readAs[*tunnel.Close](first)
}
