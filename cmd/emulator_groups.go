package cmd

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"wps/emulator"
)

// newEmulatorGroups returns "wps emulator groups".
func newEmulatorGroups(env *Env) *cobra.Command {
	return &cobra.Command{
		Use:   "groups",
		Short: "List the groups of a running emulator",
		Long: `List the groups of an emulator, of every hub unless --hub names one. Each line
has, with tabs between: group, hub, number of connections.`,
		Example: `  wps emulator groups
  wps emulator groups --hub chat -o json
  wps emulator groups --jq .group`,
		Annotations: remoteExits(),
		Args:        exactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			return env.remote(c, false, func(ctx context.Context, r *emulator.Remote) error {
				all, err := r.Groups(ctx, env.flags.hub)
				if err != nil {
					return err
				}
				for _, x := range all {
					if err := env.printGroup(x); err != nil {
						return err
					}
				}
				return nil
			})
		},
	}
}

func (e *Env) printGroup(x emulator.GroupStatus) error {
	if e.json() {
		return e.printJSON(x)
	}
	return e.printLine(e.shown(fmt.Sprintf("%s\t%s\t%d", x.Group, x.Hub, x.Connections)))
}
