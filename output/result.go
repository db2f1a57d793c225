package output

import (
	"errors"
	"fmt"
	"time"

	"wps/protocol"
)

// Status is what became of one event of a stream.
type Status string

// The statuses.
const (
	StatusDone     Status = "done"
	StatusFailed   Status = "failed"
	StatusNotTried Status = "not tried"
)

// LineResult tells what became of the event on a line.
type LineResult struct {
	Line   int    `json:"line"`
	Status Status `json:"status"`
	// Earlier tells that the journal has the event as done by an earlier run;
	// then nothing but the line is known.
	Earlier bool `json:"earlier,omitempty"`
	// Event is nil when it could not be read, or was not.
	Event Event `json:"event,omitempty"`
	// Yes is set for a question that was answered.
	Yes *bool `json:"yes,omitempty"`
	protocol.Outcome
	// Milliseconds is how long the event took, all tries and the waits between
	// them together.
	Milliseconds float64 `json:"milliseconds,omitempty"`
	Error        string  `json:"error,omitempty"`
	// Stops tells that this failure stopped the run and is its error.
	Stops bool `json:"-"`
	// Size is that of the object in bytes; 0 when it could not be read, or was not.
	Size int `json:"-"`
}

// took notes how an event was run.
func (l *LineResult) took(d time.Duration, r Result) {
	l.Milliseconds = float64(d.Microseconds()) / 1000
	l.Outcome = r.Outcome
}

// Summary counts what became of a stream.
type Summary struct {
	// Done counts what this run did, Earlier what the journal had as done.
	Done, Earlier, Failed, NotTried int
	// Unread tells that the stream was left before its end, so that NotTried
	// counts only a part of the rest.
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

// FailedError tells that events of a stream failed while others were run.
type FailedError struct {
	Count int
	// First is the failure that came first.
	First error
}

// Error is the failure itself, or how many there were and the first.
func (e *FailedError) Error() string {
	if e.Count == 1 {
		return e.First.Error()
	}
	return fmt.Sprintf("%d events failed, first %v", e.Count, e.First)
}

// asLine gives err as the fault of a line.
func asLine(line int, err error) *LineError {
	if l, ok := errors.AsType[*LineError](err); ok {
		return l
	}
	return &LineError{Line: line, Err: err}
}
