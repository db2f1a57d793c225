package wait_test

import (
	"context"
	"errors"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"wps/internal/wait"
)

func TestFor(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		d, limit time.Duration // limit of the context; negative: it has expired
		took     time.Duration
		err      error
	}{
		{time.Second, time.Minute, time.Second, nil},
		{time.Minute, time.Second, time.Second, context.DeadlineExceeded},
		{0, time.Minute, 0, nil},
		{-time.Second, time.Minute, 0, nil},
		{0, -1, 0, context.DeadlineExceeded},
		{time.Second, -1, 0, context.DeadlineExceeded},
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), tt.limit)
			defer cancel()
			start := time.Now()
			err := wait.For(ctx, tt.d)
			if took := time.Since(start); !errors.Is(err, tt.err) || took != tt.took {
				t.Errorf("For(%v) within %v = %v after %v, want %v after %v", tt.d, tt.limit, err, took, tt.err, tt.took)
			}
		})
	}
}

func TestDelay(t *testing.T) {
	t.Parallel()
	const ms = time.Millisecond
	for _, tt := range []struct {
		b    wait.Backoff
		n    int
		want time.Duration
	}{
		{wait.Backoff{First: 100 * ms, Max: time.Second}, 0, 100 * ms},
		{wait.Backoff{First: 100 * ms, Max: time.Second}, 1, 200 * ms},
		{wait.Backoff{First: 100 * ms, Max: time.Second}, 3, 800 * ms},
		{wait.Backoff{First: 100 * ms, Max: time.Second}, 4, time.Second},
		{wait.Backoff{First: 100 * ms, Max: time.Second}, 1000, time.Second},
		{wait.Backoff{First: 1, Max: math.MaxInt64}, 62, 1 << 62},
		{wait.Backoff{First: 1, Max: math.MaxInt64}, 63, math.MaxInt64},
		{wait.Backoff{First: time.Hour, Max: time.Second}, 0, time.Second},
		{wait.Backoff{First: time.Second}, 0, 0},
		{wait.Backoff{Max: time.Second}, 5, 0},
	} {
		if got := tt.b.Delay(tt.n); got != tt.want {
			t.Errorf("%+v.Delay(%d) = %v, want %v", tt.b, tt.n, got, tt.want)
		}
		tt.b.Jitter = 0.5
		low, high := tt.want, time.Duration(0)
		for range 200 {
			got := tt.b.Delay(tt.n)
			low, high = min(low, got), max(high, got)
		}
		if low < tt.want/2 || high > tt.want || tt.want > time.Microsecond && high == low {
			t.Errorf("%+v.Delay(%d) is %v to %v, want half of %v to all of it", tt.b, tt.n, low, high, tt.want)
		}
	}
}
