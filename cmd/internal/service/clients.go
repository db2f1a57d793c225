// Package service makes clients of the Web PubSub service from the settings of a
// command, and runs event objects for the commands that act.
package service

import (
	"wps/client"
	"wps/cmd/internal/cli"
	"wps/token"
)

// New returns a client of the hub's REST operations.
func New(env *cli.Env, hub string, o client.Options) (*client.Service, error) {
	cs, _, err := env.Settings.Connection()
	if err != nil {
		return nil, err
	}
	return NewFor(env, cs, hub, o)
}

// NewFor is newService for a connection string that is known.
func NewFor(env *cli.Env, cs token.ConnectionString, hub string, o client.Options) (*client.Service, error) {
	o.Retries = env.Settings.Retries
	if o.Retries == 0 {
		o.Retries = -1
	}
	o.Logger = env.Log
	o.Warn = env.Out.Warn
	return client.FromConnectionString(cs, hub, o)
}
