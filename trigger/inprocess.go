package trigger

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
)

// InProcess gives an http.RoundTripper that calls h in this process, whatever
// the address of a request. The answer is there when h is done; when the
// request's context ends first, RoundTrip gives its error and h goes on by
// itself, as behind a network: a Handler's Close waits for it.
func InProcess(h http.Handler) http.RoundTripper { return inProcess{h} }

type inProcess struct{ h http.Handler }

// RoundTrip implements http.RoundTripper.
func (t inProcess) RoundTrip(r *http.Request) (*http.Response, error) {
	served := r.Clone(r.Context()) // a RoundTripper must not change its request
	if served.Body == nil {
		served.Body = http.NoBody
	}
	done := make(chan error, 1)
	w := &recorder{header: http.Header{}}
	go func() { // ends with h, which honours the context while it waits
		defer served.Body.Close()
		done <- w.serve(t.h, served)
	}()
	select {
	case err := <-done:
		if err != nil {
			return nil, err
		}
		return w.response(r), nil
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// recorder keeps an answer in memory.
type recorder struct {
	header http.Header
	sent   http.Header // as it was when the status was written
	status int
	body   bytes.Buffer
}

// serve calls h; a panic is an error, as it is behind a network.
func (w *recorder) serve(h http.Handler, r *http.Request) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("event handler: %v\n%s", p, debug.Stack())
		}
	}()
	h.ServeHTTP(w, r)
	w.WriteHeader(http.StatusOK)
	return nil
}

func (w *recorder) Header() http.Header { return w.header }

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status, w.sent = status, w.header.Clone()
	}
}

func (w *recorder) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	return w.body.Write(b)
}

func (w *recorder) response(r *http.Request) *http.Response {
	header := http.Header{}
	for name, values := range w.sent {
		for _, v := range values { // one without a value is not sent
			header.Add(name, v)
		}
	}
	return &http.Response{
		Status: fmt.Sprintf("%d %s", w.status, http.StatusText(w.status)), StatusCode: w.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: header, Body: io.NopCloser(&w.body), ContentLength: int64(w.body.Len()), Request: r,
	}
}
