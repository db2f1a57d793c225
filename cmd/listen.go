package cmd

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"wps/internal/webguard"
	"wps/protocol"
	"wps/token"
	"wps/trigger"
)

type listenOptions struct {
	hooks         hookFlags
	addr          string
	path          string
	keys          []string
	skipSignature bool
	origins       []string
	certFile      string
	keyFile       string
	ready         readyFile
	guard         guardOptions
	negotiate     negotiateOptions
}

// newListen returns the "wps listen" command.
func newListen(env *Env) *cobra.Command {
	var o listenOptions
	c := &cobra.Command{
		Use:   "listen --on EVENT HOOK [--on EVENT HOOK]...",
		Short: "Answer events of the service with commands",
		Long: `Be the event handler of a service: an HTTP endpoint that checks each event and
has a hook answer it. Register http://HOST/ (or --path) at the service, or give
it to "wps emulator --handler".

A hook is a command: the event's data on stdin, its context in WPS_EVENT,
WPS_EVENT_TYPE, WPS_HUB, WPS_CONNECTION_ID, WPS_USER_ID, WPS_DATA_TYPE,
WPS_SUBPROTOCOL, WPS_REASON, WPS_GROUP, WPS_EVENT_ID, WPS_STATE and, all of it
as JSON, WPS_CONTEXT. It answers with
  exit code 0    and, for a user event, the message on stdout, byte for byte;
                 for connect nothing, or JSON with userId, groups, roles,
                 subprotocol, states, error
  exit code 77   unauthorized; 65: the client's mistake; others: ours. The last
                 line of stderr is the reason
JSON in $WPS_RESPONSE (message, dataType, metadata, states, error) outranks
stdout. Event objects that it appends to the file $WPS_OUTPUT, one a line, are
run before the answer. When a hook ends, all it started is killed.

A HOOK may also be http://HOST:PORT/PATH, which gets the event as it came, or
:accept, :reject, :echo, :log. With --worker a command is started once: each
event is a line of JSON on its stdin, {"id":1,"context":{...},"data":...}, and
its answer is one: {"id":1,"message":"hi","dataType":"text","outputs":[...]}.

An event needs a signature made with the access key, which proves the sender. The
default key is public and proves nothing: with it, and with --skip-signature,
events must name a host of this machine or of --allow-host, and must not come from
a page of another site.`,
		Example: `  wps listen --on connect ./connect.sh --on message 'jq -c .text'
  wps listen --on connect :accept --on '*' :echo --addr localhost:9000
  wps listen --on message ./worker.py --worker --workers 4
  wps listen --forward http://localhost:3000/eventhandler
  wps listen --on message ./m.sh --hub chat --negotiate /api/negotiate --user '{query.userid}'`,
		Annotations: exits(exitLineFailed, exitLineUsage, exitLineInt+" a second time: running hooks are killed"),
		Args:        exactArgs(),
		RunE:        func(c *cobra.Command, _ []string) error { return runListen(c.Context(), env, &o, flagsGiven(c)) },
	}
	f := c.Flags()
	f.SortFlags = false
	o.hooks.flags(f)
	o.hooks.forwardFlag(f)
	f.StringVar(&o.addr, "addr", "localhost:9000", "listen on `[host]:port`; port 0 is a free one")
	f.StringVar(&o.path, "path", "", "serve this `path` and what is below it (default: every path)")
	f.StringArrayVar(&o.keys, "key", nil, "further access `key` whose signatures count, such as the secondary one, or @FILE; may be repeated")
	f.BoolVar(&o.skipSignature, "skip-signature", false, "take events without checking who signed them")
	f.StringArrayVar(&o.origins, "allow-origin", nil, "answer validation for this `host` too, \"*\" for all; may be repeated (default: the host of the service)")
	o.guard.flags(f)
	f.StringVar(&o.certFile, "tls-cert", "", "serve https with the certificate in `file`")
	f.StringVar(&o.keyFile, "tls-key", "", "with --tls-cert: its key in `file`")
	f.StringVar(&o.ready.path, "ready-file", "", "write the URL to `file` when ready, and remove it at the end")
	f.StringVar(&o.negotiate.serve.path, "negotiate", "", "serve client URLs at this `path` too, as wps negotiate --serve does")
	o.negotiate.clientFlags(c)
	return c
}

// negotiateOnly are the flags that go with --negotiate.
var negotiateOnly = []string{"user", "role", "group", "claim", "expires", "client"}

func (o *listenOptions) check(given givenFlags) error {
	switch {
	case !o.hooks.any() && o.negotiate.serve.path == "":
		return usagef("nothing is to be done: add --on EVENT HOOK, or --forward URL")
	case (o.certFile == "") != (o.keyFile == ""):
		return usagef("--tls-cert and --tls-key go together")
	case o.path != "" && !strings.HasPrefix(o.path, "/"):
		return usagef("--path %q must begin with /", o.path)
	case o.path != "" && o.path == o.negotiate.serve.path:
		return usagef("--path and --negotiate must differ")
	case o.skipSignature && len(o.keys) > 0:
		return usagef("--key and --skip-signature exclude each other")
	}
	if name := given.first(negotiateOnly...); name != "" && o.negotiate.serve.path == "" {
		return usagef("--%s goes with --negotiate", name)
	}
	return o.hooks.alone(given)
}

func runListen(ctx context.Context, env *Env, o *listenOptions, given givenFlags) error {
	if err := o.check(given); err != nil {
		return err
	}
	l, err := o.prepare(ctx, env)
	if err != nil {
		return err
	}
	listeners, err := o.listeners(ctx)
	if err != nil {
		return joinErrors(err, l.hooks.Close(ctx))
	}
	return l.serve(ctx, listeners)
}

// listener serves events, and client URLs when that is asked for.
type listener struct {
	env       *Env
	o         *listenOptions
	hooks     *trigger.Handler
	negotiate *negotiateHandler // nil: none
	guard     *webguard.Guard
	// signed says that each event must be signed with a key that is not public,
	// which proves more than its Host and Origin.
	signed bool
}

func (o *listenOptions) prepare(ctx context.Context, env *Env) (*listener, error) {
	cs, _, err := env.settings.connection()
	if err != nil {
		return nil, err
	}
	l := &listener{env: env, o: o}
	if l.guard, err = o.guard.guard(o.addr); err != nil {
		return nil, err
	}
	if o.negotiate.serve.path != "" {
		if l.negotiate, err = newNegotiateHandler(env, &o.negotiate, "--negotiate"); err != nil {
			return nil, err
		}
	}
	if hub := env.settings.hubFlag; hub != "" {
		if err := protocol.CheckHub(hub); err != nil {
			return nil, usagef("--hub: %v", err)
		}
	}
	host := hookHost{env: env, cs: cs, hub: env.settings.hubFlag, origins: originsOf(cs, o.origins), path: o.path}
	if !o.skipSignature {
		if host.keys, err = keysOf(cs, o.keys); err != nil {
			return nil, err
		}
	}
	l.signed = !o.skipSignature && !slices.ContainsFunc(host.keys, isPublic)
	l.hooks, err = o.hooks.handler(ctx, host)
	return l, err
}

// isPublic reports whether a key is the default one, which signs for everybody.
func isPublic(k token.Key) bool { return k.Equal(token.NewKey(protocol.DefaultAccessKey)) }

// listeners opens the address, with TLS when there is a certificate.
func (o *listenOptions) listeners(ctx context.Context) ([]net.Listener, error) {
	var config *tls.Config
	if o.certFile != "" {
		certificate, err := tls.LoadX509KeyPair(o.certFile, o.keyFile)
		if err != nil {
			return nil, usage(fmt.Sprintf("read the certificate: %v", err), "--tls-cert and --tls-key need files in PEM form that fit")
		}
		config = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	}
	if err := o.ready.clear(); err != nil {
		return nil, err
	}
	listeners, err := listen(ctx, o.addr, "--addr")
	if config != nil {
		for i, l := range listeners {
			listeners[i] = tls.NewListener(l, config)
		}
	}
	return listeners, err
}

// ServeHTTP sends a request to where its path belongs, after the guard where
// nothing else proves that it is not from a page in a browser. A validation
// request carries no signature and does nothing.
func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	negotiate := l.negotiate != nil && r.URL.Path == l.o.negotiate.serve.path
	validation := r.Method != http.MethodPost && r.Header.Get(protocol.HeaderRequestOrigin) != ""
	switch {
	case (negotiate || !l.signed && !validation) && !l.guard.Admit(w, r, l.env.log):
	case negotiate:
		l.negotiate.ServeHTTP(w, r)
	default:
		l.hooks.ServeHTTP(w, r)
	}
}

// warn warns of what other machines can do.
func (l *listener) warn(listeners []net.Listener) {
	warnExposed(l.env.out, listeners,
		risk{present: l.o.skipSignature, text: "run the hooks, because no signature is checked"},
		risk{present: !l.o.skipSignature && !l.signed, text: "run the hooks, because the access key is the public default: set WPS_CONNECTION_STRING"},
		negotiateRisk(l.negotiate != nil))
}

// Bounds of the HTTP server, beside those of the handler.
const (
	readTimeout = time.Minute // of one request with its body
	stopTimeout = 5 * time.Second
)

// serve answers until ctx ends. Then no event begins, running hooks finish, and
// a second signal kills them.
func (l *listener) serve(ctx context.Context, listeners []net.Listener) error {
	web := &http.Server{
		Handler: l, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: readTimeout,
		WriteTimeout: readTimeout + 2*time.Minute + l.o.hooks.timeout, // it may wait, run and be written
		IdleTimeout:  2 * time.Minute, MaxHeaderBytes: 1 << 20,
	}
	failed := make(chan error, len(listeners))
	var serving sync.WaitGroup
	for _, listener := range listeners {
		serving.Go(func() { failed <- web.Serve(listener) })
	}
	l.warn(listeners)
	err := l.announce(listeners)
	defer l.o.ready.remove()
	if err == nil {
		select {
		case err = <-failed:
		case <-ctx.Done():
		}
	}
	stopping, done := untilSignal(context.WithoutCancel(ctx))
	defer done()
	if n := l.hooks.Running(); n > 0 {
		l.env.out.say("waiting for %s to finish; Ctrl-C again kills", plural(n, "hook"))
	}
	err = joinErrors(err, l.hooks.Close(stopping))
	killed := stopping.Err() != nil
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopTimeout)
	defer cancel()
	if web.Shutdown(stop) != nil {
		web.Close()
	}
	serving.Wait()
	if err == nil && killed {
		return exitCode(exitInterrupted)
	}
	return err
}

// untilSignal gives a context that the next signal ends.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
}

// announce tells where events go, once they can come.
func (l *listener) announce(listeners []net.Listener) error {
	u := &url.URL{Scheme: "http", Host: shownAddr(l.o.addr, listeners), Path: l.o.path}
	if l.o.certFile != "" {
		u.Scheme = "https"
	}
	ready := map[string]string{"type": "listening", "url": u.String()}
	if l.negotiate != nil {
		n := *u
		n.Path = l.o.negotiate.serve.path
		ready["negotiate"] = n.String()
	}
	switch {
	case l.env.out.json():
		if err := l.env.out.printJSON(ready); err != nil {
			return err
		}
	default:
		l.env.out.say("listening for events: %s", l.env.out.errColors.name(ready["url"]))
		if l.negotiate != nil {
			l.env.out.say("negotiate endpoint: %s", l.env.out.errColors.name(ready["negotiate"]))
		}
		l.env.out.say("ready; Ctrl-C stops it")
	}
	return l.o.ready.write(ready["url"])
}
