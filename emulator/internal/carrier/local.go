package carrier

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"wps/protocol"
)

// Local reaches an event handler in this process, with no socket between. The
// handler runs in the goroutine of the event. A *Local is a [Carrier].
type Local struct{ Handler http.Handler }

// Local implements [Carrier].
func (*Local) Local() bool { return true }

// Trusted implements [Carrier].
func (*Local) Trusted() bool { return true }

// Address implements [Carrier].
func (*Local) Address(hub, event string) string {
	return "/" + protocol.EscapeSegment(hub) + "/" + protocol.EscapeSegment(event)
}

// Attempt runs the handler. A panic in it is like a connection that fails.
func (c *Local) Attempt(ctx context.Context, r *Request) (*Answer, error) {
	path, err := url.PathUnescape(r.URL)
	if err != nil {
		return nil, err
	}
	u := &url.URL{Path: path}
	if path != r.URL {
		u.RawPath = r.URL
	}
	in := (&http.Request{
		Method: r.Method, URL: u, RequestURI: r.URL, Host: "localhost", RemoteAddr: LocalAddr,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.Header, Body: http.NoBody, ContentLength: int64(len(r.Body)),
	}).WithContext(ctx)
	if len(r.Body) > 0 {
		body := &localBody{}
		body.Reset(r.Body)
		in.Body = body
	}
	w, err := Serve(c.Handler, in)
	if err != nil {
		return nil, err
	}
	a := &Answer{Status: w.Status, Header: w.Sent, Body: w.Body.Bytes(), Final: w.final, Hook: w.hook}
	if err := a.CutRefusal(); err != nil {
		return nil, err
	}
	return a, nil
}

// LocalAddr is the RemoteAddr of a request within the process.
const LocalAddr = "in-process"

// localBody is the body of a request within the process.
type localBody struct{ bytes.Reader }

func (*localBody) Close() error { return nil }

// AddCanonical adds header lines under their canonical names.
func AddCanonical(to, from http.Header) {
	for name, values := range from {
		if len(values) > 0 {
			name = http.CanonicalHeaderKey(name)
			to[name] = append(to[name], values...)
		}
	}
}

// Serve runs a handler and returns its answer. A panic, and a context that
// has ended meanwhile, are errors.
func Serve(h http.Handler, r *http.Request) (w *Writer, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("event handler panicked: %v", x)
		}
	}()
	w = &Writer{header: http.Header{}}
	h.ServeHTTP(w, r)
	w.WriteHeader(http.StatusOK)
	return w, r.Context().Err()
}

// Writer keeps an answer, up to one byte more than that of an event handler
// may have.
type Writer struct {
	Status int
	Sent   http.Header // header as it was when the status was written
	Body   bytes.Buffer
	header http.Header
	final  bool
	hook   string
}

// Final is called by a handler whose answer would be the same if it were asked
// again.
func (w *Writer) Final() { w.final = true }

// Hook is called by a handler with the name of the hook that answers.
func (w *Writer) Hook(name string) { w.hook = name }

// Header implements http.ResponseWriter.
func (w *Writer) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter.
func (w *Writer) WriteHeader(status int) {
	if w.Status == 0 && status >= 200 {
		w.Status, w.Sent = status, make(http.Header, len(w.header))
		AddCanonical(w.Sent, w.header)
	}
}

var errAnswerTooBig = errors.New("the answer is too large")

// Write implements io.Writer.
func (w *Writer) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if free := protocol.MaxUpstreamResponse + 1 - w.Body.Len(); len(b) > free {
		w.Body.Write(b[:free])
		return free, errAnswerTooBig
	}
	return w.Body.Write(b)
}
