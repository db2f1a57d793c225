package emulatorcmd

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/traffictext"
	"wps/emulator"
	"wps/internal/feed"
	"wps/protocol/traffic"
)

// eventsOptions are the flags of "wps emulator events".
type eventsOptions struct {
	emulator.TrafficOptions
	types string
}

// newEvents returns "wps emulator events".
func newEvents(env *cli.Env) *cobra.Command {
	var o eventsOptions
	c := &cobra.Command{
		Use:   "events [-f] [--data] [--user U] [--group G] [--type TYPE] [--grep TEXT]",
		Short: "Show what happens in a running emulator",
		Long: fmt.Sprintf(`Show what has happened in an emulator, one event per line: connections opened,
closed, away and recovered, groups joined and left, messages sent, event
handlers called, permissions changed, tunnels opened and closed, requests and
frames refused, and why. Without -f these are at most the last %d; with it, new
ones until Ctrl-C or until the emulator ends.

With --data also every frame of a client and every REST request, with payloads,
headers and answers, from the moment that somebody asks for them: 64 KiB of each
payload, secrets masked. The filters select what fits all of them. The JSON of an
event is described by "wps help json".

On a terminal a line is cut to its width, and payloads are wrapped below it; -o json
and a pipe have everything. A reader that falls behind loses events; an event
"dropped" counts them.`, feed.Kept),
		Example: `  wps emulator events
  wps emulator events -f --data --hub chat --group g1
  wps emulator events -f --type refused,closed --grep chat
  wps emulator events -f --jq 'select(.type == "refused")'`,
		Annotations: remoteExits(),
		Args:        cli.ExactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := o.check(env, cli.ChangedFlags(c)); err != nil {
				return err
			}
			return watchEvents(c.Context(), env, o.TrafficOptions)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.BoolVarP(&o.Follow, "follow", "f", false, "continue with new events")
	f.IntVar(&o.Recent, "recent", 0, fmt.Sprintf("start with the last `n` events (default %d, with -f none)", feed.Kept))
	f.BoolVar(&o.Data, "data", false, "also show frames, requests, payloads and answers")
	f.StringVar(&o.Filter.User, "user", "", "only events of this `user`, or sent to it")
	f.StringVar(&o.Filter.Group, "group", "", "only events about this `group`")
	f.StringVar(&o.types, "type", "", "only these `types`, separated by commas: "+typeNames())
	f.StringVar(&o.Filter.Grep, "grep", "", "only events that contain this `text`, in any case")
	return c
}

// typeNames lists the types of events.
func typeNames() string {
	var names []string
	for _, t := range traffic.Types() {
		names = append(names, string(t))
	}
	half := len(names)/2 + 1
	return strings.Join(names[:half], ", ") + ",\n" + strings.Join(names[half:], ", ")
}

// check checks the flags.
func (o *eventsOptions) check(env *cli.Env, given cli.FlagNames) (err error) {
	if o.Recent < 0 {
		return cli.Usagef("--recent must be 0 or more")
	}
	if !o.Follow && !given["recent"] {
		o.Recent = feed.Kept
	}
	if o.types != "" {
		if o.Filter.Types, err = traffic.ParseTypes(o.types); err != nil {
			return cli.Usagef("--type: %v", err)
		}
	}
	o.Filter.Hub = env.Settings.HubFlag
	return nil
}

// watchEvents prints events until the emulator or ctx ends.
func watchEvents(ctx context.Context, env *cli.Env, o emulator.TrafficOptions) error {
	any, printer := false, traffictext.NewPrinter(env.Out, o.Data)
	err := withRemote(ctx, env, o.Follow, func(ctx context.Context, r *emulator.Remote) error {
		return r.Traffic(ctx, o, func(x *traffic.Object) error {
			any = true
			return printer.Print(x)
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
