package cmd

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"wps/client"
	"wps/emulator"
	"wps/protocol"
	"wps/token"
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
	data         string
	dataType     string
	subprotocols []string
	reason       string
	group        string
	keys         []string
	origin       string
}

// newTrigger returns the "wps trigger" command.
func newTrigger(env *Env) *cobra.Command {
	var o triggerOptions
	c := &cobra.Command{
		Use:   "trigger EVENT --to URL",
		Short: "Send one event to an event handler, as the service does",
		Long: `Send one event, signed with the access key, to any event handler and print what
it answers and what the service would make of that. The handler is validated
first, as the service does.

EVENT is [HUB/]EVENT: connect, connected, disconnected, joined, left, or the name
of a user event.`,
		Example: `  wps trigger connect --to http://localhost:9000/eh --user ana --query v=2
  wps trigger message --to http://localhost:9000/{hub}/{event} --data hello
  wps trigger order --to http://localhost:7071/runtime/webhooks/webpubsub --data @order.json --data-type json`,
		Annotations: exits("  1    the event was refused, or not delivered", exitLineUsage, exitLineInt),
		Args:        exactArgs("EVENT"),
		RunE:        func(c *cobra.Command, args []string) error { return runTrigger(c, env, &o, args[0]) },
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

func (o *triggerOptions) check(c *cobra.Command, k trigger.Key) error {
	for _, b := range belongs {
		for _, name := range b.flags {
			if c.Flags().Changed(name) && !b.fits(k) {
				return usagef(c, "--%s goes with %s", name, b.events)
			}
		}
	}
	switch {
	case o.to == "":
		return usagef(c, "no event handler is given: add --to URL")
	case k.Event == trigger.AnyEvent:
		return usagef(c, "event %q: name one event", k.Event)
	case k.Kind == protocol.EventGroup && o.group == "":
		return usagef(c, "%s needs --group", k.Event)
	case len(o.subprotocols) > 1 && !isConnect(k):
		return usagef(c, "only connect takes more than one --subprotocol")
	}
	return nil
}

func runTrigger(c *cobra.Command, env *Env, o *triggerOptions, name string) error {
	k, err := trigger.ParseKey(name)
	if err != nil {
		return usagef(c, "%v", err)
	}
	if err := o.check(c, k); err != nil {
		return err
	}
	if k.Hub == "" {
		if k.Hub, err = env.hub(c); err != nil {
			return err
		}
	}
	cs, _, err := env.connection()
	if err != nil {
		return err
	}
	e, err := o.event(c, env, cs, k)
	if err != nil {
		return err
	}
	if o.origin == "" {
		o.origin = cs.Endpoint.Hostname()
	}
	t, err := emulator.NewTrial(o.to, o.origin, nil)
	if err != nil {
		return usagef(c, "--to: %v", err)
	}
	defer t.Close()
	ctx, cancel := context.WithTimeoutCause(c.Context(), env.flags.timeout, errTimeout)
	defer cancel()
	return e.try(ctx, env, o, t)
}

// triedEvent is an event to be sent.
type triedEvent struct {
	protocol.EventContext
	header  http.Header
	body    []byte
	offered []string
}

// event makes the event that the flags describe.
func (o *triggerOptions) event(c *cobra.Command, env *Env, cs token.ConnectionString, k trigger.Key) (*triedEvent, error) {
	keys, err := keysOf(c, cs, o.keys)
	if err != nil {
		return nil, err
	}
	e := &triedEvent{header: http.Header{"Content-Type": {"application/json"}}}
	e.Kind, e.Event, e.Hub, e.UserID, e.Time = k.Kind, k.Event, k.Hub, o.user, time.Now()
	e.ConnectionID, e.ID = o.connection, o.id
	if e.ConnectionID == "" {
		e.ConnectionID = rand.Text()
	}
	if e.ID == "" {
		e.ID = usualID(k)
	}
	e.Signature = token.Signature(e.ConnectionID, keys...)
	if c.Flags().Changed("state") {
		e.State, e.HasState = encodeState(o.state), true
	}
	if isConnect(k) {
		e.offered = o.subprotocols
	} else if len(o.subprotocols) > 0 {
		e.Subprotocol = o.subprotocols[0]
	}
	return e, o.fill(c, env, e)
}

// usualID is the number that an event has in a new connection.
func usualID(k trigger.Key) string {
	switch {
	case isConnect(k):
		return "0"
	case k.Kind == protocol.EventSystem && k.Event == protocol.EventConnected:
		return "1"
	}
	return "2"
}

// encodeState writes a JSON object as the official middleware does.
func encodeState(text string) string {
	if state, err := protocol.MergeState("", json.RawMessage(text)); err == nil {
		return state
	}
	return text
}

// fill makes the data.
func (o *triggerOptions) fill(c *cobra.Command, env *Env, e *triedEvent) (err error) {
	switch {
	case e.Kind == protocol.EventUser:
		return o.fillUser(c, env, e)
	case e.Kind == protocol.EventGroup:
		e.body, err = json.Marshal(protocol.GroupRequest{Group: o.group})
	case e.Event == protocol.EventConnect:
		return o.fillConnect(c, e)
	case e.Event == protocol.EventDisconnected:
		e.body, err = json.Marshal(protocol.DisconnectedRequest{Reason: o.reason})
	default:
		e.body = []byte("{}")
	}
	return err
}

func (o *triggerOptions) fillUser(c *cobra.Command, env *Env, e *triedEvent) error {
	d, err := protocol.ParseDataType(o.dataType)
	if err != nil {
		return usagef(c, "--data-type: %v", err)
	}
	if e.body, err = o.readData(c, env); err != nil {
		return err
	}
	switch {
	case d == protocol.DataTypeJSON && !json.Valid(e.body):
		return usagef(c, "--data is not JSON, as --data-type says")
	case d == protocol.DataTypeText && !utf8.Valid(e.body):
		return usagef(c, "--data is not UTF-8 text: use --data-type binary")
	}
	e.header["Content-Type"] = []string{protocol.EventContentType(d)}
	metadata, err := pairs(o.metadata)
	if err != nil {
		return usagef(c, "--meta %v", err)
	}
	for name, values := range metadata {
		e.header[strings.ToLower(protocol.MetadataHeader+name)] = values
	}
	return nil
}

// readData reads --data.
func (o *triggerOptions) readData(c *cobra.Command, env *Env) ([]byte, error) {
	var in io.Reader
	switch path, isFile := strings.CutPrefix(o.data, "@"); {
	case isFile:
		f, err := os.Open(path)
		if err != nil {
			return nil, &usageError{fmt.Sprintf("--data: %v", err), "@FILE reads the data from a file"}
		}
		defer f.Close()
		in = f
	case o.data == "-":
		in = newInput(c.Context(), env.Stdin)
	default:
		return []byte(o.data), nil
	}
	data, err := io.ReadAll(io.LimitReader(in, protocol.MaxMessageSize+1))
	if err == nil && len(data) > protocol.MaxMessageSize {
		err = usagef(c, "--data is larger than %d bytes, which is the most a client may send", protocol.MaxMessageSize)
	}
	return data, err
}

func (o *triggerOptions) fillConnect(c *cobra.Command, e *triedEvent) (err error) {
	r := protocol.ConnectRequest{Subprotocols: append([]string{}, o.subprotocols...), ClientCertificates: []protocol.ClientCertificate{}}
	for _, m := range []struct {
		flag string
		from []string
		into *map[string][]string
	}{{"claim", o.claims, &r.Claims}, {"query", o.queries, &r.Query}, {"header", o.headers, &r.Headers}} {
		if *m.into, err = pairs(m.from); err != nil {
			return usagef(c, "--%s %v", m.flag, err)
		}
	}
	if o.user != "" && r.Claims["sub"] == nil {
		r.Claims["sub"] = []string{o.user}
	}
	e.body, err = json.Marshal(r)
	return err
}

// pairs is parseClaims that gives an empty map for nothing.
func pairs(list []string) (map[string][]string, error) {
	m, err := parseClaims(list)
	if m == nil {
		m = map[string][]string{}
	}
	return m, err
}

const notThere = "look whether the event handler runs there"

// try validates, sends and prints.
func (e *triedEvent) try(ctx context.Context, env *Env, o *triggerOptions, t *emulator.Trial) error {
	if !o.noValidate {
		if err := t.Validate(ctx, e.Hub); err != nil {
			hint := "a service sends no events to a handler that fails this; --no-validate sends one all the same"
			if _, unreachable := errors.AsType[*net.OpError](err); unreachable {
				return withHint(timely(ctx, env, o.unreachable(err)), notThere)
			}
			return withHint(timely(ctx, env, fmt.Errorf("validate %s: %w", o.to, err)), hint)
		}
		env.log.Info("validated", "origin", o.origin)
	}
	began := time.Now()
	v, err := t.Send(ctx, e.EventContext, e.header, e.body, e.offered)
	if err != nil {
		return withHint(timely(ctx, env, o.unreachable(err)), notThere)
	}
	if err := env.printVerdict(&e.EventContext, v, time.Since(began)); err != nil {
		return err
	}
	if v.Problem != "" {
		return exitCode(exitFailed)
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
func timely(ctx context.Context, env *Env, err error) error {
	if context.Cause(ctx) == errTimeout {
		return fmt.Errorf("no answer within %v", env.flags.timeout)
	}
	if errors.Is(err, context.Canceled) {
		return ctx.Err()
	}
	return err
}
