package emulator_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"wps/emulator"
	"wps/protocol"
)

// TestDisconnectedDoesNotWait has a handler that does not answer connected: after
// the client has gone, disconnected comes all the same, and second.
func TestDisconnectedDoesNotWait(t *testing.T) {
	t.Parallel()
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	local := func(h http.Handler) emulator.EventHandler {
		return emulator.EventHandler{Handler: h, SystemEvents: emulator.AllSystemEvents()}
	}
	for name, reach := range map[string]func(http.Handler) emulator.EventHandler{"over HTTP": everything, "in process": local} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &handler{reply: on(protocol.EventConnected, hang)}
			inBubble(t, emulator.Options{Hubs: hubs(reach(h))}, func(t *testing.T, b *bubble) {
				c := b.dial(clientOptions{})
				c.ws.Close()
				time.Sleep(time.Second)
				synctest.Wait()
				if got := names(h.events()); got != "connect connected disconnected" {
					t.Errorf("events = %q, want all three", got)
				}
				if took := h.events()[2].at.Sub(h.events()[1].at); took > 100*time.Millisecond {
					t.Errorf("disconnected came %s after connected, want at most 100 ms", took)
				}
			})
		})
	}
}
