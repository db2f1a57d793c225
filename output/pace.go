package output

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Waits after a refusal that names none: the first, and the longest to which
// they grow.
const (
	firstPause   = 500 * time.Millisecond
	longestPause = 60 * time.Second
)

// paceSlack is how much of a second's events may be made up for at once after a
// delay: one part in so many.
const paceSlack = 20

// Pace holds back everything that waits for it: to a rate, and for as long as
// the service asks for. Its methods may be called concurrently, and on a nil
// Pace, which holds back nothing.
type Pace struct {
	limit *rate.Limiter // nil: no rate

	mu     sync.Mutex
	until  time.Time // nothing starts before
	streak int       // refusals that named no wait, since the last success
}

// NewPace makes a Pace of so many events a second; 0 means no limit.
func NewPace(perSecond float64) *Pace {
	p := &Pace{}
	if perSecond > 0 {
		p.limit = rate.NewLimiter(rate.Limit(perSecond), max(int(perSecond/paceSlack), 1))
	}
	return p
}

// Wait returns when one more event may start, or with ctx's error.
func (p *Pace) Wait(ctx context.Context) error {
	for {
		wait := p.pause()
		if wait <= 0 {
			break
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
	if p == nil || p.limit == nil {
		return ctx.Err()
	}
	return p.limit.Wait(ctx)
}

// pause is how long everything is held back from now.
func (p *Pace) pause() time.Duration {
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

// Throttled holds everything back: the service has refused a request because
// there are too many. A wait of 0 means that it has named none; then the wait
// doubles with each such refusal until something succeeds. A refusal that comes
// while all are held back already was earned before that, and does not lengthen
// it.
func (p *Pace) Throttled(wait time.Duration) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if wait <= 0 {
		if now.Before(p.until) {
			return
		}
		wait = min(firstPause<<min(p.streak, 10), longestPause)
		p.streak++
	}
	if until := now.Add(wait); until.After(p.until) {
		p.until = until
	}
}

// Succeeded ends a streak of refusals.
func (p *Pace) Succeeded() {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.streak = 0
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
