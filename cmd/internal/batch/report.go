package batch

import (
	"context"
	"errors"
	"fmt"
	"time"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/output/apply"
)

// result reports one line: in JSON all of them, in text the failures.
func (b *Stream) result(r apply.LineResult) {
	b.progress.count(r)
	switch {
	case b.Runner.Flags.DryRun != "":
	case b.Runner.Env.Out.JSON():
		if err := b.Runner.Env.Out.PrintJSON(r); err != nil {
			b.stop(err)
		}
	case r.Yes != nil:
		b.progress.hide()
		if err := b.Runner.Env.Out.PrintLine(fmt.Sprintf("line %d: %s", r.Line, cli.YesNo(*r.Yes))); err != nil {
			b.stop(err)
		}
	case r.Status != apply.StatusFailed:
	case r.Stops:
		b.stopper = &r
	case b.Options.keepGoing:
		b.progress.hide()
		b.tellFailure(r)
	case len(b.failures) < maxConcurrency:
		b.failures = append(b.failures, r)
	}
}

func (b *Stream) tellFailure(r apply.LineResult) {
	fmt.Fprintf(b.Runner.Env.Out.Stderr, "%s line %d: %s\n", b.Runner.Env.Out.ErrColors.Bad("wps:"), r.Line, cli.Clean(r.Error))
}

// tellFailures tells of events that failed while another one stopped the run.
// That one is told by the error, but for that of an interrupt, which is silent.
func (b *Stream) tellFailures(err error) {
	if b.stopper != nil && errors.Is(err, context.Canceled) {
		b.tellFailure(*b.stopper)
	}
	for _, r := range b.failures {
		b.tellFailure(r)
	}
}

// summarize says how much of the stream was done.
func (b *Stream) summarize(took time.Duration) {
	s := b.summary
	text := fmt.Sprintf("%d done", s.Done)
	if s.Earlier > 0 {
		text += fmt.Sprintf(", %d done earlier", s.Earlier)
	}
	if s.Failed > 0 {
		text += fmt.Sprintf(", %d failed", s.Failed)
	}
	switch {
	case s.Unread:
		text += ", the rest not tried"
	case s.NotTried > 0:
		text += fmt.Sprintf(", %d not tried", s.NotTried)
	}
	if took >= time.Second && s.Done > 0 {
		text += fmt.Sprintf(" in %v (%s/s)", took.Round(100*time.Millisecond), shortNumber(float64(s.Done)/took.Seconds()))
	}
	b.Runner.Env.Out.Say("%s", text)
}

// shortNumber writes a rate without digits that nobody needs.
func shortNumber(n float64) string {
	if n < 10 {
		return fmt.Sprintf("%.2g", n)
	}
	return fmt.Sprintf("%.0f", n)
}

// streamRun describes the run for the hint of its failure.
func (b *Stream) streamRun() explain.StreamRun {
	return explain.StreamRun{
		Journal: b.Options.journal != "", Lines: b.Lines, CheckFirst: b.checkFirst,
		Ended: b.summary.Done + b.summary.Earlier,
	}
}
