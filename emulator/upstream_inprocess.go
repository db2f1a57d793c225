package emulator

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"wps/protocol"
)

// InProcess is a transport to an event handler in this process, with no socket
// between. The handler runs in the goroutine of the event and must end soon
// after the request's context.
func InProcess(h http.Handler) http.RoundTripper { return inProcess{h} }

type inProcess struct{ handler http.Handler }

// RoundTrip runs the handler. A panic in it is a connection failure.
func (p inProcess) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	defer func() {
		if x := recover(); x != nil {
			err = fmt.Errorf("event handler panicked: %v", x)
		}
	}()
	w := &inProcessWriter{header: http.Header{}}
	p.handler.ServeHTTP(w, received(r))
	if r.Body != nil {
		r.Body.Close()
	}
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return w.response(r), nil
}

// received is a request as a server would have it.
func received(r *http.Request) *http.Request {
	in := r.Clone(r.Context())
	in.Header = make(http.Header, len(r.Header))
	for name, values := range r.Header {
		for _, v := range values {
			in.Header.Add(name, v) // canonical names
		}
	}
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	in.RequestURI, in.RemoteAddr = r.URL.RequestURI(), "in-process"
	return in
}

// inProcessWriter keeps an answer, up to the limit of an event handler's.
type inProcessWriter struct {
	header http.Header
	status int
	sent   http.Header // header as it was when the status was written
	body   bytes.Buffer
}

func (w *inProcessWriter) Header() http.Header { return w.header }

func (w *inProcessWriter) WriteHeader(status int) {
	if w.status == 0 && status >= 200 {
		w.status, w.sent = status, w.header.Clone()
	}
}

var errInProcessFull = errors.New("the answer is too large")

func (w *inProcessWriter) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if room := protocol.MaxUpstreamResponse + 1 - w.body.Len(); len(b) > room {
		w.body.Write(b[:room])
		return room, errInProcessFull
	}
	return w.body.Write(b)
}

func (w *inProcessWriter) response(r *http.Request) *http.Response {
	w.WriteHeader(http.StatusOK)
	header := make(http.Header, len(w.sent))
	for name, values := range w.sent {
		for _, v := range values {
			header.Add(name, v)
		}
	}
	return &http.Response{
		Status:     strconv.Itoa(w.status) + " " + http.StatusText(w.status),
		StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(bytes.NewReader(w.body.Bytes())),
		ContentLength: int64(w.body.Len()), Request: r,
	}
}
