// Package wait waits for a time or the end of a context, and computes the delays
// between attempts.
//
//	b := wait.Backoff{First: time.Second, Max: time.Minute, Jitter: 0.2}
//	for n := 0; try() != nil; n++ {
//		if err := wait.For(ctx, b.Delay(n)); err != nil {
//			return err
//		}
//	}
package wait

import (
	"context"
	"math/rand/v2"
	"time"
)

// For returns nil after d, or the error of ctx if that ends first or has ended.
func For(ctx context.Context, d time.Duration) error {
	if d <= 0 || ctx.Err() != nil {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Backoff is a delay that doubles with each attempt.
type Backoff struct {
	// First is the delay before attempt 0, and Max the longest one.
	First, Max time.Duration
	// Jitter is the part of a delay, 0 to 1, that is randomly reduced, so that clients
	// that failed at the same time do not retry at the same time.
	Jitter float64
}

// Delay returns the delay before attempt n, counted from 0.
func (b Backoff) Delay(n int) time.Duration {
	d := b.Max
	if n < 63 && b.First <= b.Max>>n {
		d = b.First << n
	}
	return d - time.Duration(rand.Float64()*b.Jitter*float64(d))
}
