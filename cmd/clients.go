package cmd

import (
	"wps/client"
	"wps/token"
)

// newService returns a client of the hub's REST operations.
func newService(env *Env, hub string, o client.Options) (*client.Service, error) {
	cs, _, err := env.settings.connection()
	if err != nil {
		return nil, err
	}
	return newServiceOf(env, cs, hub, o)
}

// newServiceOf is newService for a connection string that is known.
func newServiceOf(env *Env, cs token.ConnectionString, hub string, o client.Options) (*client.Service, error) {
	o.Retries = env.settings.retries
	if o.Retries == 0 {
		o.Retries = -1
	}
	o.Logger = env.log
	o.Warn = env.out.warn
	return client.FromConnectionString(cs, hub, o)
}
