package handlercmd

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"

	"wps/client/tunnel"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/hooks"
	"wps/cmd/internal/service"
	"wps/cmd/internal/stdio"
	"wps/token"
)

// tunnels receive the events of hubs for a listener, over connections that they open
// to the service.
type tunnels struct {
	env    *cli.Env
	each   []*hubTunnel
	opened chan struct{} // one value for each tunnel that is open for the first time
	runs   sync.WaitGroup
}

// hubTunnel is the tunnel of one hub. Its client calls change one at a time.
type hubTunnel struct {
	hub    string
	client *tunnel.Client
	began  bool   // it was open before
	lost   bool   // no connection is open
	said   string // the failure that was printed last
}

// newTunnels makes the tunnels of --tunnel; nil without.
func newTunnels(env *cli.Env, cs token.ConnectionString, hubs []string, h *hooks.Handler) (*tunnels, error) {
	if len(hubs) == 0 {
		return nil, nil
	}
	tokens, err := tunnelToken(env, cs)
	if err != nil {
		return nil, err
	}
	config, err := service.TLS(env)
	if err != nil {
		return nil, err
	}
	t := &tunnels{env: env, opened: make(chan struct{}, len(hubs))}
	for _, hub := range hubs {
		one := &hubTunnel{hub: hub}
		one.client, err = tunnel.New(tunnel.Options{
			Endpoint: cs.Endpoint, Hub: hub, Token: tokens, Handler: h, Logger: env.Log, TLS: config,
			HandshakeTimeout: env.Settings.Timeout, OnChange: func(c tunnel.Change) { t.changed(one, c) },
		})
		if err != nil {
			return nil, err
		}
		t.each = append(t.each, one)
	}
	return t, nil
}

// tunnelToken returns what makes the tokens of tunnels: the key of the service, or
// the sign-in of the command.
func tunnelToken(env *cli.Env, cs token.ConnectionString) (tunnel.TokenFunc, error) {
	if cs.Identity == nil {
		return tunnel.KeyToken(cs.Key), nil
	}
	authorizer, err := service.Authorizer(env, cs)
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context, audience, _ string) (string, error) {
		if to, err := url.Parse(audience); err != nil || !sameService(to.Host, cs.Endpoint.Host) {
			return "", errors.New("the service named another host, to which the token of the identity is not sent")
		}
		header, err := authorizer.Authorize(ctx, audience)
		return strings.TrimPrefix(header, "Bearer "), err
	}, nil
}

// sameService reports whether two hosts are the same, or instances of one service:
// equal after the first label.
func sameService(a, b string) bool {
	if strings.EqualFold(a, b) {
		return true
	}
	_, domainA, _ := strings.Cut(a, ".")
	_, domainB, _ := strings.Cut(b, ".")
	return strings.Count(domainA, ".") >= 2 && strings.EqualFold(domainA, domainB)
}

// start opens the tunnels. Each sends a value to failed when it has ended. They close
// when ctx ends; wait waits for that.
func (t *tunnels) start(ctx context.Context, failed chan<- error) {
	if t == nil {
		return
	}
	for _, one := range t.each {
		t.runs.Go(func() {
			err := one.client.Run(ctx)
			if err != nil {
				err = explain.Tunnel(t.env.Settings, err, one.hub)
			}
			failed <- err
		})
	}
}

// wait waits until the tunnels have closed.
func (t *tunnels) wait() {
	if t != nil {
		t.runs.Wait()
	}
}

// ready waits until all tunnels are open, one has failed, or ctx ends.
func (t *tunnels) ready(ctx context.Context, failed <-chan error) error {
	if t == nil {
		return nil
	}
	for range t.each {
		select {
		case <-t.opened:
		case err := <-failed:
			return err
		case <-ctx.Done():
			return nil
		}
	}
	return nil
}

// tunnelChange is the JSON object of a change of a tunnel.
type tunnelChange struct {
	Type         string  `json:"type"`
	Hub          string  `json:"hub"`
	State        string  `json:"state"`
	ConnectionID string  `json:"connectionId,omitempty"`
	Connections  int     `json:"connections"`
	Error        string  `json:"error,omitempty"`
	RetrySeconds float64 `json:"retrySeconds,omitempty"`
}

// changed prints a change of a tunnel. Of failures in a row with the same reason,
// text has the first only.
func (t *tunnels) changed(one *hubTunnel, c tunnel.Change) {
	x := tunnelChange{Type: "tunnel", Hub: one.hub, State: "connected", ConnectionID: c.ConnectionID, Connections: c.Open}
	if c.Err != nil {
		x.State, x.Error, x.RetrySeconds = "disconnected", c.Err.Error(), c.Retry.Round(1e6).Seconds()
	}
	text := t.textOf(one, c)
	one.lost = c.Open == 0
	first := !one.began && c.Err == nil
	one.began = one.began || first
	switch {
	case t.env.Out.JSON():
		_ = t.env.Out.PrintJSON(x) // an output that is not read any more ends the command elsewhere
	case text != "":
		t.env.Out.Say("%s", t.env.Out.StderrColors.Name("tunnel")+" "+stdio.Clean(text))
	}
	if first {
		t.opened <- struct{}{}
	}
}

// textOf returns the line about a change, "" for none: announce prints the first
// connection.
func (t *tunnels) textOf(one *hubTunnel, c tunnel.Change) string {
	switch {
	case c.Err == nil && one.lost && one.began:
		one.said = ""
		return fmt.Sprintf("of hub %s is open again", one.hub)
	case c.Err == nil:
		return ""
	case c.ConnectionID != "" && c.Open == 0 && !c.Final:
		one.said = c.Err.Error()
		return fmt.Sprintf("of hub %s lost: %v; connecting again", one.hub, c.Err)
	case c.ConnectionID == "" && c.Err.Error() != one.said && !c.Final:
		one.said = c.Err.Error()
		return fmt.Sprintf("of hub %s: %v; trying again until it succeeds", one.hub, c.Err)
	}
	t.env.Log.Info("tunnel connection", "hub", one.hub, "connectionId", c.ConnectionID, "open", c.Open, "error", c.Err, "retry", c.Retry)
	return ""
}
