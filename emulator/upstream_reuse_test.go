package emulator_test

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
)

// TestClosedBetweenEvents has a handler that closes a connection when a second
// request arrives on it, as servers do that have just given up waiting for one: the
// event is sent on another connection at once, not after the pause of a failure.
func TestClosedBetweenEvents(t *testing.T) {
	t.Parallel()
	type counter struct{}
	var events atomic.Int32
	web := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Context().Value(counter{}).(*atomic.Int32).Add(1) > 1 {
			panic(http.ErrAbortHandler)
		}
		if r.Header["Idempotency-Key"] != nil {
			t.Errorf("header = %v, want no Idempotency-Key", r.Header)
		}
		if r.Method == http.MethodPost {
			events.Add(1)
		}
		w.Header().Set(protocol.HeaderAllowedOrigin, "*")
	}))
	web.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, counter{}, &atomic.Int32{})
	}
	web.Start()
	defer web.Close()

	var log bytes.Buffer // is written before the client has its answer
	e := emulatortest.RunWith(t, emulator.Options{
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Hubs: hubs(emulator.EventHandler{
			URLTemplate: web.URL, SystemEvents: []string{"connect"}, EventPattern: emulator.EveryEvent,
		}),
	})
	for range 3 {
		dial(t, e, clientOptions{}).ws.Close()
	}
	if got := events.Load(); got != 3 || log.Len() != 0 {
		t.Errorf("the handler answered %d events, and the log is %q, want 3 and none", got, log.String())
	}
}
