package tunnel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"wps/protocol"
	wire "wps/protocol/tunnel"
)

// budget limits what is being answered.
type budget struct {
	mu       sync.Mutex
	requests int
	bytes    int
}

// take takes the share of a request, false if it is not left.
func (b *budget) take(size int) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.requests == 0 || b.bytes < size {
		return false
	}
	b.requests--
	b.bytes -= size
	return true
}

// give returns the share of a request.
func (b *budget) give(size int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.requests++
	b.bytes += size
}

// request answers a request of the service, concurrently. It is refused when too much
// is being answered or the connection is about to end.
func (c *conn) request(living context.Context, m *wire.Request) {
	r, err := newRequest(living, c.client.o.Endpoint.Host, m)
	switch {
	case err != nil:
		c.respond(m, http.StatusBadRequest, nil, []byte(err.Error()))
	case !c.begin():
		c.respond(m, http.StatusServiceUnavailable, nil, []byte("the tunnel is closing"))
	case !c.run.budget.take(len(m.Body)):
		c.end()
		c.respond(m, http.StatusServiceUnavailable, nil, []byte("too many requests are being answered"))
	default:
		c.run.requests.Go(func() {
			defer c.end()
			defer c.run.budget.give(len(m.Body))
			w := c.client.answer(r)
			if r.Context().Err() != nil {
				c.client.o.Logger.Warn("an answer was lost with its tunnel connection; the service sends the event again", "connectionId", c.connectionID, "status", w.status)
				return
			}
			c.respond(m, w.status, w.sent, w.body.Bytes())
		})
	}
}

// newRequest returns m as a server would receive it.
func newRequest(ctx context.Context, host string, m *wire.Request) (*http.Request, error) {
	u, err := url.Parse(m.URL)
	if err != nil || !strings.HasPrefix(u.Path, "/") {
		return nil, errors.New("the URL of the request is not valid")
	}
	if m.Method == "" || strings.ContainsAny(m.Method, " \t\r\n/") {
		return nil, errors.New("the method of the request is not valid")
	}
	r := (&http.Request{
		Method: m.Method, URL: &url.URL{Path: u.Path, RawPath: u.RawPath, RawQuery: u.RawQuery}, Host: host, RemoteAddr: "tunnel",
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: http.NoBody, ContentLength: int64(len(m.Body)),
	}).WithContext(ctx)
	r.RequestURI = r.URL.RequestURI()
	for name, values := range m.Header {
		name = http.CanonicalHeaderKey(name)
		r.Header[name] = append(r.Header[name], values...)
	}
	if len(m.Body) > 0 {
		r.Body = io.NopCloser(bytes.NewReader(m.Body))
	}
	return r, nil
}

// answer runs the handler. A panic in it, and an answer that is too large, are a 500.
func (c *Client) answer(r *http.Request) (w *writer) {
	w = &writer{header: http.Header{}}
	defer func() {
		x := recover()
		if x != nil {
			c.o.Logger.Error("the handler panicked", "error", fmt.Sprint(x))
		}
		if x != nil || w.tooLarge {
			*w = writer{status: http.StatusInternalServerError}
		}
		w.WriteHeader(http.StatusOK)
	}()
	c.o.Handler.ServeHTTP(w, r)
	return w
}

// respond sends the answer to a request, in parts if it is long. An error ends the
// connection, which the reader notices.
func (c *conn) respond(m *wire.Request, status int, header map[string][]string, body []byte) {
	for first := true; first || len(body) > 0; first = false {
		part := &wire.Response{
			AckID: m.AckID, Status: status, Header: header, LocalRouting: m.LocalRouting, ChannelName: m.ChannelName,
			Body: body[:min(len(body), wire.PartSize)],
		}
		body = body[len(part.Body):]
		part.NotCompleted = len(body) > 0
		if err := c.write(part); err != nil {
			c.client.o.Logger.Warn("an answer could not be sent through the tunnel", "connectionId", c.connectionID, "status", status, "error", err)
			return
		}
		header = nil
	}
}

// writer keeps an answer, as large as that of an event handler may be.
type writer struct {
	header   http.Header
	status   int
	sent     map[string][]string // the header when the status was written
	body     bytes.Buffer
	tooLarge bool
}

// Header implements http.ResponseWriter.
func (w *writer) Header() http.Header { return w.header }

// WriteHeader implements http.ResponseWriter. Names are sent in lower case, as the
// service's client does; lines about one connection are not sent.
func (w *writer) WriteHeader(status int) {
	if w.status != 0 || status < 200 {
		return
	}
	w.status, w.sent = status, map[string][]string{}
	for name, values := range w.header {
		if name = strings.ToLower(name); len(values) > 0 && !ofConnection(name) {
			w.sent[name] = append(w.sent[name], values...)
		}
	}
}

// ofConnection reports whether a header line concerns one connection only.
func ofConnection(name string) bool {
	switch name {
	case "connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade":
		return true
	}
	return false
}

var errTooLarge = errors.New("the answer is too large")

// Write implements io.Writer.
func (w *writer) Write(b []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	if w.body.Len()+len(b) > protocol.MaxUpstreamResponse {
		w.tooLarge = true
		return 0, errTooLarge
	}
	return w.body.Write(b)
}
