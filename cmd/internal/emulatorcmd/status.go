package emulatorcmd

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/emulator"
)

// newStatus returns "wps emulator status".
func newStatus(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show the state of a running emulator",
		Long: `Print how long an emulator has been running and how many connections, users and
groups it has, in total and in each hub. It works only on the emulator's machine.`,
		Example: `  wps emulator status
  wps emulator status -o json
  wps emulator status --jq .connections`,
		Annotations: remoteExits(),
		Args:        cli.ExactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			return withRemote(c.Context(), env, false, func(ctx context.Context, r *emulator.Remote) error {
				st, err := r.Status(ctx)
				if err != nil {
					return err
				}
				if env.Out.JSON() {
					return env.Out.PrintJSON(st)
				}
				return printStatus(env, st)
			})
		},
	}
}

// printStatus prints a status as text.
func printStatus(env *cli.Env, st emulator.Status) error {
	up := time.Duration(st.UptimeSeconds) * time.Second
	text := fmt.Sprintf("wps %s, up %v\n%s\n", env.Out.Printable(cmp.Or(st.Version, "devel")), up, counts(st.Connections, st.Users, st.Groups))
	if st.Tunnels > 0 {
		text += cli.Plural(st.Tunnels, "tunnel connection") + " of event handlers\n"
	}
	for _, h := range st.Hubs {
		text += fmt.Sprintf("hub %s: %s\n", env.Out.StdoutColors.Name(env.Out.Printable(h.Hub)), counts(h.Connections, h.Users, h.Groups))
	}
	return env.Out.Write([]byte(text))
}

func counts(connections, users, groups int) string {
	return fmt.Sprintf("%s, %s, %s", cli.Plural(connections, "connection"), cli.Plural(users, "user"), cli.Plural(groups, "group"))
}
