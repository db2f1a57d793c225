package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
)

// Limits on what is read of an answer, in bytes. A refusal is cut there, a
// result that is larger is an error.
const (
	maxErrorBody  = 64 << 10
	maxResultBody = 16 << 20
)

// defaultTryTimeout bounds one attempt.
const defaultTryTimeout = 30 * time.Second

// attempt signs a request and sends it once, within Options.TryTimeout. It logs
// the answer and reports it when it throttles.
func (s *Service) attempt(r *http.Request, anonymous bool) (*http.Response, error) {
	r, cancel := s.withTryTimeout(r)
	defer cancel()
	if !anonymous {
		if err := s.sign(r); err != nil {
			return nil, err
		}
	}
	start := time.Now()
	resp, err := s.roundTrip(r)
	if resp != nil && s.throttled != nil {
		if wait, ok := throttled(resp); ok {
			s.throttled(wait)
		}
	}
	if s.log.Enabled(r.Context(), slog.LevelDebug) {
		s.logAttempt(r, resp, err, time.Since(start))
	}
	return resp, err
}

// withTryTimeout bounds a request, unless its context ends before.
func (s *Service) withTryTimeout(r *http.Request) (*http.Request, context.CancelFunc) {
	if s.tryTimeout == 0 {
		return r, func() {}
	}
	if deadline, ok := r.Context().Deadline(); ok && time.Until(deadline) <= s.tryTimeout {
		return r, func() {}
	}
	ctx, cancel := context.WithTimeout(r.Context(), s.tryTimeout)
	return r.WithContext(ctx), cancel
}

// maxAuthorization limits the Authorization header, in bytes: a token, which repeats
// the address of its request, is not read beyond that.
const maxAuthorization = 64 << 10

// sign adds the header of the Authorizer to a request.
func (s *Service) sign(r *http.Request) error {
	h, err := s.authorizer.Authorize(r.Context(), s.origin+r.URL.RequestURI())
	if err != nil {
		return &authorizeError{err}
	}
	if len(h) > maxAuthorization {
		return fmt.Errorf("%w: it has %d bytes, and its access token repeats them", ErrLongAddress, len(r.URL.RequestURI()))
	}
	r.Header["Authorization"] = []string{h}
	return nil
}

func (s *Service) logAttempt(r *http.Request, resp *http.Response, err error, took time.Duration) {
	attrs := []any{"method", r.Method, "path", r.URL.EscapedPath(), "took", took,
		"requestId", r.Header.Get(headerRequestID)}
	if err != nil {
		s.log.Debug("no answer", append(attrs, "error", err)...)
		return
	}
	s.log.Debug("answer", append(attrs, "status", resp.StatusCode)...)
}

// authorizeError is an error of the Authorizer, after which there is no other
// attempt.
type authorizeError struct{ err error }

func (e *authorizeError) Error() string { return e.err.Error() }
func (e *authorizeError) Unwrap() error { return e.err }

// errSwitched is the error of an answer that net/http takes for a change of
// protocol. Its body is the bare connection, which no context stops reading.
var errSwitched = errors.New("it is 101 Switching Protocols, which was not asked for")

// roundTrip sends a request and reads the answer to its end, within the limits.
// It does not use http.Client, whose redirects would carry a request to another
// host.
func (s *Service) roundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.transport.RoundTrip(r)
	if err != nil || resp.Body == nil || resp.Body == http.NoBody {
		return resp, err
	}
	defer resp.Body.Close()
	asks := r.Method == http.MethodGet || r.Method == http.MethodHead
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return nil, &BrokenAnswerError{errSwitched, asks}
	}
	limit := int64(maxResultBody)
	refused := resp.StatusCode >= http.StatusBadRequest
	if refused {
		limit = maxErrorBody
	}
	b, err := io.ReadAll(io.LimitReader(resp.Body, limit+1))
	switch {
	case err != nil && r.Context().Err() != nil:
		return nil, context.Cause(r.Context())
	case refused: // its status is enough
	case err != nil:
		return nil, &BrokenAnswerError{err, asks}
	case int64(len(b)) > limit:
		return nil, &BrokenAnswerError{fmt.Errorf("it is larger than %d bytes", limit), asks}
	}
	resp.Body = io.NopCloser(bytes.NewReader(b[:min(int64(len(b)), limit)]))
	return resp, nil
}
