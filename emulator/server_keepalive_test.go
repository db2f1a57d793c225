package emulator_test

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wps/emulator"
)

// countPings reads from a client until its connection ends, and returns the number
// of pings so far.
func countPings(c *client) *atomic.Int32 {
	var n atomic.Int32
	answer := c.ws.PingHandler()
	c.ws.SetPingHandler(func(text string) error { n.Add(1); return answer(text) })
	go func() {
		for {
			if _, _, err := c.ws.ReadMessage(); err != nil {
				return
			}
		}
	}()
	return &n
}

// TestHubKeepAlive: each hub has its interval, also one that is changed or removed
// while clients are connected.
func TestHubKeepAlive(t *testing.T) {
	t.Parallel()
	hubs := func(seconds time.Duration) map[string]emulator.HubSettings {
		return map[string]emulator.HubSettings{"chat": {KeepAlive: seconds * time.Second}}
	}
	inBubble(t, emulator.Options{Hubs: hubs(5)}, func(t *testing.T, b *bubble) {
		chat := countPings(b.dial(clientOptions{hub: "chat"}))
		other := countPings(b.dial(clientOptions{hub: "other"}))
		after := func(d time.Duration, wantChat, wantOther int32) {
			t.Helper()
			time.Sleep(d) // the time of the bubble
			synctest.Wait()
			if chat.Load() != wantChat || other.Load() != wantOther {
				t.Errorf("%d and %d pings, want %d and %d", chat.Load(), other.Load(), wantChat, wantOther)
			}
			chat.Store(0)
			other.Store(0)
		}
		after(61*time.Second, 12, 3)
		if err := b.server.Configure(hubs(60), nil); err != nil {
			t.Fatal(err)
		}
		after(120*time.Second, 2, 6)
		if err := b.server.Configure(hubs(1), nil); err != nil {
			t.Fatal(err)
		}
		after(10*time.Second, 10, 0)
		if err := b.server.Configure(nil, nil); err != nil {
			t.Fatal(err)
		}
		after(60*time.Second, 3, 3)
	})
}

// TestReconfigured: with the option, a connection that came when its hub had no
// event handler sends its events once there is one.
func TestReconfigured(t *testing.T) {
	t.Parallel()
	h := &handler{}
	inBubble(t, emulator.Options{Reconfigured: true}, func(t *testing.T, b *bubble) {
		c, _ := b.dialJSON(clientOptions{hub: "chat"})
		c.send(event(1, "json", "1"))
		c.expectText(failed(1, "InternalServerError", "Internal server error"))
		if err := b.server.Configure(hubs(everything(h)), nil); err != nil {
			t.Fatal(err)
		}
		c.send(`{"type":"event","event":"two","data":1,"ackId":2}`)
		c.object()
		c.ws.Close()
		synctest.Wait()
		if got, want := names(h.events()), "two disconnected"; got != want {
			t.Errorf("events %q, want %q", got, want)
		}
	})
}
