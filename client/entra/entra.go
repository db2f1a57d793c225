// Package entra signs in with Microsoft Entra ID, in place of an access key. It is
// the only package that links azidentity: a program that uses package client with
// access keys does not.
//
// It tries the ways to sign in that the environment offers, in order, and keeps the
// token in memory until it nearly expires. What a failure means for the user of a
// command is left to cmd/internal/explain.
//
//	credential, err := entra.New(entra.Options{Endpoint: endpoint})
//	s, err := client.New(client.Options{Endpoint: endpoint, Hub: "chat", Authorizer: credential})
package entra

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"wps/token"
)

// Options describe how to sign in.
type Options struct {
	// Endpoint is the service, https. It selects the cloud, and with it the
	// authority and the audience of the tokens. Loopback may be http.
	Endpoint *url.URL
	// Identity is the way to sign in; the zero value tries all.
	Identity token.Identity
	// LookupEnv reads an environment variable; nil means os.LookupEnv. The Azure
	// CLIs and managed identities read the variables of the process in any case.
	LookupEnv func(string) (string, bool)
	// Transport carries the requests to the authority; nil means a new one, which
	// uses the proxy of the environment.
	Transport http.RoundTripper
	// Logger logs the ways that are tried at level info, never a token; nil means
	// no log.
	Logger *slog.Logger
}

// Credential is a client.Authorizer that signs in with Entra ID. It may be used
// concurrently: callers that need a token at the same time wait for one sign-in.
type Credential struct {
	ways    []way
	network *network
	scope   string
	log     *slog.Logger
	now     func() moment
	// turn holds one value: its owner may read and change the members below.
	turn    chan struct{}
	signIn  azcore.TokenCredential // what succeeded first; nil before
	used    way                    // its way
	current azcore.AccessToken
	renewAt moment
	endAt   moment // of current
	failed  error  // of the last sign-in
	retryAt moment // when a failed sign-in may be repeated
}

// Bounds of a sign-in.
const (
	// wayTimeout limits one way to sign in.
	wayTimeout = 20 * time.Second
	// failureLife is how long a failure answers further requests. An endless stream
	// of events would start the Azure CLI for each of them otherwise.
	failureLife = 30 * time.Second
	// renewBefore is how long before its end a token is renewed.
	renewBefore = 5 * time.Minute
)

// New returns a Credential. Nothing is sent before the first token is needed; an
// error reports a fault of o or of a variable.
func New(o Options) (*Credential, error) {
	if o.Endpoint == nil {
		return nil, errors.New("no endpoint")
	}
	if o.Endpoint.Scheme != "https" && !token.IsLoopbackHost(o.Endpoint.Host) {
		return nil, errors.New("an access token is sent over https:// only")
	}
	if o.LookupEnv == nil {
		o.LookupEnv = os.LookupEnv
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Credential{
		network: &network{next: withoutProxyToLinkLocal(o.Transport)},
		scope:   scopeOf(o.Endpoint), log: o.Logger, now: sinceNow(), turn: make(chan struct{}, 1),
	}
	var err error
	c.ways, err = newChain(o, c.network)
	return c, err
}

// Authorize implements client.Authorizer.
func (c *Credential) Authorize(ctx context.Context, _ string) (string, error) {
	t, err := c.Token(ctx)
	if err != nil {
		return "", err
	}
	return "Bearer " + t, nil
}

// Token returns a token, which is a secret. It is asked for once in its life. The
// error is an [*Error], or that of the context.
func (c *Credential) Token(ctx context.Context) (string, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	now := c.now()
	switch {
	case now.before(c.renewAt):
		return c.current.Token, nil
	case c.failed != nil && now.before(c.retryAt):
		return c.afterFailure(now, c.failed)
	}
	t, err := c.acquire(ctx)
	if err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		c.failed, c.retryAt = err, now.add(failureLife)
		return c.afterFailure(now, err)
	}
	c.current, c.failed = t, nil
	c.renewAt, c.endAt = now.add(renewal(t, now.wall).Sub(now.wall)), now.add(t.ExpiresOn.Sub(now.wall))
	return t.Token, nil
}

// afterFailure returns the current token if it is still valid: a renewal that
// fails is tried again later.
func (c *Credential) afterFailure(now moment, err error) (string, error) {
	if c.current.Token != "" && now.before(c.endAt) {
		return c.current.Token, nil
	}
	return "", err
}

// renewal returns when a token is to be renewed: when its authority says so, or
// before its end, or in the middle of a short life.
func renewal(t azcore.AccessToken, now time.Time) time.Time {
	if t.RefreshOn.After(now) && t.RefreshOn.Before(t.ExpiresOn) {
		return t.RefreshOn
	}
	life := t.ExpiresOn.Sub(now)
	return t.ExpiresOn.Add(-min(renewBefore, life/2))
}

// acquire signs in: in the way that succeeded before, else in each way.
func (c *Credential) acquire(ctx context.Context) (azcore.AccessToken, error) {
	if c.signIn != nil {
		t, err := c.ask(ctx, c.signIn)
		if err != nil {
			err = &Error{Tried: []Attempt{{Way: c.used.name, Kind: c.used.kind, Reason: reasonOf(err, c.network.take())}}}
		}
		return t, err
	}
	var failure Error
	for _, w := range c.ways {
		t, err := c.try(ctx, w)
		if err == nil {
			return t, nil
		}
		if ctx.Err() != nil {
			return azcore.AccessToken{}, ctx.Err()
		}
		reason := reasonOf(err, c.network.take())
		c.log.Info("sign-in", "way", w.name, "result", reason)
		failure.Tried = append(failure.Tried, Attempt{Way: w.name, Kind: w.kind, Reason: reason})
		if _, unavailable := errors.AsType[*unavailableError](err); !unavailable && !w.optional {
			break // it is set up, so another identity would be a surprise
		}
	}
	return azcore.AccessToken{}, &failure
}

// try signs in one way.
func (c *Credential) try(ctx context.Context, w way) (azcore.AccessToken, error) {
	limited, cancel := context.WithTimeout(ctx, wayTimeout)
	defer cancel()
	signIn, err := w.make(limited)
	if err != nil {
		return azcore.AccessToken{}, err
	}
	t, err := c.ask(limited, signIn)
	if err == nil {
		c.log.Info("signed in", "way", w.name, "expires", t.ExpiresOn.Format(time.RFC3339))
		c.signIn, c.used = signIn, w
	}
	return t, err
}

// ask asks a credential of azidentity for a token.
func (c *Credential) ask(ctx context.Context, signIn azcore.TokenCredential) (azcore.AccessToken, error) {
	t, err := signIn.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{c.scope}})
	if err == nil && t.Token == "" {
		err = errors.New("the answer has no token")
	}
	return t, err
}

// Attempt is one way to sign in that failed.
type Attempt struct {
	Way    string // its name, such as "Azure CLI"
	Kind   token.IdentityKind
	Reason string // one line
}

// Error is a sign-in that failed, with each way that was tried.
type Error struct{ Tried []Attempt }

// Error names each way with its reason.
func (e *Error) Error() string {
	texts := make([]string, len(e.Tried))
	for i, t := range e.Tried {
		texts[i] = fmt.Sprintf("%s: %s", t.Way, t.Reason)
	}
	return "Entra ID sign-in failed: " + strings.Join(texts, "; ")
}

// CloseIdleConnections closes the idle connections to the authority.
func (c *Credential) CloseIdleConnections() { c.network.CloseIdleConnections() }
