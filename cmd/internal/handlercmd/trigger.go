package handlercmd

import (
	"cmp"
	"context"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/service"
	"wps/emulator"
	"wps/protocol"
	"wps/token"
	"wps/trigger"
)

// triggerOptions are the flags of "wps trigger".
type triggerOptions struct {
	to           string
	noValidate   bool
	user         string
	connection   string
	id           string
	claims       []string
	queries      []string
	headers      []string
	metadata     []string
	state        string
	hasState     bool // the state may be empty
	data         string
	hasData      bool
	dataType     string
	subprotocols []string
	reason       string
	group        string
	keys         []string
	origin       string
	from         string // a recording
	line         int
}

// NewTrigger returns the "wps trigger" command.
func NewTrigger(env *cli.Env) *cobra.Command {
	var o triggerOptions
	c := &cobra.Command{
		Use:   "trigger EVENT --to URL",
		Short: "Send one event to an event handler, as the service does",
		Long: `Send one event, signed with the access key, to an event handler, and print its
answer and how the service would process it. The handler is validated first, as by
the service.

EVENT is [HUB/]EVENT: connect, connected, disconnected, joined, left, or the
name of a user event. The data of a user event is that of --data, or stdin unless
that is a terminal: in a loop that reads stdin, redirect it from /dev/null.`,
		Example: `  wps trigger connect --hub chat --to http://localhost:9000/eh --user ana --query v=2
  wps trigger message --hub chat --to http://localhost:9000/{hub}/{event} --data hello
  wps trigger chat/order --to http://localhost:7071/runtime/webhooks/webpubsub --data @order.json --data-type json`,
		Annotations: cli.Exits("  1    the event was refused, or not delivered", cli.ExitLineUsage, cli.ExitLineInterrupted),
		Args: func(c *cobra.Command, args []string) error {
			if given := cli.ChangedFlags(c); o.from != "" || given["line"] {
				return o.checkRecorded(given, args)
			}
			return cli.ExactArgs("EVENT")(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			if o.from != "" {
				return runRecorded(c.Context(), env, &o)
			}
			return runTrigger(c.Context(), env, &o, cli.ChangedFlags(c), args[0])
		},
	}
	o.register(c)
	return c
}

func (o *triggerOptions) register(c *cobra.Command) {
	f := c.Flags()
	f.SortFlags = false
	f.Var((*cli.URLValue)(&o.to), "to", "`URL` of the event handler; {hub} and {event} are replaced by their names")
	f.BoolVar(&o.noValidate, "no-validate", false, "do not validate the handler first")
	f.StringVar(&o.user, "user", "", "`id` of the user (default anonymous)")
	f.StringVar(&o.connection, "connection", "", "`id` of the connection (default a new one)")
	f.StringVar(&o.id, "event-id", "", "`number` of the event in its connection (default 0 for connect, 1 for connected, else 2)")
	f.StringArrayVar(&o.claims, "claim", nil, "with connect: claim `key=value` of the client's token; may be repeated")
	f.StringArrayVar(&o.queries, "query", nil, "with connect: query parameter `key=value` of the client's URL; may be repeated")
	f.StringArrayVar(&o.headers, "header", nil, "with connect: header `name=value` of the client; may be repeated")
	f.StringArrayVar(&o.subprotocols, "subprotocol", nil, "`name` of the subprotocol; with connect, one that the client offers; may be repeated")
	f.StringVar(&o.state, "state", "", "connection `state`: a JSON object, which is encoded as by the SDKs, or any other text")
	f.StringVar(&o.data, "data", "", "data of a user event (default all of stdin if that is not a terminal): `text|@file|-`")
	f.StringVar(&o.dataType, "data-type", "text", "data type of --data: `text|json|binary`")
	f.StringArrayVar(&o.metadata, "meta", nil, "with a user event: metadata `key=value`; may be repeated")
	f.StringVar(&o.reason, "reason", "", "with disconnected: the `reason`")
	f.StringVar(&o.group, "group", "", "with joined and left: the `group`")
	f.StringArrayVar(&o.keys, "key", nil, "also sign with this `key`, or @FILE; may be repeated")
	f.StringVar(&o.from, "from", "", "send an event of the recording in `file`, which --record has written, instead of EVENT")
	f.IntVar(&o.line, "line", 0, "with --from: the event in this `line` of the recording")
	f.StringVar(&o.origin, "origin", "", "`host` that the event comes from (default that of the service)")
}

// eventFlags lists the flags that go with some events only.
var eventFlags = []struct {
	events string // as errors name them
	match  func(trigger.Key) bool
	flags  []string
}{
	{"connect", isConnect, []string{"claim", "query", "header"}},
	{"disconnected", func(k trigger.Key) bool {
		return k.Kind == protocol.EventSystem && k.Event == protocol.EventDisconnected
	}, []string{"reason"}},
	{"joined and left", func(k trigger.Key) bool { return k.Kind == protocol.EventGroup }, []string{"group"}},
	{"user events", func(k trigger.Key) bool { return k.Kind == protocol.EventUser }, []string{"data", "data-type", "meta"}},
}

func isConnect(k trigger.Key) bool {
	return k.Kind == protocol.EventSystem && k.Event == protocol.EventConnect
}

// check checks the flags for the event k.
func (o *triggerOptions) check(given cli.FlagNames, k trigger.Key) error {
	for _, e := range eventFlags {
		if name := given.First(e.flags...); name != "" && !e.match(k) {
			return cli.Usagef("--%s goes with %s", name, e.events)
		}
	}
	switch {
	case o.to == "":
		return cli.Usagef("no event handler: add --to URL")
	case k.Event == trigger.AnyEvent:
		return cli.Usagef("event %q: name one event", k.Event)
	case k.Kind == protocol.EventGroup && o.group == "":
		return cli.Usagef("%s needs --group", k.Event)
	case len(o.subprotocols) > 1 && !isConnect(k):
		return cli.Usagef("only connect takes more than one --subprotocol")
	}
	return nil
}

func runTrigger(ctx context.Context, env *cli.Env, o *triggerOptions, given cli.FlagNames, name string) error {
	k, err := trigger.ParseKey(name)
	if err != nil {
		return cli.Usagef("%v", err)
	}
	if err := o.check(given, k); err != nil {
		return err
	}
	if k.Hub == "" {
		if k.Hub, err = env.Settings.Hub(); err != nil {
			return err
		}
	}
	cs, _, err := env.Settings.Service()
	if err != nil {
		return err
	}
	o.hasState, o.hasData = given["state"], given["data"]
	switch {
	case k.Kind != protocol.EventUser:
		env.NoteUnread("only user events have data")
	case o.hasData && o.data != "-" && o.data != "@-":
		env.NoteUnread("--data is the data of the event")
	}
	e, err := o.event(ctx, env, cs, k)
	if err != nil {
		return err
	}
	return o.deliver(ctx, env, cs, e)
}

// deliver sends e to the handler of --to, within --timeout, and prints the answer. It
// comes from --origin, or else from the service cs.
func (o *triggerOptions) deliver(ctx context.Context, env *cli.Env, cs token.ConnectionString, e *handlerEvent) error {
	o.origin = cmp.Or(o.origin, cs.Endpoint.Hostname())
	t, err := emulator.NewEventSender(o.to, o.origin, nil)
	if err != nil {
		return cli.Usagef("--to: %v", err)
	}
	defer t.Close()
	limited, cancel := context.WithTimeoutCause(ctx, env.Settings.Timeout, service.ErrTimeout)
	defer cancel()
	return e.send(limited, env, o, t)
}
