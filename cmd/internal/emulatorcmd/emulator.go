// Package emulatorcmd is "wps emulator", and its subcommands, which ask a running
// emulator.
//
// It hides how flags, the settings file and hooks become one emulator, when the file
// is read again, and how a command is run against it. The service is left to
// package emulator, the file to emulator/settings, hooks to package trigger.
//
//	root.AddCommand(emulatorcmd.New(env))
package emulatorcmd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/signal"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/hooks"
	"wps/cmd/internal/serve"
	"wps/emulator"
	emusettings "wps/emulator/settings"
	"wps/protocol"
	"wps/token"
)

type emulatorOptions struct {
	addr     string
	key      string
	keyFile  string
	ready    cli.ReadyFile
	tls      bool
	certFile string
	entra    bool

	hooks        hooks.Flags
	handlerFlags []string
	settingsFile string
	anonymous    []string
	guard        serve.GuardOptions

	settings emusettings.Settings
	handlers []emusettings.HubHandler // of the flags
}

// New returns the "wps emulator" command.
func New(env *cli.Env) *cobra.Command {
	var o emulatorOptions
	c := &cobra.Command{
		Use:   "emulator [--addr HOST:PORT] [--on EVENT HOOK]... [--handler [HUB=]URL]... [-- COMMAND [ARG]...]",
		Short: "Run the service on this machine, or a command against it",
		Long: `Run a Web PubSub service in memory and print its connection string when it is
ready. With "-- COMMAND" it takes a free port, runs COMMAND with
WPS_CONNECTION_STRING and WebPubSubConnectionString set, and ends with its exit
code.

Events go to the handlers of their hub, as the service sends them: validated
first, signed, tried again. The first handler that wants an event gets it; a
hub's own come before those of every hub. A --settings file is YAML:

  hubs:
    chat:                     # "*", in quotes, is every hub
      anonymousConnectPolicy: deny            # or allow: clients without a token
      eventHandlers:
        - urlTemplate: http://localhost:9000/eh/{event}
          systemEvents: [connect, connected, disconnected]
          userEventPattern: "*"               # or one name, or a list
  accessKey: ...              # below --key and $WPS_EMULATOR_KEY

A handler with neither systemEvents nor userEventPattern gets every event. The
file may also be the appsettings.json of the vendor's emulator, or hubs as
"az webpubsub hub show -o json" prints them. It is read again on SIGHUP, as with
kill -HUP; a new accessKey needs a restart.

With --on the emulator answers events itself, by commands: see "wps listen" for
what hooks get and say. Beside other handlers, hooks get the events that they
name; alone, all.

A page in a browser is refused, whatever its token, unless it comes from
localhost, the emulator's own host or a --cors-origin; so is a request to a host
name with a dot that is not of this machine, unless --allow-host names it.`,
		Example: `  wps emulator
  wps emulator --on connect ./connect.sh --on message 'jq -c .text'
  wps emulator --handler http://localhost:7071/runtime/webhooks/webpubsub
  wps emulator --handler 'chat=http://localhost:9000/eh/{event} system=connect user=message'
  wps emulator -- npm test
  wps emulator --addr localhost:0 --ready-file ready.txt -v`,
		Annotations: cli.Exits(cli.ExitLineFailed, cli.ExitLineUsage, "  N    with -- COMMAND: its exit code"),
		RunE: func(c *cobra.Command, args []string) error {
			if len(args) > 0 && c.ArgsLenAtDash() != 0 {
				if len(c.SuggestionsFor(args[0])) > 0 || cli.EquivalentCommand(c, args[0]) != "" {
					return cli.UnknownCommand(c, args[0])
				}
				return cli.Usagef("unexpected argument %q: a command to run comes behind --", args[0])
			}
			if len(args) == 0 && c.ArgsLenAtDash() == 0 {
				return cli.Usage("no command comes behind --", "name one, as in wps emulator -- npm test; a variable that was to hold it may be unset")
			}
			return runEmulator(c.Context(), env, &o, cli.ChangedFlags(c), args)
		},
	}
	c.SuggestionsMinimumDistance = 2
	c.Annotations[cli.RunsAnnotation] = "yes"
	c.AddCommand(newEmulatorStatus(env), newEmulatorConnections(env), newEmulatorGroups(env), newEmulatorEvents(env), newEmulatorClose(env))
	f := c.Flags()
	f.SortFlags = false
	f.SetInterspersed(false) // so that the flags of a command without -- are not taken for ours
	f.StringVar(&o.addr, "addr", "", "listen on `host:port`; port 0 is a free one (default localhost:8080; a free port with -- COMMAND)")
	f.StringVar(&o.key, "key", "", "access `key`, at least 32 bytes (default $WPS_EMULATOR_KEY, then the public default key)")
	f.StringVar(&o.keyFile, "key-file", "", "read the access key from `file`")
	f.StringVar(&o.ready.Path, "ready-file", "", "write the connection string to `file` when ready, and remove it at the end")
	f.BoolVar(&o.tls, "tls", false, "serve https with a self-made certificate")
	f.BoolVar(&o.entra, "allow-unvalidated-entra-tokens", false, "take Microsoft Entra ID tokens on REST requests without checking who signed them")
	f.StringArrayVar(&o.handlerFlags, "handler", nil, "send events to this event handler: `[HUB=]URL [system=LIST] [user=LIST]`; may be repeated.\n{hub} and {event} in the URL stand for their names. LIST is names with commas between, or\nnone; user=* is every user event (default: every event of every hub)")
	f.StringVar(&o.settingsFile, "settings", "", "read hubs and their event handlers from `file`: YAML, or the vendor emulator's appsettings.json")
	f.StringArrayVar(&o.anonymous, "allow-anonymous", nil, "let clients of this `hub` in without a token, \"*\" for every hub; may be repeated")
	o.guard.Register(f)
	o.hooks.Register(f)
	f.StringVar(&o.certFile, "tls-cert-out", "", "with --tls: write the certificate to `file`, for clients that are to trust it")
	return c
}

// configure reads the settings file and the flags beside it.
func (o *emulatorOptions) configure(env *cli.Env) (err error) {
	if o.settingsFile != "" {
		if o.settings, err = readSettings(o.settingsFile); err != nil {
			return err
		}
	}
	if o.settings.URLs != "" && o.addr == "" {
		env.Out.Warn(fmt.Sprintf("Urls in %s (%s) is not used: say --addr HOST:PORT", o.settingsFile, o.settings.URLs))
	}
	for _, hub := range o.anonymous {
		if err := protocol.CheckHub(hub); err != nil && hub != emulator.AnyHub {
			return cli.Usagef("--allow-anonymous: %v", err)
		}
	}
	for _, text := range o.handlerFlags {
		h, err := emusettings.ParseHandler(text)
		if err != nil {
			return cli.Usagef("--handler: %v", err)
		}
		o.handlers = append(o.handlers, h)
	}
	return nil
}

// accessKey finds the key: flag, file, environment, settings, default.
func (o *emulatorOptions) accessKey(env *cli.Env) (string, error) {
	key, from := o.key, "--key"
	switch {
	case key != "" && o.keyFile != "":
		return "", cli.Usagef("--key and --key-file exclude each other")
	case o.keyFile != "":
		text, err := os.ReadFile(o.keyFile)
		if err != nil {
			return "", cli.Usage(fmt.Sprintf("read the access key: %v", err), "--key-file needs a file that can be read")
		}
		key, from = strings.TrimSpace(string(text)), "--key-file"
	case key == "":
		var err error
		if key, err = env.Settings.Variable("WPS_EMULATOR_KEY"); err != nil {
			return "", err
		}
		from = "$WPS_EMULATOR_KEY"
	}
	switch {
	case key == "" && o.settings.AccessKey != "":
		return o.settings.AccessKey, nil
	case key == "":
		return protocol.DefaultAccessKey, nil
	}
	if err := token.CheckKey(key); err != nil {
		return "", cli.Usagef("%s: %v", from, err)
	}
	return key, nil
}

func runEmulator(ctx context.Context, env *cli.Env, o *emulatorOptions, given cli.FlagNames, command []string) error {
	if o.certFile != "" && !o.tls {
		return cli.Usagef("--tls-cert-out goes with --tls")
	}
	if err := o.hooks.CheckUnused(given); err != nil {
		return err
	}
	if err := cli.JoinErrors(o.guard.Check(), o.configure(env)); err != nil {
		return err
	}
	key, err := o.accessKey(env)
	if err != nil {
		return err
	}
	addr := o.addr
	switch {
	case addr == "" && len(command) > 0:
		addr = "localhost:0"
	case addr == "":
		addr = "localhost:8080"
	}
	if err := o.ready.Clear(); err != nil {
		return err
	}
	listeners, err := serve.Listen(ctx, addr, "--addr")
	if err != nil {
		return alreadyThere(ctx, addr, key, err)
	}
	endpoint := &url.URL{Scheme: "http", Host: serve.DisplayAddr(addr, listeners)}
	if o.tls {
		endpoint.Scheme = "https"
		if err := o.encrypt(listeners); err != nil {
			return cli.JoinErrors(err, serve.CloseAll(listeners))
		}
	}
	cs := token.NewConnectionString(endpoint, token.NewKey(key))
	serve.WarnExposed(env.Out, listeners,
		serve.Risk{Present: key == protocol.DefaultAccessKey, Text: "the access key is the public default: set --key"},
		serve.Risk{Present: o.entra || o.settings.AllowUnvalidatedEntraTokens, Text: "signatures of Entra tokens are not checked"})
	server, err := emulator.New(emulator.Options{
		Key: key, Logger: env.Log, Version: cli.ReadBuildInfo().Version, AllowUnvalidatedEntraTokens: o.entra || o.settings.AllowUnvalidatedEntraTokens,
		Hosts: o.guard.HostNames(addr), AllowedOrigins: o.guard.Origins,
	})
	if err != nil {
		return cli.JoinErrors(err, serve.CloseAll(listeners))
	}
	hooks, err := o.startHooks(ctx, env, cs, server, len(command) > 0)
	if err != nil {
		return cli.JoinErrors(err, serve.CloseAll(listeners))
	}
	if err := o.apply(hooks); err != nil {
		return cli.JoinErrors(err, serve.CloseAll(listeners), hooks.close(ctx))
	}
	err = serveEmulator(ctx, env, server, listeners, func(ctx context.Context) error {
		return o.whenReady(ctx, env, cs, hooks, command)
	})
	return cli.JoinErrors(err, hooks.close(ctx))
}

// lookTimeout is how long it is looked who has taken an address.
const lookTimeout = time.Second

// alreadyThere gives another next step to an address that cannot be had when a
// wps emulator listens there: it can be used.
func alreadyThere(ctx context.Context, addr, key string, err error) error {
	host, port, splitErr := net.SplitHostPort(addr)
	var usage *cli.UsageError
	if splitErr != nil || errors.As(err, &usage) {
		return err
	}
	if host == "" {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	r := emulator.NewRemote(token.NewConnectionString(&url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}, token.NewKey(key)))
	defer r.Close()
	if _, lookErr := r.Status(ctx); lookErr != nil && !errors.Is(lookErr, emulator.ErrUnauthorized) {
		return err
	}
	return cli.WithHint(err, "a wps emulator runs there already: use it, or take a free port with --addr "+net.JoinHostPort(host, "0"))
}

// encrypt puts TLS in front of the listeners.
func (o *emulatorOptions) encrypt(listeners []net.Listener) error {
	certificate, text, err := emulator.SelfSigned()
	if err != nil {
		return err
	}
	if o.certFile != "" {
		if err := os.WriteFile(o.certFile, text, 0o644); err != nil {
			return fmt.Errorf("write the certificate: %v", err)
		}
	}
	for i, l := range listeners {
		listeners[i] = tls.NewListener(l, &tls.Config{
			Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
		})
	}
	return nil
}

// serveEmulator serves while work runs, and ends both together.
func serveEmulator(ctx context.Context, env *cli.Env, s *emulator.Server, listeners []net.Listener, work func(context.Context) error) error {
	serving, stop := context.WithCancel(ctx)
	defer stop()
	served := make(chan error, 1)
	go func() {
		defer stop()
		served <- s.Serve(serving, listeners...)
	}()
	err := work(serving)
	stop()
	return cli.JoinErrors(err, <-served)
}

// whenReady tells that the emulator is up, then runs the command, or waits for
// the end when there is none.
func (o *emulatorOptions) whenReady(ctx context.Context, env *cli.Env, cs token.ConnectionString, hooks *emulatorHooks, command []string) error {
	hangups := o.hangups(len(command) > 0)
	defer signal.Stop(hangups)
	if err := o.ready.Write(cs.Reveal()); err != nil {
		return err
	}
	defer o.ready.Remove()
	if len(command) > 0 {
		return runChild(ctx, env, cs, command)
	}
	if err := announce(env, cs, o.events(hooks)); err != nil {
		return err
	}
	return o.reloadUntil(ctx, env, hooks, hangups)
}

// readyReport is the JSON of an emulator that is ready.
type readyReport struct {
	Endpoint         string `json:"endpoint"`
	ClientURL        string `json:"clientUrl"`
	ConnectionString string `json:"connectionString"`
}

// announce prints where the emulator is.
func announce(env *cli.Env, cs token.ConnectionString, handlers []emusettings.HubHandler) error {
	client := strings.TrimSuffix(token.ClientURL(cs.Endpoint, "hub", token.KindDefault), "hub") + "{hub}"
	if env.Out.JSON() {
		return env.Out.PrintJSON(readyReport{cs.Endpoint.String(), client, cs.Reveal()})
	}
	env.Out.Say("%s %s", env.Out.StderrColors.Name("endpoint "), cs.Endpoint)
	env.Out.Say("%s %s", env.Out.StderrColors.Name("clients  "), client)
	sayHandlers(env, handlers)
	ready := "ready; Ctrl-C stops it. The connection string, for WPS_CONNECTION_STRING:"
	if cs.Endpoint.String() == protocol.DefaultEndpoint && cs.Key.Equal(token.NewKey(protocol.DefaultAccessKey)) {
		env.Out.Say("%s %s", env.Out.StderrColors.Name("watch    "), "wps emulator events -f, in another terminal") // finds it without more
		ready = "ready; Ctrl-C stops it. The connection string:"
	}
	env.Out.Say("%s", env.Out.StderrColors.Name(ready))
	return env.Out.PrintLine(cs.Reveal())
}
