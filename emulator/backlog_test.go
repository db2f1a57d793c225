package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"wps/emulator"
	"wps/emulator/emulatortest"
)

const (
	backlogLimit = 4 << 20
	backlogBody  = 64 << 10
)

// stuckClients connects clients that read nothing, over pipes, which hold nothing:
// user 0, user 1, and so on.
func stuckClients(t *testing.T, e *emulatortest.Emulator, n int, subprotocol string) {
	t.Helper()
	over := overPipes(t, e)
	for i := range n {
		url := negotiated(t, e, clientOptions{hub: "chat", user: fmt.Sprint("user", i), groups: []string{"g"}})
		bareDial(t, e, over, url, subprotocol)
	}
}

// TestBacklog checks that what waits for all slow receivers together is bounded,
// though none reaches its own limit, and that receivers which read are served.
func TestBacklog(t *testing.T) {
	t.Parallel()
	for _, subprotocol := range []string{"", "json.webpubsub.azure.v1", "json.reliable.webpubsub.azure.v1"} {
		t.Run("subprotocol "+subprotocol, func(t *testing.T) {
			t.Parallel()
			e := emulatortest.RunWith(t, emulator.Options{KeepAlive: -1})
			e.Server.LimitBacklog(backlogLimit)
			const n = 20
			stuckClients(t, e, n, subprotocol)
			reading := bareDial(t, e, overTCP, negotiated(t, e, clientOptions{hub: "chat", user: "reader"}), "")
			body := strings.Repeat("x", backlogBody)
			for i := range 8 * n { // each client's own message in turn, 10 MiB in all
				want(t, e, 202, post(fmt.Sprintf("chat/users/user%d/:send", i%n), "text/plain", body))
				want(t, e, 202, post("chat/users/reader/:send", "text/plain", fmt.Sprint(i)))
				if got := e.Server.Backlog(); got > backlogLimit*5/4 {
					t.Fatalf("after %d messages %d bytes wait, want at most the limit of %d and what is sent between two measurements", i, got, backlogLimit)
				}
				if _, b, err := readFrame(reading); err != nil || string(b) != fmt.Sprint(i) {
					t.Fatalf("the reading client got %q, %v, want %d", b, err, i)
				}
			}
			left := e.Server.Status().Connections
			if left == n+1 || left < 2 {
				t.Errorf("%d connections are left, want some of %d", left, n+1)
			}
		})
	}
}

// TestSharedBacklog checks that a message counts once that waits for many.
func TestSharedBacklog(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{KeepAlive: -1})
	e.Server.LimitBacklog(backlogLimit)
	const n = 100
	stuckClients(t, e, n, "")
	body := strings.Repeat("x", backlogBody)
	for range backlogLimit / backlogBody / 2 {
		want(t, e, http.StatusAccepted, post("chat/groups/g/:send", "text/plain", body))
	}
	if got := e.Server.Status().Connections; got != n {
		t.Errorf("%d connections are left of %d, though half of the limit waits", got, n)
	}
}
