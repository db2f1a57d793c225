package benchcmd

import (
	"github.com/spf13/cobra"

	"wps/bench"
	"wps/cmd/internal/cli"
	"wps/protocol"
)

// newEcho returns "wps bench echo".
func newEcho(env *cli.Env) *cobra.Command {
	var o runFlags
	var event string
	c := &cobra.Command{
		Use:   "echo [--event NAME] [--concurrency N] [--rate R]",
		Short: "Measure the round trip from a client to the event handler and back",
		Long: `Send user events from clients, each one event at a time, and measure the time until
the answer of the hub's event handler arrives. The handler must answer an event with
the data of the event, as the hook :echo does.`,
		Example: `  wps emulator --on echo :echo -- wps bench echo --hub bench
  wps bench echo --hub bench --concurrency 16
  wps bench echo --hub bench --event message --rate 500/s
  wps bench echo --hub bench --report echo.html`,
		Annotations: runExits(),
		Args:        cli.ExactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := protocol.CheckEventName(event); err != nil {
				return cli.Usagef("--event: %v", err)
			}
			b, err := newRunner(env, "echo", &o)
			if err != nil {
				return err
			}
			defer b.close()
			r, err := bench.Echo(c.Context(), b.dial, event, b.Options)
			return b.finish(c.Context(), r, err)
		},
	}
	o.register(env, c, 16, "connect `n` clients")
	c.Flags().StringVar(&event, "event", "echo", "`name` of the user event")
	o.registerSize(c)
	return c
}
