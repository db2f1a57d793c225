package cli

import (
	"fmt"
	"strings"
	"time"
)

// day is the longest time for which the time of day alone says when.
const day = 24 * time.Hour

// Until says when something ends and how far away that is: "23:57 (in 1h)", and
// with date and zone from a day on.
func Until(end, now time.Time) string {
	left := end.Sub(now)
	switch {
	case left < time.Hour:
		return fmt.Sprintf("%s (in %s)", end.Format(time.TimeOnly), trimmedDuration(left))
	case left < day:
		return fmt.Sprintf("%s (in %s)", end.Format("15:04"), trimmedDuration(left))
	}
	away := trimmedDuration(left)
	if left >= 2*day {
		away = fmt.Sprintf("%d days", left/day)
	}
	return fmt.Sprintf("%s (in %s)", end.Format("2006-01-02 15:04 MST"), away)
}

// trimmedDuration is d without the units that are zero at its end: 1h, not 1h0m0s.
func trimmedDuration(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}
