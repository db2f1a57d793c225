package trigger_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
	"wps/trigger"
)

// patience limits every wait of these tests.
const patience = 30 * time.Second

// TestMain fails when a goroutine is still running after the tests.
func TestMain(m *testing.M) {
	if os.Getenv(workerMode) != "" {
		workerMain()
		return
	}
	emulatortest.Main(m)
}

const testKey = protocol.DefaultAccessKey

// handler returns a Handler that is closed when the test ends.
func handler(t testing.TB, o trigger.Options) *trigger.Handler {
	t.Helper()
	h, err := trigger.New(o)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := h.Close(ctx); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return h
}

func key(t testing.TB, s string) trigger.Key {
	t.Helper()
	k, err := trigger.ParseKey(s)
	if err != nil {
		t.Fatalf("ParseKey(%q): %v", s, err)
	}
	return k
}

// on returns a route to a function.
func on(t testing.TB, event string, answer func(context.Context, *trigger.Event) (trigger.Answer, error)) trigger.Route {
	t.Helper()
	return trigger.Route{Key: key(t, event), Hook: &hookFunc{event, answer}}
}

// answering returns a route whose hook always gives one answer.
func answering(t testing.TB, event string, a trigger.Answer) trigger.Route {
	t.Helper()
	return on(t, event, func(context.Context, *trigger.Event) (trigger.Answer, error) { return a, nil })
}

// parses returns a route whose hook parses one answer in JSON.
func parses(t testing.TB, event, answer string) trigger.Route {
	t.Helper()
	return on(t, event, func(_ context.Context, ev *trigger.Event) (trigger.Answer, error) {
		return trigger.ParseAnswer(ev, []byte(answer))
	})
}

type hookFunc struct {
	name   string
	answer func(context.Context, *trigger.Event) (trigger.Answer, error)
}

func (h *hookFunc) Answer(ctx context.Context, ev *trigger.Event) (trigger.Answer, error) {
	return h.answer(ctx, ev)
}
func (h *hookFunc) Close(context.Context) error { return nil }
func (h *hookFunc) String() string              { return h.name }

const connectBody = `{"claims":{"sub":["u1"]},"query":{"v":["2"]},"headers":{"Host":["h"]},"subprotocols":["json.webpubsub.azure.v1"],"clientCertificates":[]}`

// event is a signed event as the service sends it; event names are those of
// ParseKey.
type event struct {
	name        string
	id          string
	connection  string // default c1
	user        string // default u1; "-" for none
	state       string
	contentType string // default by the event
	body        string // default by the event
	header      http.Header
}

func (e event) request(t testing.TB) *http.Request {
	t.Helper()
	k := key(t, e.name)
	if e.connection == "" {
		e.connection = "c1"
	}
	switch e.user {
	case "":
		e.user = "u1"
	case "-":
		e.user = ""
	}
	defaults := map[protocol.EventKind][2]string{
		protocol.EventSystem: {"application/json", `{}`}, protocol.EventGroup: {"application/json", `{"group":"g1"}`},
		protocol.EventUser: {"text/plain; charset=utf-8", "hi"},
	}[k.Kind]
	if k.Event == protocol.EventConnect {
		defaults[1] = connectBody
	}
	if e.contentType == "" {
		e.contentType = defaults[0]
	}
	if e.body == "" {
		e.body = defaults[1]
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/eh", strings.NewReader(e.body))
	c := protocol.EventContext{
		Kind: k.Kind, Event: k.Event, Hub: "chat", ConnectionID: e.connection, UserID: e.user, ID: e.id,
		Origin: "localhost", Signature: token.Signature(e.connection, token.NewKey(testKey)), State: e.state, HasState: e.state != "",
	}
	canonical := http.Header{}
	c.SetHeader(canonical)
	for name, values := range canonical {
		r.Header[http.CanonicalHeaderKey(name)] = values
	}
	r.Header.Set("Content-Type", e.contentType)
	for name, values := range e.header {
		r.Header[name] = values
		if values == nil {
			r.Header.Del(name)
		}
	}
	return r
}

// send passes an event to a handler.
func send(t testing.TB, h http.Handler, e event) *httptest.ResponseRecorder {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, e.request(t))
	return w
}

// wire is an answer as it is sent over the network.
type wire struct {
	status      int
	contentType []string
	state       string
	body        string
}

// overHTTP sends an event through a real server, where net/http could add
// headers.
func overHTTP(t testing.TB, h http.Handler, e event) wire {
	t.Helper()
	web := httptest.NewServer(h)
	defer web.Close()
	r := e.request(t)
	out, err := http.NewRequestWithContext(t.Context(), r.Method, web.URL+"/eh", r.Body)
	if err != nil {
		t.Fatal(err)
	}
	out.Header = r.Header
	resp, err := web.Client().Do(out)
	if err != nil {
		t.Fatalf("%s: %v", e.name, err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatalf("%s: %v", e.name, err)
	}
	return wire{resp.StatusCode, resp.Header["Content-Type"], resp.Header.Get("ce-connectionState"), string(body)}
}

// problems stores the problem of each report.
func problems(into *string) func(*trigger.Options) {
	return func(o *trigger.Options) { o.OnAnswer = func(r trigger.Report) { *into = r.Problem } }
}
