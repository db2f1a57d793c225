package trigger_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"time"

	"wps/trigger"
)

// peer answers every request on loopback with answer, then more again and again,
// and keeps the connection open until the other side closes it.
func peer(t *testing.T, answer, more string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			answerAndKeep(c, answer, more)
		}
	}()
	t.Cleanup(func() { l.Close(); <-ended })
	return "http://" + l.Addr().String()
}

func answerAndKeep(c net.Conn, answer, more string) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute)) // bounds a test that fails
	if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
		return
	}
	_, err := io.WriteString(c, answer)
	for err == nil && more != "" {
		_, err = io.WriteString(c, more)
	}
	if err == nil {
		_, _ = io.Copy(io.Discard, c)
	}
}

// TestForwardWithoutEnd checks that every answer that does not end by itself fails
// the event and frees its slot, of which there is one.
func TestForwardWithoutEnd(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\n"
	tests := map[string]struct{ answer, more string }{
		"switch":          {"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", ""},
		"endless switch":  {"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n", "more"},
		"no head":         {"", ""},
		"interim answers": {"", "HTTP/1.1 103 Early Hints\r\n\r\n"},
		"half a body":     {ok + "Content-Length: 100\r\n\r\nhalf", ""},
		"drip":            {ok + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := forwarder(t, peer(t, tt.answer, tt.more), func(o *trigger.Options) {
				o.HookTimeout, o.Concurrency = 100*time.Millisecond, 1
			})
			for _, id := range []string{"1", "2"} {
				if w := send(t, h, event{name: "message", id: id}); w.Code != http.StatusInternalServerError {
					t.Errorf("event %s = %d, want 500", id, w.Code)
				}
			}
			if n := h.Running(); n != 0 {
				t.Errorf("Running() = %d, want 0", n)
			}
		})
	}
}
