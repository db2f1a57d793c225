package ws_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"wps/client"
	"wps/client/ws"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// TestMain fails when a test leaves a goroutine of this package running.
func TestMain(m *testing.M) { emulatortest.Main(m) }

// patience bounds every wait of these tests.
const patience = 20 * time.Second

var key = token.NewKey("ThisKeyIsOfTheTestsAndOpensNothing0123456789")

// server answers every request by handler and keeps those that came.
type server struct {
	*httptest.Server
	mu   sync.Mutex
	seen []*http.Request
}

func serve(t testing.TB, handler http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, r)
		s.mu.Unlock()
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// only returns the one request that came.
func (s *server) only(t *testing.T) *http.Request {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.seen) != 1 {
		t.Fatalf("%d requests came, want 1", len(s.seen))
	}
	return s.seen[0]
}

// status answers with a status and headers in pairs.
func status(code int, header ...string) http.HandlerFunc {
	return body(code, "", header...)
}

// body answers with a status, a body and headers in pairs.
func body(code int, text string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(code)
		io.WriteString(w, text)
	}
}

// emulated returns an emulator and a Service for its hub chat.
func emulated(t testing.TB) (*emulatortest.Emulator, *client.Service) {
	t.Helper()
	e := emulatortest.Run(t)
	s, err := client.FromConnectionString(e.ConnectionString, "chat", client.Options{})
	if err != nil {
		t.Fatalf("FromConnectionString: %v", err)
	}
	t.Cleanup(s.CloseIdleConnections)
	return e, s
}

// within is a context that ends with the test or after patience.
func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	t.Cleanup(cancel)
	return ctx
}

// connect opens a JSON connection to an emulator, with every right.
func connect(t testing.TB, e *emulatortest.Emulator, o token.ClientOptions, d ws.Options) *ws.Conn {
	t.Helper()
	if o.Hub == "" {
		o.Hub = "chat"
	}
	if o.Roles == nil {
		o.Roles = []string{protocol.RoleSendToGroup, protocol.RoleJoinLeaveGroup}
	}
	n, err := token.Negotiate(e.ConnectionString, o)
	if err != nil {
		t.Fatalf("Negotiate: %v", err)
	}
	d.URL = n.URL
	c, err := ws.Dial(within(t), d)
	if err != nil {
		t.Fatalf("Dial: %v", err)
	}
	t.Cleanup(func() {
		// Whether the close is answered is a matter of the tests that look at it.
		_ = c.Close(within(t))
	})
	return c
}

// receive returns the next message or system frame.
func receive(t testing.TB, c *ws.Conn) *protocol.Response {
	t.Helper()
	r, err := c.Receive(within(t))
	if err != nil {
		t.Fatalf("Receive: %v", err)
	}
	return r
}

// message returns the next message, skipping system frames.
func message(t testing.TB, c *ws.Conn) *protocol.Response {
	t.Helper()
	for {
		if r := receive(t, c); r.Type == protocol.ResponseMessage {
			return r
		}
	}
}
