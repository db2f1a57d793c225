package emulatorcmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/emulator"
)

// newTunnels returns "wps emulator tunnels".
func newTunnels(env *cli.Env) *cobra.Command {
	var ask string
	c := &cobra.Command{
		Use:   "tunnels [CONNECTION --ask reconnect|rebalance|close]",
		Short: "List the tunnels of a running emulator, or ask one for something",
		Long: `List the tunnel connections that event handlers have opened to an emulator ("wps
listen --tunnel", awps-tunnel, Socket.IO servers), of every hub unless --hub names
one. The columns, separated by tabs in a pipe, are connection id, hub, the id of
the program's tunnel client, the time since which it is open, and the number of
events that wait for an answer through it.

With --ask the emulator asks the program at the other end of a CONNECTION for what
the service may ask, to see what it does then: to open the connection again
(reconnect), to open one more (rebalance), or to close it for good (close).`,
		Example: `  wps emulator tunnels
  wps emulator tunnels --hub chat -o json
  wps emulator tunnels --jq .connectionId | xargs -r -n1 wps emulator tunnels --ask reconnect`,
		Annotations: remoteExits(),
		Args: func(c *cobra.Command, args []string) error {
			if len(args) == 0 {
				return nil
			}
			return cli.ExactArgs("CONNECTION")(c, args)
		},
		RunE: func(c *cobra.Command, args []string) error {
			given := cli.ChangedFlags(c)["ask"]
			switch {
			case len(args) == 0 && given:
				return cli.Usage("--ask needs a CONNECTION", "\"wps emulator tunnels\" lists them")
			case len(args) == 0:
				return listTunnels(c.Context(), env)
			}
			return askTunnel(c.Context(), env, args[0], ask, given)
		},
	}
	c.Flags().StringVar(&ask, "ask", "", "ask the program at the other end for `what`: "+asks())
	return c
}

func asks() string {
	last := len(emulator.TunnelAsks) - 1
	return strings.Join(emulator.TunnelAsks[:last], ", ") + " or " + emulator.TunnelAsks[last]
}

// listTunnels prints the tunnel connections.
func listTunnels(ctx context.Context, env *cli.Env) error {
	return withRemote(ctx, env, false, func(ctx context.Context, r *emulator.Remote) error {
		all, err := r.Tunnels(ctx, env.Settings.HubFlag)
		if err != nil {
			return err
		}
		t := cli.NewTable(env.Out, "CONNECTION", "HUB", "CLIENT", "SINCE", "WAITING")
		for _, x := range all {
			if err := printTunnel(t, x); err != nil {
				return err
			}
		}
		return t.End("no tunnel is open" + inHub(env.Settings.HubFlag))
	})
}

// printTunnel prints a tunnel connection as a row, or as JSON.
func printTunnel(t *cli.Table, x emulator.TunnelStatus) error {
	if t.Out.JSON() {
		return t.Out.PrintJSON(x)
	}
	return t.Row(x.ConnectionID, x.Hub, x.ClientID, x.Since.Local().Format(time.DateTime), strconv.Itoa(x.InFlight))
}

// askTunnel asks the client of a tunnel connection for something.
func askTunnel(ctx context.Context, env *cli.Env, id, ask string, given bool) error {
	switch {
	case !given:
		return cli.Usage("a CONNECTION needs --ask", "--ask is one of "+asks()+"; without CONNECTION the tunnels are listed")
	case !slices.Contains(emulator.TunnelAsks, ask):
		return cli.Usagef("--ask %q is unknown: use %s", ask, asks())
	}
	err := withRemote(ctx, env, false, func(ctx context.Context, r *emulator.Remote) error { return r.AskTunnel(ctx, id, ask) })
	switch {
	case errors.Is(err, emulator.ErrNotFound):
		return cli.WithHint(fmt.Errorf("ask tunnel connection %q: %w", id, err), "\"wps emulator tunnels\" lists the open ones")
	case err != nil:
		return err
	case env.Out.JSON():
		return env.Out.PrintJSON(map[string]any{"ok": true, "connectionId": id, "ask": ask})
	}
	env.Out.Say("asked tunnel connection %q: %s", id, ask)
	return nil
}
