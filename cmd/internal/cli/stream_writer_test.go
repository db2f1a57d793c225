package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"

	"wps/cmd/internal/stdio"
)

func pipe(t *testing.T) (r, w *os.File) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close(); w.Close() })
	return r, w
}

// TestUnreadStderr checks that writes to a stderr that is not read return, that
// what is read later is in order, and that each line is there or counted as
// dropped; an error is always there.
func TestUnreadStderr(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	p := newPrinter(io.Discard, w, func(string) (string, bool) { return "", false })
	const n = 5000
	filler := strings.Repeat("x", 200)
	for i := range n {
		p.Say("line %d %s", i, filler)
	}
	p.PrintError(errors.New("at the end"))
	text := make(chan string, 1)
	go func() {
		b, _ := io.ReadAll(r)
		text <- string(b)
	}()
	p.Flush()
	p.Say("line %d", n)
	p.Flush()
	w.Close()
	seen, last, dropped, failed := 0, -1, 0, false
	for line := range strings.Lines(<-text) {
		var i int
		switch {
		case strings.HasPrefix(line, "wps: at the end"):
			failed = true
		case strings.HasPrefix(line, "line "):
			if _, err := fmt.Sscanf(line, "line %d", &i); err != nil || i <= last {
				t.Fatalf("line %q after line %d", line, last)
			}
			seen, last = seen+1, i
		default:
			if _, err := fmt.Sscanf(line, "wps: %d lines dropped", &i); err != nil {
				t.Fatalf("line %q: %v", line, err)
			}
			dropped += i
		}
	}
	if seen+dropped != n+1 || dropped == 0 || last != n || !failed {
		t.Errorf("%d lines and %d dropped of %d, the last is %d, error printed: %t", seen, dropped, n+1, last, failed)
	}
}

// TestUnreadStdout checks that a write to a stdout that is not read waits, until
// the command is asked to stop.
func TestUnreadStdout(t *testing.T) {
	t.Parallel()
	_, w := pipe(t)
	p := newPrinter(w, io.Discard, func(string) (string, bool) { return "", false })
	ctx, stop := context.WithCancel(t.Context())
	p.Until(ctx)
	written := make(chan error, 1)
	go func() { written <- p.Write(make([]byte, 1<<20)) }()
	select {
	case err := <-written:
		t.Fatalf("Write() = %v before the stop, want it to wait", err)
	default:
	}
	stop()
	if err := <-written; !errors.Is(err, context.Canceled) {
		t.Errorf("Write() = %v, want %v", err, context.Canceled)
	}
	if err := p.PrintLine("more"); !errors.Is(err, context.Canceled) {
		t.Errorf("PrintLine() = %v, want %v", err, context.Canceled)
	}
}

// TestClosedStream checks that a write to a stream without a reader fails.
func TestClosedStream(t *testing.T) {
	t.Parallel()
	r, w := pipe(t)
	r.Close()
	p := newPrinter(w, io.Discard, func(string) (string, bool) { return "", false })
	if err := p.PrintLine("text"); err == nil || !stdio.ReaderEnded(err) {
		t.Errorf("PrintLine() = %v, want the error of a closed pipe", err)
	}
}
