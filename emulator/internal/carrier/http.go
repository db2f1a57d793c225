package carrier

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"time"

	"wps/protocol"
)

// maxHeader bounds the header of an answer, in bytes, and so what a connection
// keeps as its state.
const maxHeader = 64 << 10

// maxConns is how many connections to one handler may be open; more events wait
// for their turn, within their time.
const maxConns = 512

// NewTransport returns the transport of event handlers on a network.
func NewTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // the service does not ask for it
		MaxIdleConns:           maxConns,
		MaxIdleConnsPerHost:    maxConns,
		MaxConnsPerHost:        maxConns,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: maxHeader,
	}
}

// NewClient returns a client that follows up to ten redirects, as a client of the
// service's kind does by default; the last answer counts then.
func NewClient(t http.RoundTripper) *http.Client {
	return &http.Client{
		Transport: t,
		CheckRedirect: func(r *http.Request, via []*http.Request) error {
			r.Header.Del("Referer") // it may hold the secret of the first URL
			if len(via) >= 10 {
				return http.ErrUseLastResponse
			}
			return nil
		},
	}
}

// HTTP reaches an event handler over HTTP.
type HTTP struct {
	Client   *http.Client
	Template string
}

// Local implements [Carrier].
func (HTTP) Local() bool { return false }

// Trusted implements [Carrier]: a web server must say that it wants the events.
func (HTTP) Trusted() bool { return false }

// Address implements [Carrier].
func (c HTTP) Address(hub, event string) string { return Resolve(c.Template, hub, event) }

// traces reports whether the transport reports when a request is written.
func (c HTTP) traces() bool {
	_, ok := c.Client.Transport.(*http.Transport)
	return ok
}

// Attempt implements [Carrier].
func (c HTTP) Attempt(ctx context.Context, r *Request) (*Answer, error) {
	traced := ctx
	if r.Begun != nil {
		traced = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteRequest: func(httptrace.WroteRequestInfo) { r.Begun() }})
	}
	req, err := http.NewRequestWithContext(traced, r.Method, r.URL, bytes.NewReader(r.Body))
	if err != nil {
		return nil, err
	}
	if len(r.Body) == 0 {
		req.Body, req.GetBody = http.NoBody, nil
	}
	req.Header = r.Header.Clone()
	// It is not sent. It makes the transport send the event again at once if a
	// connection that was used before turns out to be closed.
	req.Header["Idempotency-Key"] = nil
	resp, err := c.Client.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	// The body of some answers, such as 101, does not end with the context.
	defer context.AfterFunc(ctx, func() { resp.Body.Close() })()
	return readAnswer(ctx, resp)
}

// readAnswer reads and closes an answer. The body of one below 200, which is 101, is
// not read: it is the connection itself.
func readAnswer(ctx context.Context, resp *http.Response) (*Answer, error) {
	defer resp.Body.Close()
	a := &Answer{Status: resp.StatusCode, Header: resp.Header}
	if a.Status < http.StatusOK {
		return a, nil
	}
	if !a.OK() {
		a.Body, _ = io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
		return a, nil
	}
	if resp.ContentLength > protocol.MaxUpstreamResponse {
		return nil, errTooBig()
	}
	var err error
	if a.Body, err = io.ReadAll(io.LimitReader(resp.Body, protocol.MaxUpstreamResponse+1)); err != nil {
		return nil, Unusable("read the answer: %w", cmp.Or(ctx.Err(), err))
	}
	if len(a.Body) > protocol.MaxUpstreamResponse {
		return nil, errTooBig()
	}
	return a, nil
}

// withoutURL removes the URL from an error: its query may contain a secret.
func withoutURL(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return err
}
