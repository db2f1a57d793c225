// Package handlercmd holds the commands about event handlers: "wps listen" runs one,
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
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/hooks"
	"wps/cmd/internal/negotiatecmd"
	"wps/cmd/internal/serve"
	"wps/protocol"
)

// listenOptions are the flags of "wps listen".
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
	tunnel        bool
	hubs          []string // of --hub
	addrGiven     bool
	ui            string // address of the page; "": none
	open          bool
	record        string
}

// NewListen returns the "wps listen" command.
func NewListen(env *cli.Env) *cobra.Command {
	var o listenOptions
	c := &cobra.Command{
		Use:   "listen [--tunnel] [--on EVENT HOOK]... [--data] [--ui [ADDR]] [--record FILE]",
		Short: "Answer events of the service with commands",
		Long: `Run an event handler: an HTTP endpoint that checks each event and lets a hook
answer it. Register http://HOST/ (or --path) with the service, or pass it to
"wps emulator --handler".

With --tunnel the service need not reach this machine: the events of --hub arrive
over a WebSocket that this command opens to the service, with the access key or
the identity, and keeps open. It prints the az command that registers
tunnel:///eventhandler with the hub, which is done once. Several --hub open a
tunnel each. Without --addr and --negotiate nothing listens on this machine then.
An event whose tunnel is cut is sent again by the service.

Without --on and --forward every event is accepted, and printed with its data. With
--data hooks' events are printed with their data and answers too. --ui serves a page
that shows them on this machine, and sends them to their hooks again.

A hook is a command. It reads the event's data from stdin and its context from
WPS_EVENT, WPS_EVENT_TYPE, WPS_HUB, WPS_CONNECTION_ID, WPS_USER_ID, WPS_DATA_TYPE,
WPS_SUBPROTOCOL, WPS_REASON, WPS_GROUP, WPS_EVENT_ID, WPS_STATE and, as JSON,
WPS_CONTEXT, which is also in the file $WPS_CONTEXT_FILE. It answers with
  exit code 0    and, for a user event, the message on stdout, byte for byte;
                 for connect nothing, or JSON with userId, groups, roles,
                 subprotocol, states, error
  exit code 77   unauthorized; 65: an error of the client; 75: try again (503);
                 any other: an error of the server. The last line of stderr is
                 the reason
JSON in the file $WPS_RESPONSE (message, dataType, metadata, states, error, retry)
takes precedence over stdout. Event objects appended to the file $WPS_OUTPUT, one
per line, are run before the answer. When a hook exits, everything it started is
killed.

A WPS_CONTEXT, WPS_STATE or WPS_REASON above 100 KiB is left out: it is in the file
that WPS_CONTEXT_FILE, WPS_STATE_FILE or WPS_REASON_FILE names. A connect event
that large is refused (431), because its hook is a guard.

A HOOK may also be http://HOST:PORT/PATH, which receives the event unchanged, or
:accept, :reject, :echo, :log. USER:PASSWORD@ in a URL is sent as Basic
authorization; neither it nor a query is printed. With --worker a command is
started once: it reads each event as a line of JSON,
{"id":1,"context":{...},"data":...}, and answers with one:
{"id":1,"message":"hi","dataType":"text","outputs":[...]}, or {"id":1,"retry":true}
for exit code 75.

An event that the service repeats gets the answer of the first time for five
minutes. After a failure that the service retries (408, 5xx) its hook runs again.

An event needs a signature made with the access key, which proves its sender. The
default key is public and proves nothing: with it, and with --skip-signature, an
event must be addressed to a host name of this machine or of --allow-host, and
must not come from a page of another site.`,
		Example: `  wps listen                    # accept every event and show it
  wps listen --on connect ./connect.sh --on message 'jq -c .text'
  wps listen --on connect :accept --on '*' :echo --addr localhost:9000
  wps listen --on message ./worker.py --worker --workers 4
  wps listen --forward http://localhost:3000/eventhandler
  wps listen --tunnel --hub chat --on connect :accept --on '*' :echo
  wps listen --tunnel --hub chat --forward http://localhost:3000/eventhandler
  wps listen --on message ./m.sh --hub chat --negotiate /api/negotiate --user '{query.userid}'`,
		Annotations: cli.Exits(cli.ExitLineFailed, cli.ExitLineUsage, cli.ExitLineUnauthorized, cli.ExitLineInterrupted+" a second time: running hooks are killed"),
		Args:        func(c *cobra.Command, args []string) error { return cli.ExactArgs()(c, o.takeAddress(args)) },
		RunE:        func(c *cobra.Command, _ []string) error { return runListen(c.Context(), env, &o, cli.ChangedFlags(c)) },
	}
	o.register(env, c)
	return c
}

func (o *listenOptions) register(env *cli.Env, c *cobra.Command) {
	f := c.Flags()
	f.SortFlags = false
	o.hooks.Register(f)
	o.hooks.RegisterForward(f)
	f.BoolVar(&o.tunnel, "tunnel", false, "receive the events of --hub through a tunnel that this command opens to the service")
	f.Var(&hubsValue{&env.Settings.HubFlag, &o.hubs}, "hub", "`name` of the hub; may be repeated with --tunnel (default $WPS_HUB)")
	o.addr = "localhost:9000"
	f.Var((*cli.AddrValue)(&o.addr), "addr", "listen on `[host]:port`; port 0 picks a free port")
	f.StringVar(&o.path, "path", "", "serve this `path` and all below it (default: every path)")
	f.StringArrayVar(&o.keys, "key", nil, "accept signatures made with this access `key` too, such as the secondary key, or @FILE; may be repeated")
	f.BoolVar(&o.skipSignature, "skip-signature", false, "accept events without checking their signatures")
	f.StringArrayVar(&o.origins, "allow-origin", nil, "answer validation requests of this `host` too, \"*\" for all; may be repeated (default: the host of the service)")
	o.guard.Register(f)
	f.StringVar(&o.certFile, "tls-cert", "", "serve https with the certificate in `file`")
	f.StringVar(&o.keyFile, "tls-key", "", "with --tls-cert: read its key from `file`")
	f.StringVar(&o.ready.Path, "ready-file", "", "write the URL to `file` when ready; remove it at the end")
	f.StringVar(&o.negotiatePath, "negotiate", "", "also serve client URLs at this `path`, as wps negotiate --serve does")
	o.client.Register(c)
	f.Var((*cli.AddrValue)(&o.ui), "ui", "serve a page that shows the events at `[host:port]` of this machine (default localhost:9001)")
	f.Lookup("ui").NoOptDefVal = defaultUI
	f.BoolVar(&o.open, "open", false, "with --ui: open the page in a browser: $BROWSER, or that of the system")
	f.StringVar(&o.record, "record", "", "write every event and its answer, with their data, to `file`, for wps replay")
}

// takeAddress takes the address of --ui from the arguments, and returns the others.
func (o *listenOptions) takeAddress(args []string) []string {
	if len(args) == 1 && o.ui == defaultUI && strings.Contains(args[0], ":") {
		o.ui = args[0]
		return nil
	}
	return args
}

// alone reports whether events are only shown.
func (o *listenOptions) alone() bool { return !o.hooks.Any() && (o.tunnel || o.negotiatePath == "") }

// negotiateOnly are the flags that go with --negotiate.
var negotiateOnly = []string{"user", "role", "group", "claim", "expires", "client"}

// httpOnly are the flags about requests over HTTP.
var httpOnly = []string{"tls-cert", "tls-key", "allow-host", "cors-origin"}

// http reports whether events may also be sent to an address of this machine.
func (o *listenOptions) http() bool { return !o.tunnel || o.addrGiven || o.negotiatePath != "" }

// tunnelHubs returns the hubs of --tunnel, after a check of all names.
func (o *listenOptions) tunnelHubs(env *cli.Env) ([]string, error) {
	for i, hub := range o.hubs {
		if err := protocol.CheckHub(hub); err != nil {
			return nil, cli.Usagef("--hub: %v", err)
		}
		if slices.ContainsFunc(o.hubs[:i], func(other string) bool { return strings.EqualFold(other, hub) }) {
			return nil, cli.Usagef("--hub %s is given twice", hub)
		}
	}
	switch {
	case !o.tunnel:
		return nil, nil
	case len(o.hubs) > 0:
		return o.hubs, nil
	}
	hub, err := env.Settings.Hub()
	return []string{hub}, err
}

// check checks the flags that exclude or need one another.
func (o *listenOptions) check(given cli.FlagNames) error {
	switch {
	case o.open && o.ui == "":
		return cli.Usagef("--open goes with --ui")
	case (o.certFile == "") != (o.keyFile == ""):
		return cli.Usagef("--tls-cert and --tls-key go together")
	case o.path != "" && !strings.HasPrefix(o.path, "/"):
		return cli.Usagef("--path %q must begin with /", o.path)
	case o.path != "" && o.path == o.negotiatePath:
		return cli.Usagef("--path and --negotiate must differ")
	case !o.tunnel && len(o.hubs) > 1:
		return cli.Usage("--hub is given twice: give it once", "several hubs go with --tunnel; without it, leave out --hub to serve every hub")
	case o.skipSignature && len(o.keys) > 0:
		return cli.Usagef("--key and --skip-signature exclude each other")
	}
	if name := given.First(negotiateOnly...); name != "" && o.negotiatePath == "" {
		return cli.Usagef("--%s goes with --negotiate", name)
	}
	o.addrGiven = given["addr"]
	if name := given.First(httpOnly...); name != "" && !o.http() {
		return cli.Usagef("with --tunnel, --%s needs --addr", name)
	}
	if o.alone() {
		delete(given, "data") // it is so without it
	}
	return o.hooks.CheckUnused(given)
}

func runListen(ctx context.Context, env *cli.Env, o *listenOptions, given cli.FlagNames) error {
	if err := o.check(given); err != nil {
		return err
	}
	defer env.Serve()()
	l, err := newListener(ctx, env, o)
	if err != nil {
		return err
	}
	listeners, err := o.listeners(ctx)
	if err != nil {
		return cli.JoinErrors(err, l.hooks.Close(ctx), l.page.close(), l.record.Close())
	}
	return l.run(ctx, listeners)
}
