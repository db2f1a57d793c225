package emulator_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"wps/emulator"
	"wps/emulator/emulatortest"
)

// TestConnectRefusal proves what a refused client gets of its handler's answer: all
// of a 4xx, up to 64 KiB, and only the status of any other.
func TestConnectRefusal(t *testing.T) {
	t.Parallel()
	const (
		refused = "The event handler refused the connection.\n"
		plain   = "text/plain; charset=utf-8"
	)
	long := strings.Repeat("x", 64<<10)
	local := func(f func(http.ResponseWriter, *http.Request)) emulator.EventHandler {
		return emulator.EventHandler{Handler: http.HandlerFunc(f), SystemEvents: []string{"connect"}}
	}
	over := func(f func(http.ResponseWriter, *http.Request)) emulator.EventHandler {
		return everything(&handler{reply: f})
	}
	for _, tt := range []struct {
		name, sent, contentType string
		status                  int
		want, wantType          string
	}{
		{"JSON", `{"why":403}`, "application/json", 403, `{"why":403}`, "application/json"},
		{"text", "go away", "text/plain", 401, "go away", "text/plain"},
		{"bytes", "\xff\x00<b>", "image/png", 429, "\xff\x00<b>", "image/png"},
		{"too long", long + "y", "text/plain", 400, long, "text/plain"},
		{"without a body", "", "", 404, refused, plain},
		{"not a refusal", "moved", "text/plain", 304, refused, plain},
	} {
		for kind, carry := range map[string]func(func(http.ResponseWriter, *http.Request)) emulator.EventHandler{"HTTP": over, "in process": local} {
			t.Run(tt.name+" "+kind, func(t *testing.T) {
				t.Parallel()
				answer := say(tt.status, tt.sent, "Content-Type", tt.contentType, "Set-Cookie", "a=b")
				e := emulatortest.RunWith(t, emulator.Options{Hubs: hubs(carry(func(w http.ResponseWriter, r *http.Request) { answer(w, r) }))})
				ws := negotiated(t, e, clientOptions{hub: "chat"})
				r, err := http.NewRequestWithContext(t.Context(), "GET", "http"+strings.TrimPrefix(ws, "ws"), nil)
				if err != nil {
					t.Fatal(err)
				}
				r.Header = http.Header{
					"Connection": {"Upgrade"}, "Upgrade": {"websocket"},
					"Sec-Websocket-Version": {"13"}, "Sec-Websocket-Key": {"dGhlIHNhbXBsZSBub25jZQ=="},
				}
				resp, err := http.DefaultClient.Do(r)
				if err != nil {
					t.Fatal(err)
				}
				defer resp.Body.Close()
				body, err := io.ReadAll(resp.Body)
				if err != nil || resp.StatusCode != tt.status || string(body) != tt.want && tt.status != 304 || resp.Header.Get("Content-Type") != tt.wantType && tt.status != 304 {
					t.Errorf("client got %d, %s, %.100q, %v, want %d, %s, %.100q", resp.StatusCode, resp.Header.Get("Content-Type"), body, err, tt.status, tt.wantType, tt.want)
				}
				if resp.Header.Get("Set-Cookie") != "" {
					t.Error("the handler's cookie reached the client")
				}
			})
		}
	}
}
