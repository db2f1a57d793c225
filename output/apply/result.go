package apply

import (
	"errors"
	"fmt"
	"time"

	"wps/output"
	"wps/protocol"
)

// Status is the state of one event of a stream after a run.
type Status string

// The statuses.
const (
	StatusDone     Status = "done"
	StatusFailed   Status = "failed"
	StatusNotTried Status = "not tried"
)

// LineResult is the result of the event on a line.
type LineResult struct {
	Line   int    `json:"line"`
	Status Status `json:"status"`
	// Index is the position of the event in the stream, counted from 0, which
	// distinguishes the elements of an array on one line.
	Index int `json:"index"`
	// Earlier reports that an earlier run has done the event, by the journal; then
	// only the line is known.
	Earlier bool `json:"earlier,omitempty"`
	// Event is nil when the object could not be read, or was not read.
	Event output.Event `json:"event,omitempty"`
	// Yes is the answer to an event that asks; nil without one.
	Yes *bool `json:"yes,omitempty"`
	protocol.Outcome
	// Milliseconds is how long the event took, with all tries and the waits between
	// them.
	Milliseconds float64 `json:"milliseconds,omitempty"`
	Error        string  `json:"error,omitempty"`
	// Stops reports that this failure stopped the run and is its error.
	Stops bool `json:"-"`
	// Size is that of the object in bytes; 0 when it could not be read, or was not
	// read.
	Size int `json:"-"`
}

// setCall sets how an event was run.
func (l *LineResult) setCall(d time.Duration, r output.Result) {
	l.Milliseconds = float64(d.Microseconds()) / 1000
	l.Outcome = r.Outcome
}

// Summary counts the events of a stream by their results.
type Summary struct {
	// Done counts the events that this run has done, Earlier those that an earlier
	// run has done.
	Done, Earlier, Failed, NotTried int
	// Unread reports that the stream was not read to its end, so that NotTried
	// counts only some of the events that were not tried.
	Unread bool
}

func (s *Summary) count(l LineResult) {
	switch {
	case l.Earlier:
		s.Earlier++
	case l.Status == StatusDone:
		s.Done++
	case l.Status == StatusFailed:
		s.Failed++
	default:
		s.NotTried++
	}
}

// FailedError reports that some events of a stream failed and the others were
// run.
type FailedError struct {
	Count int
	// First is the failure that came first.
	First error
}

// Error returns the text of the only failure, or how many there were and the
// first.
func (e *FailedError) Error() string {
	if e.Count == 1 {
		return e.First.Error()
	}
	return fmt.Sprintf("%d events failed, first %v", e.Count, e.First)
}

// lineError returns err as the fault of the event at index, on a line.
func lineError(events output.Source, line, index int, err error) *output.LineError {
	fault, ok := errors.AsType[*output.LineError](err)
	if !ok {
		fault = &output.LineError{Line: line, Err: err}
	}
	if list, isList := events.(interface{ InArray() bool }); isList && list.InArray() {
		fault.Item = index + 1
	}
	return fault
}
