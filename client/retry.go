package client

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"slices"
	"time"

	"wps/internal/wait"
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
	retries int // after the first try
	backoff wait.Backoff
}

// retryJitter is the part of a delay that is left to chance.
const retryJitter = 0.2

func newRetryPolicy(o Options) retryPolicy {
	return retryPolicy{
		retries: max(cmp.Or(o.Retries, defaultRetries), 0),
		backoff: wait.Backoff{
			First:  max(cmp.Or(o.RetryDelay, defaultRetryDelay), 0),
			Max:    max(cmp.Or(o.MaxRetryDelay, defaultMaxRetryDelay), 0),
			Jitter: retryJitter,
		},
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
		delay, ok := s.retry.delay(resp, again)
		if !ok {
			return resp, err
		}
		if err := wait.For(r.Context(), delay); err != nil {
			return resp, err
		}
		if r, err = copyOf(r); err != nil {
			return nil, err
		}
	}
}

// delay returns the wait before try again, counted from 1: the one that the
// answer asks for, which is not ok when it is longer than allowed, else one that
// doubles with each try.
//
// Source: the guidelines of the Azure SDKs.
func (p retryPolicy) delay(resp *http.Response, again int) (d time.Duration, ok bool) {
	if resp != nil {
		if d := retryAfter(resp.Header, time.Now()); d > 0 {
			return d, d <= p.backoff.Max
		}
	}
	return p.backoff.Delay(again - 1), true
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
