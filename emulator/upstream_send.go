package emulator

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"wps/internal/shownurl"
	"wps/internal/wait"
	"wps/protocol"
)

// Limits on one event on its way to its handler, retries and the answer's body
// included.
//
// Source: the vendor's emulator.
const upstreamTimeout = 100 * time.Second

// retryDelays are the pauses between attempts, of which there are at most four.
//
// Source: the vendor's emulator.
var retryDelays = [...]time.Duration{time.Second, 3 * time.Second, 5 * time.Second}

// maxUpstreamHeader bounds the header of an answer, in bytes, and so what a
// connection keeps as its state.
const maxUpstreamHeader = 64 << 10

// maxUpstreamConns is how many connections to one handler may be open; more
// events wait for their turn, within their time.
const maxUpstreamConns = 512

func newUpstreamTransport() *http.Transport {
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // the service does not ask for it
		MaxIdleConns:           maxUpstreamConns,
		MaxIdleConnsPerHost:    maxUpstreamConns,
		MaxConnsPerHost:        maxUpstreamConns,
		IdleConnTimeout:        90 * time.Second,
		TLSHandshakeTimeout:    10 * time.Second,
		MaxResponseHeaderBytes: maxUpstreamHeader,
	}
}

// newUpstreamClient follows up to ten redirects, as a client of the service's
// kind does by default; the last answer counts then.
func newUpstreamClient(t http.RoundTripper) *http.Client {
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

// httpCarrier reaches an event handler over HTTP.
type httpCarrier struct {
	client   *http.Client
	template string
}

func (httpCarrier) local() bool { return false }

func (c httpCarrier) address(hub, event string) string { return resolve(c.template, hub, event) }

func (c httpCarrier) attempt(ctx context.Context, r *upstreamRequest) (*answer, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	if len(r.body) == 0 {
		req.Body, req.GetBody = http.NoBody, nil
	}
	req.Header = r.header.Clone()
	resp, err := c.client.Do(req)
	if err != nil {
		return nil, withoutURL(err)
	}
	// The body of some answers, such as 101, does not end with the context.
	defer context.AfterFunc(ctx, func() { resp.Body.Close() })()
	return readAnswer(ctx, resp)
}

// upstreamRequest is one request to a handler; sent again, it is the same.
type upstreamRequest struct {
	carrier carrier
	method  string
	url     string // from carrier.address
	header  http.Header
	body    []byte
	once    bool   // without retries
	begun   func() // is called when an attempt begins; nil: nothing
	// log logs the first attempt that fails, because the others take a while; nil
	// logs nothing.
	log *slog.Logger
}

// answer is the answer of a handler. The body of a refusal is truncated.
type answer struct {
	status int
	header http.Header
	body   []byte
	final  bool // would be the same if the request were sent again
}

func (a *answer) ok() bool { return a.status >= 200 && a.status < 300 }

// refusal returns an answer with a status other than 2xx as an error.
func (a *answer) refusal() error {
	if len(a.body) == 0 {
		return errors.New("no body")
	}
	return fmt.Errorf("%.200q", a.body)
}

// maxRefusal is how much of a refusal's body is read, in bytes: for the log, and
// for a client whose connect event was refused.
const maxRefusal = 64 << 10

// unusableAnswer is an answer that has arrived, so that the event is not sent
// again.
type unusableAnswer struct{ error }

func (e *unusableAnswer) Unwrap() error { return e.error }

func answerTooBig() error {
	return &unusableAnswer{fmt.Errorf("the answer is larger than %d bytes", protocol.MaxUpstreamResponse)}
}

// send sends r and returns the answer. Connection failures, 408 and 5xx are
// retried unless the carrier says that they are final; any other status is an
// answer.
func (r *upstreamRequest) send(ctx context.Context) (*answer, error) {
	if err := checkHeader(r.header); err != nil {
		return nil, err
	}
	for attempt := 0; ; attempt++ {
		if r.begun != nil {
			r.begun()
		}
		a, err := r.carrier.attempt(ctx, r)
		if r.once || attempt == len(retryDelays) || ctx.Err() != nil || !again(a, err) {
			return a, err
		}
		if attempt == 0 {
			r.logRetry(a, err)
		}
		if err := wait.For(ctx, retryDelays[attempt]); err != nil {
			return nil, err
		}
	}
}

// again reports whether a request is sent again after what came of it.
func again(a *answer, err error) bool {
	if err == nil {
		return retried(a.status) && !a.final
	}
	_, arrived := errors.AsType[*unusableAnswer](err)
	return !arrived
}

func (r *upstreamRequest) logRetry(a *answer, err error) {
	if r.log == nil {
		return
	}
	what := []any{"url", ShownURL(r.url), "method", r.method}
	if err != nil {
		what = append(what, "error", oneLine(err))
	} else {
		what = append(what, "status", a.status)
	}
	r.log.Warn("event handler failed, trying again after 1, 3 and 5 s", what...)
}

func retried(status int) bool { return status == http.StatusRequestTimeout || status >= 500 }

// checkHeader returns an error for values that HTTP cannot carry: only the user id
// may have characters other than ASCII.
func checkHeader(h http.Header) error {
	for name, values := range h {
		for _, v := range values {
			for i := 0; i < len(v); i++ {
				b := v[i]
				if b >= 0x80 && !strings.EqualFold(name, protocol.HeaderUserID) {
					return fmt.Errorf("the value of %s is not ASCII, which a header cannot carry", name)
				}
				if b < ' ' && b != '\t' || b == 0x7f {
					return fmt.Errorf("the value of %s holds a control character, which a header cannot carry", name)
				}
			}
		}
	}
	return nil
}

// readAnswer reads and closes an answer. The body of one below 200, which is 101, is
// not read: it is the connection itself.
func readAnswer(ctx context.Context, resp *http.Response) (*answer, error) {
	defer resp.Body.Close()
	a := &answer{status: resp.StatusCode, header: resp.Header}
	if a.status < http.StatusOK {
		return a, nil
	}
	if !a.ok() {
		a.body, _ = io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
		return a, nil
	}
	if resp.ContentLength > protocol.MaxUpstreamResponse {
		return nil, answerTooBig()
	}
	var err error
	if a.body, err = io.ReadAll(io.LimitReader(resp.Body, protocol.MaxUpstreamResponse+1)); err != nil {
		return nil, &unusableAnswer{fmt.Errorf("read the answer: %w", cmp.Or(ctx.Err(), err))}
	}
	if len(a.body) > protocol.MaxUpstreamResponse {
		return nil, answerTooBig()
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

// ShownURL returns a handler's URL or URL template without its query, fragment and
// user information, which may be secret.
func ShownURL(text string) string { return shownurl.Of(text) }
