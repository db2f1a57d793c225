package cmd

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
	"wps/output"
	"wps/output/apply"
)

// batchOptions are the flags of commands that run many events.
type batchOptions struct {
	concurrency int
	keepGoing   bool
	rate        string
	journal     string
}

// maxConcurrency bounds --concurrency: each event under way has a connection.
const maxConcurrency = 1024

func (o *batchOptions) flags(c *cobra.Command, concurrency string) {
	f := c.Flags()
	f.IntVar(&o.concurrency, "concurrency", 1, concurrency)
	f.BoolVar(&o.keepGoing, "keep-going", false, "go on after a failure; exit 1 at the end. Ends early when the service takes\nnothing for a minute, or none of the first 10")
	f.StringVar(&o.rate, "rate", "", "start at most so many, such as `500/s`, 30/m or 1000/h (default no limit)")
	f.StringVar(&o.journal, "journal", "", "keep in `file` what is done; with the same file and input a second run goes on\nwhere the first stopped. What was under way at that moment may be sent twice")
}

// given names a flag of these that is set; "" when none is.
func (o *batchOptions) given(given givenFlags) string {
	return given.first("concurrency", "keep-going", "rate", "journal")
}

func (o *batchOptions) check(act eventFlags) error {
	switch {
	case o.concurrency < 1 || o.concurrency > maxConcurrency:
		return usagef("--concurrency must be from 1 to %d", maxConcurrency)
	case o.journal != "" && act.dryRun != "":
		return usagef("--journal and --dry-run exclude each other: a dry run does nothing")
	}
	if _, err := parseRate(o.rate); err != nil {
		return usagef("--rate %q: %v", o.rate, err)
	}
	return nil
}

// batch runs one stream of events for a command.
type batch struct {
	runner     *eventRunner
	o          batchOptions
	checkFirst bool // --check-first
	unordered  bool
	// sendsLines tells that the input is lines of "wps send", not event objects.
	sendsLines bool
	// purpose names what the journal is of, beside service and hub.
	purpose string
	in      *batchInput
	source  func(io.Reader) output.Source

	pace     *apply.Pace
	progress *progress
	summary  apply.Summary
	stop     context.CancelCauseFunc // ends the run, as when results cannot be written
	failures []apply.LineResult      // in text, what was under way when another failure stopped
	stopper  *apply.LineResult       // in text, that failure, which the error tells
}

// newBatchRunner returns the runner of a batch, and its pace: a refusal of one
// event for too many requests holds back all.
func newBatchRunner(env *Env, act eventFlags, o batchOptions) (*eventRunner, *apply.Pace, error) {
	perSecond, err := parseRate(o.rate)
	if err != nil {
		return nil, nil, err
	}
	pace := apply.NewPace(perSecond)
	a, err := newEventRunnerWith(env, act, client.Options{Throttled: func(wait time.Duration) {
		env.log.Info("throttled by the service", "wait", wait)
		pace.Throttled(wait)
	}})
	return a, pace, err
}

// run runs the batch and reports every line.
func (b *batch) run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	b.stop = stop
	defer context.AfterFunc(ctx, b.in.interrupt)() // a read waits for more than the caller's context
	if b.runner.o.dryRun == "" {
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
		err = joinErrors(err, explainJournal(journal.Close()))
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
func (b *batch) prepare(ctx context.Context, journal *apply.Journal) error {
	if journal != nil && journal.Known() > 0 {
		if err := b.in.copyRead(); err != nil {
			return err
		}
		if err := explainJournal(journal.Verify(ctx, b.source(b.in))); err != nil {
			return err
		}
		if err := b.in.rewind(); err != nil {
			return err
		}
	}
	if !b.checkFirst {
		return nil
	}
	if err := b.in.copyAll(ctx); err != nil {
		return err
	}
	return b.check(ctx, journal)
}

// check checks the whole input; with faults every line is reported.
func (b *batch) check(ctx context.Context, journal *apply.Journal) error {
	if err := b.in.rewind(); err != nil {
		return err
	}
	summary, err := apply.Check(ctx, b.source(b.in), journal, nil)
	if rewindErr := b.in.rewind(); rewindErr != nil {
		return rewindErr
	}
	if bad, _ := errors.AsType[*apply.CheckError](err); bad == nil {
		return err
	}
	if b.runner.env.out.json() && b.runner.o.dryRun == "" {
		if _, again := apply.Check(ctx, b.source(b.in), journal, b.result); ctx.Err() != nil {
			return again
		}
	}
	if b.summary = summary; b.runner.o.dryRun == "" {
		b.summarize(0)
	}
	return explainStream(err, b.streamRun())
}

// printDry prints an event of a dry run. That this fails is no fault of its line.
func (b *batch) printDry(ev output.Event) error {
	err := b.runner.env.out.printJSON(ev)
	if err == nil {
		return nil
	}
	b.stop(err)
	return context.Canceled
}

// runEvent runs one event, or prints it in a dry run.
func (b *batch) runEvent(ctx context.Context, ev output.Event) (output.Result, error) {
	if b.runner.o.dryRun == dryRunEvent {
		return output.Result{}, b.printDry(ev)
	}
	return b.runner.run(ctx, ev)
}

func (b *batch) runEvents(ctx context.Context, journal *apply.Journal) error {
	dry := b.runner.o.dryRun
	concurrency := b.o.concurrency
	if dry != "" {
		concurrency = 1 // what is printed keeps its order
	}
	if dry == "" {
		b.progress = newProgress(b.runner.env, b.in)
	}
	start := time.Now()
	summary, err := apply.Run(ctx, b.source(b.in), b.runEvent, apply.Options{
		Concurrency: concurrency, Unordered: b.unordered, KeepGoing: b.o.keepGoing,
		CountRest: b.in.isFile(), Journal: journal, Pace: b.pace, Unavailable: refusesAll,
		OnResult: b.result, OnStop: b.in.interrupt,
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
	return explainStream(err, b.streamRun())
}

// openJournal opens the journal of the flags, if there is one. It is good for
// one service and hub.
func (b *batch) openJournal() (*apply.Journal, error) {
	if b.o.journal == "" {
		return nil, nil
	}
	cs, _, err := b.runner.env.settings.connection()
	if err != nil {
		return nil, err
	}
	journal, err := apply.OpenJournal(b.o.journal, fmt.Sprintf("%s in hub %s at %s", b.purpose, b.runner.hub, cs.Endpoint))
	return journal, explainJournal(err)
}
