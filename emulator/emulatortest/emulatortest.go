// Package emulatortest starts an emulator for a test in one line. It hides the
// address, the key and the end of the emulator. Only tests import it.
//
//	func TestMain(m *testing.M) { emulatortest.Main(m) } // fails on a leaked goroutine
//
//	e := emulatortest.Run(t)
//	svc, err := client.FromConnectionString(e.ConnectionString, "chat", client.Options{})
package emulatortest

import (
	"net"
	"net/http"
	"net/url"
	"sync"
	"testing"

	"wps/emulator"
	"wps/protocol"
	"wps/token"
)

// Emulator is a running emulator on a free loopback port.
type Emulator struct {
	// URL is its endpoint, such as http://127.0.0.1:40123.
	URL string
	// ConnectionString holds the endpoint and the key.
	ConnectionString token.ConnectionString
	// Server is the emulator itself.
	Server *emulator.Server
}

// Run starts an emulator with the default options and stops it when the test
// ends.
func Run(t testing.TB) *Emulator {
	t.Helper()
	return RunWith(t, emulator.Options{})
}

// RunWith is Run with options.
func RunWith(t testing.TB, o emulator.Options) *Emulator {
	t.Helper()
	s, err := emulator.New(o)
	if err != nil {
		t.Fatalf("emulator.New: %v", err)
	}
	endpoint := &url.URL{Scheme: "http", Host: serve(t, s)}
	key := o.Key
	if key == "" {
		key = protocol.DefaultAccessKey
	}
	return &Emulator{
		URL: endpoint.String(), Server: s,
		ConnectionString: token.NewConnectionString(endpoint, token.NewKey(key)),
	}
}

// serve serves until the test ends and returns the address. It does not use
// httptest.Server, because closing one closes the idle connections of the default
// transport, which other tests use.
func serve(t testing.TB, s *emulator.Server) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	web := &http.Server{Handler: s}
	var serving sync.WaitGroup
	serving.Go(func() { _ = web.Serve(l) }) // ErrServerClosed
	t.Cleanup(func() {
		s.Close()
		web.Close()
		serving.Wait()
	})
	return l.Addr().String()
}
