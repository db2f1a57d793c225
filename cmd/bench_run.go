package cmd

import (
	"github.com/spf13/cobra"

	"wps/bench"
	"wps/output"
	"wps/protocol"
)

// newBenchSend returns "wps bench send".
func newBenchSend(env *Env) *cobra.Command {
	var o benchOptions
	var target targetFlags
	c := &cobra.Command{
		Use:   "send [--concurrency N] [--rate R] [--group G | --user U | --connection C]",
		Short: "Measure how fast the service takes messages over REST",
		Long: `Send messages over REST, with a token signed for each, and measure how long each
request takes. Nobody needs to receive them; without a target they go to a group
that nobody is in.`,
		Example: `  wps bench send --hub bench --concurrency 16
  wps bench send --hub bench --rate 1000/s --size 1024 --duration 30s
  wps bench send --hub bench -o csv > seconds.csv`,
		Annotations: benchExits(),
		Args:        exactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			to, err := target.benchTarget(c)
			if err != nil {
				return err
			}
			b, err := env.bencher(c, &o)
			if err != nil {
				return err
			}
			defer b.close()
			s, err := b.service()
			if err != nil {
				return err
			}
			defer s.CloseIdleConnections()
			if err := b.probe(c.Context(), s); err != nil {
				return err
			}
			return b.finish(c.Context(), bench.Send(c.Context(), s, to, b.Options), nil)
		},
	}
	o.flags(env, c, 16, "send `n` messages at once")
	o.sizeFlag(c)
	target.flags(c, "send to", output.TargetGroups, output.TargetUsers, output.TargetConnections, output.TargetAll)
	return c
}

// benchTarget is whom the messages go to: by default a group that is empty.
func (t *targetFlags) benchTarget(c *cobra.Command) (protocol.Target, error) {
	kind, id, ok, err := t.target(c)
	if err != nil || !ok {
		return protocol.Target{Kind: protocol.TargetGroup, ID: benchGroup}, err
	}
	ev := &output.MessageEvent{TargetType: kind, TargetID: id}
	return ev.Target(), checked(c, ev)
}

// newBenchConnect returns "wps bench connect".
func newBenchConnect(env *Env) *cobra.Command {
	var o benchOptions
	c := &cobra.Command{
		Use:   "connect [--concurrency N] [--rate R]",
		Short: "Measure how fast the service opens connections",
		Long: `Open WebSocket connections with the JSON subprotocol, each with a token of its
own, and measure until the service has named it. Each is closed at once.`,
		Example: `  wps bench connect --hub bench --concurrency 8
  wps bench connect --hub bench --rate 100/s --duration 30s
  wps bench connect --hub bench -o json --jq .latency.p99`,
		Annotations: benchExits(),
		Args:        exactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			b, err := env.bencher(c, &o)
			if err != nil {
				return err
			}
			defer b.close()
			if err := b.probeDial(c.Context()); err != nil {
				return err
			}
			return b.finish(c.Context(), bench.Connect(c.Context(), b.dial, b.Options), nil)
		},
	}
	o.flags(env, c, 8, "open `n` connections at once")
	return c
}

// newBenchFanout returns "wps bench fanout".
func newBenchFanout(env *Env) *cobra.Command {
	var o benchOptions
	var connections, groups int
	c := &cobra.Command{
		Use:   "fanout [--connections N] [--groups M] [--concurrency P] [--rate R]",
		Short: "Measure messages on their way to many connections",
		Long: `Open connections that are spread over groups, send messages to the groups in turn
over REST, and measure how long each takes to each connection: from the call to
its arrival. Every message is numbered, so that lost ones, doubled ones and those
that were overtaken by a later one of the same publisher are counted.`,
		Example: `  wps bench fanout --hub bench --connections 1000
  wps bench fanout --hub bench --connections 500 --groups 10 --rate 200/s --duration 30s
  wps bench fanout --hub bench --save before.json --report before.html`,
		Annotations: benchExits(),
		Args:        exactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			switch {
			case connections < 1 || connections > maxBenchWorkers:
				return usagef(c, "--connections must be from 1 to %d", maxBenchWorkers)
			case groups < 1 || groups > connections:
				return usagef(c, "--groups must be from 1 to the number of connections")
			}
			b, err := env.bencher(c, &o)
			if err != nil {
				return err
			}
			defer b.close()
			s, err := b.service()
			if err != nil {
				return err
			}
			defer s.CloseIdleConnections()
			r, err := bench.Fanout(c.Context(), s, b.dial, bench.FanoutOptions{Options: b.Options, Connections: connections, Groups: groups})
			return b.finish(c.Context(), r, err)
		},
	}
	f := c.Flags()
	f.SortFlags = false
	f.IntVar(&connections, "connections", 100, "open `n` connections that receive")
	f.IntVar(&groups, "groups", 1, "spread them over `n` groups")
	o.flags(env, c, 4, "publish from `n` publishers, each one message after the other")
	o.sizeFlag(c)
	return c
}

// newBenchEcho returns "wps bench echo".
func newBenchEcho(env *Env) *cobra.Command {
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
		Args:        exactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := protocol.CheckEventName(event); err != nil {
				return usagef(c, "--event: %v", err)
			}
			b, err := env.bencher(c, &o)
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
