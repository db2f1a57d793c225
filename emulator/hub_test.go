package emulator_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
)

// TestHubsForgotten proves that a hub exists in memory only while it has
// connections: refused clients and REST requests make none.
func TestHubsForgotten(t *testing.T) {
	t.Parallel()
	refuse := &handler{reply: on(protocol.EventConnect, say(http.StatusForbidden, "no"))}
	inBubble(t, emulator.Options{Hubs: map[string]emulator.HubSettings{"refusing": {Handlers: []emulator.EventHandler{everything(refuse)}}}},
		func(t *testing.T, b *bubble) {
			expect := func(when string, want int) {
				t.Helper()
				synctest.Wait()
				if got := b.server.HubCount(); got != want {
					t.Errorf("%s: %d hubs in memory, want %d", when, got, want)
				}
			}
			for name, url := range map[string]string{
				"without a token":      "ws://svc.test/client/hubs/none",
				"refused on connect":   b.url(clientOptions{hub: "refusing"}),
				"with a bad mode":      b.url(clientOptions{hub: "mode", query: "&webpubsub_mode=x"}),
				"with a lost recovery": "ws://svc.test/client/hubs/lost?awps_connection_id=x&awps_reconnection_token=y",
			} {
				if c, _, err := b.dialPlain(url); err == nil {
					c.expectClose(1008, "The connection could not be recovered.")
				}
				expect("a client "+name, 0)
			}
			first, second := b.dial(clientOptions{hub: "chat"}), b.dial(clientOptions{hub: "CHAT"})
			expect("two connections", 1)
			first.ws.Close()
			expect("one is left", 1)
			second.ws.Close()
			expect("none is left", 0)
			reliable := b.dial(clientOptions{subprotocol: []string{protocol.SubprotocolJSONReliable}})
			reliable.object()
			reliable.ws.Close()
			expect("a connection that may be recovered", 1)
			time.Sleep(31 * time.Second)
			expect("its recovery window has ended", 0)
			b.dial(clientOptions{hub: "chat"})
			expect("a hub that was forgotten", 1)
		})
}

func TestUnknownHub(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	want(t, e, 202, post("nothere/:send", text, "x"))
	want(t, e, 200, post("nothere/:addToGroups", jsonType, `{"groups":["g"]}`))
	want(t, e, 404, request{method: "HEAD", path: "nothere/groups/g"})
	if got := e.Server.HubCount(); got != 0 {
		t.Errorf("%d hubs in memory after REST requests, want 0", got)
	}
}

// TestHubChurn has connections of few hubs come and go at once, so that hubs are
// made and forgotten all the time: a connection that is open is in its hub.
func TestHubChurn(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	var work sync.WaitGroup
	for n := range 6 {
		work.Go(func() {
			hub := fmt.Sprint("hub", n%2)
			for range 60 {
				c, _, err := dialTry(t, e, clientOptions{hub: hub, user: fmt.Sprint("u", n)})
				if err != nil {
					t.Errorf("dial: %v", err)
					return
				}
				a, err := try(t.Context(), e, request{method: "HEAD", path: fmt.Sprint(hub, "/users/u", n)})
				if err != nil || a.status != 200 {
					t.Errorf("exists of an open connection = %d, %v, want 200", a.status, err)
				}
				c.ws.Close()
				for a.status == 200 && err == nil { // until it has left
					a, err = try(t.Context(), e, request{method: "HEAD", path: fmt.Sprint(hub, "/users/u", n)})
				}
			}
		})
	}
	work.Wait()
	e.Server.Close() // waits until every connection has left
	if got := e.Server.HubCount(); got != 0 {
		t.Errorf("%d hubs in memory without connections, want 0", got)
	}
}
