package client

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// Limits on what is read of an answer, in bytes. A refusal is cut there, a
// result that is larger is an error.
const (
	maxErrorBody  = 64 << 10
	maxResultBody = 16 << 20
)

// defaultTryTimeout bounds one try.
const defaultTryTimeout = 30 * time.Second

// defaultIdleConns is of [Options].
const defaultIdleConns = 256

// dialTimeout bounds the opening of a network connection for REST.
const dialTimeout = 10 * time.Second

// newTransport returns a transport that keeps the connections of many
// concurrent calls to one host. Answers are small, so none is compressed.
func newTransport(o Options) *http.Transport {
	d := net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         d.DialContext,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: defaultTo(o.IdleConns, defaultIdleConns),
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
		DisableCompression:  true,
	}
	if o.LoopbackOnly {
		t.Proxy, t.DialContext = nil, dialLoopback
	}
	return t
}

// newPipeline makes what carries on with a request whose first try has failed:
// azcore's retry policy around our tries. azcore's own telemetry and logging stay
// off: they cost more than signing does.
func (s *Service) newPipeline(o Options) runtime.Pipeline {
	return runtime.NewPipeline("wps", "", runtime.PipelineOptions{
		PerRetry: []policy.Policy{retried{s}},
	}, &policy.ClientOptions{
		Telemetry: policy.TelemetryOptions{Disabled: true},
		Retry: policy.RetryOptions{
			MaxRetries:    int32(max(min(o.Retries, 1000), -1)),
			RetryDelay:    o.RetryDelay,
			MaxRetryDelay: o.MaxRetryDelay,
			TryTimeout:    s.tryTimeout,
			ShouldRetry:   shouldRetry,
		},
	})
}

// send makes the first try of a request, and further ones as the retry policy
// has it. The policy takes part only when there is something to try again: it
// costs a sixth of a request, mostly for clean addresses in logs that nobody
// reads.
func (s *Service) send(r *http.Request) (*http.Response, error) {
	resp, err := s.firstTry(r)
	if r.Context().Err() != nil || !shouldRetry(resp, err) {
		return resp, err
	}
	again := r.Clone(r.Context()) // the transport may not be done with r yet
	if r.GetBody != nil {
		body, bodyErr := r.GetBody()
		if bodyErr != nil {
			return nil, bodyErr
		}
		again.Body = body
	}
	req, newErr := runtime.NewRequestFromRequest(again)
	if newErr != nil {
		return nil, newErr
	}
	req.SetOperationValue(&firstTry{resp: resp, err: err, body: r.GetBody})
	return s.pipeline.Do(req)
}

// firstTry is what came of the first try, for the retry policy to judge.
type firstTry struct {
	resp  *http.Response
	err   error
	taken bool
	// body gives the body as the first try had it: a reader of its own, of a kind
	// that net/http knows to be in memory and sends in one write with the headers.
	body func() (io.ReadCloser, error)
}

// retried is a try as azcore's pipeline makes it; the first one is made already.
type retried struct{ s *Service }

// Do implements policy.Policy.
func (p retried) Do(req *policy.Request) (*http.Response, error) {
	var first *firstTry
	req.OperationValue(&first)
	if !first.taken {
		first.taken = true
		return first.resp, first.err
	}
	r := req.Raw()
	if first.body != nil {
		body, err := first.body()
		if err != nil {
			return nil, err
		}
		r.Body = body
	}
	return p.s.try(r)
}

// firstTry makes one try within the bound of one.
func (s *Service) firstTry(r *http.Request) (*http.Response, error) {
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

// publicKey marks the context of a request that carries no token.
type publicKey struct{}

// try signs a request, sends it once, reads the answer and notes what came of
// it.
func (s *Service) try(r *http.Request) (*http.Response, error) {
	if r.Context().Value(publicKey{}) == nil {
		h, err := s.authorizer.Authorize(r.Context(), s.origin+r.URL.RequestURI())
		if err != nil {
			return nil, &authorizeError{err}
		}
		r.Header["Authorization"] = []string{h}
	}
	start := time.Now()
	resp, err := s.roundTrip(r)
	callOf(r.Context()).tried(resp)
	if resp != nil && s.throttled != nil {
		if wait, ok := throttled(resp); ok {
			s.throttled(wait)
		}
	}
	if s.log.Enabled(r.Context(), slog.LevelDebug) {
		s.logTry(r, resp, err, time.Since(start))
	}
	return resp, err
}

func (s *Service) logTry(r *http.Request, resp *http.Response, err error, took time.Duration) {
	attrs := []any{"method", r.Method, "path", r.URL.EscapedPath(), "took", took,
		"requestId", r.Header.Get(headerRequestID)}
	if err != nil {
		s.log.Debug("no answer", append(attrs, "error", err)...)
		return
	}
	s.log.Debug("answer", append(attrs, "status", resp.StatusCode)...)
}

// authorizeError is an error of the Authorizer: trying again does not help.
type authorizeError struct{ err error }

func (e *authorizeError) Error() string { return e.err.Error() }
func (e *authorizeError) Unwrap() error { return e.err }

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

// roundTrip sends a request and reads the answer to its end, within the limits.
// Going round http.Client leaves out its redirects, which would carry a request
// to another host.
func (s *Service) roundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.transport.RoundTrip(r)
	if err != nil || resp.Body == nil || resp.Body == http.NoBody {
		return resp, err
	}
	defer resp.Body.Close()
	limit := int64(maxResultBody)
	refused := resp.StatusCode >= http.StatusBadRequest
	if refused {
		limit = maxErrorBody
	}
	asks := r.Method == http.MethodGet || r.Method == http.MethodHead
	b, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil && r.Context().Err() != nil:
		return nil, context.Cause(r.Context())
	case refused: // of which the status says enough
	case err != nil:
		return nil, &BrokenAnswerError{err, asks}
	case int64(len(b)) > limit:
		return nil, &BrokenAnswerError{fmt.Errorf("it is larger than %d bytes", limit), asks}
	}
	resp.Body = io.NopCloser(bytes.NewReader(b[:min(int64(len(b)), limit)]))
	return resp, nil
}
