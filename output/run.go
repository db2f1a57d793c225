package output

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Status is what became of one event of a stream.
type Status string

// The statuses.
const (
	StatusDone     Status = "done"
	StatusFailed   Status = "failed"
	StatusNotTried Status = "not tried"
)

// LineResult tells what became of the event on a line. Yes is set for a
// question that was answered, Error for a failure.
type LineResult struct {
	Line   int    `json:"line"`
	Status Status `json:"status"`
	Yes    *bool  `json:"yes,omitempty"`
	Error  string `json:"error,omitempty"`
}

// Summary counts what became of a stream.
type Summary struct {
	Done, Failed, NotTried int
	// Unread tells that the stream was left before its end, so that NotTried
	// counts only a part of the rest.
	Unread bool
}

// RunOptions say how a stream is run.
type RunOptions struct {
	// CheckFirst reads and checks everything before anything is run; memory then
	// holds all events. With one faulty line nothing is run.
	CheckFirst bool
	// CountRest reads on after a failure, only to tell which events were not
	// tried. It is meant for streams that end by themselves.
	CountRest bool
	// Each runs one event; nil means ev.Run(ctx, s).
	Each func(ctx context.Context, ev Event) (Result, error)
	// OnResult, when set, is told of each event in order.
	OnResult func(LineResult)
}

// CheckError tells of every faulty line of a stream that was checked first.
// Nothing of it was run.
type CheckError struct{ Lines []*LineError }

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

// runner carries out one Run.
type runner struct {
	ctx     context.Context
	s       Service
	o       RunOptions
	summary Summary
}

// Run runs the events of a stream in order, one at a time; the first failure
// stops. The error is a *LineError for a faulty or failed line, a *CheckError
// when CheckFirst found faults, or what kept the stream from being read.
func Run(ctx context.Context, s Service, events *Reader, o RunOptions) (Summary, error) {
	r := &runner{ctx: ctx, s: s, o: o}
	if r.o.Each == nil {
		r.o.Each = func(ctx context.Context, ev Event) (Result, error) { return ev.Run(ctx, s) }
	}
	next := events.Next
	if o.CheckFirst {
		all, err := r.checkAll(events)
		if err != nil {
			return r.summary, err
		}
		next = all.next
	}
	err := r.run(next)
	return r.summary, err
}

func (r *runner) run(next func() (Event, int, error)) error {
	for {
		if err := r.ctx.Err(); err != nil {
			return err
		}
		ev, line, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = r.one(ev, line)
		}
		if err != nil {
			r.summary.Failed++
			r.tell(LineResult{Line: line, Status: StatusFailed, Error: plain(err)})
			r.skip(next)
			return err
		}
	}
}

// one runs one event and tells of its success.
func (r *runner) one(ev Event, line int) error {
	result, err := r.o.Each(r.ctx, ev)
	if err != nil {
		return &LineError{line, err}
	}
	r.summary.Done++
	told := LineResult{Line: line, Status: StatusDone}
	if result.Asked {
		told.Yes = &result.Yes
	}
	r.tell(told)
	return nil
}

// skip tells of the events behind a failure.
func (r *runner) skip(next func() (Event, int, error)) {
	r.summary.Unread = !r.o.CountRest && !r.o.CheckFirst
	for !r.summary.Unread && r.ctx.Err() == nil {
		_, line, err := next()
		if errors.Is(err, io.EOF) {
			return
		}
		r.summary.NotTried++
		r.tell(LineResult{Line: line, Status: StatusNotTried})
	}
}

func (r *runner) tell(l LineResult) {
	if r.o.OnResult != nil {
		r.o.OnResult(l)
	}
}

// plain is the text of err without the line, which stands beside it.
func plain(err error) string {
	if line, ok := errors.AsType[*LineError](err); ok {
		err = line.Err
	}
	return err.Error()
}

// queue holds events that were read and checked.
type queue struct {
	events []Event
	lines  []int
}

func (q *queue) next() (Event, int, error) {
	if len(q.events) == 0 {
		return nil, 0, io.EOF
	}
	ev, line := q.events[0], q.lines[0]
	q.events, q.lines = q.events[1:], q.lines[1:]
	return ev, line, nil
}

// maxFaultyLines bounds how many faults of one stream are told.
const maxFaultyLines = 1000

// checkAll reads the whole stream. With faults, every event is told as failed or
// not tried, in order.
func (r *runner) checkAll(events *Reader) (*queue, error) {
	q := &queue{}
	bad := &CheckError{}
	var told []LineResult
	for r.ctx.Err() == nil && len(bad.Lines) < maxFaultyLines {
		ev, line, err := events.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			bad.Lines = append(bad.Lines, asLine(line, err))
			told = append(told, LineResult{Line: line, Status: StatusFailed, Error: plain(err)})
			continue
		}
		q.events, q.lines = append(q.events, ev), append(q.lines, line)
		told = append(told, LineResult{Line: line, Status: StatusNotTried})
	}
	if err := r.ctx.Err(); err != nil {
		return nil, err
	}
	if len(bad.Lines) == 0 {
		return q, nil
	}
	for _, l := range told {
		r.tell(l)
	}
	r.summary = Summary{Failed: len(bad.Lines), NotTried: len(q.events)}
	return nil, bad
}

func asLine(line int, err error) *LineError {
	if l, ok := errors.AsType[*LineError](err); ok {
		return l
	}
	return &LineError{line, fmt.Errorf("read: %w", err)}
}
