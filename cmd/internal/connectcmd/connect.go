// Package connectcmd is "wps connect": a WebSocket client in the terminal.
//
// It hides how arrivals are printed, how lines of the input are sent with several on
// their way, and what counts as success when the connection ends. Connecting, acks
// and recovery are left to package client/ws.
//
//	root.AddCommand(connectcmd.New(env))
package connectcmd

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wps/client/ws"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/service"
	"wps/protocol"
	"wps/token"
)

type connectOptions struct {
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
	ready       cli.ReadyFile
}

// New returns the "wps connect" command.
func New(env *cli.Env) *cobra.Command {
	var o connectOptions
	c := &cobra.Command{
		Use:   "connect [--join G]... [--to-group G | --event NAME] [--count N] [--wait D]",
		Short: "Connect as a client: print incoming messages, send lines from stdin",
		Long: `Connect as a WebSocket client and print every incoming message, until Ctrl-C,
--count messages or --wait. With --to-group or --event each line of standard
input is sent and acknowledged, in order.

Up to 64 lines to a group are in flight at once. The connection closes at the end
of the input unless --count or --wait is set; if it closes earlier, wps reports
how many lines were acknowledged. Without --url, wps makes a token with the roles
that the flags need.

With --subprotocol json-reliable or protobuf-reliable a broken connection is
recovered for up to 30 seconds, without lost or duplicate messages. The system
events recovering, recovered and lost report it.`,
		Example: `  wps connect --hub chat --user u1 --join g1
  echo hello | wps connect --hub chat --to-group g1
  wps connect --hub chat --join g1 --count 1 --wait 5s -o json   # an assertion: exit 1 if none arrived`,
		Annotations: cli.Exits("  1    closed by the service, refused, or fewer than --count messages", cli.ExitLineUsage, cli.ExitLineUnauthorized),
		Args:        cli.ExactArgs(),
		RunE:        func(c *cobra.Command, _ []string) error { return connect(c.Context(), env, &o, cli.ChangedFlags(c)) },
	}
	f := c.Flags()
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
	f.IntVar(&o.count, "count", 0, "stop after `n` messages; exit 1 if fewer arrived (default no limit)")
	f.DurationVar(&o.wait, "wait", 0, "stop after this `time` (default no limit)")
	f.StringVar(&o.ready.Path, "ready-file", "", "write the connection id to `file` once connected and joined")
	_ = c.RegisterFlagCompletionFunc("subprotocol", cobra.FixedCompletions( // the error is that of an unknown flag
		slices.Sorted(maps.Keys(subprotocols)), cobra.ShellCompDirectiveNoFileComp))
	return c
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

// check checks the flags.
func (o *connectOptions) check(given cli.FlagNames) (err error) {
	if o.subprotocol, err = subprotocolOf(o.subprotocol); err != nil {
		return err
	}
	if o.url != "" {
		if o.url, err = cli.ClientURLInput().Read(o.url); err != nil {
			return cli.Usage(fmt.Sprintf("--url: %v", err), "use the URL of wps negotiate -o url")
		}
	}
	switch {
	case o.toGroup != "" && o.event != "":
		return cli.Usagef("--to-group and --event exclude each other")
	case o.simple() && len(o.join) > 0:
		return cli.Usagef("--join does not go with --subprotocol none: a simple client cannot join; --group puts it in a group from the start")
	case o.simple() && o.event != "" && o.event != "message":
		return cli.Usagef("--event %s does not go with --subprotocol none: a simple client sends only the event message", o.event)
	case o.url != "" && (o.user != "" || len(o.groups) > 0 || len(o.roles) > 0):
		return cli.Usagef("--url has its own token: leave out --user, --group and --role")
	case o.url != "" && o.simple() && o.toGroup != "":
		return cli.Usagef("--to-group of a simple client is part of the URL: add webpubsub_mode=sendToGroup&group=%s to --url", url.QueryEscape(o.toGroup))
	case o.noEcho && o.toGroup == "":
		return cli.Usagef("--no-echo goes with --to-group")
	case o.toGroup == "" && o.event == "" && (o.acks || given["data-type"]):
		return cli.Usagef("--acks and --data-type go with --to-group or --event: without them nothing is sent")
	case o.count < 0 || o.wait < 0:
		return cli.Usagef("--count and --wait must be 0 or more")
	}
	return o.checkNames()
}

// checkNames checks the names of groups, the event and the data type.
func (o *connectOptions) checkNames() error {
	for _, g := range slices.Concat(o.join, o.groups) {
		if err := protocol.CheckGroup(g); err != nil {
			return cli.Usagef("%v", err)
		}
	}
	if o.toGroup != "" {
		if err := protocol.CheckGroup(o.toGroup); err != nil {
			return cli.Usagef("--to-group: %v", err)
		}
	}
	if o.event != "" {
		if err := protocol.CheckEventName(o.event); err != nil {
			return cli.Usagef("--event: %v", err)
		}
	}
	if _, err := protocol.ParseDataType(o.dataType); err != nil {
		return cli.Usagef("--data-type: %v", err)
	}
	return nil
}

// simple reports whether the client has no subprotocol.
func (o *connectOptions) simple() bool { return o.subprotocol == "none" }

// sends reports whether standard input is sent.
func (o *connectOptions) sends() bool { return o.toGroup != "" || o.event != "" }

// clientURL returns the URL to connect to: --url, or one with a new token.
func (o *connectOptions) clientURL(ctx context.Context, env *cli.Env) (string, error) {
	if o.url != "" {
		u, err := url.Parse(o.url)
		if err != nil || u.Scheme != "ws" && u.Scheme != "wss" || u.Host == "" {
			return "", cli.Usagef("--url must be a ws:// or wss:// URL")
		}
		return o.url, nil
	}
	hub, err := env.Settings.Hub()
	if err != nil {
		return "", err
	}
	cs, _, err := env.Settings.Service()
	if err != nil {
		return "", err
	}
	if o.roles, err = env.Settings.Roles(o.roles); err != nil {
		return "", err
	}
	service.WarnAboutRoles(env.Out, o.roles)
	negotiator, err := service.NewNegotiator(env, cs, hub)
	if err != nil {
		return "", err
	}
	n, err := negotiator.Negotiate(ctx, token.ClientOptions{
		Hub: hub, UserID: o.user, Roles: o.tokenRoles(), Groups: o.groups, Lifetime: tokenLifetime,
	})
	if err != nil {
		return "", err
	}
	if !o.simple() || o.toGroup == "" {
		return n.URL, nil
	}
	mode := url.Values{"webpubsub_mode": {"sendToGroup"}, "group": {o.toGroup}}
	if o.noEcho {
		mode.Set("noEcho", "true")
	}
	return n.URL + "&" + mode.Encode(), nil
}

// tokenLifetime is how long the token of a connection is valid. It is needed for
// the handshake only.
const tokenLifetime = 5 * time.Minute

// tokenRoles returns the roles of --role and those that the other flags need.
func (o *connectOptions) tokenRoles() []string {
	roles := slices.Clone(o.roles)
	for _, g := range o.join {
		roles = append(roles, protocol.RoleJoinLeaveGroup+"."+g)
	}
	if o.toGroup != "" {
		roles = append(roles, protocol.RoleSendToGroup+"."+o.toGroup)
	}
	return roles
}

func connect(ctx context.Context, env *cli.Env, o *connectOptions, given cli.FlagNames) error {
	if err := o.check(given); err != nil {
		return err
	}
	address, err := o.clientURL(ctx, env)
	if err != nil {
		return err
	}
	if err := o.ready.Clear(); err != nil {
		return err
	}
	config, err := service.TLS(env)
	if err != nil {
		return err
	}
	dial := ws.Options{
		TLS: config, URL: address, Logger: env.Log, HandshakeTimeout: env.Settings.Timeout, Subprotocol: subprotocols[o.subprotocol],
	}
	conn, err := ws.Dial(ctx, dial)
	if err != nil {
		return explain.Dial(env.Settings, err, o.url)
	}
	s := &session{env: env, o: o, conn: conn}
	return s.run(ctx)
}
