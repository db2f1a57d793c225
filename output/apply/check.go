package apply

import (
	"context"
	"errors"
	"io"
	"strings"

	"wps/output"
)

// maxCheckFaults bounds the faults that a CheckError holds.
const maxCheckFaults = 1000

// CheckError holds the faulty lines of a stream that was checked, at most the
// first thousand. Nothing of the stream was run.
type CheckError struct{ Lines []*output.LineError }

// Error returns a line for each fault.
func (e *CheckError) Error() string {
	texts := make([]string, len(e.Lines))
	for i, l := range e.Lines {
		texts[i] = l.Error()
	}
	return strings.Join(texts, "\n")
}

// Unwrap returns the faults.
func (e *CheckError) Unwrap() []error {
	errs := make([]error, len(e.Lines))
	for i, l := range e.Lines {
		errs[i] = l
	}
	return errs
}

func (e *CheckError) add(fault *output.LineError) {
	if len(e.Lines) < maxCheckFaults {
		e.Lines = append(e.Lines, fault)
	}
}

// Check reads and checks a whole stream and runs nothing. It calls onResult, when
// set, with a result for each object. In the summary, events without a fault count
// as not tried, or as done earlier if the journal, which may be nil, has them. The
// error is a *CheckError if there are faults, or the context's error.
func Check(ctx context.Context, events output.Source, journal *Journal, onResult func(LineResult)) (Summary, error) {
	faults := &CheckError{}
	var s Summary
	for index := 0; ctx.Err() == nil; index++ {
		raw, line, err := events.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil {
			_, err = events.Decode(raw)
		}
		full := journal.checkLimit(index)
		if full != nil {
			err = full
		}
		result := LineResult{Line: line, Index: index, Status: StatusNotTried}
		switch {
		case err != nil:
			fault := lineError(events, line, index, err)
			result.Status, result.Error = StatusFailed, fault.Err.Error()
			faults.add(fault)
			s.Unread = s.Unread || fault.Ends
		case journal.has(index):
			result.Status, result.Earlier = StatusDone, true
		}
		s.count(result)
		if onResult != nil {
			onResult(result)
		}
		if full != nil {
			s.Unread = true
			break
		}
	}
	switch {
	case ctx.Err() != nil:
		return s, ctx.Err()
	case len(faults.Lines) > 0:
		return s, faults
	}
	return s, nil
}
