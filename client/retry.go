package client

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
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

// retryPolicy is how often a request is retried, and when.
type retryPolicy struct {
	retries int // after the first try
	backoff wait.Backoff
}

// retryJitter is the random part of a delay.
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

// doWithRetry makes the attempts of a request and returns what the last one
// returned, and how many were sent. Each has a copy of the request, because the
// transport may not be done with the previous one.
func (s *Service) doWithRetry(r *http.Request, anonymous bool) (resp *http.Response, tries int, err error) {
	for again := 1; ; again++ {
		resp, err = s.attempt(r, anonymous)
		if _, unsigned := errors.AsType[*authorizeError](err); !unsigned {
			tries++
		}
		if r.Context().Err() != nil || again > s.retry.retries || !shouldRetry(resp, err) {
			return resp, tries, err
		}
		delay, ok := s.retry.delay(resp, again)
		if !ok {
			return resp, tries, err
		}
		s.logRetry(r, resp, err, again, delay)
		if err := wait.For(r.Context(), delay); err != nil {
			return resp, tries, err
		}
		if r, err = copyOf(r); err != nil {
			return nil, tries, err
		}
	}
}

// logRetry logs why a try is repeated, and when.
func (s *Service) logRetry(r *http.Request, resp *http.Response, err error, try int, delay time.Duration) {
	if !s.log.Enabled(r.Context(), slog.LevelInfo) {
		return
	}
	reason := ""
	if err == nil {
		reason = statusLine(resp.StatusCode)
	} else {
		reason = (&UnreachableError{Cause: err}).cause()
	}
	s.log.Info("retry", "try", fmt.Sprintf("%d of %d", try, s.retry.retries+1), "result", reason, "again in", delay.Round(time.Millisecond))
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

// retryStatus are the statuses that a later attempt may not get, as in the SDKs.
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
	case errors.As(err, &authorize), errors.As(err, &cert), connRefused(err), errors.Is(err, ErrNotLoopback), errors.Is(err, ErrLongAddress):
		return false
	case errors.As(err, &body):
		return false // the service has carried out the request
	case errors.As(err, &dns):
		return !dns.IsNotFound
	}
	return true
}
