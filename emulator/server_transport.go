package emulator

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
)

// Transport returns a transport that answers requests by s itself, with no
// socket between: for REST clients in the same process.
func (s *Server) Transport() http.RoundTripper { return localTransport{s} }

type localTransport struct{ server *Server }

// RoundTrip runs the server.
func (t localTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	w, err := serveLocally(t.server, received(r))
	if r.Body != nil {
		r.Body.Close()
	}
	if err != nil {
		return nil, err
	}
	return w.response(r), nil
}

// received returns a request as a server would receive it.
func received(r *http.Request) *http.Request {
	in := r.Clone(r.Context())
	in.Header = make(http.Header, len(r.Header))
	addCanonical(in.Header, r.Header)
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	in.RequestURI, in.RemoteAddr = r.URL.RequestURI(), localAddr
	return in
}

func (w *localWriter) response(r *http.Request) *http.Response {
	return &http.Response{
		Status:     strconv.Itoa(w.status) + " " + http.StatusText(w.status),
		StatusCode: w.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.sent, Body: io.NopCloser(bytes.NewReader(w.body.Bytes())),
		ContentLength: int64(w.body.Len()), Request: r,
	}
}
