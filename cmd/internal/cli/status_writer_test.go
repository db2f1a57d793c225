package cli

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"wps/cmd/internal/stdio"
)

// TestStatusWriter checks that a message erases the status line, which is drawn
// again below it.
func TestStatusWriter(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	p := newPrinter(nil, &out, func(string) (string, bool) { return "", false })
	p.Stderr.SetStatus("")
	p.Stderr.SetStatus("50%")
	p.Warn("unusual name")
	p.Stderr.SetStatus("60%")
	fmt.Fprint(p.Stderr, "sure? ")
	p.Stderr.SetStatus("")
	want := stdio.ClearLine + "50%" + stdio.ClearLine + "wps: warning: unusual name\n50%" + stdio.ClearLine + "60%" + stdio.ClearLine + "sure? "
	if out.String() != want {
		t.Errorf("wrote %q, want %q", out.String(), want)
	}
}

// TestStatusWriterConcurrent checks that lines of several goroutines stay whole.
func TestStatusWriterConcurrent(t *testing.T) {
	t.Parallel()
	var out strings.Builder // not safe by itself: the race detector would report it
	p := newPrinter(nil, &out, func(string) (string, bool) { return "", false })
	var writers sync.WaitGroup
	for range 4 {
		writers.Go(func() {
			for range 50 {
				p.Say("status")
				p.Warn("text")
			}
		})
	}
	writers.Wait()
	for line := range strings.Lines(out.String()) {
		if line != "status\n" && line != "wps: warning: text\n" {
			t.Fatalf("a line is %q", line)
		}
	}
}
