// Package batch runs streams of event objects: "wps apply", and "wps send --lines".
//
// It hides how the input is opened, copied where it must be read twice, and
// interrupted, and how results and progress are printed. Reading objects is left to
// package output; order, pace and journal to package output/apply.
//
//	root.AddCommand(batch.NewApply(env))
//
//	runner, pace, err := batch.NewRunner(env, flags, options)
//	err = (&batch.Stream{Runner: runner, Pace: pace, Options: options, In: in, Source: source}).Run(ctx)
package batch

import (
	"time"

	"github.com/spf13/cobra"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/service"
	"wps/output/apply"
)

// Options are the flags of commands that run many events.
type Options struct {
	concurrency int
	keepGoing   bool
	rate        string // of --rate, such as 500/s; "" is no limit
	journal     string // name of the file; "" is none
}

// maxConcurrency bounds --concurrency: each event in flight has a connection.
const maxConcurrency = 1024

// Register defines the flags; concurrency is the usage of --concurrency.
func (o *Options) Register(c *cobra.Command, concurrency string) {
	f := c.Flags()
	f.IntVar(&o.concurrency, "concurrency", 1, concurrency)
	f.BoolVar(&o.keepGoing, "keep-going", false, "continue after a failure; exit 1 at the end. Stops early when the service accepts\nnothing for a minute, or none of the first 10")
	f.StringVar(&o.rate, "rate", "", "start at most this many, such as `500/s`, 30/m or 1000/h (default no limit)")
	f.StringVar(&o.journal, "journal", "", "record completed events in `file`; run again with the same file and input to resume.\nEvents that were in flight when the run stopped may be sent twice")
}

// Given returns the name of one of these flags that is set, "" if none is.
func (o *Options) Given(given cli.FlagNames) string {
	return given.First("concurrency", "keep-going", "rate", "journal")
}

// Check returns a usage error for values out of range and for flags that exclude
// each other.
func (o *Options) Check(act service.EventFlags) error {
	switch {
	case o.concurrency < 1 || o.concurrency > maxConcurrency:
		return cli.Usagef("--concurrency must be from 1 to %d", maxConcurrency)
	case o.journal != "" && act.DryRun != "":
		return cli.Usagef("--journal and --dry-run exclude each other: a dry run sends nothing")
	}
	if _, err := cli.ParseRate(o.rate); err != nil {
		return cli.Usagef("--rate %q: %v", o.rate, err)
	}
	return nil
}

// NewRunner returns the runner of a stream and its pace: when the service
// throttles one event, the pace delays all of them.
func NewRunner(env *cli.Env, act service.EventFlags, o Options) (*service.EventRunner, *apply.Pace, error) {
	perSecond, err := cli.ParseRate(o.rate)
	if err != nil {
		return nil, nil, err
	}
	pace := apply.NewPace(perSecond)
	a, err := service.NewEventRunnerWith(env, act, client.Options{Throttled: func(wait time.Duration) {
		env.Log.Info("throttled by the service", "wait", wait)
		pace.Throttled(wait)
	}})
	return a, pace, err
}
