package tunnel_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"wps/protocol/tunnel"
)

// socket keeps what is written to it. Its fields are not guarded: a Writer lets one
// message at a time through.
type socket struct {
	frames   [][]byte
	deadline []time.Time
	fails    error
	closed   int
}

func (s *socket) SetWriteDeadline(t time.Time) error {
	s.deadline = append(s.deadline, t)
	return nil
}

func (s *socket) WriteMessage(kind int, data []byte) error {
	if kind != 2 {
		return fmt.Errorf("a message of the kind %d", kind)
	}
	s.frames = append(s.frames, data)
	return s.fails
}

func (s *socket) Close() error {
	s.closed++
	return nil
}

// TestWriter: messages of concurrent writers are binary and whole, the limit in time
// is that of the message's turn, and a failure cuts the connection.
func TestWriter(t *testing.T) {
	t.Parallel()
	s, turns := &socket{}, 0
	w := tunnel.Writer{Side: tunnel.Service, Socket: s, Deadline: func() time.Time {
		turns++
		return time.Unix(int64(turns), 0)
	}}
	const writers = 50
	var all sync.WaitGroup
	before := 0
	for n := range writers {
		all.Go(func() {
			err := w.WriteAfter(func() { before++ }, &tunnel.Status{Text: fmt.Sprint(n)})
			if err != nil {
				t.Errorf("WriteAfter() = %v", err)
			}
		})
	}
	all.Wait()
	seen := map[string]bool{}
	for _, f := range s.frames {
		m, err := tunnel.Parse(f)
		if err != nil {
			t.Fatal(err)
		}
		seen[m.(*tunnel.Status).Text] = true
	}
	if len(seen) != writers || before != writers || s.closed != 0 {
		t.Errorf("%d messages, %d calls, %d times closed, want %d, %d and 0", len(seen), before, s.closed, writers, writers)
	}
	if !slices.IsSortedFunc(s.deadline, time.Time.Compare) || len(s.deadline) != writers {
		t.Errorf("limits in time = %v", s.deadline)
	}
	s.fails = errors.New("the network is down")
	if err := w.Write(&tunnel.Status{}); !errors.Is(err, s.fails) || s.closed != 1 {
		t.Errorf("Write() = %v, closed %d times, want the error and once", err, s.closed)
	}
}

// TestWriterUnencodable: a message that has no encoding is an error and leaves the
// connection as it is.
func TestWriterUnencodable(t *testing.T) {
	t.Parallel()
	s := &socket{}
	w := tunnel.Writer{Side: tunnel.Client, Socket: s, Deadline: time.Now}
	if err := w.Write(&tunnel.Unknown{}); err == nil || len(s.frames) != 0 || s.closed != 0 {
		t.Errorf("Write(unknown) = %v, wrote %q, closed %d times", err, bytes.Join(s.frames, nil), s.closed)
	}
}
