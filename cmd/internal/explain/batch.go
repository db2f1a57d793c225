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

// StreamRun is what the next step after a failed stream depends on.
type StreamRun struct {
	Journal    bool // --journal is given
	Lines      bool // the input is lines of text, not event objects
	CheckFirst bool
	Ended      int // events that were done, now or earlier
}

// Stream adds the next step to the failure of a stream.
func Stream(err error, run StreamRun) error {
	var line *output.LineError
	var some *apply.FailedError
	var faulty *output.FaultError
	var journal *apply.JournalError
	var refused *client.Error
	var gone *apply.OutageError
	var unreadable *fs.PathError
	switch {
	case errors.As(err, &some):
		err = fmt.Errorf("%d of %d events failed", some.Count, run.Ended+some.Count)
		if run.Journal {
			return cli.WithHint(err, "the same command with the same --journal tries those again")
		}
		return cli.WithHint(err, "-o json tells more about each; with --journal FILE a second run tries only those again")
	case errors.As(err, &journal):
		return Journal(err)
	case errors.As(err, &line) && line.Ends && errors.As(err, &unreadable):
		return cli.WithHint(err, "the input cannot be read any further; with --journal FILE a second run goes on behind what is done")
	case errors.As(err, &gone) && run.Journal:
		return cli.WithHint(err, "once the service takes something, the same command with the same --journal goes on")
	case errors.As(err, &gone) && anyHint(err) == "":
		return cli.WithHint(err, "\"wps health\" tells whether the service is there; with --journal FILE a second run goes on where the first stopped")
	case errors.As(err, &gone):
		return err
	case errors.Is(err, output.ErrTrailingContent):
		return cli.WithHint(err, "JSON objects one a line need --format json, or a file name that ends in .jsonl")
	case errors.As(err, &line) && (errors.As(err, &faulty) || !errors.As(err, &refused) && anyHint(err) == ""):
		if run.Lines {
			return cli.WithHint(err, "mend that line, and send it and what comes behind it")
		}
		if run.CheckFirst {
			return cli.WithHint(err, "mend that line; nothing was sent")
		}
		return cli.WithHint(err, "mend that line; --check-first finds faults before anything is sent")
	}
	return err
}

// Journal adds the next step to an error of a journal.
func Journal(err error) error {
	var journal *apply.JournalError
	switch {
	case !errors.As(err, &journal):
		return err
	case errors.Is(err, apply.ErrForeignJournal):
		return cli.WithHint(err, "nothing was sent; name another --journal, or run it with the input that it was made for")
	case errors.Is(err, apply.ErrJournalInUse):
		return cli.WithHint(err, "nothing was sent; wait for that run to end")
	case errors.Is(err, apply.ErrNoJournal):
		return cli.WithHint(err, "nothing was sent; --journal names a new file, or one that an earlier run has made")
	case errors.Is(err, apply.ErrDamagedJournal):
		return cli.WithHint(err, "nothing was sent; what stands above that line is good: take out the rest to go on from there, at the price of sending that twice")
	}
	return cli.WithHint(err, "--journal needs a file that can be written and a disk with room")
}
