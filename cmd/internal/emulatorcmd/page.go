package emulatorcmd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/inspector"
	"wps/cmd/internal/service"
	"wps/emulator"
	"wps/internal/feed"
	"wps/output"
	"wps/protocol"
	"wps/protocol/traffic"
	"wps/token"
)

// page is the inspector's view of an emulator.
type page struct {
	env      *cli.Env
	cs       token.ConnectionString
	server   *emulator.Server // set before the first request
	settings atomic.Pointer[[]inspector.Setting]

	inspector *inspector.Inspector
	opened    *inspector.Opened
}

var _ inspector.Backend = (*page)(nil)

// Info implements inspector.Backend.
func (p *page) Info() inspector.Info {
	info := inspector.Info{
		Kind: inspector.KindEmulator, Version: cli.ReadBuildInfo().Version, Endpoint: p.cs.Endpoint.String(),
		Can: inspector.Abilities{Clients: true, Send: true, State: true, Resend: true}, Settings: *p.settings.Load(),
	}
	for _, h := range p.server.Status().Hubs {
		info.Hubs = append(info.Hubs, h.Hub)
	}
	return info
}

// Follow implements inspector.Backend.
func (p *page) Follow(o feed.Options) (*feed.Follower, error) { return p.server.Follow(o) }

// Find implements inspector.Backend.
func (p *page) Find(id uint64) *traffic.Object { return p.server.TrafficObject(id) }

// State implements inspector.Backend.
func (p *page) State() any { return p.server.State() }

// ConnectionString implements inspector.Backend.
func (p *page) ConnectionString() token.ConnectionString { return p.cs }

// Service implements inspector.Backend.
func (p *page) Service(hub string) (output.Service, error) {
	return service.NewFor(p.env, p.cs, hub, client.Options{Transport: p.server.Transport()})
}

// Curl implements inspector.Backend.
func (p *page) Curl(ctx context.Context, hub string, ev output.Event) (string, error) {
	return service.Curl(ctx, p.env, p.cs, hub, ev)
}

// Resend implements inspector.Backend.
func (p *page) Resend(ctx context.Context, o *traffic.Object) (inspector.Answer, error) {
	r, err := p.server.Resend(ctx, o)
	if err != nil {
		return inspector.Answer{}, cli.WithHint(errors.New("the event was not answered: "+err.Error()), "check that the handler of the hub is running and wants the event")
	}
	a := inspector.Answer{OK: r.Status >= 200 && r.Status < 300, Status: r.Status, Milliseconds: traffic.Milliseconds(r.Took)}
	var shown traffic.Object
	d, _, _ := protocol.DataTypeOf(r.Header.Get("Content-Type"))
	shown.SetPayload(d, r.Body)
	a.Payload = shown.Payload
	if !a.OK {
		a.Reason = "the handler answered " + strconv.Itoa(r.Status)
	}
	return a, nil
}

// newPage makes the inspector of an emulator, unless it is switched off.
func (o *options) newPage(env *cli.Env, cs token.ConnectionString, command bool) *page {
	if o.noUI || command && !o.open {
		return nil
	}
	p := &page{env: env, cs: cs}
	p.inspector = inspector.New(inspector.Options{Backend: p, Log: env.Log})
	return p
}

// handler returns the handler of the page; nil for none.
func (p *page) handler() http.Handler {
	if p == nil {
		return nil
	}
	return p.inspector
}

// announce opens the page in a browser if that was asked for, and returns its
// address; "" for none.
func (p *page) announce(open bool) string {
	if p == nil {
		return ""
	}
	address := p.inspector.URL(p.cs.Endpoint)
	if open {
		browser, _ := p.env.Settings.LookupEnv("BROWSER")
		var err error
		if p.opened, err = inspector.Open(address, browser); err != nil {
			p.env.Out.PrintError(err)
		}
	}
	return address
}

// close removes what announce has made.
func (p *page) close() {
	if p != nil {
		p.opened.Remove()
	}
}

// setSettings sets the settings that the page shows.
func (p *page) setSettings(all []inspector.Setting) {
	if p != nil {
		p.settings.Store(&all)
	}
}

// shownSettings returns the settings in force, without secrets.
func (i *instance) shownSettings() (all []inspector.Setting) {
	o := i.o
	add := func(name, value, source string) {
		if value != "" {
			all = append(all, inspector.Setting{Name: name, Value: value, Source: source})
		}
	}
	flag := func(name string) string {
		if i.given[name] {
			return "flag"
		}
		return "default"
	}
	files := strings.Join(o.source.files, ", ")
	mixed := strings.TrimSuffix("flag, "+files, ", ")
	add("--addr", i.cs.Endpoint.Host, flag("addr"))
	add("--tls", strconv.FormatBool(o.tls), flag("tls"))
	add("--settings", files, flag("settings"))
	for _, h := range i.handlers() {
		add("event handler", fmt.Sprint(h), mixed)
	}
	add("--allow-anonymous", strings.Join(slices.Concat(o.anonymous, o.settings.AnonymousHubs), ", "), mixed)
	add("--cors-origin", strings.Join(o.guard.Origins, ", "), "flag")
	add("--allow-unvalidated-entra-tokens", strconv.FormatBool(o.entra || o.settings.AllowUnvalidatedEntraTokens), mixed)
	add("--record", o.record, "flag")
	return all
}
