package handlercmd

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/service"
	"wps/emulator"
	"wps/protocol"
	"wps/trigger"
)

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
	hasState     bool // an empty state is one too
	data         string
	dataType     string
	subprotocols []string
	reason       string
	group        string
	keys         []string
	origin       string
}

// NewTrigger returns the "wps trigger" command.
func NewTrigger(env *cli.Env) *cobra.Command {
	var o triggerOptions
	c := &cobra.Command{
		Use:   "trigger EVENT --to URL",
		Short: "Send one event to an event handler, as the service does",
		Long: `Send one event, signed with the access key, to any event handler and print what
it answers and what the service would make of that. The handler is validated
first, as the service does.

EVENT is [HUB/]EVENT: connect, connected, disconnected, joined, left, or the
name of a user event.`,
		Example: `  wps trigger connect --to http://localhost:9000/eh --user ana --query v=2
  wps trigger message --to http://localhost:9000/{hub}/{event} --data hello
  wps trigger order --to http://localhost:7071/runtime/webhooks/webpubsub --data @order.json --data-type json`,
		Annotations: cli.Exits("  1    the event was refused, or not delivered", cli.ExitLineUsage, cli.ExitLineInterrupted),
		Args:        cli.ExactArgs("EVENT"),
		RunE: func(c *cobra.Command, args []string) error {
			return runTrigger(c.Context(), env, &o, cli.ChangedFlags(c), args[0])
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.to, "to", "", "`URL` of the event handler; {hub} and {event} stand for their names")
	f.BoolVar(&o.noValidate, "no-validate", false, "do not ask first whether the handler takes events of this service")
	f.StringVar(&o.user, "user", "", "`id` of the user (default anonymous)")
	f.StringVar(&o.connection, "connection", "", "`id` of the connection (default a new one)")
	f.StringVar(&o.id, "event-id", "", "`number` of the event in its connection (default 0 for connect, 1 for connected, else 2)")
	f.StringArrayVar(&o.claims, "claim", nil, "with connect: a claim `key=value` of the client's token; may be repeated")
	f.StringArrayVar(&o.queries, "query", nil, "with connect: a parameter `key=value` of the client's URL; may be repeated")
	f.StringArrayVar(&o.headers, "header", nil, "with connect: a header `name=value` of the client; may be repeated")
	f.StringArrayVar(&o.subprotocols, "subprotocol", nil, "`name` of the subprotocol; with connect it may be repeated: what the client offers")
	f.StringVar(&o.state, "state", "", "connection `state`: a JSON object, which is encoded as SDKs do, or any other text as it is")
	f.StringVar(&o.data, "data", "", "data of a user event: `text|@file|-`")
	f.StringVar(&o.dataType, "data-type", "text", "what the data are: `text|json|binary`")
	f.StringArrayVar(&o.metadata, "meta", nil, "with a user event: metadata `key=value`; may be repeated")
	f.StringVar(&o.reason, "reason", "", "with disconnected: the `reason`")
	f.StringVar(&o.group, "group", "", "with joined and left: the `group`")
	f.StringArrayVar(&o.keys, "key", nil, "sign with this `key` too, or @FILE; may be repeated")
	f.StringVar(&o.origin, "origin", "", "`host` that the event comes from (default that of the service)")
	return c
}

// belongs says to which events a flag belongs.
var belongs = []struct {
	events string // for people
	fits   func(trigger.Key) bool
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

func (o *triggerOptions) check(given cli.FlagNames, k trigger.Key) error {
	for _, b := range belongs {
		if name := given.First(b.flags...); name != "" && !b.fits(k) {
			return cli.Usagef("--%s goes with %s", name, b.events)
		}
	}
	switch {
	case o.to == "":
		return cli.Usagef("no event handler is given: add --to URL")
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
	cs, _, err := env.Settings.Connection()
	if err != nil {
		return err
	}
	o.hasState = given["state"]
	e, err := o.event(ctx, env, cs, k)
	if err != nil {
		return err
	}
	if o.origin == "" {
		o.origin = cs.Endpoint.Hostname()
	}
	t, err := emulator.NewEventSender(o.to, o.origin, nil)
	if err != nil {
		return cli.Usagef("--to: %v", err)
	}
	defer t.Close()
	limited, cancel := context.WithTimeoutCause(ctx, env.Settings.Timeout, service.ErrTimeout)
	defer cancel()
	return e.try(limited, env, o, t)
}

const notThere = "look whether the event handler runs there"

// try validates, sends and prints.
func (e *triedEvent) try(ctx context.Context, env *cli.Env, o *triggerOptions, t *emulator.EventSender) error {
	if !o.noValidate {
		if err := t.Validate(ctx, e.Hub); err != nil {
			hint := "a service sends no events to a handler that fails this; --no-validate sends one all the same"
			if _, unreachable := errors.AsType[*net.OpError](err); unreachable {
				return cli.WithHint(timely(ctx, env, o.unreachable(err)), notThere)
			}
			return cli.WithHint(timely(ctx, env, fmt.Errorf("validate %s: %w", o.to, err)), hint)
		}
		env.Log.Info("validated", "origin", o.origin)
	}
	began := time.Now()
	v, err := t.Send(ctx, e.EventContext, e.header, e.body, e.offered)
	if err != nil {
		return cli.WithHint(timely(ctx, env, o.unreachable(err)), notThere)
	}
	if err := printVerdict(env, &e.EventContext, v, time.Since(began)); err != nil {
		return err
	}
	if v.Problem != "" {
		return cli.ExitCode(cli.ExitFailed)
	}
	return nil
}

// unreachable tells of a handler that gave no answer, in the words that there
// are for a service.
func (o *triggerOptions) unreachable(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		err = e.Err
	}
	return &client.UnreachableError{Endpoint: o.to, Cause: err}
}

// timely says so when the time was over.
func timely(ctx context.Context, env *cli.Env, err error) error {
	if context.Cause(ctx) == service.ErrTimeout {
		return fmt.Errorf("no answer within %v", env.Settings.Timeout)
	}
	if errors.Is(err, context.Canceled) {
		return ctx.Err()
	}
	return err
}
