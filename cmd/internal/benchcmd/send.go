package benchcmd

import (
	"github.com/spf13/cobra"

	"wps/bench"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/service"
	"wps/output"
	"wps/protocol"
)

// newSend returns "wps bench send".
func newSend(env *cli.Env) *cobra.Command {
	var o runFlags
	var target service.SingleTargetFlags
	c := &cobra.Command{
		Use:   "send [--concurrency N] [--rate R] [--group G | --user U | --connection C]",
		Short: "Measure how fast the service accepts messages over REST",
		Long: `Send messages over REST, with a token signed for each, and measure how long each
request takes. Receivers are not needed; without a target, messages are sent to a
group without connections.`,
		Example: `  wps bench send --hub bench --concurrency 16
  wps bench send --hub bench --rate 1000/s --size 1024 --duration 30s
  wps bench send --hub bench -o csv > seconds.csv`,
		Annotations: runExits(),
		Args:        cli.ExactArgs(),
		RunE: func(c *cobra.Command, _ []string) error {
			to, err := sendTarget(&target, cli.ChangedFlags(c))
			if err != nil {
				return err
			}
			b, err := newRunner(env, "send", &o)
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
	o.register(env, c, 16, "send `n` messages at once")
	o.registerSize(c)
	target.Register(c, "send to", output.TargetGroups, output.TargetUsers, output.TargetConnections, output.TargetAll)
	return c
}

// sendTarget returns the target of the messages, by default an empty group.
func sendTarget(t *service.SingleTargetFlags, given cli.FlagNames) (protocol.Target, error) {
	to, ok, err := t.Target(given)
	if err != nil || !ok {
		return protocol.Target{Kind: protocol.TargetGroup, ID: emptyGroup}, err
	}
	ev := &output.MessageEvent{TargetType: to.Kind, TargetID: to.ID}
	return ev.Target(), service.Check(ev)
}
