package benchcmd

import (
	"time"

	"github.com/spf13/cobra"

	"wps/bench"
	"wps/cmd/internal/cli"
)

// holdOptions are the flags of "wps bench connect" besides the common ones.
type holdOptions struct {
	connections int
	hold        time.Duration // 0: each connection is closed at once
}

// newConnect returns "wps bench connect".
func newConnect(env *cli.Env) *cobra.Command {
	var o runFlags
	var held holdOptions
	c := &cobra.Command{
		Use:   "connect [--concurrency N] [--rate R] [--hold TIME [--connections N]]",
		Short: "Measure how fast the service opens connections, or hold many",
		Long: `Open WebSocket connections with the JSON subprotocol, each with a new token, and
measure the time until the connected message. Each is closed at once, or kept open
with --hold.

With --hold, open --connections connections, keep them open, ping each at the end,
and count those that are open, closed, and not responding. Only the opening is
measured.`,
		Example: `  wps bench connect --hub bench --concurrency 8
  wps bench connect --hub bench --rate 100/s --duration 30s
  wps bench connect --hub bench --connections 10000 --hold 30s
  wps bench connect --hub bench -o json --jq .latency.p99`,
		Annotations: runExits(),
		Args:        cli.ExactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := held.check(cli.ChangedFlags(c)); err != nil {
				return err
			}
			b, err := newRunner(env, "connect", &o)
			if err != nil {
				return err
			}
			defer b.close()
			if err := b.probeDial(c.Context()); err != nil {
				return err
			}
			if held.hold > 0 {
				return b.finish(c.Context(), bench.Hold(c.Context(), b.dial, b.hold(held)), nil)
			}
			return b.finish(c.Context(), bench.Connect(c.Context(), b.dial, b.Options), nil)
		},
	}
	o.register(env, c, 8, "open `n` connections at once")
	c.Flags().DurationVar(&held.hold, "hold", 0, "keep the connections open for this `time`; replaces --duration and --warmup")
	c.Flags().IntVar(&held.connections, "connections", 100, "with --hold: open `n` connections")
	return c
}

// check checks the flags.
func (o *holdOptions) check(given cli.FlagNames) error {
	holds := given["hold"]
	switch {
	case holds && (o.hold <= 0 || o.hold > maxTime):
		return cli.Usagef("--hold must be more than 0 and not over %v", maxTime)
	case holds && (given["duration"] || given["warmup"]):
		return cli.Usagef("--hold replaces --duration and --warmup")
	case !holds && given["connections"]:
		return cli.Usagef("--connections goes with --hold")
	case o.connections < 1 || o.connections > maxWorkers:
		return cli.Usagef("--connections must be from 1 to %d", maxWorkers)
	}
	return nil
}
