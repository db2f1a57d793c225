// Package connectcmd is "wps connect": a WebSocket client in the terminal.
//
// It hides how arrivals are printed, how lines of the input are sent with several on
// their way, what lines at a prompt do, and what counts as success when the connection
// ends. Connecting, acks and recovery are left to package client/ws, the keys of the
// prompt to cmd/internal/prompt.
//
//	root.AddCommand(connectcmd.New(env))
package connectcmd

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/service"
	"wps/cmd/internal/stdio"
	"wps/protocol"
)

type connectOptions struct {
	record      string
	url         string
	user        string
	join        []string
	roles       []string
	groups      []string
	subprotocol string
	toGroup     string
	event       string
	dataType    string
	noEcho      bool
	acks        bool
	count       int
	wait        time.Duration
	until       string // jq expression that ends the command
	expect      string // text that ends the command
	only        string // message or system; "" is both
	reconnect   bool
	ready       cli.ReadyFile

	matches *cli.Filter // of until; nil without it
	talks   bool        // lines are typed at a prompt

	announced bool // what there is to say about the settings is said
}

// New returns the "wps connect" command.
func New(env *cli.Env) *cobra.Command {
	var o connectOptions
	c := &cobra.Command{
		Use:   "connect [--join G]... [--to-group G | --event NAME] [--count N | --until JQ | --expect TEXT]",
		Short: "Connect as a client: print incoming messages, send lines from stdin",
		Long: `Connect as a WebSocket client and print every incoming message, until Ctrl-C,
--count messages, a match of --until or --expect, or --wait. With --to-group or
--event each line of standard input is sent and acknowledged, in order.

On a terminal a prompt edits the lines, and lines such as /to group g1, /join g1
or /ping act: /help lists them. Without --role, the token then permits to join
and send to all groups.

Up to 64 lines to a group are in flight at once. The connection closes at the end
of the input unless --count, --until, --expect or --wait is set; if it closes
earlier, wps reports how many lines were acknowledged. Without --url, wps makes a
token with the roles that the flags need.

With --subprotocol json-reliable or protobuf-reliable a broken connection is
recovered for up to 30 seconds, without lost or duplicate messages. The system
events recovering, recovered and lost report it. --reconnect opens a new connection
when one has ended for another reason than a violated policy (1008), after delays
of up to 30 s; what was sent in between is not received.`,
		Example: `  wps connect --hub chat --user u1 --join g1
  echo hello | wps connect --hub chat --to-group g1
  wps connect --hub chat --join g1 --count 1 --wait 5s -o json   # an assertion: exit 1 if none arrived
  wps connect --hub chat --join g1 --expect hello --wait 5m
  wps connect --hub chat --join g1 --until '.data == "hello"' --wait 5m -o json`,
		Annotations: cli.Exits("  1    closed by the service, refused, fewer than --count messages, or no match", cli.ExitLineUsage, cli.ExitLineUnauthorized),
		Args:        cli.ExactArgs(),
		RunE:        func(c *cobra.Command, _ []string) error { return connect(c.Context(), env, &o, cli.ChangedFlags(c)) },
	}
	o.register(c.Flags())
	_ = c.RegisterFlagCompletionFunc("subprotocol", cobra.FixedCompletions( // the error is that of an unknown flag
		slices.Sorted(maps.Keys(subprotocols)), cobra.ShellCompDirectiveNoFileComp))
	return c
}

// register defines the flags.
func (o *connectOptions) register(f *pflag.FlagSet) {
	f.SortFlags = false
	f.StringVar(&o.url, "url", "", "connect to this client `URL`, such as one from wps negotiate")
	f.StringVar(&o.user, "user", "", "`id` of the user (default anonymous)")
	f.StringArrayVar(&o.join, "join", nil, "join this `group` once connected; may be repeated")
	f.StringArrayVar(&o.groups, "group", nil, "put the client in this `group` from the start, by its token; may be repeated")
	f.StringArrayVar(&o.roles, "role", nil, "additional `role` for the token; may be repeated")
	f.StringVar(&o.subprotocol, "subprotocol", "json", "subprotocol `name`: json, json-reliable, protobuf, protobuf-reliable or none, or the name on the\nwire, such as json.webpubsub.azure.v1; reliable ones recover a broken connection, none is a simple WebSocket client")
	f.StringVar(&o.toGroup, "to-group", "", "send each line of standard input to `group`")
	f.StringVar(&o.event, "event", "", "send each line of standard input as the user event `name`")
	f.StringVar(&o.dataType, "data-type", "text", "data type of the lines: `text|json|binary`")
	f.BoolVar(&o.noEcho, "no-echo", false, "with --to-group: do not receive the messages sent by this client")
	f.BoolVar(&o.acks, "acks", false, "print acks too")
	f.IntVar(&o.count, "count", 0, "stop after `n` messages that --jq prints something for; exit 1 if fewer arrived (default no limit)")
	f.StringVar(&o.until, "until", "", "stop at the first object of -o json for which this jq `expression` is true; exit 1 without one")
	f.StringVar(&o.expect, "expect", "", "stop at the first message whose data contains this `text`; exit 1 without one")
	f.StringVar(&o.only, "only", "", "print only these, and nothing about the connection's end: `message|system`")
	f.BoolVar(&o.reconnect, "reconnect", false, "connect again when the connection has ended")
	f.DurationVar(&o.wait, "wait", 0, "stop after this `time` (default no limit)")
	f.StringVar(&o.record, "record", "", "write what the client sends and gets to `file`, for wps replay")
	f.StringVar(&o.ready.Path, "ready-file", "", "write the connection id to `file` once connected and joined")
}

// subprotocols maps the names of the flag to those on the wire.
var subprotocols = map[string]string{
	"json":              protocol.SubprotocolJSON,
	"json-reliable":     protocol.SubprotocolJSONReliable,
	"protobuf":          protocol.SubprotocolProtobuf,
	"protobuf-reliable": protocol.SubprotocolProtobufReliable,
	"none":              "",
}

// subprotocolOf returns the name of the flag for a name of the flag or on the wire,
// in any case.
func subprotocolOf(name string) (string, error) {
	lower := strings.ToLower(name)
	for short, wire := range subprotocols {
		if lower == short || wire != "" && lower == wire {
			return short, nil
		}
	}
	const use = "use json, json-reliable, protobuf, protobuf-reliable or none"
	if strings.Contains(lower, "mqtt") || strings.Contains(lower, "socket.io") || strings.Contains(lower, "socketio") {
		return "", cli.Usage(fmt.Sprintf("--subprotocol %q is not spoken by wps connect: %s", name, use), "wps negotiate --client mqtt or --client socketio makes the URL for such a client")
	}
	return "", cli.Usagef("--subprotocol %q is unknown: %s", name, use)
}

// simple reports whether the client has no subprotocol.
func (o *connectOptions) simple() bool { return o.subprotocol == "none" }

// asserts reports whether the command fails unless something arrives.
func (o *connectOptions) asserts() bool { return o.count > 0 || o.matches != nil || o.expect != "" }

// sends reports whether standard input is sent.
func (o *connectOptions) sends() bool { return o.toGroup != "" || o.event != "" }

// isConnectionID reports whether a line of a ready file may be the id of a
// connection.
func isConnectionID(line string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_."
	return strings.Trim(line, letters) == "" && len(line) <= 128
}

// gcPercent makes collections rarer than the default of 100, because the memory of a
// client is a few MiB that change all the time.
const gcPercent = 400

func connect(ctx context.Context, env *cli.Env, o *connectOptions, given cli.FlagNames) error {
	if err := o.check(given); err != nil {
		return err
	}
	o.talks = canTalk(env)
	address, place, err := o.clientURL(ctx, env)
	if err != nil {
		return err
	}
	o.ready.Form = isConnectionID
	if err := o.ready.Clear(); err != nil {
		return err
	}
	defer stdio.SurviveClosedPipe()()
	debug.SetGCPercent(gcPercent)
	s := &session{env: env, o: o, place: place}
	if s.tls, err = service.TLS(env); err != nil {
		return err
	}
	if u, err := url.Parse(address); err == nil { // the URL is checked when it is used
		service.LogProxy(env, u)
	}
	if s.recorder, err = newRecorder(env.Out, o, address); err != nil {
		return err
	}
	conn, err := s.dial(ctx, address)
	if err != nil {
		return cli.JoinErrors(err, s.recorder.close(err))
	}
	s.conn.Store(conn)
	err = s.run(ctx)
	if recordErr := s.recorder.close(err); err == nil {
		err = recordErr
	}
	return err
}
