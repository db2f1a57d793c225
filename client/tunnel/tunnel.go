// Package tunnel receives the events of a hub over WebSockets that it opens to the
// service, so that the service need not reach this machine. Each event goes to an
// http.Handler, which answers it as it would answer a request of the service.
//
// It keeps the tunnel open: a connection that ends is opened again with a new token,
// and the service may move it or ask for more. What an event means is left to the
// handler, printing to the caller of Options.OnChange.
//
//	c, err := tunnel.New(tunnel.Options{Endpoint: u, Hub: "chat", Token: tunnel.KeyToken(key), Handler: h})
//	err = c.Run(ctx)
//
// Source: the tunnel client of the service team in the npm package
// @azure/web-pubsub-socket.io, whose reactions to the messages of the service these
// are. Unlike it, this one answers every request, and waits longer after each
// attempt that has failed.
package tunnel

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/google/uuid"

	"wps/internal/wait"
	"wps/protocol"
	"wps/token"
)

// Limits of a client.
const (
	// MaxConnections limits the connections of a client: the service may ask for
	// more than one, further ones are not opened.
	MaxConnections = 16
	// MaxRequests and MaxBodies limit what is being answered, in requests and in
	// bytes of their bodies: a further request gets 503, and the service sends the
	// event again.
	MaxRequests = 2048
	MaxBodies   = 64 << 20
)

// Times of a client.
const (
	tokenLifetime = time.Hour // as the service's client signs it
	pingInterval  = 20 * time.Second
	silence       = 3 * pingInterval // without a word of the service ends a connection
	writeTimeout  = 10 * time.Second
	tokenTimeout  = 30 * time.Second // for a token
	greetTimeout  = 10 * time.Second // for the first message
	finishTimeout = 5 * time.Second  // for running requests, when ctx has ended
	closeTimeout  = time.Second      // for the service's close frame
)

// retry is the delay between attempts to connect. The service's client waits 1 s
// always.
var retry = wait.Backoff{First: time.Second, Max: 30 * time.Second, Jitter: 0.2}

// TokenFunc returns the token of one connection. audience is the URL of the tunnel
// without the token, clientID the same for all connections of a client. It is called
// concurrently. An error ends the attempt to connect; it must not contain a secret.
type TokenFunc func(ctx context.Context, audience, clientID string) (string, error)

// KeyToken returns a TokenFunc that signs with an access key.
func KeyToken(key token.Key) TokenFunc {
	return func(_ context.Context, audience, clientID string) (string, error) {
		return key.SignTunnel(audience, clientID, time.Now(), tokenLifetime)
	}
}

// Options configure a [Client].
type Options struct {
	// Endpoint is the address of the service, http or https. A path in it goes
	// before that of the tunnel.
	Endpoint *url.URL
	// Hub is the hub whose events are received.
	Hub string
	// Token makes the token of each connection.
	Token TokenFunc
	// Handler answers the requests, concurrently. The context of a request ends with
	// its connection, and shortly after that of Run. Neither the host of a request
	// nor its remote address has a meaning.
	Handler http.Handler
	// OnChange is called when a connection is open, when it has ended and when an
	// attempt has failed, one call at a time; nil means no calls. It must not block.
	OnChange func(Change)
	// Logger logs what is not a Change; nil means no log.
	Logger *slog.Logger
	// HandshakeTimeout limits each attempt to connect; 0 means 10 s.
	HandshakeTimeout time.Duration
	// TLS, NetDial and LoopbackOnly are those of ws.Options.
	TLS          *tls.Config
	NetDial      func(ctx context.Context, network, addr string) (net.Conn, error)
	LoopbackOnly bool
}

// Change is a change of the connections of a client.
type Change struct {
	// ConnectionID is the id of a connection that is open or was open until now, ""
	// after an attempt that has failed.
	ConnectionID string
	// Open is how many connections are open now.
	Open int
	// Err is why a connection has ended or an attempt has failed; nil means that a
	// connection has been opened.
	Err error
	// Retry is when the next attempt begins; 0 means at once, and if Final is set,
	// never.
	Retry time.Duration
	Final bool
}

// ErrClosed is the error of Run after the service has closed the tunnel for good.
var ErrClosed = errors.New("the service closed the tunnel")

// Client receives the events of one hub.
type Client struct {
	o  Options
	id string
}

// New returns a Client, which does nothing until Run. An error reports a fault of o.
func New(o Options) (*Client, error) {
	switch {
	case o.Endpoint == nil || o.Endpoint.Scheme != "http" && o.Endpoint.Scheme != "https" || o.Endpoint.Host == "":
		return nil, errors.New("the endpoint must begin with http:// or https:// and a host")
	case o.Token == nil || o.Handler == nil:
		return nil, errors.New("a tunnel needs a token and a handler")
	}
	if err := protocol.CheckHub(o.Hub); err != nil {
		return nil, err
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.OnChange == nil {
		o.OnChange = func(Change) {}
	}
	o.HandshakeTimeout = cmp.Or(o.HandshakeTimeout, greetTimeout)
	return &Client{o: o, id: uuid.NewString()}, nil
}

// URL returns the address of the tunnel, without a token.
func (c *Client) URL() string { return c.address(place{endpoint: c.o.Endpoint}) }

// Run keeps the tunnel open until ctx ends; then requests that are being answered
// have 5 s, and the connections are closed. It returns when every call of the handler
// has returned.
//
// The error is nil if ctx has ended it. It is that of the first attempt to connect,
// a refusal with 400, 401, 403 or 404 at any time, or ErrClosed. Every other end of a
// connection is followed by attempts to connect again, after 1 s doubled up to 30 s.
func (c *Client) Run(ctx context.Context) error {
	r := &run{client: c, budget: budget{requests: MaxRequests, bytes: MaxBodies}}
	r.begin(ctx, place{endpoint: c.o.Endpoint})
	r.connections.Wait()
	r.requests.Wait()
	if ctx.Err() != nil {
		return nil
	}
	return r.err
}

// run is one call of Run.
type run struct {
	client      *Client
	connections sync.WaitGroup // of keep
	requests    sync.WaitGroup // of the handler
	budget      budget

	mu     sync.Mutex // also held while OnChange is called
	count  int        // of keep
	open   int
	opened bool  // there was a connection
	err    error // of the last keep that has ended
}

// begin keeps one more connection, unless there are too many.
func (r *run) begin(ctx context.Context, at place) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.count >= MaxConnections {
		r.client.o.Logger.Warn("the service asks for more tunnel connections than are opened", "hub", r.client.o.Hub, "most", MaxConnections)
		return
	}
	r.startLocked(ctx, at, 0)
}

// replace keeps a connection, after a delay, in place of one that ends soon.
func (r *run) replace(ctx context.Context, at place, delay time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.startLocked(ctx, at, delay)
}

func (r *run) startLocked(ctx context.Context, at place, delay time.Duration) {
	r.count++
	r.connections.Go(func() { r.keep(ctx, at, delay) })
}

// keep keeps one connection open until ctx ends, the service ends it, or an attempt
// fails for good.
func (r *run) keep(ctx context.Context, at place, delay time.Duration) {
	for failures := 0; ; failures++ {
		if wait.For(ctx, delay) != nil {
			r.ended(nil, nil)
			return
		}
		end, err := r.connect(ctx, at)
		if ctx.Err() != nil || end != nil && end.final || err != nil && r.isFinal(err) {
			r.ended(end, err)
			return
		}
		if end != nil {
			failures = 0
		}
		delay = retry.Delay(failures)
		r.change(end, err, delay)
	}
}

// isFinal reports whether no attempt follows one that has failed: the first, and one
// that was refused for a reason that stays.
func (r *run) isFinal(err error) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return !r.opened || isRefusal(err)
}

// ended notes that a keep returns.
func (r *run) ended(end *ending, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count--
	if end != nil {
		err = end.err
	}
	if err == nil {
		return
	}
	r.err = err
	if r.count > 0 {
		r.client.o.OnChange(Change{ConnectionID: end.id(), Open: r.open, Err: err, Final: true})
	}
}

// change calls OnChange after a connection that has ended or a failed attempt.
func (r *run) change(end *ending, err error, delay time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if end != nil {
		err = end.err
	}
	r.client.o.OnChange(Change{ConnectionID: end.id(), Open: r.open, Err: err, Retry: delay})
}

// connect opens a connection and serves it until it ends. The error is that of an
// attempt that has failed.
func (r *run) connect(ctx context.Context, at place) (*ending, error) {
	c, err := r.client.dial(ctx, at)
	if err != nil {
		return nil, err
	}
	c.run, c.opened = r, time.Now()
	r.mu.Lock()
	r.open++
	r.opened = true
	r.client.o.OnChange(Change{ConnectionID: c.connectionID, Open: r.open})
	r.mu.Unlock()
	end := c.serve(ctx)
	r.mu.Lock()
	r.open--
	r.mu.Unlock()
	return end, nil
}

// ending is how a connection has ended.
type ending struct {
	connectionID string
	err          error
	final        bool // for good, or because another connection takes its place
}

func (e *ending) id() string {
	if e == nil {
		return ""
	}
	return e.connectionID
}

// closedError is ErrClosed with the text of the service.
func closedError(text string) error {
	if text == "" {
		return ErrClosed
	}
	return fmt.Errorf("%w: %s", ErrClosed, text)
}
