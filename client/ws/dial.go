package ws

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"wps/client"
)

// Defaults of [Options].
const (
	defaultHandshakeTimeout = 10 * time.Second
	defaultAckTimeout       = 10 * time.Second
	defaultPingInterval     = 20 * time.Second // the service's own default
	defaultQueueSize        = 256
	defaultRecoveryTimeout  = 30 * time.Second // how long the service keeps the connection at least
)

// writeBufferSize is the largest message that is sent as one WebSocket frame, in
// bytes; larger ones are split.
const writeBufferSize = 64 << 10

// writeBuffers is the pool of the buffers of all connections, used while writing.
var writeBuffers sync.Pool

// Options configure a [Conn].
type Options struct {
	// URL is the client URL, ws or wss, usually with a token in its query: a
	// secret.
	URL string
	// Subprotocol is one of the service-defined names, such as
	// protocol.SubprotocolJSON, or "" for a simple client. A name that the service
	// does not define is offered too and then treated like "".
	Subprotocol string
	// Header is sent with the handshake, such as Authorization.
	Header http.Header
	// Logger logs recoveries, and frames that this client does not know; nil means
	// no log.
	Logger *slog.Logger
	// OnFrame, if set, is called with the content of each message that is sent or
	// received, before it is processed; the reconnection token in it is masked. It
	// must return soon, may be called concurrently, and must not keep data.
	OnFrame func(sent, text bool, data []byte)
	// HandshakeTimeout limits Dial; 0 means 10 s.
	HandshakeTimeout time.Duration
	// AckTimeout limits each call that waits for an answer; 0 means 10 s. An event
	// is answered when its handler has returned.
	AckTimeout time.Duration
	// PingInterval is the time between two pings of the keep-alive; 0 means
	// 20 s, negative no keep-alive. Silence for three of them ends the connection.
	PingInterval time.Duration
	// QueueSize is how many messages may wait for Receive; 0 means 256. See
	// [Conn] for what happens beyond that.
	QueueSize int
	// RecoveryTimeout is how long a reliable connection tries to recover after its
	// transport broke; 0 means 30 s, negative means no recovery.
	RecoveryTimeout time.Duration
	// TLS is the configuration of a wss connection; nil means the default.
	TLS *tls.Config
	// NetDial opens the network connection; nil means TCP.
	NetDial func(ctx context.Context, network, addr string) (net.Conn, error)
	// LoopbackOnly restricts the connection to loopback addresses, whatever a name
	// resolves to, without a proxy. It has no effect when NetDial is set.
	LoopbackOnly bool
}

// HandshakeError is a refusal of the service to open a WebSocket connection.
type HandshakeError struct {
	// Status is the HTTP status.
	Status int
	// Body is the start of the answer's body, at most 1024 bytes.
	Body string
}

// Error names the status and the text of the body, in the form of client.Error.
func (e *HandshakeError) Error() string {
	if e.foreign() {
		return (&client.Error{Status: e.Status}).Error() + ": " + client.ErrNotService.Error()
	}
	return "the service refused the connection: " + e.refusal().Error()
}

// Is reports whether target is the sentinel of e's status, such as
// client.ErrUnauthorized, or client.ErrNotService for the answer of a web site.
func (e *HandshakeError) Is(target error) bool {
	return e.refusal().Is(target) || target == client.ErrNotService && e.foreign() //nolint:errorlint // the target of errors.Is
}

// foreign reports whether another server than Web PubSub answered: with a success or
// a redirect that is no WebSocket connection, or with a page.
func (e *HandshakeError) foreign() bool {
	isPage := strings.HasPrefix(http.DetectContentType([]byte(e.Body)), "text/html")
	return e.Status < http.StatusBadRequest || isPage && e.Status < http.StatusInternalServerError && !e.refusal().Is(client.ErrUnauthorized)
}

func (e *HandshakeError) refusal() *client.Error {
	h := http.Header{"Content-Type": {http.DetectContentType([]byte(e.Body))}}
	return client.NewError(e.Status, h, []byte(e.Body))
}

// Dial opens a connection. A client with a subprotocol is returned once the
// service has named its connection, so that [Conn.ConnectionID] is known. The
// context limits only Dial; [Conn.Close] ends the connection.
//
// The error is a [*HandshakeError] for a refusal, a [*client.UnreachableError]
// when there was no answer, and a [*CloseError] when the connection was closed
// before it was named.
func Dial(ctx context.Context, o Options) (*Conn, error) {
	within, cancel := context.WithTimeout(ctx, cmp.Or(o.HandshakeTimeout, defaultHandshakeTimeout))
	defer cancel()
	ws, u, err := open(ctx, within, o)
	if err != nil {
		return nil, err
	}
	c := newConn(u, codecFor(o.Subprotocol), o)
	c.attach(ws)
	go c.run()
	if err := c.waitConnected(within); err != nil {
		c.fail(err)
		<-c.finished
		return nil, explainDial(ctx, within, u, o, err)
	}
	return c, nil
}

// DialBare opens a WebSocket for a protocol that is not one of a client, as Dial
// does, and leaves it to the caller. Of the options those of the handshake and of
// the network are used. The error is that of Dial.
func DialBare(ctx context.Context, o Options) (*websocket.Conn, error) {
	within, cancel := context.WithTimeout(ctx, cmp.Or(o.HandshakeTimeout, defaultHandshakeTimeout))
	defer cancel()
	ws, _, err := open(ctx, within, o)
	return ws, err
}

// open parses the URL and makes the handshake, which within limits. ctx is that of the
// caller, for the error.
func open(ctx, within context.Context, o Options) (*websocket.Conn, *url.URL, error) {
	u, err := clientURL(o.URL)
	if err != nil {
		return nil, nil, err
	}
	ws, err := handshake(within, u, o)
	if err != nil {
		return nil, nil, explainDial(ctx, within, u, o, err)
	}
	return ws, u, nil
}

// clientURL parses a client URL. Its errors do not contain it: it has a token.
func clientURL(s string) (*url.URL, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil:
		return nil, errors.New("client URL is not valid")
	case u.Scheme != "ws" && u.Scheme != "wss":
		return nil, errors.New("client URL must begin with ws:// or wss://")
	case u.Host == "" || u.User != nil || u.Fragment != "":
		return nil, errors.New("client URL must have a host, and neither a user nor a fragment")
	}
	return u, nil
}

// errNoAnswer is the cause when HandshakeTimeout is over.
var errNoAnswer = errors.New("no answer in time")

// errNoSubprotocol is the error of a service that would treat this client as a
// simple one.
var errNoSubprotocol = errors.New("the service did not agree to the subprotocol")

func handshake(ctx context.Context, u *url.URL, o Options) (*websocket.Conn, error) {
	through := &proxies{config: o.TLS}
	d := websocket.Dialer{
		Proxy:           through.find,
		TLSClientConfig: o.TLS,
		WriteBufferSize: writeBufferSize,
		WriteBufferPool: &writeBuffers,
	}
	if o.LoopbackOnly {
		d.Proxy = nil
	}
	if o.Subprotocol != "" {
		d.Subprotocols = []string{o.Subprotocol}
	}
	// The library observes the deadline of a context but not its end, so the end
	// closes the network connection.
	stop := func() bool { return true }
	limited := &handshakeConn{}
	d.NetDialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := netDial(ctx, o, network, addr)
		if err == nil {
			conn, err = through.encrypt(ctx, conn, addr)
		}
		if err != nil {
			return nil, err
		}
		stop = context.AfterFunc(ctx, func() { conn.Close() })
		limited.Conn, limited.left = conn, maxHandshake
		return limited, nil
	}
	ws, resp, err := d.DialContext(ctx, u.String(), o.Header) //nolint:bodyclose // gorilla has read it: nothing to close
	if !stop() && err == nil {
		ws.Close()
		return nil, context.Cause(ctx)
	}
	switch {
	case errors.Is(err, websocket.ErrBadHandshake) && resp != nil:
		return nil, refusal(resp)
	case err != nil:
		return nil, err
	case ws.Subprotocol() != o.Subprotocol:
		ws.Close()
		return nil, errNoSubprotocol
	}
	limited.done.Store(true)
	return ws, nil
}

func netDial(ctx context.Context, o Options, network, addr string) (net.Conn, error) {
	if o.NetDial != nil {
		return o.NetDial(ctx, network, addr)
	}
	if o.LoopbackOnly {
		return client.DialLoopback(ctx, network, addr)
	}
	var d net.Dialer
	return d.DialContext(ctx, network, addr)
}

// refusal returns the error of an answer, with the part of the body that the
// WebSocket library has read.
func refusal(resp *http.Response) error {
	b, err := io.ReadAll(io.LimitReader(resp.Body, 1024))
	if err != nil {
		b = nil // cannot happen: it is in memory
	}
	return &HandshakeError{Status: resp.StatusCode, Body: string(b)}
}

// explainDial turns an error of the network into one of this package: the
// caller's context first, then Options.HandshakeTimeout.
func explainDial(ctx, within context.Context, u *url.URL, o Options, err error) error {
	if end, _ := within.Deadline(); errors.Is(err, os.ErrDeadlineExceeded) && !time.Now().Before(end) {
		<-within.Done() // its deadline is over, which the network connection noticed first
	}
	var refused *HandshakeError
	var closed *CloseError
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case errors.As(err, &refused), errors.As(err, &closed), errors.Is(err, errNoSubprotocol):
		return err
	case within.Err() != nil:
		err = errNoAnswer
	}
	return &client.UnreachableError{Endpoint: fmt.Sprintf("%s://%s", u.Scheme, u.Host), Cause: err, Proxy: proxyOf(u, o)}
}

// proxyOf returns the address of the proxy that a handshake with u goes through, ""
// if there is none.
func proxyOf(u *url.URL, o Options) string {
	if o.LoopbackOnly {
		return ""
	}
	web := *u
	web.Scheme = "http" + strings.TrimPrefix(u.Scheme, "ws")
	return client.ProxyFromEnvironment(&web)
}
