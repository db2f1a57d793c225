package connectcmd

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"time"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/service"
	"wps/protocol"
	"wps/token"
)

// clientURL returns the URL to connect to, --url or one with a new token, and the
// place that it is of.
func (o *connectOptions) clientURL(ctx context.Context, env *cli.Env) (string, service.Place, error) {
	if o.url != "" {
		u, err := url.Parse(o.url)
		if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "" {
			return "", service.Place{}, cli.Usagef("--url must be a ws:// or wss:// URL")
		}
		return o.url, service.NewPlace(hubOf(u), u), nil
	}
	hub, err := env.Settings.Hub()
	if err != nil {
		return "", service.Place{}, err
	}
	cs, source, err := env.Settings.Service()
	if err != nil {
		return "", service.Place{}, err
	}
	if !o.announced {
		cli.AnnounceDefault(env, source)
		if o.roles, err = env.Settings.Roles(o.roles); err != nil {
			return "", service.Place{}, err
		}
		service.WarnAboutRoles(env.Out, o.roles)
		service.WarnAboutLists(env.Out, protocol.TargetGroup, slices.Concat(o.groups, o.join, []string{o.toGroup})...)
		o.announced = true
	}
	place := service.NewPlace(hub, cs.Endpoint)
	negotiator, err := service.NewNegotiator(env, cs, hub)
	if err != nil {
		return "", place, err
	}
	n, err := negotiator.Negotiate(ctx, token.ClientOptions{
		Hub: hub, UserID: o.user, Roles: o.tokenRoles(), Groups: o.groups, Lifetime: tokenLifetime,
	})
	if err != nil {
		return "", place, err
	}
	if !o.simple() || o.toGroup == "" {
		return n.URL, place, nil
	}
	mode := url.Values{"webpubsub_mode": {"sendToGroup"}, "group": {o.toGroup}}
	if o.noEcho {
		mode.Set("noEcho", "true")
	}
	return n.URL + "&" + mode.Encode(), place, nil
}

// hubOf returns the hub of a client URL, "" if it has none.
func hubOf(u *url.URL) string {
	_, rest, found := strings.Cut(u.Path, "/client/hubs/")
	if !found {
		return u.Query().Get("hub")
	}
	hub, _, _ := strings.Cut(rest, "/")
	return hub
}

// tokenLifetime is how long the token of a connection is valid. It is needed for
// the handshake only.
const tokenLifetime = 5 * time.Minute

// tokenRoles returns the roles of --role and those that the other flags need.
func (o *connectOptions) tokenRoles() []string {
	roles := slices.Clone(o.roles)
	for _, g := range o.join {
		roles = append(roles, protocol.RoleJoinLeaveGroup+"."+g)
	}
	if o.toGroup != "" {
		roles = append(roles, protocol.RoleSendToGroup+"."+o.toGroup)
	}
	if o.talks && len(o.roles) == 0 {
		roles = append(roles, protocol.RoleSendToGroup, protocol.RoleJoinLeaveGroup)
	}
	return roles
}
