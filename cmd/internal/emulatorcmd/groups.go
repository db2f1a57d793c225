package emulatorcmd

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/emulator"
)

// newGroups returns "wps emulator groups".
func newGroups(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "groups",
		Short: "List the groups of a running emulator",
		Long: `List the groups of an emulator, of every hub unless --hub names one. The columns,
separated by tabs in a pipe, are group, hub and the number of connections.`,
		Example: `  wps emulator groups
  wps emulator groups --hub chat -o json
  wps emulator groups --jq .group`,
		Annotations: remoteExits(),
		Args:        cli.ExactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			return withRemote(c.Context(), env, false, func(ctx context.Context, r *emulator.Remote) error {
				all, err := r.Groups(ctx, env.Settings.HubFlag)
				if err != nil {
					return err
				}
				t := cli.NewTable(env.Out, "GROUP", "HUB", "CONNECTIONS")
				for _, x := range all {
					if err := printGroup(t, x); err != nil {
						return err
					}
				}
				return t.End("no connection is in a group" + inHub(env.Settings.HubFlag))
			})
		},
	}
}

// printGroup prints a group as a row, or as JSON.
func printGroup(t *cli.Table, x emulator.GroupStatus) error {
	if t.Out.JSON() {
		return t.Out.PrintJSON(x)
	}
	return t.Row(x.Group, x.Hub, strconv.Itoa(x.Connections))
}
