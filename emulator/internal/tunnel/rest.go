package tunnel

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"

	"wps/emulator/internal/carrier"
	wire "wps/protocol/tunnel"
)

// run runs a REST request of a client and returns the answer, in parts if it is long.
func (t *Tunnels) run(m *wire.Request) []*wire.Response {
	answer := &wire.Response{AckID: m.AckID, LocalRouting: m.LocalRouting, ChannelName: m.ChannelName}
	r, problem := restRequest(m)
	if r == nil {
		answer.Status, answer.Body = http.StatusBadRequest, []byte(problem)
		return []*wire.Response{answer}
	}
	w, err := carrier.Serve(t.o.REST, r)
	if err != nil {
		t.o.Logger.Error("request of a tunnel failed", "method", m.Method, "path", r.URL.EscapedPath(), "error", err)
		answer.Status, answer.Body = http.StatusInternalServerError, []byte("The operation failed.")
		return []*wire.Response{answer}
	}
	answer.Status, answer.Header = w.Status, w.Sent
	return parts(answer, w.Body.Bytes())
}

// restRequest returns m as a server would receive it, or nil and what is wrong.
func restRequest(m *wire.Request) (r *http.Request, problem string) {
	u, err := url.Parse(m.URL)
	switch {
	case err != nil || !strings.HasPrefix(u.Path, "/"):
		return nil, "The URL is not valid."
	case m.Method == "" || strings.Trim(m.Method, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "":
		return nil, "The method is not valid."
	}
	r = &http.Request{
		Method: m.Method, URL: &url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}, Host: "localhost",
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, RemoteAddr: "tunnel",
		Header: http.Header{}, Body: http.NoBody, ContentLength: int64(len(m.Body)),
	}
	r.RequestURI = r.URL.RequestURI()
	carrier.AddCanonical(r.Header, m.Header)
	if len(m.Body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(m.Body))
	}
	return r, ""
}

// parts splits an answer with a body into parts of at most wire.PartSize; the first
// is complete except for its body.
func parts(first *wire.Response, body []byte) []*wire.Response {
	all := []*wire.Response{first}
	for len(body) > wire.PartSize {
		last := all[len(all)-1]
		last.Body, last.NotCompleted, body = body[:wire.PartSize], true, body[wire.PartSize:]
		all = append(all, &wire.Response{
			AckID: first.AckID, Status: first.Status, Header: map[string][]string{}, LocalRouting: first.LocalRouting, ChannelName: first.ChannelName,
		})
	}
	all[len(all)-1].Body = body
	return all
}
