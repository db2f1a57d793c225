package emulator_test

import (
	"testing"
	"testing/synctest"

	"wps/emulator"
)

// TestConfigure: new settings hold for what happens from then on, on open
// connections too, and bad ones change nothing.
func TestConfigure(t *testing.T) {
	t.Parallel()
	before, after := &handler{}, &handler{}
	inBubble(t, emulator.Options{Hubs: hubs(everything(before))}, func(t *testing.T, b *bubble) {
		c, _ := b.dialJSON(clientOptions{hub: "chat"})
		bare, _ := b.dialJSON(clientOptions{hub: "bare"})
		synctest.Wait() // connected is sent beside what the client does
		c.send(`{"type":"event","event":"one","data":1,"ackId":1}`)
		c.object()
		if err := b.server.Configure(hubs(everything(after), emulator.EventHandler{URLTemplate: "nowhere"}), nil); err == nil {
			t.Error("Configure took a handler without a URL")
		}
		c.send(`{"type":"event","event":"two","data":1,"ackId":2}`)
		c.object()

		next := hubs(everything(after))
		next["bare"] = next["chat"]
		if err := b.server.Configure(next, nil); err != nil {
			t.Fatalf("Configure: %v", err)
		}
		c.send(`{"type":"event","event":"three","data":1,"ackId":3}`)
		c.object()
		b.dialJSON(clientOptions{hub: "Chat"})
		synctest.Wait()
		bare.send(event(1, "json", "1")) // it came when its hub had no handler
		bare.expectText(failed(1, "InternalServerError", "Internal server error"))
		synctest.Wait()
		if got, want := names(before.events()), "connect connected one two"; got != want {
			t.Errorf("events before = %q, want %q", got, want)
		}
		if got, want := names(after.events()), "three connect connected"; got != want {
			t.Errorf("events after = %q, want %q", got, want)
		}
	})
}

// TestConfigureAnonymous: the hubs that let clients in without a token are
// replaced too.
func TestConfigureAnonymous(t *testing.T) {
	t.Parallel()
	inBubble(t, emulator.Options{AnonymousHubs: []string{"chat"}}, func(t *testing.T, b *bubble) {
		lets := func() int {
			_, resp, err := b.dialPlain("ws://svc.test/client/hubs/chat")
			if err == nil {
				return 101
			}
			return resp.StatusCode
		}
		if got := lets(); got != 101 {
			t.Errorf("before: %d, want 101", got)
		}
		if err := b.server.Configure(nil, nil); err != nil {
			t.Fatalf("Configure: %v", err)
		}
		if got := lets(); got != 401 {
			t.Errorf("after: %d, want 401", got)
		}
	})
}
