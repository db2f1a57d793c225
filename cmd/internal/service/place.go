package service

import (
	"fmt"
	"net/url"
	"strings"

	"wps/cmd/internal/cli"
)

// Place is where a command acts, as its messages name it.
type Place struct {
	hub  string
	host string // with the port
	near bool   // the host is this machine, so it is the local emulator's
}

// NewPlace returns the place of a hub at an endpoint.
func NewPlace(hub string, endpoint *url.URL) Place {
	return Place{hub: strings.ToLower(hub), host: endpoint.Host, near: cli.IsLoopback(endpoint)}
}

// String names the hub, and the host unless it is that of the local emulator.
func (p Place) String() string {
	if p.near || p.host == "" {
		return fmt.Sprintf("hub %q", p.hub)
	}
	return p.Full()
}

// Full names both, as a question does before something is lost.
func (p Place) Full() string { return fmt.Sprintf("hub %q at %s", p.hub, p.host) }

// CurrentPlace returns the place of the settings of a command.
func CurrentPlace(env *cli.Env) (Place, error) {
	hub, err := env.Settings.Hub()
	if err != nil {
		return Place{}, err
	}
	cs, _, err := env.Settings.Service()
	if err != nil {
		return Place{}, err
	}
	return NewPlace(hub, cs.Endpoint), nil
}
