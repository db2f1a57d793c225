package emulator_test

import (
	"strings"
	"testing"
	"time"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
)

// TestTTL proves that a message whose time is over when a slow receiver at last
// takes what waits for it is not among that, and that others are, in order.
func TestTTL(t *testing.T) {
	t.Parallel()
	clock := emulator.NewClock(time.Now())
	e := emulatortest.RunWith(t, emulator.Options{Clock: clock, KeepAlive: -1})
	slow, _ := dialJSON(t, e, clientOptions{user: "u", groups: []string{"g"}})
	big := strings.Repeat("x", protocol.MaxMessageSize)
	const fill = 12 // MiB: more than the two sockets hold, less than the queue
	for range fill {
		want(t, e, 202, post("chat/:send", text, big))
	}
	want(t, e, 202, post("chat/:send?messageTtlSeconds=5", text, "5 s"))
	want(t, e, 202, post("chat/groups/g/:send?messageTtlSeconds=7", text, "7 s"))
	want(t, e, 202, post("chat/users/u/:send?messageTtlSeconds=300", text, "300 s"))
	want(t, e, 202, post("chat/:send?messageTtlSeconds=0", text, "for ever"))
	clock.Advance(6 * time.Second)
	want(t, e, 202, post("chat/:send?messageTtlSeconds=1", text, "1 s later"))
	for i := range fill {
		if got := slow.object()["data"]; got != big {
			t.Fatalf("message %d = %.20v, want what was sent first", i, got)
		}
	}
	for _, want := range []string{"7 s", "300 s", "for ever", "1 s later"} {
		if got := slow.object()["data"]; got != want {
			t.Errorf("got %v, want %s", got, want)
		}
	}
	slow.silent()
}
