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
	"sync"
	"syscall"
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

// newTransport returns a transport that keeps the connections of many
// concurrent calls to one host. Answers are small, so none is compressed.
func newTransport() *http.Transport {
	d := net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         d.DialContext,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: 256,
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
		DisableCompression:  true,
	}
}

// newPipeline joins the retry policy of azcore with our authorization. azcore's
// own telemetry and logging stay off: they cost more than signing does.
func (s *Service) newPipeline(o Options) runtime.Pipeline {
	timeout := defaultTo(o.TryTimeout, defaultTryTimeout)
	return runtime.NewPipeline("wps", "", runtime.PipelineOptions{
		PerRetry: []policy.Policy{authorization{s}},
	}, &policy.ClientOptions{
		Telemetry: policy.TelemetryOptions{Disabled: true},
		Transport: transport{s.transport},
		Retry: policy.RetryOptions{
			MaxRetries:    int32(max(min(o.Retries, 1000), -1)),
			RetryDelay:    o.RetryDelay,
			MaxRetryDelay: o.MaxRetryDelay,
			TryTimeout:    max(timeout, 0),
			ShouldRetry:   shouldRetry,
		},
	})
}

// authorization signs each try and logs it.
type authorization struct{ s *Service }

// publicKey marks the context of a request that carries no token.
type publicKey struct{}

func (a authorization) Do(req *policy.Request) (*http.Response, error) {
	r := req.Raw()
	if r.Context().Value(publicKey{}) == nil {
		h, err := a.s.authorizer.Authorize(r.Context(), a.s.origin+r.URL.RequestURI())
		if err != nil {
			return nil, &authorizeError{err}
		}
		r.Header["Authorization"] = []string{h}
	}
	start := time.Now()
	resp, err := req.Next()
	a.s.tried(r, resp, err, time.Since(start))
	return resp, err
}

// tried notes what came of one try.
func (s *Service) tried(r *http.Request, resp *http.Response, err error, took time.Duration) {
	callOf(r.Context()).tried(resp)
	if resp != nil && s.throttled != nil {
		if wait, ok := throttled(resp); ok {
			s.throttled(wait)
		}
	}
	if s.log.Enabled(r.Context(), slog.LevelDebug) {
		s.logTry(r, resp, err, took)
	}
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

// bodyError is an answer that broke off after its headers.
type bodyError struct{ err error }

func (e *bodyError) Error() string { return fmt.Sprintf("read answer: %v", e.err) }
func (e *bodyError) Unwrap() error { return e.err }

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
	var body *bodyError
	var dns *net.DNSError
	var cert *tls.CertificateVerificationError
	switch {
	case errors.As(err, &authorize), errors.As(err, &cert), errors.Is(err, syscall.ECONNREFUSED):
		return false
	case errors.As(err, &body):
		return false // the service has done its work
	case errors.As(err, &dns):
		return !dns.IsNotFound
	}
	return true
}

// transport adapts a RoundTripper to azcore. Going round http.Client leaves out
// its redirects, which would carry a request to another host. It reads each
// answer to its end, within the limits.
type transport struct{ rt http.RoundTripper }

func (t transport) Do(r *http.Request) (*http.Response, error) {
	lent := lend(r)
	defer lent.back()
	resp, err := t.rt.RoundTrip(r)
	if err != nil || resp.Body == nil || resp.Body == http.NoBody {
		return resp, err
	}
	defer resp.Body.Close()
	limit := int64(maxResultBody)
	if resp.StatusCode >= http.StatusBadRequest {
		limit = maxErrorBody
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil && r.Context().Err() != nil:
		return nil, context.Cause(r.Context())
	case err != nil:
		return nil, &bodyError{err}
	case int64(len(b)) > limit && limit == maxResultBody:
		return nil, &bodyError{fmt.Errorf("it is larger than %d bytes", limit)}
	}
	resp.Body = io.NopCloser(bytes.NewReader(b[:min(int64(len(b)), limit)]))
	return resp, nil
}

// lentBody is the body of one try. The transport may go on reading a body after
// it has given the answer, when that came early, or an error; but the next try
// reads the same bytes, and the caller wants them back.
type lentBody struct {
	io.ReadCloser
	mu   sync.Mutex
	over bool
}

var errLentBack = errors.New("the request is over")

// lend puts a lentBody in the place of r's body, if it has one.
func lend(r *http.Request) *lentBody {
	b := &lentBody{ReadCloser: r.Body}
	if r.Body == nil || r.Body == http.NoBody {
		return b
	}
	r.Body = b
	if again := r.GetBody; again != nil {
		// The transport asks for it when a connection turns out to be dead
		// before anything was written.
		r.GetBody = func() (io.ReadCloser, error) {
			b.mu.Lock()
			defer b.mu.Unlock()
			if b.over {
				return nil, errLentBack
			}
			_, err := again()
			return b, err
		}
	}
	return b
}

func (b *lentBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over {
		return 0, errLentBack
	}
	return b.ReadCloser.Read(p)
}

// back ends the lending: nothing is read any more.
func (b *lentBody) back() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
}
