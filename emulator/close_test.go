package emulator_test

import (
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"wps/protocol"
)

// TestCloseWithoutCode: a close frame without a code, as the close() of a
// browser sends, is answered, and ends a reliable connection for good.
func TestCloseWithoutCode(t *testing.T) {
	t.Parallel()
	for _, sub := range []string{"", protocol.SubprotocolJSON, protocol.SubprotocolJSONReliable} {
		h := &handler{}
		b := runHandlerBench(t, h)
		o := clientOptions{}
		if sub != "" {
			o.subprotocol = []string{sub}
		}
		c := dial(t, b.Emulator, o)
		if sub != "" {
			c.object()
		}
		if err := c.ws.WriteControl(websocket.CloseMessage, nil, time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		c.expectClose(1000, "")
		if g := h.wait(t, 3); g[2].event() != "disconnected" && g[1].event() != "disconnected" {
			t.Errorf("%q: events %s, want disconnected", sub, names(g))
		}
	}
}
