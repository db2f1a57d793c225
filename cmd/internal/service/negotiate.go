package service

import (
	"context"
	"fmt"
	"time"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/token"
)

// Negotiator makes client URLs: signed with the access key, or, for a service
// without one, by the service. It may be used concurrently.
type Negotiator struct {
	env *cli.Env
	cs  token.ConnectionString
	svc *client.Service // nil with an access key
}

// NewNegotiator returns a Negotiator for a hub. Nothing is sent.
func NewNegotiator(env *cli.Env, cs token.ConnectionString, hub string) (*Negotiator, error) {
	n := &Negotiator{env: env, cs: cs}
	if cs.Identity == nil {
		return n, nil
	}
	var err error
	n.svc, err = NewFor(env, cs, hub, client.Options{})
	return n, err
}

// Check returns a usage error if no token can have these options.
func (n *Negotiator) Check(o token.ClientOptions) error {
	if err := o.Check(); err != nil {
		return cli.Usagef("%v", err)
	}
	if n.svc == nil {
		return nil
	}
	if len(o.Claims) > 0 {
		return cli.Usage("--claim needs an access key: the service makes tokens without custom claims", "omit --claim, or use a connection string with AccessKey=...")
	}
	return nil
}

// WarnLifetime warns of a lifetime that the service rounds.
func (n *Negotiator) WarnLifetime(given time.Duration) {
	if minutes := max(given.Truncate(time.Minute), time.Minute); n.svc != nil && given != minutes {
		n.env.Out.Warn(fmt.Sprintf("the service counts in whole minutes: the token is valid for %v, not for %v", minutes, given))
	}
}

// Lifetime returns how long a token is valid for connecting.
func (n *Negotiator) Lifetime(given time.Duration) time.Duration {
	if n.svc == nil {
		return given
	}
	return max(given.Truncate(time.Minute), time.Minute)
}

// Negotiate returns a client URL and token.
func (n *Negotiator) Negotiate(ctx context.Context, o token.ClientOptions) (token.Negotiation, error) {
	if err := n.Check(o); err != nil {
		return token.Negotiation{}, err
	}
	if n.svc == nil {
		return token.Negotiate(n.cs, o)
	}
	limited, cancel := context.WithTimeoutCause(ctx, n.env.Settings.Timeout, ErrTimeout)
	defer cancel()
	text, err := n.svc.GenerateClientToken(limited, client.GenerateOptions{
		UserID: o.UserID, Roles: o.Roles, Groups: o.Groups, Lifetime: o.Lifetime, ClientType: clientType(o.Kind),
	})
	if err != nil {
		err = explain.NoAnswer(explain.Service(n.env.Settings, err), n.cs.Endpoint.String(), n.env.Settings.Timeout)
		return token.Negotiation{}, fmt.Errorf("ask the service for a token: %w", err)
	}
	return token.NewNegotiation(n.cs.Endpoint, o.Hub, o.Kind, text), nil
}

// clientType returns the name that the service has for a kind of client.
//
// Source: REST description 2024-12-01; socketio as in the JavaScript and .NET SDKs.
func clientType(kind token.ClientKind) string {
	switch kind {
	case token.KindMQTT:
		return "MQTT"
	case token.KindSocketIO:
		return "socketio"
	}
	return ""
}
