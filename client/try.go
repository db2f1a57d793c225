package client

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"
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
		MaxIdleConnsPerHost: cmp.Or(o.IdleConns, defaultIdleConns),
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
		DisableCompression:  true,
	}
	if o.LoopbackOnly {
		t.Proxy, t.DialContext = nil, DialLoopback
	}
	return t
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
