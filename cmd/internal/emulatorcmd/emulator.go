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
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"net"
	"net/url"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/foreign"
	"wps/cmd/internal/hooks"
	"wps/cmd/internal/serve"
	"wps/cmd/internal/smallinput"
	"wps/emulator"
	emusettings "wps/emulator/settings"
	"wps/internal/shownurl"
	"wps/protocol"
	"wps/token"
)

// options are the flags of "wps emulator".
type options struct {
	addr     string
	urls     string
	key      string
	keyFile  string
	newKey   bool
	ready    cli.ReadyFile
	tls      bool
	certFile string
	entra    bool

	hooks        hooks.Flags
	handlerFlags []string
	settingsFile string
	noSettings   bool
	anonymous    []string
	guard        serve.GuardOptions
	noUI         bool
	open         bool
	record       string

	source   settingsSource
	settings emusettings.Settings     // of the source
	handlers []emusettings.HubHandler // of --handler
}

const emulatorLong = `Run a Web PubSub service in memory and print its connection string when it is
ready. With "-- COMMAND" it uses a free port, runs COMMAND with
WPS_CONNECTION_STRING, WebPubSubConnectionString and, with --hub, WPS_HUB set, and
exits with its exit code.

Events are sent to the event handlers of their hub, as by the service: the handler
is validated first, requests are signed, failures are retried. The first handler
that accepts an event gets it; a hub's own handlers come before those of every hub.
A --settings file is YAML:

  hubs:
    chat:                     # "*", in quotes, is every hub
      anonymousConnectPolicy: deny            # or allow: clients without a token
      eventHandlers:
        - urlTemplate: http://localhost:9000/eh/{event}   # or tunnel:///eh/{event}
          systemEvents: [connect, connected, disconnected]
          userEventPattern: "*"               # or one name, or a list
  accessKey: ...              # after --key and $WPS_EMULATOR_KEY

A handler with neither systemEvents nor userEventPattern gets every event. The
file may also be the appsettings.json of the vendor's emulator, or hubs as
"az webpubsub hub show -o json" prints them. It is reloaded when it is saved and on
SIGHUP, while clients stay connected; after a bad edit the previous settings stay in
effect. A new accessKey needs a restart.

What is set for the vendor's emulator is used: without --settings the
appsettings.json of this folder, and that of $ASPNETCORE_ENVIRONMENT over it, if it
has hubs or a key in its section WebPubSub; over a file, variables such as
WebPubSub__AccessKey and WebPubSub__Hubs__chat__EventHandlers__0__UrlTemplate; Urls
and $ASPNETCORE_URLS in place of --addr. --no-settings ignores all of them.

The page at the printed address shows the traffic live, with payloads, and lets you
connect clients, send and look at the state. It answers this machine only; its API
needs the token in the address, which each run makes anew. --record writes the same
events to a file.

With --on the emulator answers events itself, by commands: "wps listen --help"
says what hooks receive and return. With other handlers, hooks get the events that
--on names; without, all events.

A request from a page in a browser is refused, even with a valid token, unless the
page comes from localhost, the emulator's own host or a --cors-origin; so is a
request to a host name with a dot that is not one of this machine, unless
--allow-host names it.`

// New returns the "wps emulator" command.
func New(env *cli.Env) *cobra.Command {
	var o options
	c := &cobra.Command{
		Use:   "emulator [--addr HOST:PORT] [--on EVENT HOOK]... [--handler [HUB=]URL]... [-- COMMAND [ARG]...]",
		Short: "Run the service on this machine, or a command against it",
		Long:  emulatorLong,
		Example: `  wps emulator
  wps emulator --on connect ./connect.sh --on message 'jq -c .text'
  wps emulator --handler http://localhost:7071/runtime/webhooks/webpubsub
  wps emulator --handler 'chat=http://localhost:9000/eh/{event} system=connect user=message'
  wps emulator -- npm test
  wps emulator --addr localhost:0 --ready-file ready.txt -v`,
		Annotations: cli.Exits(cli.ExitLineFailed, cli.ExitLineUsage, "  N    with -- COMMAND: its exit code", cli.ExitLineInterrupted+" a second time: running hooks are killed"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := checkArgs(c, args); err != nil {
				return err
			}
			return run(c.Context(), env, &o, cli.ChangedFlags(c), args)
		},
	}
	c.SuggestionsMinimumDistance = 2
	c.Annotations[cli.RunsAnnotation] = "yes"
	c.AddCommand(newStatus(env), newConnections(env), newGroups(env), newEvents(env), newTunnels(env), newClose(env))
	o.register(c)
	return c
}

// register defines the flags.
func (o *options) register(c *cobra.Command) {
	f := c.Flags()
	f.SortFlags = false
	f.SetInterspersed(false) // the flags of a command without -- before it are not ours
	f.Var((*cli.AddrValue)(&o.addr), "addr", "listen on `host:port`; port 0 picks a free port (default localhost:8080; a free port with -- COMMAND)")
	f.StringVar(&o.urls, "urls", "", "listen on these `URLs`, separated by semicolons, as the vendor's emulator does; https implies --tls")
	f.StringVar(&o.key, "key", "", "access `key`, at least 32 bytes (default $WPS_EMULATOR_KEY, then the public default key)")
	f.StringVar(&o.keyFile, "key-file", "", "read the access key from `file`")
	f.BoolVar(&o.newKey, "new-key", false, "make a random access key if none is set, instead of the public default")
	f.StringVar(&o.ready.Path, "ready-file", "", "write the connection string to `file` when ready; remove it at the end")
	f.BoolVar(&o.tls, "tls", false, "serve https with a self-signed certificate")
	f.BoolVar(&o.entra, "allow-unvalidated-entra-tokens", false, "accept Microsoft Entra ID tokens on REST requests without checking their signatures")
	f.StringArrayVar(&o.handlerFlags, "handler", nil, "send events to this event handler: `[HUB=]URL [system=LIST] [user=LIST]`; may be repeated.\n{hub} and {event} in the URL are replaced by their names; tunnel:///PATH is a handler that connects by\nitself, such as wps listen --tunnel. LIST is names separated by commas, or\nnone; user=* is every user event (default: every event of every hub)")
	f.StringVar(&o.settingsFile, "settings", "", "read hubs and their event handlers from `file`: YAML, or the vendor emulator's appsettings.json\n(default appsettings.json of this folder)")
	f.BoolVar(&o.noSettings, "no-settings", false, "do not use appsettings.json of this folder, WebPubSub__* variables and $ASPNETCORE_URLS")
	f.StringArrayVar(&o.anonymous, "allow-anonymous", nil, "accept clients of this `hub` without a token, \"*\" for every hub; may be repeated")
	o.guard.Register(f)
	f.BoolVar(&o.open, "open", false, "open the page with the traffic in a browser: $BROWSER, or that of the system")
	f.BoolVar(&o.noUI, "no-ui", false, "serve no page with the traffic")
	f.StringVar(&o.record, "record", "", "write everything that happens, with payloads, to `file`, for wps replay")
	o.hooks.Register(f)
	f.StringVar(&o.certFile, "tls-cert-out", "", "with --tls: write the certificate to `file`, for clients to trust; COMMAND trusts it without")
}

// checkArgs refuses arguments that are not a command after --.
func checkArgs(c *cobra.Command, args []string) error {
	dash := c.ArgsLenAtDash()
	switch {
	case len(args) == 0 && dash == 0:
		return cli.Usage("no command after --", "name one, as in wps emulator -- npm test; the variable that should hold it may be unset")
	case len(args) == 0 || dash == 0:
		return nil
	case len(c.SuggestionsFor(args[0])) > 0 || foreign.EquivalentCommand(c.CommandPath(), args...) != "":
		return cli.UnknownCommand(c, args...)
	}
	return cli.Usagef("unexpected argument %q: put the command to run after --", shownurl.In(args[0]))
}

// check checks the flags and reads the settings file.
func (o *options) check(env *cli.Env, given cli.FlagNames) error {
	if o.certFile != "" && !o.tls && !strings.Contains(o.urls, "https:") {
		return cli.Usagef("--tls-cert-out goes with --tls")
	}
	if o.noUI && o.open {
		return cli.Usagef("--open and --no-ui exclude each other")
	}
	if err := o.hooks.CheckUnused(given); err != nil {
		return err
	}
	return cli.JoinErrors(o.guard.Check(), o.configure(env))
}

// configure reads the settings file and the flags about hubs.
func (o *options) configure(env *cli.Env) (err error) {
	if o.source, err = o.findSettings(env); err != nil {
		return err
	}
	if o.settings, err = o.source.read(); err != nil {
		return err
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

// accessKey returns the access key: of the flags, else of the environment, else of
// the settings, else a new one or the default.
func (o *options) accessKey(env *cli.Env) (string, error) {
	key, from := o.key, "--key"
	switch {
	case key != "" && o.keyFile != "":
		return "", cli.Usagef("--key and --key-file exclude each other")
	case o.keyFile != "":
		var err error
		if key, err = smallinput.Key().ReadFile(o.keyFile); err != nil {
			return "", cli.Usage(err.Error(), "--key-file needs a file that holds an access key")
		}
		return checkedKey(key, "--key-file")
	case key == "":
		var err error
		if key, err = env.Settings.Variable("WPS_EMULATOR_KEY"); err != nil {
			return "", err
		}
		from = "$WPS_EMULATOR_KEY"
	}
	switch {
	case key == "" && o.settings.AccessKey == "" && o.newKey:
		return rand.Text() + rand.Text(), nil // 52 characters
	case key == "":
		return cmp.Or(o.settings.AccessKey, protocol.DefaultAccessKey), nil
	}
	key, err := smallinput.Key().Read(key)
	if err != nil {
		return "", cli.Usagef("%s: %v", from, err)
	}
	return checkedKey(key, from)
}

// checkedKey returns a key that the service could have.
func checkedKey(key, from string) (string, error) {
	if err := token.CheckKey(key); err != nil {
		return "", cli.Usagef("%s: %v", from, err)
	}
	return key, nil
}

// memoryLimit is what the program tries to stay below, in bytes, unless $GOMEMLIMIT
// says otherwise: it holds the most that may wait for slow clients, and needs less
// than the twice of that which the garbage collector would let it take.
const memoryLimit = 1 << 30

func run(ctx context.Context, env *cli.Env, o *options, given cli.FlagNames, command []string) error {
	defer env.Serve()()
	if _, set := env.Settings.LookupEnv("GOMEMLIMIT"); !set {
		debug.SetMemoryLimit(memoryLimit)
	}
	if err := o.check(env, given); err != nil {
		return err
	}
	key, err := o.accessKey(env)
	if err != nil {
		return err
	}
	at, err := o.place(env.Out, len(command) > 0)
	if err != nil {
		return err
	}
	o.tls = at.tls
	o.ready.Form = isLocalService
	if err := o.ready.Check(); err != nil {
		return err
	}
	listeners, addr, err := at.listen(ctx)
	if err != nil {
		return explainInUse(ctx, addr, key, err)
	}
	if err := o.ready.Clear(); err != nil { // not before, because the file may be that of who has the port
		return cli.JoinErrors(err, serve.CloseAll(listeners))
	}
	i, err := newInstance(ctx, env, o, instanceOptions{place: at, key: key, listeners: listeners, command: len(command) > 0, given: given})
	if err != nil {
		return cli.JoinErrors(err, serve.CloseAll(listeners))
	}
	return i.run(ctx, listeners, command)
}

// isLocalService reports whether a line of a ready file is the connection string of
// an emulator, and not of a real service.
func isLocalService(line string) bool {
	cs, err := token.ParseConnectionString(line)
	return err == nil && !strings.Contains(cs.Endpoint.Hostname(), ".webpubsub.")
}

// statusTimeout bounds the question whether an emulator listens on an address.
const statusTimeout = time.Second

// explainInUse changes the hint of an address that is in use if a wps emulator
// listens there.
func explainInUse(ctx context.Context, addr, key string, err error) error {
	host, port, splitErr := net.SplitHostPort(addr)
	var usage *cli.UsageError
	if splitErr != nil || errors.As(err, &usage) {
		return err
	}
	if host == "" {
		host = "localhost"
	}
	ctx, cancel := context.WithTimeout(ctx, statusTimeout)
	defer cancel()
	r := emulator.NewRemote(token.NewConnectionString(&url.URL{Scheme: "http", Host: net.JoinHostPort(host, port)}, token.NewKey(key)))
	defer r.Close()
	if _, statusErr := r.Status(ctx); statusErr != nil && !errors.Is(statusErr, emulator.ErrUnauthorized) {
		return err
	}
	return cli.WithHint(err, "a wps emulator is already running there: use it, or take a free port with --addr "+net.JoinHostPort(host, "0"))
}
