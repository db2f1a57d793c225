package emulatorcmd

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/emulator"
)

// newClose returns "wps emulator close".
func newClose(env *cli.Env) *cobra.Command {
	var reason string
	c := &cobra.Command{
		Use:   "close CONNECTION",
		Short: "Close a connection of a running emulator",
		Long: `Close a connection of an emulator, in any hub, as the service does over REST.
Unlike "wps close" it fails if there is no such connection.`,
		Example: `  wps emulator close "$ID"
  wps emulator close "$ID" --reason maintenance
  wps emulator connections --jq .connectionId | xargs -r -n1 wps emulator close`,
		Annotations: remoteExits(),
		Args:        cli.ExactArgs("CONNECTION"),
		RunE: func(c *cobra.Command, args []string) error {
			err := withRemote(c.Context(), env, false, func(ctx context.Context, r *emulator.Remote) error {
				return r.CloseConnection(ctx, args[0], reason)
			})
			switch {
			case errors.Is(err, emulator.ErrNotFound):
				return cli.WithHint(fmt.Errorf("close connection %q: %w", args[0], err), "\"wps emulator connections\" lists the open connections")
			case err != nil:
				return err
			case env.Out.JSON():
				return env.Out.PrintJSON(map[string]any{"ok": true, "connectionId": args[0]})
			}
			env.Out.Say("closed connection %q", args[0])
			return nil
		},
	}
	c.Flags().StringVar(&reason, "reason", "", "`text` for the client")
	return c
}
