package client

import (
	"context"
	"net/http"
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
