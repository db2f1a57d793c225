package benchcmd

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"wps/bench"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
)

// holdOptions are the flags of "wps bench connect" beside the common ones.
type holdOptions struct {
	connections int
	hold        time.Duration // 0: each connection is closed at once
}

// newBenchConnect returns "wps bench connect".
func newBenchConnect(env *cli.Env) *cobra.Command {
	var o benchOptions
	var conn holdOptions
	c := &cobra.Command{
		Use:   "connect [--concurrency N] [--rate R] [--hold TIME [--connections N]]",
		Short: "Measure how fast the service opens connections, or hold many",
		Long: `Open WebSocket connections with the JSON subprotocol, each with a token of its
own, and measure until the service has named it. Each is closed at once, or kept
open with --hold.

With --hold it opens --connections of them, keeps them open for a time, asks each
for a sign of life at the end, and counts those that stayed, those that ended, and
those that are silent. What is measured is their opening.`,
		Example: `  wps bench connect --hub bench --concurrency 8
  wps bench connect --hub bench --rate 100/s --duration 30s
  wps bench connect --hub bench --connections 10000 --hold 30s
  wps bench connect --hub bench -o json --jq .latency.p99`,
		Annotations: benchExits(),
		Args:        cli.ExactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := conn.check(cli.ChangedFlags(c)); err != nil {
				return err
			}
			b, err := newBencher(env, &o)
			if err != nil {
				return err
			}
			defer b.close()
			if err := b.probeDial(c.Context()); err != nil {
				return err
			}
			if conn.hold > 0 {
				return b.finish(c.Context(), bench.Hold(c.Context(), b.dial, b.hold(conn)), nil)
			}
			return b.finish(c.Context(), bench.Connect(c.Context(), b.dial, b.Options), nil)
		},
	}
	o.flags(env, c, 8, "open `n` connections at once")
	c.Flags().DurationVar(&conn.hold, "hold", 0, "keep the connections open for this `time`, in place of --duration and --warmup")
	c.Flags().IntVar(&conn.connections, "connections", 100, "with --hold: open `n` connections")
	return c
}

func (conn *holdOptions) check(given cli.FlagNames) error {
	holds := given["hold"]
	switch {
	case holds && (conn.hold <= 0 || conn.hold > maxBenchTime):
		return cli.Usagef("--hold must be more than 0 and not over %v", maxBenchTime)
	case holds && (given["duration"] || given["warmup"]):
		return cli.Usagef("--hold takes the place of --duration and --warmup")
	case !holds && given["connections"]:
		return cli.Usagef("--connections goes with --hold")
	case conn.connections < 1 || conn.connections > maxBenchWorkers:
		return cli.Usagef("--connections must be from 1 to %d", maxBenchWorkers)
	}
	return nil
}

func (b *bencher) hold(conn holdOptions) bench.HoldOptions {
	o := bench.HoldOptions{Options: b.Options, Connections: conn.connections, Hold: conn.hold}
	if b.OnSecond != nil {
		o.OnHeld = func(open int, left time.Duration) {
			b.env.Out.Stderr.SetStatus(fmt.Sprintf("%d open, %v left", open, left.Round(time.Second)))
		}
	}
	return o
}

// probeDial opens one connection before anything is loaded, as probe does.
func (b *bencher) probeDial(ctx context.Context) error {
	c, err := b.dial(ctx, nil)
	if err != nil {
		return explain.Service(b.env.Settings, err)
	}
	return c.Close(ctx)
}
