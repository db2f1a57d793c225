package apply_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wps/output/apply"
)

// TestPace checks that a rate holds from start to end, and that a throttled request
// delays all.
func TestPace(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := apply.NewPace(10)
		start := time.Now()
		for range 50 {
			if err := p.Wait(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(start); took < 4900*time.Millisecond || took > 5*time.Second {
			t.Errorf("50 events at 10/s took %v", took)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := apply.NewPace(0)
		held := func(want time.Duration) {
			t.Helper()
			start := time.Now()
			var all sync.WaitGroup
			for range 5 {
				all.Go(func() {
					if err := p.Wait(t.Context()); err != nil {
						t.Error(err)
					}
					if took := time.Since(start); took != want {
						t.Errorf("held back for %v, want %v", took, want)
					}
				})
			}
			all.Wait()
		}
		held(0)
		p.Throttled(7 * time.Second)
		p.Throttled(2 * time.Second) // a shorter wait does not cut the longer one
		held(7 * time.Second)
		for _, want := range []time.Duration{500 * time.Millisecond, time.Second, 2 * time.Second} {
			p.Throttled(0)
			p.Throttled(0) // in flight at the same time
			held(want)
		}
		p.Succeeded()
		p.Throttled(0)
		held(500 * time.Millisecond)
		p.Throttled(time.Hour)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := p.Wait(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("Wait = %v, want context.Canceled", err)
		}
	})
}
