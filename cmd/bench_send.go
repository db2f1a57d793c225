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
	var target oneTargetFlags
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
			to, err := benchTarget(&target, flagsGiven(c))
			if err != nil {
				return err
			}
			b, err := newBencher(env, &o)
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

// benchTarget returns whom the messages go to: by default a group that is empty.
func benchTarget(t *oneTargetFlags, given givenFlags) (protocol.Target, error) {
	to, ok, err := t.target(given)
	if err != nil || !ok {
		return protocol.Target{Kind: protocol.TargetGroup, ID: benchGroup}, err
	}
	ev := &output.MessageEvent{TargetType: to.kind, TargetID: to.id}
	return ev.Target(), checkEvent(ev)
}
