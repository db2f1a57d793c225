package benchcmd

import (
	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
)

// fanoutOptions are the flags of "wps bench fanout" besides the common ones.
type fanoutOptions struct {
	connections int
	groups      int
	inFlight    int
}

const (
	// maxPairs bounds connections times publishers: each pair has a sequence of about
	// 24 bytes.
	maxPairs = 10_000_000
	// defaultInFlight is the default of --in-flight without --rate.
	defaultInFlight = 16
	// maxInFlight bounds publishers times --in-flight.
	maxInFlight = 1_000_000
)

// newFanout returns "wps bench fanout".
func newFanout(env *cli.Env) *cobra.Command {
	var o runFlags
	var fan fanoutOptions
	c := &cobra.Command{
		Use:   "fanout [--connections N] [--groups M] [--concurrency P] [--rate R | --in-flight N]",
		Short: "Measure the delivery of messages to many connections",
		Long: `Open connections spread over groups, send messages to the groups in turn over REST,
and measure the time of each to each connection, from the call to its arrival.
Messages are numbered, so that lost and duplicated ones and those overtaken by a
later one of the same publisher are counted.

With --rate, messages are sent when they are due, whether or not earlier ones have
arrived, and are measured from then. Without it they are sent as fast as they
arrive: each publisher has at most --in-flight messages in flight. A message waits
for its turn before it is measured, and counts as in flight until it, or a later
one of its publisher, has arrived everywhere, or for 5 seconds.`,
		Example: `  wps bench fanout --hub bench --connections 1000
  wps bench fanout --hub bench --connections 1000 --concurrency 1 --in-flight 1
  wps bench fanout --hub bench --connections 500 --groups 10 --rate 200/s --duration 30s
  wps bench fanout --hub bench --save before.json --report before.html`,
		Annotations: runExits(),
		Args:        cli.ExactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := fan.check(cli.ChangedFlags(c), o.workers); err != nil {
				return err
			}
			b, err := newRunner(env, "fanout", &o)
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
	o.register(env, c, 4, "publish from `n` publishers, each one message at a time")
	f.IntVar(&fan.inFlight, "in-flight", 0, "have at most `n` messages of each publisher in flight, from the call to the last\narrival (default 16; with --rate no limit)")
	o.registerSize(c)
	return c
}

// check checks the flags, and sets the default of --in-flight.
func (fan *fanoutOptions) check(given cli.FlagNames, publishers int) error {
	switch {
	case fan.connections < 1 || fan.connections > maxWorkers:
		return cli.Usagef("--connections must be from 1 to %d", maxWorkers)
	case fan.groups < 1 || fan.groups > fan.connections:
		return cli.Usagef("--groups must be from 1 to the number of connections")
	case publishers > maxPairs/fan.connections:
		return cli.Usagef("--connections times --concurrency must be at most %d", maxPairs)
	case given["in-flight"] && (fan.inFlight < 1 || fan.inFlight > maxInFlight/max(publishers, 1)):
		return cli.Usagef("--in-flight must be 1 or more, and times --concurrency at most %d", maxInFlight)
	}
	if fan.inFlight == 0 && !given["rate"] {
		fan.inFlight = defaultInFlight
	}
	return nil
}
