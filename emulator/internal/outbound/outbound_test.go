package outbound_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"wps/emulator/internal/outbound"
	"wps/protocol"
)

// tcpPair returns both ends of a connection over loopback.
func tcpPair(t testing.TB) (server, client net.Conn) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if client, err = net.Dial("tcp", l.Addr().String()); err != nil {
		t.Fatal(err)
	}
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close(); client.Close() })
	return server, client
}

// transports are the two ways in which a queue writes: into a socket without
// waiting, and by a goroutine of its own.
var transports = map[string]func(testing.TB) (server, client net.Conn){
	"tcp":  tcpPair,
	"pipe": func(testing.TB) (net.Conn, net.Conn) { return net.Pipe() },
}

// begun is the time of an emulator that has just begun.
func begun() time.Duration { return 0 }

func newQueue(f *outbound.Flusher, transport net.Conn) *outbound.Queue {
	return outbound.NewQueue(f, transport, protocol.FormatJSON, begun)
}

func text(s string) []byte { return outbound.Frame(outbound.OpText, []byte(s)) }

// finish ends a queue whose client reads everything, and returns what it read.
func finish(t *testing.T, f *outbound.Flusher, q *outbound.Queue, client net.Conn) []byte {
	t.Helper()
	q.End()
	q.ReadEnded()
	got, err := io.ReadAll(client)
	if err != nil {
		t.Fatalf("read: %v", err)
	}
	f.Wait()
	return got
}

func TestOrder(t *testing.T) {
	t.Parallel()
	for name, pair := range transports {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server, client := pair(t)
			var f outbound.Flusher
			q := newQueue(&f, server)
			var want []byte
			for i, size := range []int{1, 200, 70_000, 3, 9_000, 0} {
				frame := outbound.Frame(outbound.OpBinary, bytes.Repeat([]byte{byte(i)}, size))
				want = append(want, frame...)
				if got := q.Push(outbound.Item{Bytes: frame}); got != outbound.Queued {
					t.Errorf("Push of %d bytes = %v, want Queued", size, got)
				}
			}
			if got := finish(t, &f, q, client); !bytes.Equal(got, want) {
				t.Errorf("the client read %d bytes, want %d in the order of the pushes", len(got), len(want))
			}
		})
	}
}

// TestReliable proves that the shared part of a reliable message becomes the
// frame that a message of that sequence id has.
func TestReliable(t *testing.T) {
	t.Parallel()
	for _, format := range []protocol.Format{protocol.FormatJSON, protocol.FormatProtobuf} {
		server, client := tcpPair(t)
		var f outbound.Flusher
		q := outbound.NewQueue(&f, server, format, begun)
		r := &protocol.Response{Type: protocol.ResponseMessage, From: protocol.FromServer, DataType: protocol.DataTypeText, Data: []byte("hi")}
		q.Push(outbound.Item{Bytes: format.AppendShared(nil, r), SequenceID: 7})
		r.SequenceID = 7
		if got, want := finish(t, &f, q, client), outbound.ResponseFrame(format, r); !bytes.Equal(got, want) {
			t.Errorf("format %v: the client read %q, want %q", format, got, want)
		}
	}
}

func TestExpired(t *testing.T) {
	t.Parallel()
	server, client := tcpPair(t)
	var f outbound.Flusher
	const elapsed = 1000 * time.Second
	q := outbound.NewQueue(&f, server, protocol.FormatJSON, func() time.Duration { return elapsed })
	q.Push(outbound.Item{Bytes: text("over"), Expires: elapsed})
	q.Push(outbound.Item{Bytes: text("kept"), Expires: elapsed + 1})
	if got, want := finish(t, &f, q, client), text("kept"); !bytes.Equal(got, want) {
		t.Errorf("the client read %q, want %q", got, want)
	}
}

// TestLimits proves that a queue whose client reads nothing is bounded in items
// and bytes, that Begin does not use up the limits, and that another queue of the
// flusher is written meanwhile.
func TestLimits(t *testing.T) {
	t.Parallel()
	large := text(string(make([]byte, 1<<20)))
	for _, tt := range []struct {
		name  string
		frame []byte
		most  int
	}{
		{"items", text("x"), protocol.MaxQueuedMessages},
		{"bytes", large, protocol.MaxQueuedBytes / len(large)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			stuck, _ := net.Pipe()
			var f outbound.Flusher
			q := newQueue(&f, stuck)
			q.Begin(text("first"), []outbound.Item{{Bytes: text("again")}})
			for i := range tt.most {
				if got := q.Push(outbound.Item{Bytes: tt.frame}); got != outbound.Queued {
					t.Fatalf("Push %d = %v, want Queued", i+1, got)
				}
			}
			if got := q.Push(outbound.Item{Bytes: tt.frame}); got != outbound.Full {
				t.Errorf("Push %d = %v, want Full", tt.most+1, got)
			}
			count, size := q.Waiting()
			if want := tt.most*len(tt.frame) + len(text("first")) + len(text("again")); count != tt.most+2 || size != want {
				t.Errorf("Waiting() = %d, %d, want %d, %d", count, size, tt.most+2, want)
			}
			server, client := tcpPair(t)
			other := newQueue(&f, server)
			other.Push(outbound.Item{Bytes: text("hello")})
			if _, err := io.ReadFull(client, make([]byte, len(text("hello")))); err != nil {
				t.Errorf("read beside a stuck receiver: %v", err)
			}
			q.Abort()
			other.Abort()
			f.Wait()
		})
	}
}

func TestEnd(t *testing.T) {
	t.Parallel()
	server, client := net.Pipe()
	var f outbound.Flusher
	q := newQueue(&f, server)
	last := outbound.CloseFrame(1008, "too slow")
	q.Push(outbound.Item{Bytes: text("being written")})
	buf := make([]byte, 1)
	if _, err := io.ReadFull(client, buf); err != nil { // so the first frame is no longer waiting
		t.Fatal(err)
	}
	q.Push(outbound.Item{Bytes: text("dropped")})
	if !q.EndNow(last) {
		t.Error("the first EndNow = false, want true")
	}
	if q.End(text("second")) || q.EndNow(text("third")) {
		t.Error("a second End = true, want false")
	}
	if got := q.Push(outbound.Item{Bytes: text("late")}); got != outbound.Ended {
		t.Errorf("Push after End = %v, want Ended", got)
	}
	q.Begin(text("late"), nil)
	q.ReadEnded()
	got, err := io.ReadAll(client)
	if want := append(text("being written")[1:], last...); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the client read %q (%v), want %q", got, err, want)
	}
	f.Wait()
}

// TestReadEnded proves that nothing is written once the client has ended without a
// close.
func TestReadEnded(t *testing.T) {
	t.Parallel()
	server, client := net.Pipe()
	var f outbound.Flusher
	q := newQueue(&f, server)
	q.ReadEnded()
	if got := q.Push(outbound.Item{Bytes: text("late")}); got != outbound.Ended {
		t.Errorf("Push after ReadEnded = %v, want Ended", got)
	}
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("read = %v, want EOF", err)
	}
	f.Wait()
}

// TestDeadlines proves that a client which reads nothing is cut off: 30 s after a
// write began, and 2 s after the close.
func TestDeadlines(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		act  func(*outbound.Queue)
		want time.Duration
	}{
		{"write", func(q *outbound.Queue) { q.Push(outbound.Item{Bytes: text("x")}) }, 30 * time.Second},
		{"close", func(q *outbound.Queue) { q.End(outbound.CloseFrame(1001, "")) }, 2 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				server, client := net.Pipe()
				defer client.Close()
				var f outbound.Flusher
				q := newQueue(&f, server)
				start := time.Now()
				tt.act(q)
				f.Wait()
				if got := time.Since(start); got != tt.want {
					t.Errorf("the writer ended after %v, want %v", got, tt.want)
				}
				if _, err := server.Write(nil); !errors.Is(err, io.ErrClosedPipe) {
					t.Errorf("the transport is open (%v), want closed", err)
				}
			})
		})
	}
}

func TestSetReading(t *testing.T) {
	t.Parallel()
	server, client := tcpPair(t)
	var f outbound.Flusher
	q := newQueue(&f, server)
	q.SetReading(false)
	if _, err := server.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("Read after SetReading(false) = %v, want a deadline", err)
	}
	q.SetReading(true)
	if _, err := client.Write([]byte("x")); err != nil {
		t.Fatal(err)
	}
	if n, err := server.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("Read after SetReading(true) = %d, %v, want 1, nil", n, err)
	}
	q.Abort()
}

func TestFrames(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		size   int
		header []byte
	}{
		{0, []byte{0x82, 0}}, {125, []byte{0x82, 125}}, {126, []byte{0x82, 126, 0, 126}},
		{1<<16 - 1, []byte{0x82, 126, 0xff, 0xff}}, {1 << 16, []byte{0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0}},
	} {
		payload := make([]byte, tt.size)
		if got, want := outbound.Frame(outbound.OpBinary, payload), slices.Concat(tt.header, payload); !bytes.Equal(got, want) {
			t.Errorf("Frame of %d bytes begins with %x, want %x", tt.size, got[:len(tt.header)], tt.header)
		}
	}
	long := string(bytes.Repeat([]byte("r"), 200))
	if got := outbound.CloseFrame(1000, long); len(got) != 127 || got[1] != 125 || got[2] != 0x03 || got[3] != 0xe8 {
		t.Errorf("CloseFrame with a long reason = %x, want 127 bytes of code 1000", got)
	}
}
