// Package handlercmd holds the commands about event handlers: "wps listen" is one,
// "wps trigger" sends an event to one.
//
// It hides which requests need a signature and which the check of Host and Origin,
// and in which order everything stops. Answering events is left to package trigger,
// making hooks of flags to cmd/internal/hooks, sending an event to package emulator.
//
//	root.AddCommand(handlercmd.NewListen(env), handlercmd.NewTrigger(env))
package handlercmd

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

	"wps/cmd/internal/cli"
	"wps/cmd/internal/hooks"
	"wps/cmd/internal/negotiatecmd"
	"wps/cmd/internal/serve"
	"wps/internal/webguard"
	"wps/protocol"
	"wps/token"
)

type listenOptions struct {
	hooks         hooks.Flags
	addr          string
	path          string
	keys          []string
	skipSignature bool
	origins       []string
	certFile      string
	keyFile       string
	ready         cli.ReadyFile
	guard         serve.GuardOptions
	negotiatePath string // "": no negotiate endpoint
	client        negotiatecmd.ClientFlags
}

// NewListen returns the "wps listen" command.
func NewListen(env *cli.Env) *cobra.Command {
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
		Annotations: cli.Exits(cli.ExitLineFailed, cli.ExitLineUsage, cli.ExitLineInterrupted+" a second time: running hooks are killed"),
		Args:        cli.ExactArgs(),
		RunE:        func(c *cobra.Command, _ []string) error { return runListen(c.Context(), env, &o, cli.ChangedFlags(c)) },
	}
	f := c.Flags()
	f.SortFlags = false
	o.hooks.Register(f)
	o.hooks.RegisterForward(f)
	f.StringVar(&o.addr, "addr", "localhost:9000", "listen on `[host]:port`; port 0 is a free one")
	f.StringVar(&o.path, "path", "", "serve this `path` and what is below it (default: every path)")
	f.StringArrayVar(&o.keys, "key", nil, "further access `key` whose signatures count, such as the secondary one, or @FILE; may be repeated")
	f.BoolVar(&o.skipSignature, "skip-signature", false, "take events without checking who signed them")
	f.StringArrayVar(&o.origins, "allow-origin", nil, "answer validation for this `host` too, \"*\" for all; may be repeated (default: the host of the service)")
	o.guard.Register(f)
	f.StringVar(&o.certFile, "tls-cert", "", "serve https with the certificate in `file`")
	f.StringVar(&o.keyFile, "tls-key", "", "with --tls-cert: its key in `file`")
	f.StringVar(&o.ready.Path, "ready-file", "", "write the URL to `file` when ready, and remove it at the end")
	f.StringVar(&o.negotiatePath, "negotiate", "", "serve client URLs at this `path` too, as wps negotiate --serve does")
	o.client.Register(c)
	return c
}

// negotiateOnly are the flags that go with --negotiate.
var negotiateOnly = []string{"user", "role", "group", "claim", "expires", "client"}

func (o *listenOptions) check(given cli.FlagNames) error {
	switch {
	case !o.hooks.Any() && o.negotiatePath == "":
		return cli.Usagef("nothing is to be done: add --on EVENT HOOK, or --forward URL")
	case (o.certFile == "") != (o.keyFile == ""):
		return cli.Usagef("--tls-cert and --tls-key go together")
	case o.path != "" && !strings.HasPrefix(o.path, "/"):
		return cli.Usagef("--path %q must begin with /", o.path)
	case o.path != "" && o.path == o.negotiatePath:
		return cli.Usagef("--path and --negotiate must differ")
	case o.skipSignature && len(o.keys) > 0:
		return cli.Usagef("--key and --skip-signature exclude each other")
	}
	if name := given.First(negotiateOnly...); name != "" && o.negotiatePath == "" {
		return cli.Usagef("--%s goes with --negotiate", name)
	}
	return o.hooks.CheckUnused(given)
}

func runListen(ctx context.Context, env *cli.Env, o *listenOptions, given cli.FlagNames) error {
	if err := o.check(given); err != nil {
		return err
	}
	l, err := o.prepare(ctx, env)
	if err != nil {
		return err
	}
	listeners, err := o.listeners(ctx)
	if err != nil {
		return cli.JoinErrors(err, l.hooks.Close(ctx))
	}
	return l.serve(ctx, listeners)
}

// listener serves events, and client URLs when that is asked for.
type listener struct {
	env       *cli.Env
	o         *listenOptions
	hooks     *hooks.Handler
	negotiate *negotiatecmd.Handler // nil: none
	guard     *webguard.Guard
	// signed says that each event must be signed with a key that is not public,
	// which proves more than its Host and Origin.
	signed bool
}

func (o *listenOptions) prepare(ctx context.Context, env *cli.Env) (*listener, error) {
	cs, _, err := env.Settings.Connection()
	if err != nil {
		return nil, err
	}
	l := &listener{env: env, o: o}
	if l.guard, err = o.guard.Guard(o.addr); err != nil {
		return nil, err
	}
	if o.negotiatePath != "" {
		if l.negotiate, err = negotiatecmd.NewHandler(env, &o.client, o.negotiatePath, "--negotiate"); err != nil {
			return nil, err
		}
	}
	if hub := env.Settings.HubFlag; hub != "" {
		if err := protocol.CheckHub(hub); err != nil {
			return nil, cli.Usagef("--hub: %v", err)
		}
	}
	host := hooks.Options{Env: env, ConnectionString: cs, Hub: env.Settings.HubFlag, Origins: hooks.AllowedOrigins(cs, o.origins), Path: o.path}
	if !o.skipSignature {
		if host.Keys, err = cli.ReadKeys(cs, o.keys); err != nil {
			return nil, err
		}
	}
	l.signed = !o.skipSignature && !slices.ContainsFunc(host.Keys, isPublic)
	l.hooks, err = o.hooks.Handler(ctx, host)
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
			return nil, cli.Usage(fmt.Sprintf("read the certificate: %v", err), "--tls-cert and --tls-key need files in PEM form that fit")
		}
		config = &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}
	}
	if err := o.ready.Clear(); err != nil {
		return nil, err
	}
	listeners, err := serve.Listen(ctx, o.addr, "--addr")
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

// warn warns of what other machines can do.
func (l *listener) warn(listeners []net.Listener) {
	serve.WarnExposed(l.env.Out, listeners,
		serve.Risk{Present: l.o.skipSignature, Text: "run the hooks, because no signature is checked"},
		serve.Risk{Present: !l.o.skipSignature && !l.signed, Text: "run the hooks, because the access key is the public default: set WPS_CONNECTION_STRING"},
		negotiatecmd.Risk(l.negotiate != nil))
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
		WriteTimeout: readTimeout + 2*time.Minute + l.o.hooks.Timeout, // it may wait, run and be written
		IdleTimeout:  2 * time.Minute, MaxHeaderBytes: 1 << 20,
	}
	failed := make(chan error, len(listeners))
	var serving sync.WaitGroup
	for _, listener := range listeners {
		serving.Go(func() { failed <- web.Serve(listener) })
	}
	l.warn(listeners)
	err := l.announce(listeners)
	defer l.o.ready.Remove()
	if err == nil {
		select {
		case err = <-failed:
		case <-ctx.Done():
		}
	}
	stopping, done := untilSignal(context.WithoutCancel(ctx))
	defer done()
	if n := l.hooks.Running(); n > 0 {
		l.env.Out.Say("waiting for %s to finish; Ctrl-C again kills", cli.Plural(n, "hook"))
	}
	err = cli.JoinErrors(err, l.hooks.Close(stopping))
	killed := stopping.Err() != nil
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

// untilSignal gives a context that the next signal ends.
func untilSignal(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
}

// announce tells where events go, once they can come.
func (l *listener) announce(listeners []net.Listener) error {
	u := &url.URL{Scheme: "http", Host: serve.DisplayAddr(l.o.addr, listeners), Path: l.o.path}
	if l.o.certFile != "" {
		u.Scheme = "https"
	}
	ready := map[string]string{"type": "listening", "url": u.String()}
	if l.negotiate != nil {
		n := *u
		n.Path = l.o.negotiatePath
		ready["negotiate"] = n.String()
	}
	switch {
	case l.env.Out.JSON():
		if err := l.env.Out.PrintJSON(ready); err != nil {
			return err
		}
	default:
		l.env.Out.Say("listening for events: %s", l.env.Out.StderrColors.Name(ready["url"]))
		if l.negotiate != nil {
			l.env.Out.Say("negotiate endpoint: %s", l.env.Out.StderrColors.Name(ready["negotiate"]))
		}
		l.env.Out.Say("ready; Ctrl-C stops it")
	}
	return l.o.ready.Write(ready["url"])
}
