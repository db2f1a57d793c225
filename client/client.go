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
	"crypto/x509"
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

// Options configure a [Service].
type Options struct {
	// Endpoint is the address of the service, http or https. A path in it goes
	// before /api.
	Endpoint *url.URL
	// Hub is the hub of every operation but [Service.Health].
	Hub string
	// Authorizer makes the Authorization header of every try.
	Authorizer Authorizer
	// ReverseProxy, when set, receives the requests instead of Endpoint: its
	// scheme, host and port replace those of Endpoint, while tokens still name
	// Endpoint. It has no path.
	ReverseProxy *url.URL
	// Retries is how often a request is retried: 0 means 3, negative never. See
	// [Service] for what is retried.
	Retries int
	// RetryDelay is the wait before the first retry. It doubles with each, and a
	// random share of up to a fifth is taken off. 0 means 800 ms, negative none.
	RetryDelay time.Duration
	// MaxRetryDelay limits the wait between two tries; an answer that asks for a
	// longer one is final. 0 means 60 s.
	MaxRetryDelay time.Duration
	// TryTimeout limits one try: 0 means 30 s; when negative, only the context
	// does.
	TryTimeout time.Duration
	// Transport carries the requests; nil means one that keeps enough idle
	// connections for many concurrent calls. Redirects are not followed.
	Transport http.RoundTripper
	// LoopbackOnly restricts the default transport to loopback addresses,
	// whatever a name resolves to, without a proxy.
	LoopbackOnly bool
	// RootCAs are the certificate authorities that the default transport trusts;
	// nil means those of the system.
	RootCAs *x509.CertPool
	// IdleConns is how many idle network connections the default transport keeps;
	// 0 means 256. With more concurrent calls than that, some open a new one.
	IdleConns int
	// UserAgent is the User-Agent header; "" means "wps".
	UserAgent string
	// Logger logs each try at level debug, and each wait for the next one at level
	// info; nil means no log.
	Logger *slog.Logger
	// Warn, when set, is called once for each name that the service cannot
	// address. It may be called concurrently.
	Warn func(string)
	// Throttled, when set, is called for each try that the service refuses because
	// there are too many, with the wait that it asks for, 0 when it names none.
	// The refused request itself waits; the caller should delay others. It may be
	// called concurrently.
	Throttled func(wait time.Duration)
}

// Service calls the REST operations of one hub. Its methods may be called
// concurrently.
//
// A request without an answer, or with 408, 429, 500, 502, 503 or 504, is
// retried after a growing delay, or after the one that the answer asks for. A
// refused connection, an unknown host name and a certificate that does not
// verify are final. A send is retried too, so a message may be delivered twice
// when an answer is lost; a negative Options.Retries prevents that.
//
// Most methods return how the request went beside the error. The error is an
// [*Error] for a refusal, an [*UnreachableError] when there was no answer, a
// [*BrokenAnswerError] when the answer broke off, or that of the context.
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
	tryTimeout time.Duration // 0: only the context limits a try

	mu     sync.Mutex
	warned map[protocol.Target]bool
}

// New returns a Service. It opens no connection; an error reports a fault of o.
func New(o Options) (*Service, error) {
	if err := checkEndpoint("endpoint", o.Endpoint); err != nil {
		return nil, err
	}
	if err := protocol.CheckHub(o.Hub); err != nil {
		return nil, err
	}
	if o.Authorizer == nil {
		return nil, errors.New("no authorizer")
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
		s.transport = NewTransport(o)
	}
	return s, nil
}

// FromConnectionString returns a Service that signs with the key of cs. The
// members Endpoint and Authorizer of o are taken from cs. For a connection string
// with an identity, use New with the Authorizer of package client/entra.
func FromConnectionString(cs token.ConnectionString, hub string, o Options) (*Service, error) {
	if cs.Identity != nil {
		return nil, errors.New("the connection string has an identity, not an access key")
	}
	o.Endpoint, o.Hub, o.Authorizer = cs.Endpoint, hub, KeyAuthorizer{Key: cs.Key}
	return New(o)
}

// CloseIdleConnections closes the idle network connections. The Service remains
// usable.
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

// checkEndpoint reports why requests cannot be sent to u. The error does not
// contain the address, which may hold a password.
func checkEndpoint(what string, u *url.URL) error {
	switch {
	case u == nil:
		return fmt.Errorf("no %s", what)
	case u.Scheme != "http" && u.Scheme != "https":
		return fmt.Errorf("%s must begin with http:// or https://", what)
	case u.Host == "":
		return fmt.Errorf("%s has no host", what)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return fmt.Errorf("%s may have only a scheme, a host and a path", what)
	}
	return nil
}
