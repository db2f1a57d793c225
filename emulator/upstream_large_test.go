package emulator_test

import (
	"bytes"
	"net/http"
	"testing"

	"wps/emulator"
)

// TestLargeAnswers: an answer that the handler may make and a client cannot get in
// one message fails the event; the client, which has read everything, stays.
func TestLargeAnswers(t *testing.T) {
	t.Parallel()
	const mib = 1 << 20
	var contentType string
	var body []byte
	h := &handler{reply: func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("ce-eventName") != "chat" {
			return
		}
		w.Header().Set("Content-Type", contentType)
		_, _ = w.Write(body)
	}}
	far := everything(h)
	inBubble(t, emulator.Options{Hubs: hubs(far)}, func(t *testing.T, b *bubble) {
		c, _ := b.dialJSON(clientOptions{})
		for i, tt := range []struct {
			contentType string
			body        []byte
			fits        bool
		}{
			{"text/plain", bytes.Repeat([]byte("x"), 16*mib-1000), true},
			{"text/plain", bytes.Repeat([]byte("x"), 16*mib), false},
			{"text/plain", bytes.Repeat([]byte("\n"), 8*mib-1000), true},
			{"text/plain", bytes.Repeat([]byte("\n"), 9*mib), false},
			{"text/plain", bytes.Repeat([]byte("\x01"), 15*mib), false},
			{"text/plain", bytes.Repeat([]byte("\x01"), 2*mib), true},
			{"application/octet-stream", make([]byte, 12*mib-1000), true},
			{"application/octet-stream", make([]byte, 13*mib), false},
		} {
			contentType, body = tt.contentType, tt.body
			c.send(event(i+1, "json", "1"))
			if tt.fits {
				if got := c.object(); got["type"] != "message" {
					t.Errorf("%d bytes of %q: the client got %v, want a message", len(body), body[0], got["type"])
				}
				c.expectText(ok(i + 1))
				continue
			}
			c.expectText(failed(i+1, "InternalServerError", "Internal server error"))
		}
	})
}
