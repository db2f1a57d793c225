package emulator

import (
	"bytes"
	"io"
	"net/http"
	"strconv"

	"wps/emulator/internal/carrier"
)

// Transport returns a transport that answers requests by s itself, with no
// socket between: for REST clients in the same process.
func (s *Server) Transport() http.RoundTripper { return localTransport{s} }

type localTransport struct{ server *Server }

// RoundTrip runs the server.
func (t localTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	w, err := carrier.Serve(t.server, received(r))
	if r.Body != nil {
		r.Body.Close()
	}
	if err != nil {
		return nil, err
	}
	return response(w, r), nil
}

// received returns a request as a server would receive it.
func received(r *http.Request) *http.Request {
	in := r.Clone(r.Context())
	in.Header = make(http.Header, len(r.Header))
	carrier.AddCanonical(in.Header, r.Header)
	if in.Body == nil {
		in.Body = http.NoBody
	}
	if in.Host == "" {
		in.Host = r.URL.Host
	}
	in.Proto, in.ProtoMajor, in.ProtoMinor = "HTTP/1.1", 1, 1
	in.RequestURI, in.RemoteAddr = r.URL.RequestURI(), carrier.LocalAddr
	return in
}

func response(w *carrier.Writer, r *http.Request) *http.Response {
	return &http.Response{
		Status:     strconv.Itoa(w.Status) + " " + http.StatusText(w.Status),
		StatusCode: w.Status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: w.Sent, Body: io.NopCloser(bytes.NewReader(w.Body.Bytes())),
		ContentLength: int64(w.Body.Len()), Request: r,
	}
}
