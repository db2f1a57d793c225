package handlercmd

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/hooks"
	"wps/cmd/internal/negotiatecmd"
	"wps/cmd/internal/record"
	"wps/cmd/internal/serve"
	"wps/internal/feed"
	"wps/internal/idleconn"
	"wps/internal/webguard"
	"wps/protocol"
	"wps/protocol/traffic"
	"wps/token"
)

// listener serves events and, with --negotiate, client URLs.
type listener struct {
	env       *cli.Env
	o         *listenOptions
	cs        token.ConnectionString
	tunnels   *tunnels // nil without --tunnel
	hooks     *hooks.Handler
	negotiate *negotiatecmd.Handler // nil without --negotiate
	guard     *webguard.Guard
	// signed means that each event must be signed with a key that is not public,
	// which proves more than its Host and Origin.
	signed bool
	feed   *feed.Feed // nil without --ui and --record
	page   *page      // nil without --ui
	record *record.Recorder
}

// newListener makes the hooks and the endpoints. Its serve closes the hooks.
func newListener(ctx context.Context, env *cli.Env, o *listenOptions) (*listener, error) {
	cs, source, err := env.Settings.Service()
	if err != nil {
		return nil, err
	}
	l := &listener{env: env, o: o, cs: cs}
	if l.guard, err = o.guard.Guard(o.addr); err != nil {
		return nil, err
	}
	if o.negotiatePath != "" {
		if l.negotiate, err = negotiatecmd.NewHandler(env, &o.client, o.negotiatePath, "--negotiate"); err != nil {
			return nil, err
		}
	}
	tunnelHubs, err := o.tunnelHubs(env)
	if err != nil {
		return nil, err
	}
	host := hooks.Options{Env: env, ConnectionString: cs, Hub: env.Settings.HubFlag, Origins: hooks.AllowedOrigins(cs, o.origins), Path: o.path}
	if !o.skipSignature {
		if host.Keys, err = cli.ReadKeys(cs, o.keys); err != nil {
			return nil, err
		}
	}
	if cs.Identity != nil && !o.skipSignature && len(host.Keys) == 0 {
		if !o.http() {
			return l, l.makeHooks(ctx, host, tunnelHubs) // who sends events is known by the tunnel
		}
		env.Out.Warn(fmt.Sprintf("%s has no access key, so the signatures of events are not checked; --key KEY checks them, --skip-signature accepts that", source.From))
		o.skipSignature = true
	}
	l.signed = !o.skipSignature && !slices.ContainsFunc(host.Keys, isPublic)
	return l, l.makeHooks(ctx, host, tunnelHubs)
}

// makeHooks makes the hooks, what shows their events, and the tunnels over which
// they arrive.
func (l *listener) makeHooks(ctx context.Context, host hooks.Options, tunnelHubs []string) (err error) {
	if err := l.makeViews(ctx, &host); err != nil {
		return err
	}
	if l.hooks, err = l.o.hooks.Handler(ctx, host); err != nil {
		return cli.JoinErrors(err, l.page.close(), l.record.Close())
	}
	if l.page != nil {
		l.page.handler = l.hooks
	}
	if l.tunnels, err = newTunnels(l.env, l.cs, tunnelHubs, l.hooks); err != nil {
		return cli.JoinErrors(err, l.hooks.Close(ctx), l.page.close(), l.record.Close())
	}
	return nil
}

// makeViews makes the page and the recording, and sets what they need of the hooks.
func (l *listener) makeViews(ctx context.Context, host *hooks.Options) (err error) {
	if l.o.ui != "" || l.o.record != "" {
		l.feed = &feed.Feed{}
	}
	host.Feed, host.AcceptAll = l.feed, l.o.alone()
	if l.page, err = l.newPage(ctx, l.cs); err != nil || l.o.record == "" {
		return err
	}
	l.record, err = record.Start(l.o.record, traffic.Recording{Source: "listen", Hub: host.Hub}, l.feed.Follow, l.env.Out.Warn)
	if err != nil {
		return cli.JoinErrors(err, l.page.close())
	}
	return nil
}

// run serves the events, and the page beside them, until ctx ends.
func (l *listener) run(ctx context.Context, listeners []net.Listener) error {
	var pageErr error
	var serving sync.WaitGroup
	showing, stop := context.WithCancel(ctx)
	defer stop()
	if l.page != nil {
		serving.Go(func() { pageErr = l.page.serve(showing) })
	}
	err := l.serve(ctx, listeners)
	stop()
	serving.Wait()
	if closeErr := cli.JoinErrors(pageErr, l.record.Close()); err == nil {
		err = closeErr
	}
	return err
}

// isPublic reports whether a key is the default one, which everyone can sign with.
func isPublic(k token.Key) bool { return k.Equal(token.NewKey(protocol.DefaultAccessKey)) }

// listeners opens the address, with TLS if there is a certificate.
func (o *listenOptions) listeners(ctx context.Context) ([]net.Listener, error) {
	var config *tls.Config
	if o.certFile != "" {
		certificate, err := tls.LoadX509KeyPair(o.certFile, o.keyFile)
		if err != nil {
			return nil, cli.Usage(fmt.Sprintf("read the certificate: %v", err), "--tls-cert and --tls-key need PEM files that belong together")
		}
		config = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	}
	o.ready.Form = isReadyLine
	if err := o.ready.Check(); err != nil {
		return nil, err
	}
	if !o.http() {
		return nil, o.ready.Clear()
	}
	listeners, err := serve.Listen(ctx, o.addr, "--addr")
	if err != nil {
		return nil, err
	}
	if err := o.ready.Clear(); err != nil {
		return nil, cli.JoinErrors(err, serve.CloseAll(listeners))
	}
	if config != nil {
		for i, l := range listeners {
			listeners[i] = tls.NewListener(l, config)
		}
	}
	return listeners, err
}

// ServeHTTP routes a request by its path. The guard checks requests that no
// signature protects from web pages; a validation request carries no signature and
// has no effect.
func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	negotiate := l.negotiate != nil && r.URL.Path == l.o.negotiatePath
	validation := r.Method != http.MethodPost && r.Header.Get(protocol.HeaderRequestOrigin) != ""
	switch {
	case (negotiate || !l.signed && !validation) && !l.guard.Admit(w, r, l.env.Log):
	case negotiate:
		l.negotiate.ServeHTTP(w, r)
	default:
		l.hooks.ServeHTTP(w, r)
	}
}

// Bounds of the HTTP server, in addition to those of the handler.
const (
	readTimeout = time.Minute // of one request with its body
	stopTimeout = 5 * time.Second
)

// serve serves until ctx ends. Then it accepts no more events and waits for the
// running hooks, which a second signal kills.
func (l *listener) serve(ctx context.Context, listeners []net.Listener) error {
	web := &http.Server{
		Handler: l, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: readTimeout,
		WriteTimeout: readTimeout + 2*time.Minute + l.o.hooks.Timeout, // to wait, to run and to write
		IdleTimeout:  2 * time.Minute, MaxHeaderBytes: 1 << 20,
	}
	idleconn.CloseAtShutdown(web)
	failed := make(chan error, len(listeners)+len(l.o.hubs)+1)
	var serving sync.WaitGroup
	for _, listener := range listeners {
		serving.Go(func() { failed <- web.Serve(listener) })
	}
	open, closeTunnels := context.WithCancel(context.WithoutCancel(ctx))
	defer closeTunnels()
	l.tunnels.start(open, failed)
	l.warn(listeners)
	err := l.tunnels.ready(ctx, failed)
	if err == nil && ctx.Err() == nil {
		err = l.announce(listeners)
	}
	defer l.o.ready.Remove()
	if err == nil {
		select {
		case err = <-failed:
		case <-ctx.Done():
			l.env.Out.EndInterruptedLine()
		}
	}
	killed, closeErr := hooks.Stop(ctx, l.env, l.hooks, 0, nil)
	err = cli.JoinErrors(err, closeErr)
	closeTunnels()
	l.tunnels.wait()
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if web.Shutdown(stop) != nil {
		web.Close()
	}
	serving.Wait()
	if err == nil && killed {
		return cli.ExitCode(cli.ExitInterrupted)
	}
	return err
}

// warn warns of what other machines can do.
func (l *listener) warn(listeners []net.Listener) {
	serve.WarnExposed(l.env.Out, listeners,
		serve.Risk{Present: l.o.skipSignature, Text: "run the hooks, because no signature is checked"},
		serve.Risk{Present: !l.o.skipSignature && !l.signed, Text: "run the hooks, because the access key is the public default: set WPS_CONNECTION_STRING"},
		negotiatecmd.Risk(l.negotiate != nil))
}
