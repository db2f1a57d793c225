// Package service makes clients of the Web PubSub service from the settings of a
// command, and runs event objects.
//
// It implements --dry-run and --timeout and prints results. Requests are left to
// package client, the meaning of event objects to package output.
//
//	s, err := service.New(env, hub, client.Options{})
//
//	runner, err := service.NewEventRunner(env, flags)
//	result, err := runner.RunAndPrint(ctx, event, "sent to everyone")
package service

import (
	"wps/client"
	"wps/cmd/internal/cli"
	"wps/token"
)

// New returns a client for the REST operations of a hub, and announces the local
// emulator if that is only the default.
func New(env *cli.Env, hub string, o client.Options) (*client.Service, error) {
	cs, source, err := env.Settings.Connection()
	if err != nil {
		return nil, err
	}
	cli.AnnounceDefault(env.Out, source)
	return NewFor(env, cs, hub, o)
}

// NewFor is New with a connection string instead of the one of the settings.
func NewFor(env *cli.Env, cs token.ConnectionString, hub string, o client.Options) (*client.Service, error) {
	o.Retries = env.Settings.Retries
	if o.Retries == 0 {
		o.Retries = -1
	}
	o.Logger = env.Log
	o.Warn = env.Out.Warn
	return client.FromConnectionString(cs, hub, o)
}
