package cmd

import (
	"context"
	"errors"
	"fmt"
	"time"

	"wps/output/apply"
)

// result reports one line: in JSON all of them, in text the failures.
func (b *batch) result(r apply.LineResult) {
	b.progress.count(r)
	switch {
	case b.runner.o.dryRun != "":
	case b.runner.env.out.json():
		if err := b.runner.env.out.printJSON(r); err != nil {
			b.stop(err)
		}
	case r.Yes != nil:
		b.progress.hide()
		if err := b.runner.env.out.printLine(fmt.Sprintf("line %d: %s", r.Line, yesNo(*r.Yes))); err != nil {
			b.stop(err)
		}
	case r.Status != apply.StatusFailed:
	case r.Stops:
		b.stopper = &r
	case b.o.keepGoing:
		b.progress.hide()
		b.tellFailure(r)
	case len(b.failures) < maxConcurrency:
		b.failures = append(b.failures, r)
	}
}

func (b *batch) tellFailure(r apply.LineResult) {
	fmt.Fprintf(b.runner.env.out.stderr, "%s line %d: %s\n", b.runner.env.out.errColors.bad("wps:"), r.Line, clean(r.Error))
}

// tellFailures tells of events that failed while another one stopped the run.
// That one is told by the error, but for that of an interrupt, which is silent.
func (b *batch) tellFailures(err error) {
	if b.stopper != nil && errors.Is(err, context.Canceled) {
		b.tellFailure(*b.stopper)
	}
	for _, r := range b.failures {
		b.tellFailure(r)
	}
}

// summarize says how much of the stream was done.
func (b *batch) summarize(took time.Duration) {
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
	b.runner.env.out.say("%s", text)
}

// shortNumber writes a rate without digits that nobody needs.
func shortNumber(n float64) string {
	if n < 10 {
		return fmt.Sprintf("%.2g", n)
	}
	return fmt.Sprintf("%.0f", n)
}

// streamRun describes the run for the hint of its failure.
func (b *batch) streamRun() streamRun {
	return streamRun{
		journal: b.o.journal != "", lines: b.sendsLines, checkFirst: b.checkFirst,
		ended: b.summary.Done + b.summary.Earlier,
	}
}
