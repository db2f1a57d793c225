package client

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/google/uuid"

	"wps/protocol"
)

// headerRequestID identifies a request, the same for all its tries, in the logs of
// the service.
const headerRequestID = "X-Ms-Client-Request-Id"

// apiVersion begins the query of every request.
const apiVersion = "?api-version=" + protocol.APIVersion

// request is one REST operation as it goes on the wire.
type request struct {
	method string
	url    string // absolute, escaped, with the query
	header http.Header
	// contentType is "" for a request without a body.
	contentType string
	body        []byte
	anonymous   bool // without a token
	// success is the one status that means that it was done; 0 is 200, or 204 for
	// DELETE.
	success int
}

// newRequest returns a request to path, which is escaped and relative to the hub.
func (s *Service) newRequest(method, path string, query ...string) *request {
	return &request{method: method, url: s.root + s.hub + path + apiVersion + strings.Join(query, "")}
}

// param returns a query parameter with the & before it, "" for a value of "".
// Blanks become %20: when the service compares the audience of a token, it reads
// + as a blank on one side only.
func param(name, value string) string {
	if value == "" {
		return ""
	}
	return "&" + name + "=" + protocol.EscapeSegment(value)
}

// params returns a repeated query parameter.
func params(name string, values []string) string {
	var b strings.Builder
	for _, v := range values {
		b.WriteString("&" + name + "=" + protocol.EscapeSegment(v))
	}
	return b.String()
}

// exec runs an operation whose answer has no body.
func (s *Service) exec(ctx context.Context, r *request) (protocol.Outcome, error) {
	_, o, err := s.fetch(ctx, r)
	return o, err
}

// fetch runs an operation and returns the body of a successful answer; every other
// one is an error.
func (s *Service) fetch(ctx context.Context, r *request) ([]byte, protocol.Outcome, error) {
	req, err := s.build(ctx, r)
	if err != nil {
		return nil, protocol.Outcome{}, err
	}
	resp, tries, err := s.doWithRetry(req, r.anonymous) //nolint:bodyclose // the body is in memory
	o := protocol.Outcome{Tries: tries}
	if resp != nil {
		o.HTTPStatus = resp.StatusCode
	}
	if err != nil {
		return nil, o, s.explain(ctx, resp, err)
	}
	var body []byte
	if resp.Body != nil && resp.Body != http.NoBody {
		body, _ = io.ReadAll(resp.Body) // from memory
	}
	if r.succeeded(resp) {
		return body, o, nil
	}
	if proxy := s.proxyOf(s.endpoint); proxy != "" && resp.StatusCode == http.StatusProxyAuthRequired {
		return nil, o, &UnreachableError{Endpoint: s.origin, Cause: errors.New(statusLine(resp.StatusCode)), Proxy: proxy}
	}
	refusal := NewError(resp.StatusCode, resp.Header, body)
	refusal.RequestID = req.Header.Get(headerRequestID)
	o.Code = refusal.Code
	if resp.StatusCode < http.StatusMultipleChoices {
		refusal.Message = "" // the content of another server
	}
	if refusal.foreign(resp.Header.Get("Content-Type")) {
		return nil, o, fmt.Errorf("%w: %w", refusal, ErrNotService)
	}
	return nil, o, refusal
}

// build makes the HTTP request of r, without the token that each attempt has of
// its own.
func (s *Service) build(ctx context.Context, r *request) (*http.Request, error) {
	if len(r.body) > protocol.MaxMessageSize {
		return nil, fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooLarge, len(r.body), protocol.MaxMessageSize)
	}
	// A copy, because the transport may still read the body after it has returned
	// an early answer or an error, when the caller may change it.
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, bytes.NewReader(bytes.Clone(r.body)))
	if err != nil {
		return nil, err
	}
	for k, v := range r.header {
		req.Header[k] = v
	}
	values := []string{uuid.NewString(), r.contentType} // one allocation for both
	req.Header[headerRequestID] = values[:1:1]
	if r.contentType != "" {
		req.Header["Content-Type"] = values[1:]
	}
	req.Header["User-Agent"] = s.userAgent
	if r.method != http.MethodHead {
		req.Header["Accept"] = acceptJSON
	}
	if s.proxy != nil {
		req.URL.Scheme, req.URL.Host, req.Host = s.proxy.Scheme, s.proxy.Host, s.proxy.Host
	}
	return req, nil
}

var acceptJSON = []string{"application/json"}

// explain turns an error of doWithRetry into one of this package.
func (s *Service) explain(ctx context.Context, resp *http.Response, err error) error {
	if ctx.Err() != nil {
		if resp != nil {
			return fmt.Errorf("%w (last answer: %s)", ctx.Err(), resp.Status)
		}
		return ctx.Err()
	}
	var authorize *authorizeError
	if errors.As(err, &authorize) {
		return fmt.Errorf("authorize: %w", authorize.err)
	}
	if errors.Is(err, ErrLongAddress) {
		return err
	}
	var body *BrokenAnswerError
	if errors.As(err, &body) {
		return body
	}
	u := s.endpoint
	if s.proxy != nil {
		u = s.proxy
	}
	if errors.Is(err, context.DeadlineExceeded) {
		err = errTryTimeout
	}
	return &UnreachableError{Endpoint: u.Scheme + "://" + u.Host, Cause: err, Proxy: s.proxyOf(u)}
}

// target returns the path of t below the hub: "" for the hub itself.
func (s *Service) target(t protocol.Target) (string, error) {
	if err := t.Check(); err != nil {
		return "", err
	}
	if t.Kind == protocol.TargetAll {
		return "", nil
	}
	if err := protocol.CheckPath(t); err != nil {
		return "", err
	}
	s.warnSlash(t)
	return "/" + string(t.Kind) + "s/" + protocol.EscapeSegment(t.ID), nil
}

// maxWarned limits how many names are remembered as warned of.
const maxWarned = 100

// warnSlash warns of a name that the service will not find, because it does not
// decode %2F in a path.
func (s *Service) warnSlash(t protocol.Target) {
	if s.warn == nil || !strings.Contains(t.ID, "/") {
		return
	}
	s.mu.Lock()
	silent := s.warned[t] || len(s.warned) >= maxWarned
	if !silent {
		s.warned[t] = true
	}
	s.mu.Unlock()
	if !silent {
		s.warn(protocol.SlashWarning(t))
	}
}
