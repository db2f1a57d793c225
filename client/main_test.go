package client_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"wps/client"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// TestMain fails when a test leaves a goroutine running.
func TestMain(m *testing.M) { emulatortest.Main(m) }

// patience bounds every wait of these tests.
const patience = 20 * time.Second

var key = token.NewKey("ThisKeyIsOfTheTestsAndOpensNothing0123456789")

// seen is a request as a server got it.
type seen struct {
	method, uri, host string
	header            http.Header
	body              string
	length            int64
	chunked           bool
}

// server answers every request by handler and keeps what it got.
type server struct {
	*httptest.Server
	mu   sync.Mutex
	seen []seen
}

func serve(t testing.TB, handler http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.note(r)
		handler(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

// startServer is serve for a handler that decides itself whether to read the body.
func startServer(t testing.TB, handler http.Handler) (address string) {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return s.URL
}

func (s *server) note(r *http.Request) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		b = []byte("body: " + err.Error())
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen = append(s.seen, seen{
		r.Method, r.RequestURI, r.Host, r.Header.Clone(), string(b), r.ContentLength, len(r.TransferEncoding) > 0,
	})
}

// requests returns the requests that came so far.
func (s *server) requests() []seen {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]seen(nil), s.seen...)
}

// only returns the one request that came.
func (s *server) only(t *testing.T) seen {
	t.Helper()
	all := s.requests()
	if len(all) != 1 {
		t.Fatalf("%d requests came, want 1: %+v", len(all), all)
	}
	return all[0]
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
		if code == http.StatusOK {
			w.Header().Set("api-supported-versions", protocol.SupportedAPIVersions)
		}
		w.WriteHeader(code)
		io.WriteString(w, text)
	}
}

// newService returns a Service for the hub chat at address, with the key of
// the tests unless o has an authorizer.
func newService(t testing.TB, address string, o client.Options) *client.Service {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	o.Endpoint = u
	if o.Hub == "" {
		o.Hub = "chat"
	}
	if o.Authorizer == nil {
		o.Authorizer = client.KeyAuthorizer{Key: key}
	}
	s, err := client.New(o)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(s.CloseIdleConnections)
	return s
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

// errorOf leaves out how the request went.
func errorOf(_ protocol.Outcome, err error) error { return err }

// Targets of the tests.
var everyone = protocol.Target{Kind: protocol.TargetAll}

func group(id string) protocol.Target {
	return protocol.Target{Kind: protocol.TargetGroup, ID: id}
}

func user(id string) protocol.Target {
	return protocol.Target{Kind: protocol.TargetUser, ID: id}
}

func connection(id string) protocol.Target {
	return protocol.Target{Kind: protocol.TargetConnection, ID: id}
}

func text(s string) protocol.Send {
	return protocol.Send{DataType: protocol.DataTypeText, Data: []byte(s)}
}
