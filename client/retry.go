package client

import (
	"context"
	"crypto/tls"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"slices"
	"time"
)

// Defaults of [Options].
//
// Source: the guidelines of the Azure SDKs.
const (
	defaultRetries       = 3
	defaultRetryDelay    = 800 * time.Millisecond
	defaultMaxRetryDelay = time.Minute
)

// retryPolicy says how often a request is tried again, and when.
type retryPolicy struct {
	retries  int           // after the first try
	delay    time.Duration // before the first of them
	maxDelay time.Duration
}

func newRetryPolicy(o Options) retryPolicy {
	return retryPolicy{
		retries:  max(defaultTo(o.Retries, defaultRetries), 0),
		delay:    max(defaultTo(o.RetryDelay, defaultRetryDelay), 0),
		maxDelay: max(defaultTo(o.MaxRetryDelay, defaultMaxRetryDelay), 0),
	}
}

// send makes the tries of a request. Each has a copy of it, because the transport
// may not be done with the last one yet.
func (s *Service) send(r *http.Request) (*http.Response, error) {
	for again := 1; ; again++ {
		resp, err := s.tryInTime(r)
		if r.Context().Err() != nil || again > s.retry.retries || !shouldRetry(resp, err) {
			return resp, err
		}
		wait, ok := s.retry.wait(resp, again)
		if !ok {
			return resp, err
		}
		if err := sleep(r.Context(), wait); err != nil {
			return resp, err
		}
		if r, err = copyOf(r); err != nil {
			return nil, err
		}
	}
}

// wait gives the time before a try: what the answer asks for, not ok when that
// is longer than allowed; else one that about doubles, so that the tries of many
// who failed together do not come together.
//
// Source: the guidelines of the Azure SDKs, and the numbers that the one for Go
// takes: 2^n-1 times the delay, 0.8 to 1.3 of that.
func (p retryPolicy) wait(resp *http.Response, again int) (wait time.Duration, ok bool) {
	if resp != nil {
		if wait := retryAfter(resp.Header, time.Now()); wait > 0 {
			return wait, wait <= p.maxDelay
		}
	}
	const never = float64(1 << 62) // in nanoseconds
	grown := float64(p.delay) * float64(uint64(1)<<min(again, 62)-1) * (0.8 + rand.Float64()/2)
	return min(time.Duration(min(grown, never)), p.maxDelay), true
}

// sleep waits, or until the context ends, whose error it gives then.
func sleep(ctx context.Context, wait time.Duration) error {
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func copyOf(r *http.Request) (*http.Request, error) {
	c := r.Clone(r.Context())
	if r.GetBody == nil {
		return c, nil
	}
	var err error
	c.Body, err = r.GetBody()
	return c, err
}

// tryInTime makes one try within the bound of one.
func (s *Service) tryInTime(r *http.Request) (*http.Response, error) {
	if s.tryTimeout == 0 {
		return s.try(r)
	}
	if deadline, ok := r.Context().Deadline(); ok && time.Until(deadline) <= s.tryTimeout {
		return s.try(r)
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.tryTimeout)
	defer cancel()
	return s.try(r.WithContext(ctx))
}

// retryStatus are the statuses that a later try may not get, as in the SDKs.
var retryStatus = []int{
	http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
	http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
}

func shouldRetry(resp *http.Response, err error) bool {
	if err == nil {
		return slices.Contains(retryStatus, resp.StatusCode)
	}
	var authorize *authorizeError
	var body *BrokenAnswerError
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &authorize), errors.As(err, &cert), connRefused(err), errors.Is(err, ErrNotLoopback):
		return false
	case errors.As(err, &body):
		return false // the service has done its work
	case errors.As(err, &dns):
		return !dns.IsNotFound
	}
	return true
}
