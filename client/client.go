// Package client calls the REST operations of Azure Web PubSub. Its subpackage
// ws is a WebSocket client.
//
// It leaves to others what a request means for a program: reading and checking
// event objects, printing, exit codes. Its errors name the cause only, because
// the caller knows what it was doing and to which thing.
//
//	s, err := client.FromConnectionString(cs, "chat", client.Options{})
//	outcome, err := s.Send(ctx, protocol.Target{Kind: protocol.TargetAll}, m)
package client

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"wps/protocol"
	"wps/token"
)

// Options say which hub a [Service] talks to, and how.
type Options struct {
	// Endpoint is the address of the service, http or https. A path is kept and
	// stands before /api.
	Endpoint *url.URL
	// Hub is the hub of every operation but [Service.Health].
	Hub string
	// Authorizer makes the Authorization header of every try.
	Authorizer Authorizer
	// ReverseProxy, when set, gets the requests instead of Endpoint: its scheme,
	// host and port replace those of Endpoint, tokens still name Endpoint. It
	// has no path.
	ReverseProxy *url.URL
	// Retries is how many more tries a request gets: 0 means 3, negative none.
	// See [Service] for what is tried again.
	Retries int
	// RetryDelay is the first wait between two tries; it doubles with each, and up
	// to a fifth of it is left off at random. 0 means 800 ms, negative none.
	RetryDelay time.Duration
	// MaxRetryDelay bounds a wait between two tries; an answer that demands a
	// longer one is final. 0 means 60 s.
	MaxRetryDelay time.Duration
	// TryTimeout bounds one try: 0 means 30 s, negative no bound but the context.
	TryTimeout time.Duration
	// Transport carries the requests; nil means one that keeps enough idle
	// connections for many calls at once. Redirects are not followed.
	Transport http.RoundTripper
	// LoopbackOnly has the default transport reach loopback addresses alone,
	// whatever a name leads to, and no proxy.
	LoopbackOnly bool
	// IdleConns is how many network connections the default transport keeps that
	// carry no request; 0 means 256. With more calls at once than that, some open
	// one anew.
	IdleConns int
	// UserAgent is the User-Agent header; "" means "wps".
	UserAgent string
	// Logger gets a line for each try at level debug; nil means none.
	Logger *slog.Logger
	// Warn is told, once for each name, of a name that the service cannot
	// address; nil means nobody is. It may be called concurrently.
	Warn func(string)
	// Throttled, when set, is told of each try that the service refuses because
	// there are too many, and of the wait that it asks for, 0 when it names none.
	// The refused request waits by itself; whoever sends others should hold them
	// back. It may be called concurrently.
	Throttled func(wait time.Duration)
}

// Service calls the REST operations of one hub. Its methods may be called
// concurrently.
//
// A request that gets no answer, or 408, 429, 500, 502, 503 or 504, is tried
// again after a growing wait, or after the one that the answer asks for. A
// refused connection, an unknown host name and a certificate that does not
// verify are final. A send is tried again like the rest, so that an answer lost
// on the way can deliver a message twice; Options.Retries below zero avoids it.
//
// Most methods return how the request went beside the error. A refusal is an
// [*Error], silence an [*UnreachableError], an answer that breaks
// off a [*BrokenAnswerError], and an ended context is the context's error.
type Service struct {
	endpoint   *url.URL
	proxy      *url.URL // nil without a reverse proxy
	origin     string   // scheme and host that tokens name
	root       string   // origin and the path of the endpoint
	hub        string   // path of the hub, escaped
	authorizer Authorizer
	retry      retryPolicy
	transport  http.RoundTripper
	userAgent  []string
	log        *slog.Logger
	warn       func(string)
	throttled  func(time.Duration)
	tryTimeout time.Duration // 0: no bound but the context

	mu     sync.Mutex
	warned map[protocol.Target]bool
}

// New returns a Service. It opens no connection; an error tells what is wrong
// with o.
func New(o Options) (*Service, error) {
	if err := checkEndpoint("endpoint", o.Endpoint); err != nil {
		return nil, err
	}
	if err := protocol.CheckHub(o.Hub); err != nil {
		return nil, err
	}
	if o.Authorizer == nil {
		return nil, errors.New("no authorizer is given")
	}
	origin := o.Endpoint.Scheme + "://" + o.Endpoint.Host
	s := &Service{
		endpoint:   o.Endpoint,
		origin:     origin,
		root:       origin + strings.TrimRight(o.Endpoint.EscapedPath(), "/"),
		hub:        "/api/hubs/" + protocol.EscapeSegment(o.Hub),
		authorizer: o.Authorizer,
		transport:  o.Transport,
		userAgent:  []string{cmp.Or(o.UserAgent, "wps")},
		log:        o.Logger,
		warn:       o.Warn,
		throttled:  o.Throttled,
		retry:      newRetryPolicy(o),
		tryTimeout: max(cmp.Or(o.TryTimeout, defaultTryTimeout), 0),
		warned:     map[protocol.Target]bool{},
	}
	if err := s.setProxy(o.ReverseProxy); err != nil {
		return nil, err
	}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.transport == nil {
		s.transport = newTransport(o)
	}
	return s, nil
}

// FromConnectionString returns a Service that signs with the key of cs. The
// members Endpoint and Authorizer of o are taken from cs.
func FromConnectionString(cs token.ConnectionString, hub string, o Options) (*Service, error) {
	o.Endpoint, o.Hub, o.Authorizer = cs.Endpoint, hub, KeyAuthorizer{Key: cs.Key}
	return New(o)
}

// CloseIdleConnections closes the network connections that carry no request.
// The Service stays usable.
func (s *Service) CloseIdleConnections() {
	if c, ok := s.transport.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

func (s *Service) setProxy(u *url.URL) error {
	if u == nil {
		return nil
	}
	if err := checkEndpoint("reverse proxy", u); err != nil {
		return err
	}
	if strings.Trim(u.Path, "/") != "" {
		return fmt.Errorf("reverse proxy has the path %q, it must have none", u.Path)
	}
	s.proxy = u
	return nil
}

// checkEndpoint refuses what requests cannot be sent to. It does not repeat the
// address, which may hold a password.
func checkEndpoint(what string, u *url.URL) error {
	switch {
	case u == nil:
		return fmt.Errorf("no %s is given", what)
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%s must begin with http:// or https://", what)
	case u.Host == "":
		return fmt.Errorf("%s has no host", what)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%s may hold a scheme, a host and a path only", what)
	}
	return nil
}
