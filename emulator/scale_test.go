package emulator_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/internal/feed"
	"wps/protocol"
)

// bareDial makes a client that costs next to nothing: a socket after the
// handshake, without goroutines and buffers.
func bareDial(t testing.TB, e *emulatortest.Emulator, over dialer, url, subprotocol string) net.Conn {
	t.Helper()
	c := bareOpen(t, e, over, url, subprotocol)
	t.Cleanup(func() { c.Close() })
	return c
}

// bareOpen is bareDial for a caller that closes the connection.
func bareOpen(t testing.TB, e *emulatortest.Emulator, over dialer, url, subprotocol string) net.Conn {
	t.Helper()
	c, err := over(t.Context(), "tcp", strings.TrimPrefix(e.URL, "http://"))
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	_, pathAndQuery, _ := strings.Cut(strings.TrimPrefix(url, "ws://"), "/")
	request := "GET /" + pathAndQuery + " HTTP/1.1\r\nHost: " + strings.TrimPrefix(e.URL, "http://") +
		"\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
	if subprotocol != "" {
		request += "Sec-WebSocket-Protocol: " + subprotocol + "\r\n"
	}
	if _, err := io.WriteString(c, request+"\r\n"); err != nil {
		t.Fatal(err)
	}
	// One byte at a time, so that nothing of the frames after it is read.
	resp, err := http.ReadResponse(bufio.NewReaderSize(oneByte{c}, 16), nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: %v, %v", resp, err)
	}
	return c
}

// dialer opens a network connection.
type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

func overTCP(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, addr)
}

// overPipes serves e without a network, for more connections than a process may
// have files.
func overPipes(t testing.TB, e *emulatortest.Emulator) dialer {
	t.Helper()
	p := &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	web := &http.Server{Handler: e.Server}
	go web.Serve(p)
	t.Cleanup(func() { web.Close() })
	return p.dial
}

type oneByte struct{ io.Reader }

func (r oneByte) Read(b []byte) (int, error) { return r.Reader.Read(b[:1]) }

// readFrame reads one WebSocket frame of a server.
func readFrame(c net.Conn) (op byte, payload []byte, err error) {
	if err := c.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return 0, nil, err
	}
	var head [10]byte
	if _, err := io.ReadFull(c, head[:2]); err != nil {
		return 0, nil, err
	}
	size := int(head[1])
	if size > 125 { // the longer forms
		n := 2 + (size-126)*6
		if _, err := io.ReadFull(c, head[2:2+n]); err != nil {
			return 0, nil, err
		}
		size = 0
		for _, b := range head[2 : 2+n] {
			size = size<<8 | int(b)
		}
	}
	payload = make([]byte, size)
	_, err = io.ReadFull(c, payload)
	return head[0], payload, err
}

// manyConns opens connections at once, by a few dialers.
func manyConns(t testing.TB, e *emulatortest.Emulator, over dialer, n int, subprotocol string) []net.Conn {
	t.Helper()
	url := negotiated(t, e, clientOptions{hub: "chat", groups: []string{"g"}})
	conns := make([]net.Conn, n)
	t.Cleanup(func() { // one for all, which costs no memory for each
		for _, c := range conns {
			if c != nil {
				c.Close()
			}
		}
	})
	var dialers sync.WaitGroup
	const at = 8
	for d := range at {
		dialers.Go(func() {
			for i := d; i < n; i += at {
				conns[i] = bareOpen(t, e, over, url, subprotocol)
				if subprotocol == "" {
					continue
				}
				if _, _, err := readFrame(conns[i]); err != nil { // connected
					t.Errorf("connection %d: %v", i, err)
				}
			}
		})
	}
	dialers.Wait()
	return conns
}

// reachAll sends a broadcast and reads it on every connection.
func reachAll(t testing.TB, e *emulatortest.Emulator, conns []net.Conn, text string) {
	t.Helper()
	want(t, e, 202, post("chat/groups/g/:send", "text/plain", text))
	for i, c := range conns {
		if _, b, err := readFrame(c); err != nil || !strings.Contains(string(b), text) {
			t.Fatalf("connection %d: %q, %v", i, b, err)
		}
	}
}

// TestManyReceivers opens connections of every kind, and each broadcast reaches
// all. BenchmarkConnections does it with 10,000.
func TestManyReceivers(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{KeepAlive: -1})
	var conns []net.Conn
	for _, s := range allSubprotocols {
		conns = append(conns, manyConns(t, e, overTCP, 100, s)...)
		conns = append(conns, manyConns(t, e, overPipes(t, e), 100, s)...)
	}
	for i := range 20 {
		reachAll(t, e, conns, fmt.Sprintf("message %d", i))
	}
}

// TestChangesAgainstSends lets members come, go and be closed while messages are
// sent: a connection that stays receives every message of each publisher in order.
func TestChangesAgainstSends(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{KeepAlive: -1})
	const publishers, sends, changes = 4, 100, 250
	url := negotiated(t, e, clientOptions{hub: "chat", groups: []string{"g"}})
	stays := bareDial(t, e, overTCP, url, "")
	var others sync.WaitGroup
	for i := range 4 { // 1,000 changes
		c, id := dialJSON(t, e, clientOptions{roles: joinAny})
		others.Go(func() {
			for n := range changes {
				c.send(fmt.Sprintf(`{"type":"%s","group":"g"}`, []string{"joinGroup", "leaveGroup"}[n%2]))
			}
			want(t, e, 200, request{method: "PUT", path: "chat/groups/g/connections/" + id})
			want(t, e, 204, request{method: "DELETE", path: "chat/connections/" + id})
			for { // what it got until then
				if _, _, err := c.readTry(); err != nil {
					return
				}
			}
		})
		others.Go(func() {
			for range changes / 10 {
				s := allSubprotocols[i%len(allSubprotocols)]
				bareDial(t, e, overTCP, url, s).Close()
			}
		})
	}
	for p := range publishers {
		others.Go(func() {
			for n := range sends {
				want(t, e, 202, post("chat/groups/g/:send", "text/plain", fmt.Sprintf("%d %d", p, n)))
			}
		})
	}
	var next [publishers]int
	for range publishers * sends {
		_, b, err := readFrame(stays)
		var p, n int
		if _, scan := fmt.Sscan(string(b), &p, &n); err != nil || scan != nil || next[p] != n {
			t.Fatalf("got %q, %v; next are %v", b, err, next)
		}
		next[p]++
	}
	others.Wait()
}

var allSubprotocols = []string{
	"", protocol.SubprotocolJSON, protocol.SubprotocolProtobuf,
	protocol.SubprotocolJSONReliable, protocol.SubprotocolProtobufReliable,
}

// BenchmarkConnections measures what one idle connection costs in memory, the
// client's socket in the same process included, and that a broadcast reaches
// all. 10,000 connections go over pipes, because of the limit on open files.
func BenchmarkConnections(b *testing.B) {
	for _, s := range []string{"", protocol.SubprotocolJSON, protocol.SubprotocolJSONReliable} {
		for _, n := range []int{1000, 10_000} {
			b.Run(fmt.Sprintf("kind=%s/conns=%d", strings.TrimSuffix(s, ".webpubsub.azure.v1"), n), func(b *testing.B) {
				e := emulatortest.RunWith(b, emulator.Options{KeepAlive: -1})
				over := dialer(overTCP)
				if n > 9000 {
					over = overPipes(b, e)
				}
				// What the server keeps of its latest connections is the same after more.
				warm := manyConns(b, e, over, feed.Kept, s)
				reachAll(b, e, warm, "warm")
				before := inUse()
				conns := manyConns(b, e, over, n, s)
				all := append(warm, conns...)
				reachAll(b, e, all, "hello")
				each := float64(inUse()-before) / float64(n)
				for b.Loop() {
					reachAll(b, e, all, "hello")
				}
				b.ReportMetric(each, "B/conn")
			})
		}
	}
}

// inUse is the memory that the process needs after a collection.
func inUse() uint64 {
	for range 3 { // stacks shrink by half at each
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + m.StackInuse
}
