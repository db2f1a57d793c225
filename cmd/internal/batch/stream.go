package batch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/service"
	"wps/cmd/internal/stdio"
	"wps/output"
	"wps/output/apply"
)

// Stream runs one stream of events for a command.
type Stream struct {
	Runner    *service.EventRunner
	Options   Options
	In        *Input
	Source    func(io.Reader) output.Source // parses the input
	Pace      *apply.Pace
	Unordered bool // events of the same target may overtake one another
	Lines     bool // the input is lines of "wps send", not event objects
	// Purpose names what the journal records, with the service and the hub.
	Purpose    string
	checkFirst bool // of --check-first

	source    output.Source // of the run
	assumed   sync.Once     // the warning about an assumed data type
	progress  *progress
	summary   apply.Summary
	stop      context.CancelCauseFunc // stops the run, for example when results cannot be written
	failures  []apply.LineResult      // in text: failures of events in flight when another one stopped the run
	stoppedBy *apply.LineResult       // in text: the failure that stopped it, which the error reports
}

// Run runs the stream and reports every line.
func (b *Stream) Run(ctx context.Context) error {
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	b.stop = stop
	defer context.AfterFunc(ctx, b.In.interrupt)() // a blocked read knows only the caller's context
	if b.Runner.Flags.DryRun == "" {
		defer stdio.SurviveClosedPipe()()
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

// openJournal opens the journal of the flags; nil without one. A journal is valid
// for one service and hub.
func (b *Stream) openJournal() (*apply.Journal, error) {
	if b.Options.journal == "" {
		return nil, nil
	}
	cs, _, err := b.Runner.Env.Settings.Service()
	if err != nil {
		return nil, err
	}
	journal, err := apply.OpenJournal(b.Options.journal, fmt.Sprintf("%s in hub %s at %s", b.Purpose, b.Runner.Hub, cs.Endpoint))
	return journal, explain.Journal(err)
}

// prepare reads input before anything is sent: the part that the journal records,
// to compare the two, and with --check-first all of it.
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

// check checks the whole input. If it has faults, every line is reported.
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
		if _, again := apply.Check(ctx, b.Source(b.In), journal, b.report); ctx.Err() != nil {
			return again
		}
	}
	if b.summary = summary; b.Runner.Flags.DryRun == "" {
		b.printSummary(0)
	}
	return explain.Stream(err, b.streamRun())
}

func (b *Stream) runEvents(ctx context.Context, journal *apply.Journal) error {
	dry := b.Runner.Flags.DryRun
	concurrency := b.Options.concurrency
	if dry != "" {
		concurrency = 1 // so that the output keeps the order of the input
	} else {
		b.progress = newProgress(b.Runner.Env, b.In)
	}
	start := time.Now()
	b.source = b.Source(b.In)
	summary, err := apply.Run(ctx, b.source, b.runEvent, apply.Options{
		Concurrency: concurrency, Unordered: b.Unordered, KeepGoing: b.Options.keepGoing,
		CountRest: b.In.isFile(), Journal: journal, Pace: b.Pace, Unavailable: explain.IsOutage,
		OnResult: b.report, OnStop: b.In.interrupt,
	})
	b.progress.hide()
	b.summary = summary
	if dry == "" {
		b.printFailures(err)
		b.printSummary(time.Since(start))
	}
	if cause := context.Cause(ctx); errors.Is(err, context.Canceled) && cause != nil {
		err = cause
	}
	return explain.Stream(err, b.streamRun())
}

// runEvent runs one event, or prints it in a dry run.
func (b *Stream) runEvent(ctx context.Context, ev output.Event) (output.Result, error) {
	if m, ok := ev.(*output.MessageEvent); ok && m.DataTypeAssumed() {
		b.assumed.Do(func() {
			b.Runner.Env.Out.Warn(`a message without "dataType" is sent as binary, as in Functions: add "dataType":"text" to send text`)
		})
	}
	if b.Runner.Flags.DryRun == service.DryRunEvent {
		return output.Result{}, b.printDry(ev)
	}
	return b.Runner.Run(ctx, ev)
}

// printDry prints an event of a dry run. A failed write stops the run; it is not a
// failure of the event.
func (b *Stream) printDry(ev output.Event) error {
	err := b.Runner.Env.Out.PrintJSON(ev)
	if err == nil {
		return nil
	}
	b.stop(err)
	return context.Canceled
}
