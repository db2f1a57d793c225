// Package benchcmd is "wps bench" with its subcommands.
//
// It hides how flags become a measurement, and which files results and reports are
// read from and written to. Measuring and comparing are left to package bench.
//
//	root.AddCommand(benchcmd.New(env))
package benchcmd

import (
	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
)

// New returns the "wps bench" command.
func New(env *cli.Env) *cobra.Command {
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure a service: requests, connections, message delivery",
		Long: `Load a service and measure latencies with their percentiles, rates, and messages
that were lost, duplicated or out of order. A service that is not on this machine
is loaded only with --yes-load-this-service: it may cost money and disturb others.

Requests are not retried: --retries has no effect. -o csv prints a line for each
second, -o json all results.`,
		Example: `  wps bench send --hub bench --concurrency 16
  wps bench fanout --hub bench --connections 1000 --groups 10 --rate 200/s --report fanout.html
  wps bench send --hub bench --rate 500/s --fail-if 'p99>50ms,failed>0'
  wps bench compare before.json after.json --max-regress 10%`,
		Annotations: runExits(),
		Args:        cobra.ArbitraryArgs,
		RunE:        cli.SubcommandsOnly,
	}
	outputFlag(env, c)
	c.AddCommand(newSend(env), newFanout(env), newEcho(env), newConnect(env), newCompare(env), newPredict(env))
	return c
}

// runExits describes the exit codes of a benchmark.
func runExits() map[string]string {
	return cli.Exits("  1    nothing was measured, --fail-if is true, or a result could not be written", cli.ExitLineUsage, cli.ExitLineUnauthorized, cli.ExitLineInterrupted)
}
