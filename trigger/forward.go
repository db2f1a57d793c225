package trigger

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"wps/internal/reason"
	"wps/internal/shownurl"
	"wps/protocol"
)

// forward sends events to another event handler.
type forward struct {
	template string
	shown    string // template without secrets
	http     *http.Transport
}

// Forward returns a hook that sends events with all their headers to an HTTP
// server and returns its answer byte for byte. {hub} and {event} in the path of
// the address are replaced with those of the event. User information in it is sent
// as Basic authorization, in place of any that the event has. Redirects are not
// followed: they are the answer. The hook's name and errors show neither user
// information nor query.
func Forward(address string) (Hook, error) {
	f := &forward{template: address, shown: shownurl.Of(address), http: &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout: 10 * time.Second,
		IdleConnTimeout:     90 * time.Second,
		MaxIdleConnsPerHost: DefaultConcurrency,
		DisableCompression:  true, // the answer is passed on unchanged
	}}
	u, err := f.address("hub", "event")
	switch {
	case err != nil:
		return nil, fmt.Errorf("address %q: not a URL", f.shown) // the error would repeat its secrets
	case u.Scheme != "http" && u.Scheme != "https" || u.Host == "":
		return nil, fmt.Errorf("address %q: use http://HOST:PORT/PATH", f.shown)
	case strings.ContainsAny(authorityOf(address), "{}"):
		return nil, fmt.Errorf("address %q: {hub} and {event} are allowed only after the host", f.shown)
	case strings.ContainsAny(strings.NewReplacer("{hub}", "", "{event}", "").Replace(address), "{}"):
		return nil, fmt.Errorf("address %q: only {hub} and {event} may be in braces", f.shown)
	}
	if err := protocol.CheckPort(u); err != nil {
		return nil, fmt.Errorf("address %q: %w", f.shown, err)
	}
	return f, nil
}

// authorityOf returns the host and port of an address.
func authorityOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	return rest[:strings.IndexAny(rest+"/", "/?#")]
}

// address returns the address for an event.
func (f *forward) address(hub, event string) (*url.URL, error) {
	return url.Parse(strings.NewReplacer("{hub}", url.PathEscape(hub), "{event}", url.PathEscape(event)).Replace(f.template))
}

func (f *forward) String() string { return f.shown }

// Close closes idle connections.
func (f *forward) Close(context.Context) error {
	f.http.CloseIdleConnections()
	return nil
}

// Answer sends the event to the server.
func (f *forward) Answer(ctx context.Context, ev *Event) (Answer, error) {
	u, err := f.address(ev.Hub, ev.EventContext.Event)
	if err != nil {
		return Answer{}, fmt.Errorf("the address for the event is not a URL: %s", f.shown)
	}
	r := (&http.Request{
		Method: http.MethodPost, URL: u, Host: u.Host, Header: endToEnd(ev.Header),
		Body: io.NopCloser(bytes.NewReader(ev.Body)), ContentLength: int64(len(ev.Body)),
	}).WithContext(ctx)
	if len(ev.Body) == 0 {
		r.Body = http.NoBody
	}
	if password, ok := u.User.Password(); u.User != nil && (ok || u.User.Username() != "") {
		r.SetBasicAuth(u.User.Username(), password)
	}
	if _, named := r.Header["User-Agent"]; !named {
		r.Header["User-Agent"] = nil // otherwise net/http adds its own
	}
	resp, err := f.http.RoundTrip(r)
	if err != nil {
		return Answer{}, f.unreached(err)
	}
	defer resp.Body.Close()
	return f.read(resp)
}

// unreached returns the error of a server that gave no answer. An event is marked as
// not run when the server could not be reached.
func (f *forward) unreached(err error) error {
	op, ofNetwork := errors.AsType[*net.OpError](err)
	switch {
	case ofNetwork && op.Op == "dial":
		return NotRun(&gatewayError{fmt.Errorf("%s cannot be reached: %s", f.shown, reason.Network(err))})
	case ofNetwork, errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return interrupted(fmt.Errorf("%s: %s", f.shown, reason.Network(err)))
	}
	return interrupted(err)
}

// gatewayError is that of a server to which an event could not be forwarded. It is
// answered with 502, so that the service sends the event again.
type gatewayError struct{ error }

// read reads an answer. The body of a 101 is the bare connection, which no context
// stops reading, so it is not read.
func (f *forward) read(resp *http.Response) (Answer, error) {
	if resp.StatusCode == http.StatusSwitchingProtocols {
		return Answer{}, fmt.Errorf("the answer of %s is 101 Switching Protocols, which was not asked for", f.template)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, protocol.MaxUpstreamResponse+1))
	switch {
	case err != nil:
		return Answer{}, fmt.Errorf("read the answer of %s: %w", f.shown, err)
	case len(body) > protocol.MaxUpstreamResponse:
		return Answer{}, fmt.Errorf("the answer of %s is larger than %d bytes", f.shown, protocol.MaxUpstreamResponse)
	}
	header := endToEnd(resp.Header)
	if _, there := header[headerContentType]; !there {
		header[headerContentType] = nil
	}
	canonicalState := http.CanonicalHeaderKey(protocol.HeaderConnectionState)
	if state, there := header[canonicalState]; there {
		delete(header, canonicalState)
		header[protocol.HeaderConnectionState] = state
	}
	return Answer{Verbatim: &Verbatim{Status: resp.StatusCode, Header: header, Body: body}}, nil
}

// hopHeaders concern one connection and are not passed on.
var hopHeaders = []string{
	"Connection", "Content-Length", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection",
	"Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// endToEnd returns a copy of headers without those that concern one connection.
func endToEnd(h http.Header) http.Header {
	drop := slices.Clone(hopHeaders)
	for _, line := range h["Connection"] {
		for name := range strings.SplitSeq(line, ",") {
			drop = append(drop, http.CanonicalHeaderKey(strings.TrimSpace(name)))
		}
	}
	out := make(http.Header, len(h))
	for name, values := range h {
		if !slices.Contains(drop, name) {
			out[name] = values
		}
	}
	return out
}
