package ws_test

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wps/client/ws"
	"wps/protocol"
)

// dropping is a service that accepts every handshake, greets, sends what a test
// wants and ends the transport after a while.
type dropping struct {
	handshakes atomic.Int64
	after      time.Duration
	message    func(n int64) string // of handshake n; "" is none
}

func (d *dropping) dial(context.Context, string, string) (net.Conn, error) {
	server, client := net.Pipe()
	go d.serve(server)
	return client, nil
}

func (d *dropping) serve(c net.Conn) {
	defer c.Close()
	in := bufio.NewReader(c)
	r, err := http.ReadRequest(in)
	if err != nil {
		return
	}
	n := d.handshakes.Add(1)
	sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: %s\r\nSec-WebSocket-Accept: %s\r\n\r\n",
		protocol.SubprotocolJSONReliable, base64.StdEncoding.EncodeToString(sum[:]))
	go func() { // what the client writes
		for {
			if _, err := in.ReadByte(); err != nil {
				return
			}
		}
	}()
	frames := []string{`{"type":"system","event":"connected","connectionId":"c","reconnectionToken":"t"}`}
	if d.message != nil {
		frames = append(frames, d.message(n))
	}
	for _, text := range frames {
		if text != "" {
			_, _ = c.Write(append([]byte{0x81, byte(len(text))}, text...)) // under 126 bytes
		}
	}
	time.Sleep(d.after)
}

// TestRecoveryFlaps: a service that accepts every recovery and ends it at once is
// asked less and less often; one that brings messages, or lasts, is asked at once.
func TestRecoveryFlaps(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		service     *dropping
		least, most int64 // handshakes in a minute
	}{
		"nothing new": {&dropping{}, 10, 30},
		"a message": {&dropping{message: func(n int64) string {
			return fmt.Sprintf(`{"sequenceId":%d,"type":"message","from":"server","dataType":"text","data":"x"}`, n)
		}}, 500, 2000},
		"lasts longer": {&dropping{after: 5 * time.Second}, 11, 13},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := tt.service
				c, err := ws.Dial(t.Context(), ws.Options{URL: "ws://service.example/client/hubs/chat", Subprotocol: protocol.SubprotocolJSONReliable, NetDial: d.dial})
				if err != nil {
					t.Fatal(err)
				}
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				for {
					if _, err := c.Receive(ctx); err != nil {
						break
					}
				}
				if n := d.handshakes.Load(); n < tt.least || n > tt.most {
					t.Errorf("%d handshakes in a minute, want %d to %d", n, tt.least, tt.most)
				}
				c.Close(t.Context())
			})
		})
	}
}
