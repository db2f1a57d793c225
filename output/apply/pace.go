package apply

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"wps/internal/wait"
)

// throttleBackoff is the delay after a throttled request to which the service
// gives none.
var throttleBackoff = wait.Backoff{First: 500 * time.Millisecond, Max: 60 * time.Second}

// burstShare is the part of a second's events that may start at once to catch up
// after a delay: one in so many.
const burstShare = 20

// Pace limits when events start: to a rate, and not before the end of a delay
// that the service asks for. Its methods may be called concurrently, and on a nil
// Pace, which has no limit.
type Pace struct {
	limit *rate.Limiter // nil: no rate

	mu     sync.Mutex
	until  time.Time // no event starts before
	streak int       // throttled requests without a delay of the service, since the last success
}

// NewPace returns a Pace of perSecond events a second; 0 means no limit.
func NewPace(perSecond float64) *Pace {
	p := &Pace{}
	if perSecond > 0 {
		p.limit = rate.NewLimiter(rate.Limit(perSecond), max(int(perSecond/burstShare), 1))
	}
	return p
}

// Wait waits until one more event may start. The error is that of ctx.
func (p *Pace) Wait(ctx context.Context) error {
	for {
		d := p.delay()
		if d <= 0 {
			break
		}
		if err := wait.For(ctx, d); err != nil {
			return err
		}
	}
	if p == nil || p.limit == nil {
		return ctx.Err()
	}
	return p.limit.Wait(ctx)
}

// delay returns how long no event may start from now on.
func (p *Pace) delay() time.Duration {
	if p == nil {
		return 0
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.until.IsZero() {
		return 0
	}
	return time.Until(p.until)
}

// Throttled delays all events, because the service refused a request as one too
// many. A delay of 0 means that the service gave none: the delay then doubles with
// each such request until one succeeds. A request that was in flight when the
// current delay began does not lengthen it.
func (p *Pace) Throttled(delay time.Duration) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if delay <= 0 {
		if now.Before(p.until) {
			return
		}
		delay = throttleBackoff.Delay(p.streak)
		p.streak++
	}
	if until := now.Add(delay); until.After(p.until) {
		p.until = until
	}
}

// Succeeded resets the delay that Throttled(0) doubles.
func (p *Pace) Succeeded() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.streak = 0
}
