// Package service makes clients of the Web PubSub service from the settings of a
// command, signs them in, and runs event objects.
//
// It implements --dry-run and --timeout and prints results. Requests are left to
// package client, signing in to client/entra, the meaning of event objects to
// package output.
//
//	s, err := service.New(env, hub, client.Options{})
//
//	runner, err := service.NewEventRunner(env, flags)
//	result, err := runner.RunAndPrint(ctx, event, "sent to everyone")
package service

import (
	"crypto/tls"
	"net/url"
	"strings"

	"wps/client"
	"wps/client/entra"
	"wps/cmd/internal/cli"
	"wps/token"
)

// New returns a client for the REST operations of a hub, and announces the local
// emulator if that is only the default.
func New(env *cli.Env, hub string, o client.Options) (*client.Service, error) {
	cs, source, err := env.Settings.Service()
	if err != nil {
		return nil, err
	}
	cli.AnnounceDefault(env, source)
	return NewFor(env, cs, hub, o)
}

// NewFor is New with a connection string instead of the one of the settings.
func NewFor(env *cli.Env, cs token.ConnectionString, hub string, o client.Options) (*client.Service, error) {
	o.Retries = env.Settings.Retries
	if o.Retries == 0 {
		o.Retries = -1
	}
	o.Warn = env.Out.Warn
	return NewWith(env, cs, hub, o)
}

// NewWith is NewFor with the retries of o.
func NewWith(env *cli.Env, cs token.ConnectionString, hub string, o client.Options) (*client.Service, error) {
	var err error
	if o.RootCAs, err = env.Settings.RootCAs(); err != nil {
		return nil, err
	}
	if o.Authorizer, err = Authorizer(env, cs); err != nil {
		return nil, err
	}
	if !o.LoopbackOnly && o.Transport == nil {
		LogProxy(env, cs.Endpoint)
	}
	o.Endpoint, o.Hub, o.Logger = cs.Endpoint, hub, env.Log
	return client.New(o)
}

// Authorizer returns what signs the requests to a service: its key, or one sign-in
// that all clients of the command share.
func Authorizer(env *cli.Env, cs token.ConnectionString) (client.Authorizer, error) {
	if cs.Identity == nil {
		return client.KeyAuthorizer{Key: cs.Key}, nil
	}
	return env.Settings.SignIn(cs, func() (cli.Authorizer, error) {
		pool, err := env.Settings.RootCAs()
		if err != nil {
			return nil, err
		}
		credential, err := entra.New(entra.Options{
			Endpoint: cs.Endpoint, Identity: *cs.Identity, LookupEnv: env.Settings.LookupVariable,
			Transport: client.NewTransport(client.Options{RootCAs: pool, IdleConns: 2}), Logger: env.Log,
		})
		if err != nil {
			return nil, cli.Usagef("%v", err)
		}
		return credential, nil
	})
}

// LogProxy logs the proxy for an address, http, https, ws or wss.
func LogProxy(env *cli.Env, address *url.URL) {
	web := *address
	web.Scheme = "http" + strings.TrimPrefix(strings.TrimPrefix(address.Scheme, "ws"), "http")
	if proxy, from := env.Settings.Proxy(&web); proxy != "" {
		env.Log.Info("proxy", "proxy", proxy, "from", from)
	}
}

// TLS returns the TLS configuration of WebSocket connections; nil means the
// default.
func TLS(env *cli.Env) (*tls.Config, error) {
	pool, err := env.Settings.RootCAs()
	if err != nil || pool == nil {
		return nil, err
	}
	return &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, nil
}
