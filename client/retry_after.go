package client

import (
	"errors"
	"math"
	"net/http"
	"strconv"
	"time"
)

// throttled reports whether resp refuses a request because there are too many,
// and how long the service asks to wait; 0 when it does not say.
func throttled(resp *http.Response) (wait time.Duration, ok bool) {
	switch resp.StatusCode {
	case http.StatusTooManyRequests:
		return retryAfter(resp.Header, time.Now()), true
	case http.StatusServiceUnavailable:
		wait = retryAfter(resp.Header, time.Now())
		return wait, wait > 0
	}
	return 0, false
}

// retryAfter reads the headers that ask for a wait: two in milliseconds, one in
// seconds or with a date. It returns 0 when there is none. A date is compared with
// that of the answer, because this machine's clock may be wrong; now counts if the
// answer has none.
//
// Source: the SDKs for Go and JavaScript.
func retryAfter(h http.Header, now time.Time) time.Duration {
	for _, name := range []string{"retry-after-ms", "x-ms-retry-after-ms"} {
		if wait, ok := parseWait(h.Get(name), time.Millisecond); ok && wait > 0 {
			return wait
		}
	}
	text := h.Get("Retry-After")
	if wait, ok := parseWait(text, time.Second); ok {
		return wait
	}
	if date, err := http.ParseTime(text); err == nil {
		if sent, err := http.ParseTime(h.Get("Date")); err == nil {
			now = sent
		}
		return max(date.Sub(now), 0)
	}
	return 0
}

// parseWait reads a number of units. More than a Duration holds is the longest
// Duration.
func parseWait(text string, unit time.Duration) (time.Duration, bool) {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	if n > uint64(math.MaxInt64/unit) {
		return math.MaxInt64, true
	}
	return time.Duration(n) * unit, true
}
