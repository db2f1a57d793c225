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

// newEmulatorEvents returns "wps emulator events".
func newEmulatorEvents(env *cli.Env) *cobra.Command {
	var o emulator.NoticeOptions
	c := &cobra.Command{
		Use:   "events [-f]",
		Short: "Show what happens in a running emulator",
		Long: fmt.Sprintf(`Show what has happened in an emulator, one event a line: connections opened,
closed, away and recovered, groups joined and left, messages sent, event
handlers asked, requests refused. Without -f these are the last %d at most;
with it, new ones until Ctrl-C or until the emulator ends.

Who reads too slowly misses some, and a line "dropped" says how many.`, emulator.NoticesKept),
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
	f.BoolVarP(&o.Follow, "follow", "f", false, "go on with new events")
	f.IntVar(&o.Recent, "recent", 0, fmt.Sprintf("begin with the last `n` events (default %d, with -f none)", emulator.NoticesKept))
	f.BoolVar(&o.Data, "data", false, "show the data of messages too, while they are sent; up to 4 KiB of each")
	return c
}

// watch prints notices.
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
		return nil // the person has seen enough
	}
	switch {
	case err != nil:
	case o.Follow:
		env.Out.Say("the emulator has ended")
	case !any && o.Recent > 0 && !env.Out.JSON():
		env.Out.Say("nothing has happened yet%s; -f waits for what does", ofTheHub(env.Settings.HubFlag))
	}
	return err
}

// ofHub tells whether a notice is about a hub; "" means any.
func ofHub(n emulator.Notice, hub string) bool {
	switch {
	case hub == "", n.Type == emulator.NoticeDropped:
		return true
	case n.NoticeRequest != nil:
		return strings.Contains(strings.ToLower(n.Path)+"/", "/hubs/"+strings.ToLower(protocol.EscapeSegment(hub))+"/")
	}
	return strings.EqualFold(n.Hub, hub)
}

// noticeText is a notice for people: time, what happened, to which connection,
// and the rest.
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
