package benchcmd

import (
	"context"

	"github.com/spf13/cobra"

	"wps/bench"
	"wps/cmd/internal/cli"
)

// fanoutOptions are the flags of "wps bench fanout" beside the common ones.
type fanoutOptions struct {
	connections int
	groups      int
	inFlight    int
}

const (
	// maxBenchPairs bounds connections times publishers: each pair has a sequence
	// of its own, of some 24 bytes.
	maxBenchPairs = 10_000_000
	// defaultInFlight is of each publisher, without --rate.
	defaultInFlight = 16
	// maxInFlight bounds publishers times --in-flight.
	maxInFlight = 1_000_000
)

// newBenchFanout returns "wps bench fanout".
func newBenchFanout(env *cli.Env) *cobra.Command {
	var o benchOptions
	var fan fanoutOptions
	c := &cobra.Command{
		Use:   "fanout [--connections N] [--groups M] [--concurrency P] [--rate R | --in-flight N]",
		Short: "Measure messages on their way to many connections",
		Long: `Open connections that are spread over groups, send messages to the groups in turn
over REST, and measure how long each takes to each connection: from the call to
its arrival. Every message is numbered, so that lost ones, doubled ones and those
that were overtaken by a later one of the same publisher are counted.

With --rate messages are sent when they are due, whatever becomes of them, and
their time counts from then. Without it they go out as fast as they arrive: each
publisher has at most --in-flight of them on their way. A message waits for its
place before its time begins, and holds it until it has arrived everywhere, a later
one of its publisher has, or 5 seconds are over.`,
		Example: `  wps bench fanout --hub bench --connections 1000
  wps bench fanout --hub bench --connections 1000 --concurrency 1 --in-flight 1
  wps bench fanout --hub bench --connections 500 --groups 10 --rate 200/s --duration 30s
  wps bench fanout --hub bench --save before.json --report before.html`,
		Annotations: benchExits(),
		Args:        cli.ExactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := fan.check(cli.ChangedFlags(c), o.workers); err != nil {
				return err
			}
			b, err := newBencher(env, &o)
			if err != nil {
				return err
			}
			defer b.close()
			return b.fanout(c.Context(), fan)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.IntVar(&fan.connections, "connections", 100, "open `n` connections that receive")
	f.IntVar(&fan.groups, "groups", 1, "spread them over `n` groups")
	o.flags(env, c, 4, "publish from `n` publishers, each one message after the other")
	f.IntVar(&fan.inFlight, "in-flight", 0, "have at most `n` messages of each publisher on their way, from the call to the\nlast arrival (default 16, with --rate no bound)")
	o.sizeFlag(c)
	return c
}

// check checks the flags, and fills in what follows from others.
func (fan *fanoutOptions) check(given cli.FlagNames, publishers int) error {
	switch {
	case fan.connections < 1 || fan.connections > maxBenchWorkers:
		return cli.Usagef("--connections must be from 1 to %d", maxBenchWorkers)
	case fan.groups < 1 || fan.groups > fan.connections:
		return cli.Usagef("--groups must be from 1 to the number of connections")
	case publishers > maxBenchPairs/fan.connections:
		return cli.Usagef("--connections times --concurrency must be at most %d", maxBenchPairs)
	case given["in-flight"] && (fan.inFlight < 1 || fan.inFlight > maxInFlight/max(publishers, 1)):
		return cli.Usagef("--in-flight must be 1 or more, and times --concurrency at most %d", maxInFlight)
	}
	if fan.inFlight == 0 && !given["rate"] {
		fan.inFlight = defaultInFlight
	}
	return nil
}

func (b *bencher) fanout(ctx context.Context, fan fanoutOptions) error {
	s, err := b.service()
	if err != nil {
		return err
	}
	defer s.CloseIdleConnections()
	r, err := bench.Fanout(ctx, s, b.dial, bench.FanoutOptions{
		Options: b.Options, Connections: fan.connections, Groups: fan.groups, InFlight: fan.inFlight,
	})
	return b.finish(ctx, r, err)
}
