package entra

import "time"

// moment is a time by the clock on the wall and by what has passed. The first may
// be set forward or back, the second stops while some systems sleep.
type moment struct {
	wall   time.Time
	passed time.Duration
}

// sinceNow returns a function that returns the current moment.
func sinceNow() func() moment {
	start := time.Now()
	return func() moment {
		now := time.Now()
		return moment{now.Round(0), now.Sub(start)}
	}
}

func (m moment) add(d time.Duration) moment { return moment{m.wall.Add(d), m.passed + d} }

// before reports whether neither of the two has reached end.
func (m moment) before(end moment) bool { return m.wall.Before(end.wall) && m.passed < end.passed }
