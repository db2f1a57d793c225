package bench_test

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wps/bench"
)

// TestHold: the opening is measured, and the connections that stayed, ended or did
// not answer are counted.
func TestHold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{}
		dials := 0
		dial := func(ctx context.Context, groups []string) (bench.Conn, error) {
			time.Sleep(20 * time.Millisecond)
			if dials++; dials == 50 {
				return nil, errRefused
			}
			return s.dial(ctx, groups)
		}
		told, seconds := 0, 0
		o := bench.HoldOptions{Options: bench.Options{Workers: 1}, Connections: 100, Hold: 30 * time.Second}
		o.OnSecond = func(bench.Second) { seconds++ } // only of the opening
		o.OnHeld = func(open int, left time.Duration) {
			switch told++; told {
			case 1:
				if open != 99 || left != 30*time.Second {
					t.Errorf("first %d open, %v left", open, left)
				}
			case 5:
				for _, c := range s.conns[:3] {
					close(c.closed)
				}
				s.conns[3].deaf = true
			}
		}
		start := time.Now()
		r := bench.Hold(t.Context(), dial, o)
		if r.Kind != "connect" || r.Count != 99 || r.Connections != 100 || r.Ended != 3 || r.Held.Stayed != 95 || r.Held.Silent != 1 || r.Held.Seconds != 30 || s.most != 99 || s.open != 0 {
			t.Errorf("%+v held %+v, %d open, at most %d", r, r.Held, s.open, s.most)
		}
		if r.Faults["refused"] != 1 || r.Faults["connection ended: refused"] != 3 || r.Faults["ping: no answer within 5s"] != 1 || r.Failed != 5 {
			t.Errorf("failed %d with %v", r.Failed, r.Faults)
		}
		if !about(r.Seconds, 2) || !about(r.PerSecond, 49.5) || r.Latency.Min != 20 || told != 30 || seconds > 2 || time.Since(start) > 38*time.Second {
			t.Errorf("%v s, %v/s, %+v, told %d times in %v", r.Seconds, r.PerSecond, r.Latency, told, time.Since(start))
		}
		text := bench.Text(r)
		for _, want := range []string{"100 connections held, opened in 2.0", "stayed                 95   connections open for 30 s", "ended                   3   silent 1"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
	})
}

// TestHoldEnds: it ends early when interrupted and when nothing is left, and a
// rate is kept.
func TestHoldEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := &service{}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		o := bench.HoldOptions{Options: bench.Options{Workers: 3, Rate: 10}, Connections: 20, Hold: time.Minute}
		r := bench.Hold(ctx, s.dial, o)
		if !r.Interrupted || r.Held.Stayed != 20 || r.Held.Seconds < 3 || r.Held.Seconds > 3.2 || r.Seconds != 1.9 || r.NotStarted != 0 {
			t.Errorf("interrupted while held: %+v, %+v", r, r.Held)
		}
		o.Rate = 1
		ctx, cancel = context.WithTimeout(t.Context(), 5500*time.Millisecond)
		defer cancel()
		if r = bench.Hold(ctx, s.dial, o); !r.Interrupted || r.Held.Stayed != 6 || r.NotStarted != 14 {
			t.Errorf("interrupted while opened: %+v, %+v", r, r.Held)
		}
		o.OnHeld = func(int, time.Duration) {
			for _, c := range s.conns {
				close(c.closed)
			}
		}
		s.conns = nil
		if r = bench.Hold(t.Context(), s.dial, o); r.Interrupted || r.Held.Stayed != 0 || r.Ended != 20 || r.Held.Seconds > 2 {
			t.Errorf("all ended: %+v, %+v", r, r.Held)
		}
		refuses := func(context.Context, []string) (bench.Conn, error) { return nil, errRefused }
		if r = bench.Hold(t.Context(), refuses, o); r.Count != 0 || r.Failed != 20 || r.Held.Seconds != 0 {
			t.Errorf("none opened: %+v, %+v", r, r.Held)
		}
	})
}
