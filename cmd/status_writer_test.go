package cmd

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
	p.stderr.setStatus("")
	p.stderr.setStatus("50%")
	p.warn("odd name")
	p.stderr.setStatus("60%")
	fmt.Fprint(p.stderr, "sure? ")
	p.stderr.setStatus("")
	want := clearLine + "50%" + clearLine + "wps: warning: odd name\n50%" + clearLine + "60%" + clearLine + "sure? "
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
				p.say("said")
				p.warn("warned")
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
