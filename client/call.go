package client

import (
	"context"
	"net/http"
	"strconv"
	"time"
)

// Call tells how a request went. It is filled while the request runs and good to
// read when that has returned.
type Call struct {
	// Tries is how often the request was sent.
	Tries int
	// Status and Code are those of the last answer, the code the service's own;
	// 0 and "" when there was none.
	Status int
	Code   string
}

// callKey marks the context that carries a Call.
type callKey struct{}

// WithCall makes the one request that is run with the context fill c.
func WithCall(ctx context.Context, c *Call) context.Context {
	return context.WithValue(ctx, callKey{}, c)
}

func callOf(ctx context.Context) *Call {
	c, _ := ctx.Value(callKey{}).(*Call)
	return c
}

// tried notes one try.
func (c *Call) tried(resp *http.Response) {
	if c == nil {
		return
	}
	c.Tries++
	c.Status = 0
	if resp != nil {
		c.Status = resp.StatusCode
	}
}

// refused notes the code of a refusal.
func (c *Call) refused(e *Error) {
	if c != nil {
		c.Code = e.Code
	}
}

// throttled tells whether the service refuses because there is too much, and for
// how long it asks to be left alone; 0 when it does not say.
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
// seconds or with a date. 0 means that there is none.
//
// Source: the SDKs for Go and JavaScript.
func retryAfter(h http.Header, now time.Time) time.Duration {
	for _, name := range []string{"retry-after-ms", "x-ms-retry-after-ms"} {
		if ms, err := strconv.Atoi(h.Get(name)); err == nil && ms > 0 {
			return time.Duration(ms) * time.Millisecond
		}
	}
	text := h.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil {
		return max(time.Duration(seconds)*time.Second, 0)
	}
	if date, err := http.ParseTime(text); err == nil {
		return max(date.Sub(now), 0)
	}
	return 0
}
