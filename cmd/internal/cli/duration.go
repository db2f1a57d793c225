package cli

import (
	"fmt"
	"strings"
	"time"
)

// FormatDuration returns d rounded to milliseconds, or to microseconds below one.
func FormatDuration(d time.Duration) string {
	if d < time.Millisecond {
		return d.Round(time.Microsecond).String()
	}
	return d.Round(time.Millisecond).String()
}

// day is the time from which a distance is in days.
const day = 24 * time.Hour

// FormatExpiry returns when something ends, with date and time zone, and how long
// that is from now: "2026-11-27 23:57 UTC (in 1h)".
func FormatExpiry(end, now time.Time) string {
	left := end.Sub(now)
	layout, in := "2006-01-02 15:04 MST", trimZeros(left)
	switch {
	case left < time.Hour:
		layout = "2006-01-02 15:04:05 MST"
	case left >= 2*day:
		in = fmt.Sprintf("%d days", left/day)
	}
	return fmt.Sprintf("%s (in %s)", end.Format(layout), in)
}

// trimZeros returns d without trailing units that are zero: 1h, not 1h0m0s.
func trimZeros(d time.Duration) string {
	s := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(s, zero) {
			s = s[:len(s)-2]
		}
	}
	return s
}
