package emulator

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"wps/protocol"
)

// localCarrier reaches an event handler in this process, with no socket between.
// The handler runs in the goroutine of the event.
type localCarrier struct{ handler http.Handler }

func (*localCarrier) local() bool { return true }

func (*localCarrier) address(hub, event string) string {
	return "/" + protocol.EscapeSegment(hub) + "/" + protocol.EscapeSegment(event)
}

// attempt runs the handler. A panic in it is like a connection that fails.
func (c *localCarrier) attempt(ctx context.Context, r *upstreamRequest) (*answer, error) {
	path, err := url.PathUnescape(r.url)
	if err != nil {
		return nil, err
	}
	u := &url.URL{Path: path}
	if path != r.url {
		u.RawPath = r.url
	}
	in := (&http.Request{
		Method: r.method, URL: u, RequestURI: r.url, Host: "localhost", RemoteAddr: localAddr,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.header, Body: http.NoBody, ContentLength: int64(len(r.body)),
	}).WithContext(ctx)
	if len(r.body) > 0 {
		body := &localBody{}
		body.Reset(r.body)
		in.Body = body
	}
	w, err := serveLocally(c.handler, in)
	if err != nil {
		return nil, err
	}
	a := &answer{status: w.status, header: w.sent, body: w.body.Bytes(), final: w.final}
	switch {
	case !a.ok():
		a.body = a.body[:min(len(a.body), maxRefusal)]
	case len(a.body) > protocol.MaxUpstreamResponse:
		return nil, answerTooBig()
	}
	return a, nil
}

// localAddr is the RemoteAddr of a request within the process.
const localAddr = "in-process"

// localBody is the body of a request within the process.
type localBody struct{ bytes.Reader }

func (*localBody) Close() error { return nil }

// addCanonical adds header lines under their canonical names.
func addCanonical(to, from http.Header) {
	for name, values := range from {
		if len(values) > 0 {
			name = http.CanonicalHeaderKey(name)
			to[name] = append(to[name], values...)
		}
	}
}

// serveLocally runs a handler and returns its answer. A panic, and a context that
// has ended meanwhile, are errors.
func serveLocally(h http.Handler, r *http.Request) (w *localWriter, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("event handler panicked: %v", x)
		}
	}()
	w = &localWriter{header: http.Header{}}
	h.ServeHTTP(w, r)
	w.WriteHeader(http.StatusOK)
	return w, r.Context().Err()
}

// localWriter keeps an answer, up to one byte more than that of an event handler
// may have.
type localWriter struct {
	header http.Header
	status int
	sent   http.Header // header as it was when the status was written
	body   bytes.Buffer
	final  bool
}

// Final is called by a handler whose answer would be the same if it were asked
// again.
func (w *localWriter) Final() { w.final = true }

func (w *localWriter) Header() http.Header { return w.header }

func (w *localWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status, w.sent = status, make(http.Header, len(w.header))
		addCanonical(w.sent, w.header)
	}
}

var errLocalAnswerTooBig = errors.New("the answer is too large")

func (w *localWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if free := protocol.MaxUpstreamResponse + 1 - w.body.Len(); len(b) > free {
		w.body.Write(b[:free])
		return free, errLocalAnswerTooBig
	}
	return w.body.Write(b)
}
