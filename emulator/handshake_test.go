package emulator_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/gorilla/websocket"

	"wps/emulator"
	"wps/emulator/emulatortest"
)

// TestBrokenHandshake proves that a request which cannot open a WebSocket is
// refused before its handler is asked, and ends no connection.
func TestBrokenHandshake(t *testing.T) {
	t.Parallel()
	good := func() http.Header {
		return http.Header{
			"Connection": {"keep-alive, Upgrade"}, "Upgrade": {"websocket"},
			"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
		}
	}
	tests := []struct {
		name, method, header, value string
		status                      int
	}{
		{"version 12", "GET", "Sec-Websocket-Version", "12", 400},
		{"no version", "GET", "Sec-Websocket-Version", "", 400},
		{"bad key", "GET", "Sec-Websocket-Key", "x", 400},
		{"short key", "GET", "Sec-Websocket-Key", "dGhl", 400},
		{"no key", "GET", "Sec-Websocket-Key", "", 400},
		{"no upgrade", "GET", "Upgrade", "", 400},
		{"POST", "POST", "X-Any", "x", 405},
		{"unable to upgrade", "GET", "X-Any", "x", 500},
	}
	h := &handler{}
	inBubble(t, emulator.Options{Hubs: hubs(everything(h))}, func(t *testing.T, b *bubble) {
		for _, tt := range tests {
			header := good()
			header.Set(tt.header, tt.value)
			url := "http" + strings.TrimPrefix(b.url(clientOptions{}), "ws")
			r, err := http.NewRequestWithContext(t.Context(), tt.method, url, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header = header
			a, err := b.server.Transport().RoundTrip(r)
			if err != nil || a.StatusCode != tt.status {
				t.Errorf("%s: %v, %v, want status %d", tt.name, a, err, tt.status)
			}
			synctest.Wait()
			want := ""
			if tt.status == 500 { // only the transport was missing
				want = "connect"
			}
			if got := names(h.events()); got != want {
				t.Errorf("%s: events %q, want %q", tt.name, got, want)
			}
		}
	})
}

// TestDeflateIsNotAccepted checks that an offer of compression is not taken, so that
// the client sends and receives uncompressed messages.
func TestDeflateIsNotAccepted(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	d := websocket.Dialer{EnableCompression: true}
	c, resp, err := d.DialContext(t.Context(), negotiated(t, e, clientOptions{hub: "chat"}), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if got := resp.Header.Values("Sec-Websocket-Extensions"); len(got) > 0 {
		t.Errorf("extensions = %q, want none", got)
	}
}
