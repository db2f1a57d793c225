package hooks

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/spf13/pflag"

	"wps/cmd/internal/cli"
	"wps/protocol"
	"wps/token"
)

// TestServicesShareTransport checks that the event objects of many hubs go over
// one network connection, which Close closes, and that few clients are remembered.
func TestServicesShareTransport(t *testing.T) {
	t.Parallel()
	opened, closed := make(chan net.Conn, 2*maxServices), make(chan net.Conn, 2*maxServices)
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }))
	web.Config.ConnState = func(c net.Conn, state http.ConnState) {
		switch state {
		case http.StateNew:
			opened <- c
		case http.StateClosed:
			closed <- c
		}
	}
	web.Start()
	defer web.Close()
	cs, err := token.ParseConnectionString("Endpoint=" + web.URL + ";AccessKey=key;Version=1.0;")
	if err != nil {
		t.Fatal(err)
	}
	h := newHandler(t, cs)
	for i := range maxServices + 10 {
		s, err := h.services.forHub(fmt.Sprint("Hub", i))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.Send(t.Context(), protocol.Target{Kind: protocol.TargetAll}, protocol.Send{DataType: protocol.DataTypeText, Data: []byte("x")}); err != nil {
			t.Fatalf("Send in hub %d = %v, want nil", i, err)
		}
	}
	if n := len(opened); n != 1 {
		t.Errorf("%d hubs opened %d connections, want 1", maxServices+10, n)
	}
	if n := len(h.services.byHub); n > maxServices {
		t.Errorf("%d clients are remembered, want at most %d", n, maxServices)
	}
	if err := h.Close(t.Context()); err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
	if got, want := <-closed, <-opened; got != want {
		t.Errorf("Close closed another connection than the one opened")
	}
}

// newHandler returns a handler with one hook.
func newHandler(t *testing.T, cs token.ConnectionString) *Handler {
	t.Helper()
	var o Flags
	f := pflag.NewFlagSet("", pflag.ContinueOnError)
	o.Register(f)
	if err := f.Parse([]string{"--on", "message=:echo"}); err != nil {
		t.Fatal(err)
	}
	env := cli.NewEnv(nil, io.Discard, io.Discard, func(string) (string, bool) { return "", false })
	h, err := o.Handler(t.Context(), Options{Env: env, ConnectionString: cs})
	if err != nil {
		t.Fatal(err)
	}
	return h
}
