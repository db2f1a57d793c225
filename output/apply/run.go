package apply

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"wps/output"
)

// runner carries out one Run.
type runner struct {
	o      Options
	run    Func
	events output.Source
	queue  *targetQueue
	outage outageDetector
	index  int  // of the next event in the stream
	ended  bool // nothing more can be read

	stopped atomic.Bool // by a failure

	mu       sync.Mutex
	summary  Summary
	err      error // the failure that stopped the run, or else the first one
	errStops bool  // err stopped the run
}

// stopping reports whether nothing new is to be started.
func (r *runner) stopping(ctx context.Context) bool { return r.stopped.Load() || ctx.Err() != nil }

// dispatch reads the stream and queues each event, until the end or a stop.
func (r *runner) dispatch(ctx context.Context) {
	for r.queue.waitForSpace(); !r.stopping(ctx); r.queue.waitForSpace() {
		raw, line, err := r.events.Read()
		if r.atEnd(ctx, err) {
			return
		}
		t := &task{index: r.index, line: line, size: len(raw)}
		r.index++
		if r.o.Journal.has(t.index) {
			r.report(LineResult{Line: line, Index: t.index, Status: StatusDone, Earlier: true, Size: t.size})
			continue
		}
		if full := r.o.Journal.checkLimit(t.index); full != nil {
			r.queue.drain()
			r.fail(LineResult{Line: line, Index: t.index, Size: t.size}, lineError(r.events, line, t.index, full))
			return
		}
		if err == nil {
			t.event, err = r.events.Decode(raw)
		}
		if err != nil {
			r.refuse(ctx, t, err)
			continue
		}
		if r.o.Journal != nil {
			t.sum = eventSum(t.index, raw)
		}
		r.queue.add(t)
	}
}

// atEnd reports whether err, from a read, is the end of the stream. A read that
// the caller interrupts because of a stop is no fault of the stream.
func (r *runner) atEnd(ctx context.Context, err error) bool {
	if errors.Is(err, io.EOF) {
		r.ended = true
		return true
	}
	cut, _ := errors.AsType[*output.LineError](err)
	return cut != nil && cut.Ends && r.stopping(ctx) && !r.o.CountRest
}

// refuse fails an object that cannot be run: after all earlier ones, unless the
// run continues.
func (r *runner) refuse(ctx context.Context, t *task, err error) {
	fault := lineError(r.events, t.line, t.index, err)
	if !r.o.KeepGoing || fault.Ends {
		r.queue.drain()
	}
	if r.stopping(ctx) {
		r.report(LineResult{Line: t.line, Index: t.index, Status: StatusNotTried})
		return
	}
	r.fail(LineResult{Line: t.line, Index: t.index, Size: t.size}, fault)
	if fault.Ends {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ended, r.summary.Unread = true, true
	}
}

// execute runs one event of the queue, unless ctx has ended; inFlight is the
// context of the event itself.
func (r *runner) execute(ctx, inFlight context.Context, t *task) {
	result := LineResult{Line: t.line, Index: t.index, Event: t.event, Size: t.size}
	if r.stopping(ctx) || r.o.Pace.Wait(ctx) != nil || r.stopping(ctx) {
		result.Status = StatusNotTried
		r.report(result)
		return
	}
	start := time.Now()
	outcome, err := r.run(inFlight, t.event)
	result.setCall(time.Since(start), outcome)
	if err != nil && inFlight.Err() != nil {
		err = fmt.Errorf("interrupted, it may have been sent: %w", err)
	}
	if err = r.observe(err); err == nil {
		err = r.o.Journal.write(t)
	}
	if err != nil {
		r.fail(result, lineError(r.events, t.line, t.index, err))
		return
	}
	result.Status = StatusDone
	if outcome.Asked {
		result.Yes = &outcome.Yes
	}
	r.report(result)
}

// observe adjusts the pace to the outcome of an event, and returns an
// *OutageError for an err that shows an outage.
func (r *runner) observe(err error) error {
	if err == nil {
		r.o.Pace.Succeeded()
	}
	if r.o.KeepGoing {
		err = r.outage.observe(err)
	}
	return err
}

// fail reports a failure, and stops the run unless it continues after this one.
func (r *runner) fail(result LineResult, err *output.LineError) {
	result.Status, result.Error = StatusFailed, err.Err.Error()
	stops := !r.o.KeepGoing || err.Ends || endsRun(err)
	result.Stops = r.keep(err, stops)
	if stops {
		r.stop()
	}
	r.report(result)
}

// abort stops the run because of a failure that concerns no single event.
func (r *runner) abort(err error) {
	r.keep(err, true)
	r.stop()
}

// keep makes err the error of the run, if it is the first one, or the first one
// that stops the run. It reports whether err is the one that stops it.
func (r *runner) keep(err error, stops bool) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil || stops && !r.errStops {
		r.err = err
	}
	first := stops && !r.errStops
	r.errStops = r.errStops || stops
	return first
}

// endsRun reports whether a failure ends a run with KeepGoing too.
func endsRun(err error) bool {
	_, journal := errors.AsType[*JournalError](err)
	_, outage := errors.AsType[*OutageError](err)
	return journal || outage
}

func (r *runner) stop() {
	if r.stopped.CompareAndSwap(false, true) && r.o.OnStop != nil {
		r.o.OnStop()
	}
}

// countRest reports the events that were not read before the stop.
func (r *runner) countRest() {
	if r.ended {
		return
	}
	if !r.o.CountRest {
		r.summary.Unread = true
		return
	}
	for ; ; r.index++ {
		_, line, err := r.events.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if r.o.Journal.has(r.index) {
			r.report(LineResult{Line: line, Index: r.index, Status: StatusDone, Earlier: true})
		} else {
			r.report(LineResult{Line: line, Index: r.index, Status: StatusNotTried})
		}
		if cut, _ := errors.AsType[*output.LineError](err); cut != nil && cut.Ends {
			r.summary.Unread = true
		}
	}
}

// report counts a result and passes it to the caller.
func (r *runner) report(l LineResult) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.summary.count(l)
	if r.o.OnResult != nil {
		r.o.OnResult(l)
	}
}

// result returns what Run returns.
func (r *runner) result(ctx context.Context) (Summary, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.stopped.Load() && r.err != nil:
		return r.summary, r.err
	case ctx.Err() != nil:
		return r.summary, ctx.Err()
	case r.err != nil:
		return r.summary, &FailedError{Count: r.summary.Failed, First: r.err}
	}
	return r.summary, nil
}
