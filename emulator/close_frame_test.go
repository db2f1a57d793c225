package emulator_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"wps/protocol"
)

// TestCloseAnswered proves that every close frame of a client is answered with the
// same code and reason, whatever the code, and that a reliable connection can be
// recovered after each but a normal one.
func TestCloseAnswered(t *testing.T) {
	t.Parallel()
	b := runBench(t)
	end := func(t *testing.T, c *client, code int) {
		t.Helper()
		frame := websocket.FormatCloseMessage(code, "why")
		if err := c.ws.WriteControl(websocket.CloseMessage, frame, time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		c.expectClose(code, "why")
	}
	for _, code := range []int{1000, 1001, 1003, 1008, 1011, 3000, 3001, 4000, 4999} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			end(t, dial(t, b.Emulator, clientOptions{}), code)
			c, _ := dialJSON(t, b.Emulator, clientOptions{})
			end(t, c, code)
			r := dialReliable(t, b.Emulator, clientOptions{})
			end(t, r.client, code)
			again, _, err := dialURL(t, recoveryURL(b.Emulator, "chat", r.id, r.token), protocol.SubprotocolJSONReliable)
			switch {
			case err != nil:
				t.Fatal(err)
			case code == 1000:
				again.expectClose(1008, "The connection could not be recovered.")
			default:
				again.silent()
			}
		})
	}
}
