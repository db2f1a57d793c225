package emulator_test

import (
	"encoding/binary"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
)

// messageSize is that of the messages of BenchmarkBroadcast, in bytes.
const messageSize = 128

// stamped is message number of a publisher.
func stamped(publisher, number int) string {
	stamp := fmt.Sprintf("%02x%08x", publisher, number)
	return stamp + strings.Repeat("x", messageSize-len(stamp))
}

// framing is how messages are laid out in the data of WebSocket frames, wherever
// those begin: one after the other, all of the same size.
type framing struct {
	before, after string // around each message
	noise         string // what may be between them, "" for nothing
}

// receiver finds the messages in what a connection gets, and checks that none is
// lost, doubled or out of the order of its publisher. It is made to take little
// time from the server that it measures, and is no WebSocket client: it answers
// nothing and knows no frames but those with data.
type receiver struct {
	framing
	next     []int     // number of the message that must come, by publisher
	complete func(int) // called for each message, with how many came before
	got      int
	head     []byte // beginning of a frame
	left     int    // bytes of data that the frame still has
	part     []byte // beginning of a message
}

func newReceiver(f framing, publishers int, complete func(int)) *receiver {
	return &receiver{framing: f, next: make([]int, publishers), complete: complete}
}

// receive reads n messages.
func (r *receiver) receive(c io.Reader, n int) error {
	buf := make([]byte, 8<<10)
	for r.got < n {
		k, err := c.Read(buf)
		if err == nil {
			err = r.frames(buf[:k])
		}
		if err != nil {
			return fmt.Errorf("after %d messages: %w", r.got, err)
		}
	}
	return nil
}

// frames splits the frames.
func (r *receiver) frames(b []byte) error {
	for len(b) > 0 {
		if r.left == 0 {
			r.head, b = append(r.head, b[0]), b[1:]
			if err := r.begin(); err != nil {
				return err
			}
			continue
		}
		k := min(r.left, len(b))
		if err := r.data(b[:k]); err != nil {
			return err
		}
		r.left -= k
		b = b[k:]
	}
	return nil
}

// begin reads the head of a frame once it is whole.
func (r *receiver) begin() error {
	switch h := r.head; {
	case len(h) < 2:
		return nil
	case h[0]&^0x82 != 0 && h[0] != 0x81 || h[1] > 127:
		return fmt.Errorf("frame begins with %x", h)
	case h[1] == 127 && len(h) == 10:
		r.left = int(binary.BigEndian.Uint64(h[2:]))
	case h[1] == 126 && len(h) == 4:
		r.left = int(binary.BigEndian.Uint16(h[2:]))
	case h[1] < 126:
		r.left = int(h[1])
	default:
		return nil
	}
	r.head = r.head[:0]
	return nil
}

// data splits the data of frames.
func (r *receiver) data(b []byte) error {
	for len(b) > 0 {
		size := len(r.before) + messageSize + len(r.after)
		if first := append(r.part, b[0])[0]; r.noise != "" && first == r.noise[0] {
			size = len(r.noise)
		}
		whole := b
		if len(r.part) > 0 || len(b) < size {
			k := min(size-len(r.part), len(b))
			r.part, b = append(r.part, b[:k]...), b[k:]
			if len(r.part) < size {
				return nil
			}
			whole, r.part = r.part, r.part[:0]
		} else {
			whole, b = b[:size], b[size:]
		}
		if err := r.message(string(whole)); err != nil {
			return err
		}
	}
	return nil
}

// message checks one message with what surrounds it.
func (r *receiver) message(text string) error {
	if r.noise != "" && text == r.noise {
		return nil
	}
	body, begins := strings.CutPrefix(text, r.before)
	body, ends := strings.CutSuffix(body, r.after)
	if !begins || !ends {
		return fmt.Errorf("no message: %q", text)
	}
	publisher, err := strconv.ParseUint(body[:2], 16, 8)
	if err != nil || int(publisher) >= len(r.next) {
		return fmt.Errorf("no such publisher: %q", text)
	}
	number, err := strconv.ParseUint(body[2:10], 16, 32)
	if err != nil || int(number) != r.next[publisher] {
		return fmt.Errorf("message %s of publisher %d where %d must come", body[2:10], publisher, r.next[publisher])
	}
	r.next[publisher]++
	r.complete(r.got)
	r.got++
	return nil
}

// TestBroadcastReceiver: the benchmark notices what goes wrong, wherever reads
// and frames are cut.
func TestBroadcastReceiver(t *testing.T) {
	t.Parallel()
	plain, wrapped := framing{}, framing{before: "MSG t 1 128\r\n", after: "\r\n", noise: "PING\r\n"}
	var a, b, c = stamped(0, 0), stamped(1, 0), stamped(1, 1)
	around := func(m string) string { return wrapped.before + m + wrapped.after }
	for name, tt := range map[string]struct {
		framing framing
		frames  []string
		n       int
		want    string // part of the error, "" for none
	}{
		"one a frame":         {plain, []string{a, b, c}, 3, ""},
		"many a frame":        {plain, []string{a + b, c}, 3, ""},
		"cut by frames":       {wrapped, []string{around(a)[:5], around(a)[5:] + around(b)[:30], around(b)[30:], around(c)}, 3, ""},
		"large frame":         {plain, []string{strings.Join(series(1000), "")}, 1000, ""},
		"with noise":          {wrapped, []string{"PING\r\n" + around(a) + "PI", "NG\r\n", around(b)}, 2, ""},
		"lost":                {plain, []string{a, c}, 2, "where 0 must come"},
		"doubled":             {plain, []string{a, a, b}, 3, "where 1 must come"},
		"out of order":        {plain, []string{a, c, b}, 3, "where 0 must come"},
		"another publisher":   {plain, []string{stamped(2, 0)}, 1, "no such publisher"},
		"something else":      {wrapped, []string{a + strings.Repeat("y", 15)}, 1, "no message"},
		"too little":          {plain, []string{a}, 2, "EOF"},
		"a frame without end": {plain, []string{a + b[:100]}, 2, "EOF"},
	} {
		stream := ""
		for _, f := range tt.frames {
			stream += frameOf(f)
		}
		for _, step := range []int{1, 7, len(stream)} {
			r := newReceiver(tt.framing, 2, func(int) {})
			err := r.receive(&stepReader{stream, step}, tt.n)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("%s, %d bytes a read: %v, want %q", name, step, err, tt.want)
			}
		}
	}
}

// series are n messages of publisher 0.
func series(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = stamped(0, i)
	}
	return all
}

// frameOf makes a text frame from a server.
func frameOf(data string) string {
	switch n := len(data); {
	case n < 126:
		return "\x81" + string(rune(n)) + data
	case n < 1<<16:
		return "\x81\x7e" + string(binary.BigEndian.AppendUint16(nil, uint16(n))) + data
	default:
		return "\x81\x7f" + string(binary.BigEndian.AppendUint64(nil, uint64(n))) + data
	}
}

// stepReader returns a few bytes a read.
type stepReader struct {
	rest string
	step int
}

func (r *stepReader) Read(p []byte) (int, error) {
	if r.rest == "" {
		return 0, io.EOF
	}
	n := copy(p[:min(r.step, len(p))], r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
