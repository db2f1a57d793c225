package explain

import (
	"errors"
	"fmt"
	"io/fs"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/output"
	"wps/output/apply"
)

// StreamRun describes a run of a stream of events, as far as hints depend on it.
type StreamRun struct {
	Journal    bool // --journal is set
	Lines      bool // the input is lines of text, not event objects
	CheckFirst bool // --check-first is set
	Done       int  // events that are done, in this run or earlier
}

// Stream adds a hint to the error of a run.
func Stream(err error, run StreamRun) error {
	var line *output.LineError
	var some *apply.FailedError
	var faulty *output.FaultError
	var journal *apply.JournalError
	var refused *client.Error
	var outage *apply.OutageError
	var unreadable *fs.PathError
	switch {
	case errors.As(err, &some):
		err = fmt.Errorf("%d of %d events failed", some.Count, run.Done+some.Count)
		if run.Journal {
			return cli.WithHint(err, "run the same command with the same --journal to retry the failed events")
		}
		return cli.WithHint(err, "-o json prints the reason of each; with --journal FILE, a second run retries only the failed events")
	case errors.As(err, &journal):
		return Journal(err)
	case errors.As(err, &line) && line.Ends && errors.As(err, &unreadable):
		return cli.WithHint(err, "the input could not be read further; with --journal FILE, a second run resumes after the events that are done")
	case errors.As(err, &outage) && run.Journal:
		return cli.WithHint(err, "when the service works again, run the same command with the same --journal to resume")
	case errors.As(err, &outage) && anyHint(err) == "":
		return cli.WithHint(err, "check the service with \"wps health\"; with --journal FILE, a second run resumes where this one stopped")
	case errors.As(err, &outage):
		return err
	case errors.Is(err, output.ErrTrailingContent):
		return cli.WithHint(err, "for one JSON object per line, use --format json, or a file name that ends in .jsonl")
	case errors.As(err, &line) && (errors.As(err, &faulty) || !errors.As(err, &refused) && anyHint(err) == ""):
		if run.Lines {
			return cli.WithHint(err, "fix that line, then send it and the lines after it")
		}
		if run.CheckFirst {
			return cli.WithHint(err, "fix that line and run again; nothing was sent")
		}
		return cli.WithHint(err, "fix that line; --check-first finds such errors before anything is sent")
	}
	return err
}

// Journal adds a hint to an error of a journal.
func Journal(err error) error {
	var journal *apply.JournalError
	switch {
	case !errors.As(err, &journal):
		return err
	case errors.Is(err, apply.ErrForeignJournal):
		return cli.WithHint(err, "nothing was sent; use another --journal, or the input that this one was made for")
	case errors.Is(err, apply.ErrJournalInUse):
		return cli.WithHint(err, "nothing was sent; wait until that run ends")
	case errors.Is(err, apply.ErrNoJournal):
		return cli.WithHint(err, "nothing was sent; --journal must name a new file, or one that an earlier run created")
	case errors.Is(err, apply.ErrLargeJournal):
		return cli.WithHint(err, "nothing was sent; --journal must name a new file, or one that an earlier run created")
	case errors.Is(err, apply.ErrFullJournal):
		return cli.WithHint(err, "that event and those after it were not sent; split the input, and run each part with a journal of its own")
	case errors.Is(err, apply.ErrDamagedJournal):
		return cli.WithHint(err, "nothing was sent; the journal is intact above that line: delete the rest to resume there (events recorded below it are sent again)")
	}
	return cli.WithHint(err, "--journal must name a writable file on a disk with free space")
}
