package batch

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/cmd/internal/service"
	"wps/cmd/internal/stdio"
	"wps/output/apply"
)

// report reports the result of one line: in JSON every result, in text failures
// and the answers to questions.
func (b *Stream) report(r apply.LineResult) {
	out := b.Runner.Env.Out
	b.progress.count(r)
	switch {
	case b.Runner.Flags.DryRun != "":
	case out.JSON():
		if err := out.PrintJSON(r); err != nil {
			b.stop(err)
		}
	case r.Yes != nil:
		b.progress.hide()
		if err := out.PrintLine(fmt.Sprintf("line %d%s: %s", r.Line, b.itemOf(r), cli.YesNo(*r.Yes))); err != nil {
			b.stop(err)
		}
	case r.Status != apply.StatusFailed:
	case r.Stops:
		b.stoppedBy = &r
	case b.Options.keepGoing:
		b.progress.hide()
		b.printFailure(r)
	case len(b.failures) < maxConcurrency:
		b.failures = append(b.failures, r)
	}
}

// itemOf names the element of an array after its line; "" for events that are in
// none.
func (b *Stream) itemOf(r apply.LineResult) string {
	if list, isList := b.source.(interface{ InArray() bool }); isList && list.InArray() {
		return fmt.Sprintf(", item %d", r.Index+1)
	}
	return ""
}

func (b *Stream) printFailure(r apply.LineResult) {
	out := b.Runner.Env.Out
	fmt.Fprintf(out.Stderr, "%s line %d%s: %s\n", out.StderrColors.Bad("wps:"), r.Line, b.itemOf(r), stdio.Clean(strings.ReplaceAll(r.Error, "\n", "; ")))
}

// printFailures prints the failures of events in flight when another failure
// stopped the run. That one is in err, except after an interrupt, whose error is
// not printed.
func (b *Stream) printFailures(err error) {
	if b.stoppedBy != nil && errors.Is(err, context.Canceled) {
		b.printFailure(*b.stoppedBy)
	}
	for _, r := range b.failures {
		b.printFailure(r)
	}
}

// printSummary prints how much of the stream was done; took is 0 if nothing ran.
func (b *Stream) printSummary(took time.Duration) {
	b.Runner.Env.Out.Say("%s", summaryText(b.summary, b.Runner.Place, took))
}

func summaryText(s apply.Summary, place service.Place, took time.Duration) string {
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
	return text + ", in " + place.String()
}

// shortNumber formats a rate: two digits below 10, else a whole number.
func shortNumber(n float64) string {
	if n < 10 {
		return fmt.Sprintf("%.2g", n)
	}
	return fmt.Sprintf("%.0f", n)
}

// streamRun describes the run for the hint after a failure.
func (b *Stream) streamRun() explain.StreamRun {
	return explain.StreamRun{
		Journal: b.Options.journal != "", Lines: b.Lines, CheckFirst: b.checkFirst,
		Done: b.summary.Done + b.summary.Earlier,
	}
}
