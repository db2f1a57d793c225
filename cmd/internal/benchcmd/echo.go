package benchcmd

import (
	"github.com/spf13/cobra"

	"wps/bench"
	"wps/cmd/internal/cli"
	"wps/protocol"
)

// newBenchEcho returns "wps bench echo".
func newBenchEcho(env *cli.Env) *cobra.Command {
	var o benchOptions
	var event string
	c := &cobra.Command{
		Use:   "echo [--event NAME] [--concurrency N] [--rate R]",
		Short: "Measure the way from a client to the event handler and back",
		Long: `Send user events from clients, each with one on its way, and measure until what
the hub's event handler answers has come back. The handler must answer an event
with what it holds.`,
		Example: `  wps bench echo --hub bench --concurrency 16
  wps bench echo --hub bench --event message --rate 500/s
  wps bench echo --hub bench --report echo.html`,
		Annotations: benchExits(),
		Args:        cli.ExactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := protocol.CheckEventName(event); err != nil {
				return cli.Usagef("--event: %v", err)
			}
			b, err := newBencher(env, &o)
			if err != nil {
				return err
			}
			defer b.close()
			r, err := bench.Echo(c.Context(), b.dial, event, b.Options)
			return b.finish(c.Context(), r, err)
		},
	}
	o.flags(env, c, 16, "connect `n` clients")
	c.Flags().StringVar(&event, "event", "echo", "`name` of the user event")
	o.sizeFlag(c)
	return c
}
