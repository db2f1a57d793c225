package emulator_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"wps/emulator"
	"wps/protocol"
	"wps/token"
)

// got is a request that an event handler received, and when.
type got struct {
	*http.Request
	body string
	at   time.Time
}

func (g got) event() string {
	if g.Method != http.MethodPost {
		return g.Method
	}
	return g.Header.Get(protocol.HeaderEventName)
}

// handler is an event handler that records what it receives. It accepts
// validations, and answers events by reply; a nil reply is an empty 200.
type handler struct {
	reply func(w http.ResponseWriter, r *http.Request)

	mu   sync.Mutex
	got  []got
	wake chan struct{}
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	h.mu.Lock()
	h.got = append(h.got, got{r, string(body), time.Now()})
	if h.wake != nil {
		close(h.wake)
		h.wake = nil
	}
	h.mu.Unlock()
	if r.Method != http.MethodPost {
		w.Header().Set(protocol.HeaderAllowedOrigin, "*")
		return
	}
	if h.reply != nil {
		h.reply(w, r)
	}
}

// events returns the events received so far, without validations.
func (h *handler) events() (events []got) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, g := range h.got {
		if g.Method == http.MethodPost {
			events = append(events, g)
		}
	}
	return events
}

// wait waits for n events and returns them.
func (h *handler) wait(t testing.TB, n int) []got {
	t.Helper()
	limit := time.NewTimer(20 * patience)
	defer limit.Stop()
	for {
		h.mu.Lock()
		if h.wake == nil {
			h.wake = make(chan struct{})
		}
		wake := h.wake
		h.mu.Unlock()
		if events := h.events(); len(events) >= n {
			return events
		}
		select {
		case <-wake:
		case <-limit.C:
			t.Fatalf("got %d events, want %d", len(h.events()), n)
		}
	}
}

func names(all []got) string {
	var s []string
	for _, g := range all {
		s = append(s, g.event())
	}
	return strings.Join(s, " ")
}

// pipeTo carries requests to a handler as a network would, but within a bubble.
type pipeTo struct{ http.Handler }

func (p pipeTo) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("event handler panicked: %v", x)
		}
	}()
	in := r.Clone(r.Context())
	in.Header = http.Header{}
	for name, values := range r.Header {
		for _, v := range values {
			in.Header.Add(name, v)
		}
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	in.Host = r.URL.Host
	w := httptest.NewRecorder()
	p.ServeHTTP(w, in)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// everything is a handler of every event.
func everything(h http.Handler) emulator.EventHandler {
	return emulator.EventHandler{
		URLTemplate: "http://handler.test/{hub}/{event}", SystemEvents: emulator.AllSystemEvents(),
		EventPattern: emulator.EveryEvent, Transport: pipeTo{h},
	}
}

func hubs(handlers ...emulator.EventHandler) map[string]emulator.HubSettings {
	return map[string]emulator.HubSettings{"chat": {Handlers: handlers}}
}

// bubble is an emulator whose clients come over pipes, so that a test with
// testing/synctest has all time at its command.
type bubble struct {
	t      *testing.T
	server *emulator.Server
	pipes  pipes
}

// inBubble runs f with an emulator in a bubble of its own.
func inBubble(t *testing.T, o emulator.Options, f func(t *testing.T, b *bubble)) {
	t.Helper()
	o.Hosts = []string{"svc.test"}
	synctest.Test(t, func(t *testing.T) {
		s, err := emulator.New(o)
		if err != nil {
			t.Fatal(err)
		}
		b := &bubble{t, s, pipes{conns: make(chan net.Conn), done: make(chan struct{})}}
		web := &http.Server{Handler: s}
		go web.Serve(&b.pipes)
		defer web.Close()
		defer s.Close()
		f(t, b)
	})
}

// dial connects a client, simple or with the subprotocols of o.
func (b *bubble) dial(o clientOptions) *client {
	b.t.Helper()
	c, resp, err := b.dialTry(o)
	if err != nil {
		b.t.Fatalf("dial: %v (%+v)", err, resp)
	}
	return c
}

func (b *bubble) dialTry(o clientOptions) (*client, *http.Response, error) {
	b.t.Helper()
	return b.dialPlain(b.url(o), o.subprotocol...)
}

// dialPlain opens any client URL.
func (b *bubble) dialPlain(url string, subprotocols ...string) (*client, *http.Response, error) {
	b.t.Helper()
	d := websocket.Dialer{Subprotocols: subprotocols, NetDialContext: b.pipes.dial}
	ws, resp, err := d.DialContext(b.t.Context(), url, http.Header{"X-Asrs-Internal-Secret": {"s"}, "X-Mine": {"m"}})
	if err != nil {
		return nil, resp, err
	}
	b.t.Cleanup(func() { ws.Close() })
	return &client{b.t, ws}, resp, nil
}

func (b *bubble) url(o clientOptions) string {
	b.t.Helper()
	cs, err := token.ParseConnectionString("Endpoint=http://svc.test;AccessKey=" + protocol.DefaultAccessKey + ";Version=1.0;")
	if err != nil {
		b.t.Fatal(err)
	}
	if o.hub == "" {
		o.hub = "chat"
	}
	n, err := token.Negotiate(cs, token.ClientOptions{Hub: o.hub, UserID: o.user, Roles: o.roles, Groups: o.groups})
	if err != nil {
		b.t.Fatal(err)
	}
	return n.URL + o.query
}

// dialJSON connects a JSON client and reads its greeting.
func (b *bubble) dialJSON(o clientOptions) (*client, map[string]any) {
	b.t.Helper()
	o.subprotocol = []string{protocol.SubprotocolJSON}
	c := b.dial(o)
	return c, c.object()
}

// pipes is a listener without a network.
type pipes struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	select {
	case p.conns <- far:
		return near, nil
	case <-p.done:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.done) })
	return nil
}

func (p *pipes) Addr() net.Addr { return pipeAddr{} }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

// say answers with a status, headers in pairs, and a body.
func say(status int, body string, header ...string) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Add(header[i], header[i+1])
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// on answers one event by f and all others with an empty 200.
func on(event string, f func(http.ResponseWriter, *http.Request)) func(http.ResponseWriter, *http.Request) {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(protocol.HeaderEventName) == event {
			f(w, r)
		}
	}
}

func jsonOf(t testing.TB, text string) (m map[string]any) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return m
}

func event(id int, dataType, data string) string {
	return fmt.Sprintf(`{"type":"event","event":"chat","ackId":%d,"dataType":"%s","data":%s}`, id, dataType, data)
}
