package handlercmd

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/inspector"
	"wps/cmd/internal/serve"
	"wps/cmd/internal/service"
	"wps/emulator"
	"wps/internal/feed"
	"wps/internal/webguard"
	"wps/output"
	"wps/protocol"
	"wps/protocol/traffic"
	"wps/token"
)

// defaultUI is the address of the page for --ui without one.
const defaultUI = "localhost:9001"

// page is the inspector of an event handler, with a server of its own.
type page struct {
	env     *cli.Env
	o       *listenOptions
	cs      token.ConnectionString
	feed    *feed.Feed
	handler http.Handler // of the events

	inspector *inspector.Inspector
	listeners []net.Listener
	address   string
	opened    *inspector.Opened
}

var _ inspector.Backend = (*page)(nil)

// newPage opens the address of --ui.
func (l *listener) newPage(ctx context.Context, cs token.ConnectionString) (*page, error) {
	o := l.o
	if o.ui == "" {
		return nil, nil
	}
	host, _, err := net.SplitHostPort(o.ui)
	if err == nil && host != "" && !token.IsLoopbackHost(o.ui) {
		return nil, cli.Usage("--ui "+o.ui+" is no address of this machine alone: the page is not for others", "use localhost:PORT; through ssh -L it can be seen from elsewhere")
	}
	if err == nil && host == "" { // ":9001" would be every address
		o.ui = "localhost" + o.ui
	}
	p := &page{env: l.env, o: o, cs: cs, feed: l.feed}
	if p.listeners, err = serve.Listen(ctx, o.ui, "--ui"); err != nil {
		return nil, err
	}
	p.inspector = inspector.New(inspector.Options{Backend: p, Log: l.env.Log})
	p.address = p.inspector.URL(&url.URL{Scheme: "http", Host: serve.DisplayAddr(o.ui, p.listeners)})
	return p, nil
}

// close closes the address of a page that was not served.
func (p *page) close() error {
	if p == nil {
		return nil
	}
	return serve.CloseAll(p.listeners)
}

// serve serves the page until ctx ends, and opens it in a browser if that was asked
// for.
func (p *page) serve(ctx context.Context) error {
	guard, err := webguard.New(nil, nil)
	if err != nil {
		return err
	}
	if p.o.open {
		browser, _ := p.env.Settings.LookupEnv("BROWSER")
		if p.opened, err = inspector.Open(p.address, browser); err != nil {
			p.env.Out.PrintError(err)
		}
	}
	defer p.opened.Remove()
	endWithServer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		live, cancel := context.WithCancel(r.Context())
		defer cancel()
		defer context.AfterFunc(ctx, cancel)()
		p.inspector.ServeHTTP(w, r.WithContext(live))
	})
	return serve.HTTP(ctx, guard.Handler(endWithServer, p.env.Log), p.listeners)
}

// Info implements inspector.Backend.
func (p *page) Info() inspector.Info {
	o := p.o
	info := inspector.Info{
		Kind: inspector.KindListen, Version: cli.ReadBuildInfo().Version, Endpoint: p.cs.Endpoint.String(),
		Can: inspector.Abilities{Clients: true, Send: true, Resend: true},
		Settings: []inspector.Setting{
			{Name: "--addr", Value: o.addr, Source: "flag or default"},
			{Name: "signatures checked", Value: strconv.FormatBool(!o.skipSignature), Source: "flag or default"},
		},
	}
	for _, pair := range o.hooks.On {
		event, hook, _ := strings.Cut(pair, "=")
		info.Settings = append(info.Settings, inspector.Setting{Name: "--on " + event, Value: hook, Source: "flag"})
	}
	if hub := p.env.Settings.HubFlag; hub != "" {
		info.Hubs = []string{strings.ToLower(hub)}
	}
	return info
}

// Follow implements inspector.Backend.
func (p *page) Follow(o feed.Options) (*feed.Follower, error) { return p.feed.Follow(o) }

// Find implements inspector.Backend.
func (p *page) Find(id uint64) *traffic.Object { return p.feed.Find(id) }

// State implements inspector.Backend: the connections are those of the service.
func (p *page) State() any { return nil }

// ConnectionString implements inspector.Backend.
func (p *page) ConnectionString() token.ConnectionString { return p.cs }

// Service implements inspector.Backend.
func (p *page) Service(hub string) (output.Service, error) {
	return service.NewFor(p.env, p.cs, hub, client.Options{})
}

// Curl implements inspector.Backend.
func (p *page) Curl(ctx context.Context, hub string, ev output.Event) (string, error) {
	return service.Curl(ctx, p.env, p.cs, hub, ev)
}

// Resend implements inspector.Backend: the hooks of this process answer the event.
func (p *page) Resend(ctx context.Context, o *traffic.Object) (inspector.Answer, error) {
	e, err := o.EventRequest()
	if err != nil {
		return inspector.Answer{}, err
	}
	e.ID, e.Time = emulator.NewEventID(), time.Now()
	if p.cs.Identity == nil {
		e.Signature = token.Signature(e.ConnectionID, p.cs.Key)
	}
	began := time.Now()
	v, err := emulator.NewLocalEventSender(p.handler, p.cs.Endpoint.Hostname()).Send(ctx, e.EventContext, e.Header, e.Body, e.Offered)
	if err != nil {
		return inspector.Answer{}, errors.New("the event was not answered: " + err.Error())
	}
	a := inspector.Answer{OK: v.Problem == "", Status: v.Status, Milliseconds: traffic.Milliseconds(time.Since(began)), Reason: v.Problem}
	var shown traffic.Object
	d, _, _ := protocol.DataTypeOf(v.Header.Get("Content-Type"))
	shown.SetPayload(d, v.Body)
	a.Payload = shown.Payload
	return a, nil
}
