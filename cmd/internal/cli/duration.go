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

// day is the time from which the time of day alone is ambiguous.
const day = 24 * time.Hour

// FormatExpiry returns when something ends and how long that is from now:
// "23:57 (in 1h)", with date and time zone if it is a day or more.
func FormatExpiry(end, now time.Time) string {
	left := end.Sub(now)
	switch {
	case left < time.Hour:
		return fmt.Sprintf("%s (in %s)", end.Format(time.TimeOnly), trimZeros(left))
	case left < day:
		return fmt.Sprintf("%s (in %s)", end.Format("15:04"), trimZeros(left))
	}
	in := trimZeros(left)
	if left >= 2*day {
		in = fmt.Sprintf("%d days", left/day)
	}
	return fmt.Sprintf("%s (in %s)", end.Format("2006-01-02 15:04 MST"), in)
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
