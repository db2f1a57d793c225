package emulatorcmd

import (
	"context"
	"fmt"
	"os"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// deaf is a command that records signals and ends when it is killed.
type deaf struct {
	terminal bool
	began    time.Time
	got      []string
	ended    chan error
}

func (d *deaf) hasFromTerminal(s os.Signal) bool { return d.terminal && s == syscall.SIGINT }

func (d *deaf) signal(s os.Signal) {
	d.got = append(d.got, fmt.Sprint(s, " after ", time.Since(d.began)))
	if s == os.Kill {
		d.ended <- nil
	}
}

// TestGraceOfCommand checks what a command that ends at no signal receives, and when.
func TestGraceOfCommand(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		terminal bool
		requests []os.Signal
		want     []string
	}{
		{"Ctrl-C", true, []os.Signal{syscall.SIGINT}, []string{"terminated after 10s", "killed after 15s"}},
		{"Ctrl-C twice", true, []os.Signal{syscall.SIGINT, syscall.SIGINT}, []string{"terminated after 0s", "killed after 5s"}},
		{"Ctrl-C three times", true, []os.Signal{syscall.SIGINT, syscall.SIGINT, syscall.SIGINT}, []string{"terminated after 0s", "killed after 0s"}},
		{"SIGINT alone", false, []os.Signal{syscall.SIGINT}, []string{"interrupt after 0s", "terminated after 10s", "killed after 15s"}},
		{"SIGHUP at a terminal", true, []os.Signal{syscall.SIGHUP}, []string{"hangup after 0s", "terminated after 10s", "killed after 15s"}},
		{"SIGTERM", true, []os.Signal{syscall.SIGTERM}, []string{"terminated after 0s", "killed after 10s"}},
		{"SIGTERM twice", false, []os.Signal{syscall.SIGTERM, syscall.SIGTERM}, []string{"terminated after 0s", "killed after 0s"}},
		{"no reader of the output", false, nil, []string{"terminated after 0s", "killed after 10s"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				d := &deaf{terminal: test.terminal, began: time.Now(), ended: make(chan error, 1)}
				s := childStop{env: newTestEnv(nil), name: "deaf", target: d}
				requests := make(chan os.Signal, len(test.requests))
				for _, r := range test.requests {
					requests <- r
				}
				if err := s.wait(ctx, requests, d.ended); err != nil || !slices.Equal(d.got, test.want) {
					t.Errorf("received %q, %v, want %q", d.got, err, test.want)
				}
			})
		})
	}
}
