package cli

import (
	"fmt"
	"strings"
	"sync"
	"testing"
)

// TestStatusWriter: a message erases the status line and draws it again below, so
// that neither is glued to the other.
func TestStatusWriter(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := newPrinter(nil, &out, func(string) (string, bool) { return "", false })
	p.Stderr.SetStatus("")
	p.Stderr.SetStatus("50%")
	p.Warn("odd name")
	p.Stderr.SetStatus("60%")
	fmt.Fprint(p.Stderr, "sure? ")
	p.Stderr.SetStatus("")
	want := ClearLine + "50%" + ClearLine + "wps: warning: odd name\n50%" + ClearLine + "60%" + ClearLine + "sure? "
	if out.String() != want {
		t.Errorf("wrote %q, want %q", out.String(), want)
	}
}

// TestStatusWriterConcurrent: several goroutines may write; lines stay whole.
func TestStatusWriterConcurrent(t *testing.T) {
	t.Parallel()
	var out strings.Builder // not safe by itself: the race detector would see it
	p := newPrinter(nil, &out, func(string) (string, bool) { return "", false })
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 50 {
				p.Say("said")
				p.Warn("warned")
			}
		})
	}
	writers.Wait()
	for line := range strings.Lines(out.String()) {
		if line != "said\n" && line != "wps: warning: warned\n" {
			t.Fatalf("a line is %q", line)
		}
	}
}
