package benchcmd

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"wps/bench"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/outfile"
	"wps/internal/reason"
)

// newCompare returns "wps bench compare".
func newCompare(env *cli.Env) *cobra.Command {
	var report, regress string
	c := &cobra.Command{
		Use:   "compare BEFORE AFTER",
		Short: "Compare two saved runs",
		Long: `Compare two runs that were saved by --save or -o json, and show how their settings
differ. Ratios are of the second to the first.

With --max-regress 10%, a second run whose rate is more than 10 % lower, or whose
mean, p50, p90 or p99 is more than 10 % higher, ends with exit code 1; so does
one in which more failed, was lost, duplicate or out of order.`,
		Example: `  wps bench compare before.json after.json
  wps bench compare before.json after.json --report both.html
  wps bench compare before.json after.json --jq '.differences[] | select(.measure == "p99 ms").ratio'`,
		Annotations: cli.Exits("  1    the second run is worse than --max-regress, or a report could not be written", cli.ExitLineUsage),
		Args:        cli.ExactArgs("BEFORE", "AFTER"),
		RunE: func(c *cobra.Command, args []string) error {
			if slices.Contains(args, report) {
				return cli.Usagef("--report names one of the runs: %s", report)
			}
			limit, err := parseRegress(regress)
			if err != nil {
				return err
			}
			return compare(env, args[0], args[1], report, limit)
		},
	}
	c.Flags().StringVar(&regress, "max-regress", "", "exit 1 when the second run is worse by more than this `percentage`, such as 10%")
	c.Flags().StringVar(&report, "report", "", "write an HTML page with charts of both to `file`")
	return c
}

// noRegress is the limit without --max-regress.
const noRegress = -1

// parseRegress parses "10%" or 10, and returns 0.1.
func parseRegress(s string) (float64, error) {
	if s == "" {
		return noRegress, nil
	}
	percent, err := strconv.ParseFloat(strings.TrimSuffix(s, "%"), 64)
	if err != nil || !(percent >= 0 && percent <= 1000) {
		return 0, cli.Usagef("--max-regress %q: use a percentage from 0 to 1000, such as 10%%", s)
	}
	return percent / 100, nil
}

// compare prints the comparison of two saved runs, writes the report, and returns
// an error if the second one is worse by more than limit.
func compare(env *cli.Env, before, after, report string, limit float64) error {
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
	if err == nil && report != "" {
		err = writeReport(report, runs)
	}
	if err != nil || limit == noRegress {
		return err
	}
	return regression(env, comparison, limit)
}

// writeReport writes the report of --report.
func writeReport(path string, runs []*bench.Result) error {
	var text bytes.Buffer
	if err := bench.Report(&text, runs); err != nil {
		return err
	}
	f, err := outfile.Open(path, 0o644)
	if err == nil {
		err = f.Replace(text.Bytes())
	}
	if err != nil {
		return fmt.Errorf("write the report: %s: %w", path, err)
	}
	return nil
}

// regression returns the error of a second run that is worse than the limit. Runs
// that were not alike are compared all the same, but with a warning.
func regression(env *cli.Env, c *bench.Comparison, limit float64) error {
	if slices.Contains(c.Unlike, "kind") {
		return cli.Usagef("--max-regress: one run is of %s, the other of %s", c.Before.Kind, c.After.Kind)
	}
	if len(c.Unlike) > 0 {
		env.Out.Warn("the runs differ in " + strings.Join(c.Unlike, ", ") + ", which may be the cause of a difference")
	}
	var texts []string
	for _, d := range c.Regressions(limit) {
		texts = append(texts, fmt.Sprintf("%s from %.4g to %.4g", d.Measure, d.Before, d.After))
	}
	if texts == nil {
		return nil
	}
	return cli.WithHint(fmt.Errorf("worse by more than %g%%: %s", limit*100, strings.Join(texts, ", ")), "repeat both runs: a machine with other work varies, too")
}

// loadRun reads a saved run.
func loadRun(path string) (*bench.Result, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, errors.New(reason.System(err)) // the caller names the file
	}
	defer f.Close()
	return bench.Load(f)
}
