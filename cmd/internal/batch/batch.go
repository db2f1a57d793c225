// Package batch runs streams of event objects: "wps apply", and "wps send
// --lines".
package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/service"
	"wps/output"
	"wps/output/apply"
)

// Options are the flags of commands that run many events.
type Options struct {
	concurrency int
	keepGoing   bool
	rate        string
	journal     string
}

// maxConcurrency bounds --concurrency: each event under way has a connection.
const maxConcurrency = 1024

// Register defines the flags; concurrency is the usage of --concurrency.
func (o *Options) Register(c *cobra.Command, concurrency string) {
	f := c.Flags()
	f.IntVar(&o.concurrency, "concurrency", 1, concurrency)
	f.BoolVar(&o.keepGoing, "keep-going", false, "go on after a failure; exit 1 at the end. Ends early when the service takes\nnothing for a minute, or none of the first 10")
	f.StringVar(&o.rate, "rate", "", "start at most so many, such as `500/s`, 30/m or 1000/h (default no limit)")
	f.StringVar(&o.journal, "journal", "", "keep in `file` what is done; with the same file and input a second run goes on\nwhere the first stopped. What was under way at that moment may be sent twice")
}

// Given names a flag of these that is set; "" when none is.
func (o *Options) Given(given cli.GivenFlags) string {
	return given.First("concurrency", "keep-going", "rate", "journal")
}

// Check returns a usage error for flags that cannot be.
func (o *Options) Check(act service.EventFlags) error {
	switch {
	case o.concurrency < 1 || o.concurrency > maxConcurrency:
		return cli.Usagef("--concurrency must be from 1 to %d", maxConcurrency)
	case o.journal != "" && act.DryRun != "":
		return cli.Usagef("--journal and --dry-run exclude each other: a dry run does nothing")
	}
	if _, err := cli.ParseRate(o.rate); err != nil {
		return cli.Usagef("--rate %q: %v", o.rate, err)
	}
	return nil
}

// Stream runs one stream of events for a command.
type Stream struct {
	Runner     *service.EventRunner
	Options    Options
	checkFirst bool // --check-first
	Unordered  bool
	// sendsLines tells that the input is lines of "wps send", not event objects.
	Lines bool
	// purpose names what the journal is of, beside service and hub.
	Purpose string
	In      *Input
	Source  func(io.Reader) output.Source

	Pace     *apply.Pace
	progress *progress
	summary  apply.Summary
	stop     context.CancelCauseFunc // ends the run, as when results cannot be written
	failures []apply.LineResult      // in text, what was under way when another failure stopped
	stopper  *apply.LineResult       // in text, that failure, which the error tells
}

// NewRunner returns the runner of a batch, and its pace: a refusal of one
// event for too many requests holds back all.
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

// Run runs the batch and reports every line.
func (b *Stream) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	b.stop = stop
	defer context.AfterFunc(ctx, b.In.interrupt)() // a read waits for more than the caller's context
	if b.Runner.Flags.DryRun == "" {
		defer surviveClosedPipe()()
	}
	journal, err := b.openJournal()
	if err != nil {
		return err
	}
	if err = b.prepare(ctx, journal); err == nil {
		err = b.runEvents(ctx, journal)
	}
	if journal != nil {
		err = cli.JoinErrors(err, explain.Journal(journal.Close()))
	}
	return err
}

// surviveClosedPipe has a write fail whose reader is gone, as in "| head", where
// else the process is killed without a word of what it has done. Its result
// undoes that.
func surviveClosedPipe() (undo func()) {
	pipe := make(chan os.Signal, 1)
	signal.Notify(pipe, syscall.SIGPIPE)
	return func() { signal.Stop(pipe) }
}

// prepare reads the input, or the part that the journal knows, before anything
// is sent, where that is asked for or needed.
func (b *Stream) prepare(ctx context.Context, journal *apply.Journal) error {
	if journal != nil && journal.Known() > 0 {
		if err := b.In.copyRead(); err != nil {
			return err
		}
		if err := explain.Journal(journal.Verify(ctx, b.Source(b.In))); err != nil {
			return err
		}
		if err := b.In.rewind(); err != nil {
			return err
		}
	}
	if !b.checkFirst {
		return nil
	}
	if err := b.In.copyAll(ctx); err != nil {
		return err
	}
	return b.check(ctx, journal)
}

// check checks the whole input; with faults every line is reported.
func (b *Stream) check(ctx context.Context, journal *apply.Journal) error {
	if err := b.In.rewind(); err != nil {
		return err
	}
	summary, err := apply.Check(ctx, b.Source(b.In), journal, nil)
	if rewindErr := b.In.rewind(); rewindErr != nil {
		return rewindErr
	}
	if bad, _ := errors.AsType[*apply.CheckError](err); bad == nil {
		return err
	}
	if b.Runner.Env.Out.JSON() && b.Runner.Flags.DryRun == "" {
		if _, again := apply.Check(ctx, b.Source(b.In), journal, b.result); ctx.Err() != nil {
			return again
		}
	}
	if b.summary = summary; b.Runner.Flags.DryRun == "" {
		b.summarize(0)
	}
	return explain.Stream(err, b.streamRun())
}

// printDry prints an event of a dry run. That this fails is no fault of its line.
func (b *Stream) printDry(ev output.Event) error {
	err := b.Runner.Env.Out.PrintJSON(ev)
	if err == nil {
		return nil
	}
	b.stop(err)
	return context.Canceled
}

// runEvent runs one event, or prints it in a dry run.
func (b *Stream) runEvent(ctx context.Context, ev output.Event) (output.Result, error) {
	if b.Runner.Flags.DryRun == service.DryRunEvent {
		return output.Result{}, b.printDry(ev)
	}
	return b.Runner.Run(ctx, ev)
}

func (b *Stream) runEvents(ctx context.Context, journal *apply.Journal) error {
	dry := b.Runner.Flags.DryRun
	concurrency := b.Options.concurrency
	if dry != "" {
		concurrency = 1 // what is printed keeps its order
	}
	if dry == "" {
		b.progress = newProgress(b.Runner.Env, b.In)
	}
	start := time.Now()
	summary, err := apply.Run(ctx, b.Source(b.In), b.runEvent, apply.Options{
		Concurrency: concurrency, Unordered: b.Unordered, KeepGoing: b.Options.keepGoing,
		CountRest: b.In.isFile(), Journal: journal, Pace: b.Pace, Unavailable: explain.RefusesAll,
		OnResult: b.result, OnStop: b.In.interrupt,
	})
	b.progress.hide()
	b.summary = summary
	if dry == "" {
		b.tellFailures(err)
		b.summarize(time.Since(start))
	}
	if cause := context.Cause(ctx); errors.Is(err, context.Canceled) && cause != nil {
		err = cause
	}
	return explain.Stream(err, b.streamRun())
}

// openJournal opens the journal of the flags, if there is one. It is good for
// one service and hub.
func (b *Stream) openJournal() (*apply.Journal, error) {
	if b.Options.journal == "" {
		return nil, nil
	}
	cs, _, err := b.Runner.Env.Settings.Connection()
	if err != nil {
		return nil, err
	}
	journal, err := apply.OpenJournal(b.Options.journal, fmt.Sprintf("%s in hub %s at %s", b.Purpose, b.Runner.Hub, cs.Endpoint))
	return journal, explain.Journal(err)
}
