package output

import (
	"context"
	"errors"
	"io"
	"strings"
)

// maxFaultyLines bounds how many faults of one stream are told.
const maxFaultyLines = 1000

// CheckError tells of the faulty lines of a stream that was checked, the first
// thousand of them. Nothing of it was run.
type CheckError struct{ Lines []*LineError }

// Error is a line for each fault.
func (e *CheckError) Error() string {
	texts := make([]string, len(e.Lines))
	for i, l := range e.Lines {
		texts[i] = l.Error()
	}
	return strings.Join(texts, "\n")
}

// Unwrap gives the line errors.
func (e *CheckError) Unwrap() []error {
	errs := make([]error, len(e.Lines))
	for i, l := range e.Lines {
		errs[i] = l
	}
	return errs
}

// Check reads and checks a whole stream and runs nothing; tell, when it is set,
// gets a result for each object. With faults, which are a *CheckError, the
// summary counts the good events as not tried, or as done earlier when a journal
// of the stream has them so; that may be nil.
func Check(ctx context.Context, events Source, journal *Journal, tell func(LineResult)) (Summary, error) {
	bad := &CheckError{}
	var s Summary
	for index := 0; ctx.Err() == nil; index++ {
		raw, line, err := events.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		told := LineResult{Line: line, Status: StatusNotTried}
		if journal.has(index) {
			told.Status, told.Earlier = StatusDone, true
		}
		if err == nil {
			_, err = events.Decode(raw)
		}
		if err != nil {
			fault := asLine(line, err)
			told.Status, told.Earlier, told.Error = StatusFailed, false, fault.Err.Error()
			bad.add(fault)
			s.Unread = s.Unread || fault.Ends
		}
		s.count(told)
		if tell != nil {
			tell(told)
		}
	}
	switch {
	case ctx.Err() != nil:
		return s, ctx.Err()
	case len(bad.Lines) > 0:
		return s, bad
	}
	return s, nil
}

func (e *CheckError) add(fault *LineError) {
	if len(e.Lines) < maxFaultyLines {
		e.Lines = append(e.Lines, fault)
	}
}
