package benchcmd

import (
	"fmt"
	"strings"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"wps/bench"
	"wps/cmd/internal/cli"
	"wps/protocol"
)

// runFlags are the flags of every benchmark.
type runFlags struct {
	duration time.Duration
	warmup   time.Duration
	rate     string
	size     int
	sized    bool // the benchmark has --size
	workers  int
	name     string
	save     string
	report   string
	failIf   string // conditions; "" is none
	yes      bool
}

// Bounds of the flags.
const (
	maxWorkers = 100_000
	maxTime    = 24 * time.Hour
)

// outputFlag defines -o, which hides the common flag without csv.
func outputFlag(env *cli.Env, c *cobra.Command) {
	c.Annotations[cli.OutputsAnnotation] = "csv"
	c.Flags().StringVarP(&env.Out.Format, "output", "o", "text", "output format: `text|json|csv`")
}

// register defines the flags; workers is the default of --concurrency, concurrency
// its usage.
func (o *runFlags) register(env *cli.Env, c *cobra.Command, workers int, concurrency string) {
	outputFlag(env, c)
	f := c.Flags()
	f.SortFlags = false
	f.DurationVar(&o.duration, "duration", 10*time.Second, "measure for this `time`")
	f.DurationVar(&o.warmup, "warmup", 2*time.Second, "run for this `time` before measuring")
	f.StringVar(&o.rate, "rate", "", "start this many in total, such as `200/s`, and measure each from the time it was due\n(default as fast as possible)")
	f.IntVar(&o.workers, "concurrency", workers, concurrency)
	f.StringVar(&o.name, "name", "", "`name` of this run in reports and comparisons")
	f.StringVar(&o.save, "save", "", "write the result as JSON to `file`, for bench compare")
	f.StringVar(&o.report, "report", "", "write an HTML page with charts to `file`")
	f.StringVar(&o.failIf, "fail-if", "", "exit 1 when one of these `conditions` is true, such as 'p99>50ms,lost>0,failed>1%,rate<1000'")
	f.BoolVar(&o.yes, "yes-load-this-service", false, "load a service that is not on this machine")
}

// registerSize defines --size.
func (o *runFlags) registerSize(c *cobra.Command) {
	o.sized = true
	c.Flags().IntVar(&o.size, "size", 128, fmt.Sprintf("size of a message in `bytes`, at least %d", bench.MinSize))
}

// limits parses --fail-if for a kind of run.
func (o *runFlags) limits(kind string) ([]bench.Limit, error) {
	if o.failIf == "" {
		return nil, nil
	}
	limits, err := bench.ParseLimits(kind, o.failIf)
	if err != nil {
		return nil, cli.Usagef("--fail-if %v", err)
	}
	return limits, nil
}

// options checks the flags and returns the options of the run.
func (o *runFlags) options() (bench.Options, error) {
	rate, err := cli.ParseRate(o.rate)
	switch {
	case err != nil:
		return bench.Options{}, cli.Usagef("--rate %q: %v", o.rate, err)
	case o.workers < 1 || o.workers > maxWorkers:
		return bench.Options{}, cli.Usagef("--concurrency must be from 1 to %d", maxWorkers)
	case strings.ContainsFunc(o.name, unicode.IsControl):
		return bench.Options{}, cli.Usagef("--name %q must be one line of text", o.name)
	case o.duration <= 0 || o.duration > maxTime || o.warmup < 0 || o.warmup > maxTime:
		return bench.Options{}, cli.Usagef("--duration must be more than 0, --warmup 0 or more, and neither over %v", maxTime)
	case o.sized && (o.size < bench.MinSize || o.size > protocol.MaxMessageSize/2):
		return bench.Options{}, cli.Usagef("--size must be from %d to %d", bench.MinSize, protocol.MaxMessageSize/2)
	}
	return bench.Options{Workers: o.workers, Rate: rate, Warmup: o.warmup, Duration: o.duration, Size: o.size}, nil
}
