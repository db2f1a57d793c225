package emulatorcmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/emulator"
	"wps/protocol"
)

// newEvents returns "wps emulator events".
func newEvents(env *cli.Env) *cobra.Command {
	var o emulator.NoticeOptions
	c := &cobra.Command{
		Use:   "events [-f]",
		Short: "Show what happens in a running emulator",
		Long: fmt.Sprintf(`Show what has happened in an emulator, one event per line: connections opened,
closed, away and recovered, groups joined and left, messages sent, event
handlers called, tunnels opened and closed, requests refused. Without -f these are
at most the last %d; with it, new ones until Ctrl-C or until the emulator ends.

A reader that falls behind loses events; an event "dropped" counts them.`, emulator.NoticesKept),
		Example: `  wps emulator events
  wps emulator events -f --hub chat
  wps emulator events -f --jq 'select(.type == "refused")'`,
		Annotations: remoteExits(),
		Args:        cli.ExactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			if o.Recent < 0 {
				return cli.Usagef("--recent must be 0 or more")
			}
			if !o.Follow && !c.Flags().Changed("recent") {
				o.Recent = emulator.NoticesKept
			}
			return watchEvents(c.Context(), env, o)
		},
	}
	f := c.Flags()
	f.BoolVarP(&o.Follow, "follow", "f", false, "continue with new events")
	f.IntVar(&o.Recent, "recent", 0, fmt.Sprintf("start with the last `n` events (default %d, with -f none)", emulator.NoticesKept))
	f.BoolVar(&o.Data, "data", false, "also show the data of messages while they are sent, up to 4 KiB of each")
	return c
}

// watchEvents prints notices until the emulator or ctx ends.
func watchEvents(ctx context.Context, env *cli.Env, o emulator.NoticeOptions) error {
	any := false
	err := withRemote(ctx, env, o.Follow, func(ctx context.Context, r *emulator.Remote) error {
		return r.Notices(ctx, o, func(n emulator.Notice) error {
			if !ofHub(n, env.Settings.HubFlag) {
				return nil
			}
			any = true
			if env.Out.JSON() {
				return env.Out.PrintJSON(n)
			}
			return env.Out.PrintLine(env.Out.Printable(noticeText(n)))
		})
	})
	if o.Follow && errors.Is(err, context.Canceled) {
		env.Out.EndInterruptedLine()
		return nil
	}
	switch {
	case err != nil:
	case o.Follow:
		env.Out.Say("the emulator has ended")
	case !any && o.Recent > 0 && !env.Out.JSON():
		env.Out.Say("no events yet%s; -f waits for them", inHub(env.Settings.HubFlag))
	}
	return err
}

// ofHub reports whether a notice is about a hub; "" is every hub.
func ofHub(n emulator.Notice, hub string) bool {
	switch {
	case hub == "", n.Type == emulator.NoticeDropped:
		return true
	case n.NoticeRequest != nil:
		return strings.Contains(strings.ToLower(n.Path)+"/", "/hubs/"+strings.ToLower(protocol.EscapeSegment(hub))+"/")
	}
	return strings.EqualFold(n.Hub, hub)
}

// noticeText returns a notice as a line: the time, what happened, the connection,
// and details.
func noticeText(n emulator.Notice) string {
	parts := []string{n.Time.Local().Format("15:04:05.000"), fmt.Sprintf("%-9s", n.Type)}
	add := func(format string, value string) {
		if value != "" {
			parts = append(parts, fmt.Sprintf(format, value))
		}
	}
	add("hub %s", n.Hub)
	add("connection %s", n.ConnectionID)
	add("user %q", n.UserID)
	add("group %q", n.Group)
	if s := n.NoticeSent; s != nil {
		to := protocol.Target{Kind: s.Target, ID: s.TargetID}
		parts = append(parts, fmt.Sprintf("to %s: %s, %s, %s", to, cli.Plural(s.Bytes, "byte"), s.DataType, cli.Plural(s.Receivers, "receiver")))
		add("%q", s.Data)
	}
	if h := n.NoticeHandled; h != nil {
		add("%q:", h.Event)
		if h.AnswerStatus != 0 {
			parts = append(parts, fmt.Sprintf("%d in %v ms", h.AnswerStatus, h.Milliseconds))
		}
	}
	if r := n.NoticeRequest; r != nil {
		parts = append(parts, fmt.Sprintf("%d %s %s", r.Status, r.Method, r.Path))
	}
	add("%s", n.Subprotocol)
	add("(%s)", n.Reason)
	if n.Count > 0 {
		parts = append(parts, cli.Plural(n.Count, "event")+" not shown")
	}
	return strings.Join(parts, " ")
}
