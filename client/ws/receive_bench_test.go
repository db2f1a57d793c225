package ws_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"wps/client/ws"
	"wps/protocol"
)

// BenchmarkReceive measures what one message of a group costs a client, from the
// socket to what Receive returns. The service's end writes batches of 200.
func BenchmarkReceive(b *testing.B) {
	for _, subprotocol := range []string{protocol.SubprotocolJSON, protocol.SubprotocolJSONReliable} {
		b.Run(subprotocol, func(b *testing.B) {
			near, far := tcpPair(b)
			c := dialBench(b, near, far, subprotocol)
			frame := `{"type":"message","from":"group","group":"g","dataType":"text","data":"` + strings.Repeat("x", 128) + `"}`
			wire := batchOf(frame, 200)
			go func() {
				for {
					if _, err := far.Write(wire); err != nil {
						return
					}
				}
			}()
			b.ReportAllocs()
			b.SetBytes(int64(len(frame)))
			for b.Loop() {
				if _, err := c.Receive(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// tcpPair returns both ends of a loopback connection.
func tcpPair(b *testing.B) (near, far net.Conn) {
	b.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	near, err = net.Dial("tcp", l.Addr().String())
	if err == nil {
		far, err = l.Accept()
	}
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		near.Close()
		far.Close()
	})
	return near, far
}

// dialBench connects a client over near and reads what it writes.
func dialBench(b *testing.B, near, far net.Conn, subprotocol string) *ws.Conn {
	b.Helper()
	o, _ := pipeOptions(ws.Options{Subprotocol: subprotocol, PingInterval: -1, RecoveryTimeout: -1})
	o.NetDial = func(context.Context, string, string) (net.Conn, error) { return near, nil }
	go func() {
		ws, err := upgrade(far, subprotocol)
		if err != nil {
			b.Errorf("upgrade: %v", err)
			far.Close()
			return
		}
		(&peer{b, ws, far, make(chan struct{}, 1)}).greet(subprotocol)
		io.Copy(io.Discard, far)
	}()
	c, err := ws.Dial(b.Context(), o)
	if err != nil {
		b.Fatal(err)
	}
	if r := next1(b, c); r.Event != protocol.SystemConnected {
		b.Fatalf("Receive = %+v, want connected", r)
	}
	b.Cleanup(func() {
		far.Close()
		_ = c.Close(b.Context()) // its goroutines end in any case
	})
	return c
}

// batchOf returns n unmasked text frames as they are on the wire.
func batchOf(frame string, n int) []byte {
	head := []byte{0x81, byte(len(frame))}
	if len(frame) > 125 {
		head = []byte{0x81, 126, byte(len(frame) >> 8), byte(len(frame))}
	}
	return []byte(strings.Repeat(string(head)+frame, n))
}
