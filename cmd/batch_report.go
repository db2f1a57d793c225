package cmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"wps/client"
	"wps/output"
)

// result reports one line: in JSON all of them, in text the failures.
func (b *batch) result(r output.LineResult) {
	b.progress.count(r)
	switch {
	case b.eventRunner.o.dryRun != "":
	case b.env.out.json():
		if err := b.env.out.printJSON(r); err != nil {
			b.stop(err)
		}
	case r.Yes != nil:
		b.progress.hide()
		if err := b.env.out.printLine(fmt.Sprintf("line %d: %s", r.Line, yesNo(*r.Yes))); err != nil {
			b.stop(err)
		}
	case r.Status != output.StatusFailed:
	case r.Stops:
		b.stopper = &r
	case b.o.keepGoing:
		b.progress.hide()
		b.tellFailure(r)
	case len(b.failures) < maxConcurrency:
		b.failures = append(b.failures, r)
	}
}

func (b *batch) tellFailure(r output.LineResult) {
	fmt.Fprintf(b.env.out.stderr, "%s line %d: %s\n", b.env.out.errColors.bad("wps:"), r.Line, clean(r.Error))
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
	b.env.out.say("%s", text)
}

// shortNumber writes a rate without digits that nobody needs.
func shortNumber(n float64) string {
	if n < 10 {
		return fmt.Sprintf("%.2g", n)
	}
	return fmt.Sprintf("%.0f", n)
}

// explainFailure adds the next step to the failure of a stream.
func (b *batch) explainFailure(err error) error {
	var line *output.LineError
	var some *output.FailedError
	var faulty *output.FaultError
	var journal *output.JournalError
	var refused *client.Error
	var gone *output.GoneError
	var unreadable *fs.PathError
	switch {
	case errors.As(err, &some):
		err = fmt.Errorf("%d of %d events failed", some.Count, b.summary.Done+b.summary.Earlier+some.Count)
		if b.o.journal != "" {
			return withHint(err, "the same command with the same --journal tries those again")
		}
		return withHint(err, "-o json tells more about each; with --journal FILE a second run tries only those again")
	case errors.As(err, &journal):
		return explainJournal(err)
	case errors.As(err, &line) && line.Ends && errors.As(err, &unreadable):
		return withHint(err, "the input cannot be read any further; with --journal FILE a second run goes on behind what is done")
	case errors.As(err, &gone) && b.o.journal != "":
		return withHint(err, "once the service takes something, the same command with the same --journal goes on")
	case errors.As(err, &gone) && hintFor(err) == "":
		return withHint(err, "\"wps health\" tells whether the service is there; with --journal FILE a second run goes on where the first stopped")
	case errors.As(err, &gone):
		return err
	case errors.As(err, &line) && (errors.As(err, &faulty) || !errors.As(err, &refused) && hintFor(err) == ""):
		if b.sendsLines {
			return withHint(err, "mend that line, and send it and what comes behind it")
		}
		if b.checkFirst {
			return withHint(err, "mend that line; nothing was sent")
		}
		return withHint(err, "mend that line; --check-first finds faults before anything is sent")
	}
	return err
}

// explainJournal adds the next step to an error of a journal.
func explainJournal(err error) error {
	var journal *output.JournalError
	switch {
	case !errors.As(err, &journal):
		return err
	case errors.Is(err, output.ErrForeignJournal):
		return withHint(err, "nothing was sent; name another --journal, or run it with the input that it was made for")
	case errors.Is(err, output.ErrJournalInUse):
		return withHint(err, "nothing was sent; wait for that run to end")
	case errors.Is(err, output.ErrNoJournal):
		return withHint(err, "nothing was sent; --journal names a new file, or one that an earlier run has made")
	case errors.Is(err, output.ErrDamagedJournal):
		return withHint(err, "nothing was sent; what stands above that line is good: take out the rest to go on from there, at the price of sending that twice")
	}
	return withHint(err, "--journal needs a file that can be written and a disk with room")
}
