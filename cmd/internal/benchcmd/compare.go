package benchcmd

import (
	"fmt"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"wps/bench"
	"wps/cmd/internal/cli"
)

// newCompare returns "wps bench compare".
func newCompare(env *cli.Env) *cobra.Command {
	var report string
	c := &cobra.Command{
		Use:   "compare BEFORE AFTER",
		Short: "Compare two saved runs",
		Long: `Compare two runs that were saved by --save or -o json, and show how their settings
differ. Ratios are of the second to the first.`,
		Example: `  wps bench compare before.json after.json
  wps bench compare before.json after.json --report both.html
  wps bench compare before.json after.json --jq '.differences[] | select(.measure == "p99 ms").ratio'`,
		Annotations: cli.Exits("  1    a report could not be written", cli.ExitLineUsage),
		Args:        cli.ExactArgs("BEFORE", "AFTER"),
		RunE: func(c *cobra.Command, args []string) error {
			if slices.Contains(args, report) {
				return cli.Usagef("--report names one of the runs: %s", report)
			}
			return compare(env, args[0], args[1], report)
		},
	}
	c.Flags().StringVar(&report, "report", "", "write an HTML page with charts of both to `file`")
	return c
}

// compare prints the comparison of two saved runs, and writes the report.
func compare(env *cli.Env, before, after, report string) error {
	var runs []*bench.Result
	for _, path := range []string{before, after} {
		r, err := loadRun(path)
		if err != nil {
			return cli.Usage(fmt.Sprintf("%s: %v", path, err), "name a file that was written by wps bench --save")
		}
		if r.Name == "" {
			r.Name = path
		}
		runs = append(runs, r)
	}
	comparison := bench.Compare(runs[0], runs[1])
	var err error
	if env.Out.JSON() {
		err = env.Out.PrintJSON(comparison)
	} else {
		err = env.Out.Write([]byte(env.Out.PrintableLines(comparison.Text(), "")))
	}
	if err != nil || report == "" {
		return err
	}
	f, err := os.Create(report)
	if err == nil {
		err = cli.JoinErrors(bench.Report(f, runs), f.Close())
	}
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

// loadRun reads a saved run.
func loadRun(path string) (*bench.Result, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return bench.Load(f)
}
