package emulator

import (
	"slices"
	"sync"
	"time"
)

// Clock is the time of an emulator under test: it does not move until Advance
// or Step is called. All methods may be called concurrently.
//
// Tokens, recovery windows and the time to live of messages use it; limits on
// the network, such as that of one write, do not.
type Clock struct {
	mu     sync.Mutex
	now    time.Time     // what the clock shows
	passed time.Duration // since NewClock, steps not counted
	timers []*clockTimer // soonest first
}

type clockTimer struct {
	at time.Duration // of what has passed
	f  func()
}

// NewClock returns a clock that shows start.
func NewClock(start time.Time) *Clock { return &Clock{now: start} }

// Now returns the time that the clock shows.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock by d. Timers that expire on the way run at their time,
// one after the other, before Advance returns.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	end := c.passed + d
	for len(c.timers) > 0 && c.timers[0].at <= end {
		t := c.timers[0]
		c.timers = slices.Delete(c.timers, 0, 1)
		c.pass(t.at)
		c.mu.Unlock()
		t.f()
		c.mu.Lock()
	}
	c.pass(end)
	c.mu.Unlock()
}

// pass moves the clock forward to what has passed then.
func (c *Clock) pass(passed time.Duration) {
	c.now, c.passed = c.now.Add(passed-c.passed), passed
}

// Step sets the clock forward by d, or back if d is negative, as an administrator
// or a time server does: no time passes, so that nothing expires but tokens.
func (c *Clock) Step(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// elapsed returns how much time has passed. Steps of the clock do not count.
func (c *Clock) elapsed() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.passed
}

// afterFunc calls f once, d from now, unless stop is called before and returns
// true.
func (c *Clock) afterFunc(d time.Duration, f func()) (stop func() bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &clockTimer{c.passed + d, f}
	i, _ := slices.BinarySearchFunc(c.timers, t, func(a, b *clockTimer) int {
		if a.at > b.at {
			return 1
		}
		return -1 // after those of the same time
	})
	c.timers = slices.Insert(c.timers, i, t)
	return func() bool { return c.removeTimer(t) }
}

func (c *Clock) removeTimer(t *clockTimer) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.timers, t)
	if i < 0 {
		return false
	}
	c.timers = slices.Delete(c.timers, i, i+1)
	return true
}

// clock is the time that the emulator uses: Now for what others see and for
// tokens, elapsed and afterFunc for everything that lasts.
type clock interface {
	Now() time.Time
	elapsed() time.Duration
	afterFunc(d time.Duration, f func()) (stop func() bool)
}

// systemClock is the real time; its start has a monotonic reading.
type systemClock struct{ start time.Time }

func (systemClock) Now() time.Time { return time.Now() }

func (c systemClock) elapsed() time.Duration { return time.Since(c.start) }

func (systemClock) afterFunc(d time.Duration, f func()) func() bool {
	return time.AfterFunc(d, f).Stop
}
