package output

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// RunOptions say how a stream is run.
type RunOptions struct {
	// Concurrency is how many events may be under way at once; 0 and 1 mean one
	// at a time, in order. With more, events that name a same target keep their
	// order; see Run.
	Concurrency int
	// Unordered lets events overtake one another though they name a same target.
	Unordered bool
	// KeepGoing goes on after a faulty or failed event, unless the service is
	// gone.
	KeepGoing bool
	// Gone, when set, tells which errors of Each are no fault of the event: the
	// service takes nothing at the moment. With KeepGoing the run ends when it has
	// taken nothing for Patience, and five events at least, or none of the first ten
	// events. Until then Pace holds back what would only fail. Patience 0 means a
	// minute.
	Gone     func(error) bool
	Patience time.Duration
	// CountRest reads on after a stop, only to tell which events were not tried.
	// It is meant for streams that end by themselves.
	CountRest bool
	// Journal, when set, keeps what was done: those events are passed over, and
	// what is done now is written down before it counts.
	Journal *Journal
	// Pace, when set, is waited for before each event.
	Pace *Pace
	// Grace is how long events under way may take when the context ends, before
	// they are given up; 0 means 5 s.
	Grace time.Duration
	// Each runs one event; nil means ev.Run(ctx, s).
	Each func(ctx context.Context, ev Event) (Result, error)
	// OnResult, when set, is told of each event as soon as its fate is known, by
	// one goroutine at a time. With Concurrency that is not the order of lines.
	OnResult func(LineResult)
	// OnStop, when set, is called once when a failure stops the run, so that a
	// read that waits for more input can be ended.
	OnStop func()
}

// defaultGrace is RunOptions.Grace when that is 0.
const defaultGrace = 5 * time.Second

// Bounds on what is read ahead of the events under way: so many events for each
// of Concurrency, and so many bytes of objects altogether.
const (
	aheadEvents = 64
	aheadBytes  = 32 << 20
)

// Run runs the events of a stream. By default that is one at a time in order,
// and the first failure stops. With Concurrency, events run side by side, but
// one that names a connection, a user or a group waits for all earlier ones that
// name the same, and one that concerns the whole hub waits for all earlier ones
// and lets none overtake it. Which connections a user or a group has is not
// known here, so that no order is kept between, say, a user and his connection.
//
// Whatever the order, everything before a faulty object is run before the fault
// stops the run. When ctx ends, nothing new is started.
//
// The error is a *LineError for the first faulty or failed line, a *FailedError
// with KeepGoing, or the context's error. A *JournalError and a *GoneError end a
// run with KeepGoing too, inside a *LineError.
func Run(ctx context.Context, s Service, events Source, o RunOptions) (Summary, error) {
	if o.Each == nil {
		o.Each = func(ctx context.Context, ev Event) (Result, error) { return ev.Run(ctx, s) }
	}
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	r := &runner{ctx: ctx, o: o, src: events, watch: watch{gone: o.Gone, patience: o.Patience, pace: o.Pace}}
	defer r.outlive()()
	r.lanes = newLanes(max(o.Concurrency, 1), o.Unordered, r.one)
	r.feed()
	r.lanes.close()
	r.rest()
	return r.summary, r.err()
}

// runner carries out one Run.
type runner struct {
	ctx   context.Context // when it ends, nothing new is started
	work  context.Context // when it ends, events under way are given up
	o     RunOptions
	src   Source
	lanes *lanes
	watch watch
	index int  // of the next event in the stream
	ended bool // nothing more can be read

	stopped atomic.Bool // by a failure

	mu      sync.Mutex
	summary Summary
	first   error // the failure that stopped, or the first one
	decided bool  // first is what stopped
}

// outlive makes the context of events under way, which ends RunOptions.Grace
// after that of the run. Its result ends it.
func (r *runner) outlive() (end func()) {
	work, cancel := context.WithCancel(context.WithoutCancel(r.ctx))
	r.work = work
	ended := make(chan struct{})
	var watch sync.WaitGroup
	watch.Go(func() {
		defer cancel()
		select {
		case <-r.ctx.Done():
		case <-ended:
			return
		}
		grace := time.NewTimer(r.o.Grace)
		defer grace.Stop()
		select {
		case <-grace.C:
		case <-ended:
		}
	})
	return func() {
		close(ended)
		watch.Wait()
	}
}

// stopping tells that nothing new is to be started.
func (r *runner) stopping() bool { return r.stopped.Load() || r.ctx.Err() != nil }

// feed reads the stream and hands each event to the lanes, until the end or a
// stop.
func (r *runner) feed() {
	for r.lanes.room(); !r.stopping(); r.lanes.room() {
		raw, line, err := r.src.Read()
		if r.over(err) {
			return
		}
		t := &task{index: r.index, line: line, size: len(raw)}
		r.index++
		if r.o.Journal.has(t.index) {
			r.tell(LineResult{Line: line, Status: StatusDone, Earlier: true, Size: len(raw)})
			continue
		}
		if err == nil {
			t.event, err = r.src.Decode(raw)
		}
		if err != nil {
			r.faulty(t, err)
			continue
		}
		if r.o.Journal != nil {
			t.sum = eventSum(t.index, raw)
		}
		r.lanes.add(t)
	}
}

// over takes note of the end of the stream. A read from elsewhere that was ended
// by the stop is no fault of the stream.
func (r *runner) over(err error) bool {
	if errors.Is(err, io.EOF) {
		r.ended = true
		return true
	}
	cut, _ := errors.AsType[*LineError](err)
	return cut != nil && cut.Ends && r.stopping() && !r.o.CountRest
}

// faulty fails an object that cannot be run, in its place: behind all earlier
// ones, unless it does not stop anything.
func (r *runner) faulty(t *task, err error) {
	bad := asLine(t.line, err)
	if !r.o.KeepGoing || bad.Ends {
		r.lanes.drain()
	}
	if r.stopping() {
		r.tell(LineResult{Line: t.line, Status: StatusNotTried})
		return
	}
	r.failed(LineResult{Line: t.line, Size: t.size}, bad)
	if bad.Ends {
		r.mu.Lock()
		defer r.mu.Unlock()
		r.ended, r.summary.Unread = true, true
	}
}

// one runs one event of the lanes.
func (r *runner) one(t *task) {
	told := LineResult{Line: t.line, Event: t.event, Size: t.size}
	if r.stopping() || r.o.Pace.Wait(r.ctx) != nil || r.stopping() {
		told.Status = StatusNotTried
		r.tell(told)
		return
	}
	start := time.Now()
	result, err := r.o.Each(r.work, t.event)
	told.took(time.Since(start), result)
	if err = r.judge(err); err == nil {
		err = r.o.Journal.write(t)
	}
	if err != nil {
		r.failed(told, &LineError{Line: t.line, Err: err})
		return
	}
	told.Status = StatusDone
	if result.Asked {
		told.Yes = &result.Yes
	}
	r.tell(told)
}

// judge takes note of what came of an event.
func (r *runner) judge(err error) error {
	if err == nil {
		r.o.Pace.Succeeded()
	} else {
		err = r.interrupted(err)
	}
	if r.o.KeepGoing {
		err = r.watch.see(err)
	}
	return err
}

// interrupted says of an event that was given up that nobody knows its fate.
func (r *runner) interrupted(err error) error {
	if r.work.Err() == nil {
		return err
	}
	return fmt.Errorf("interrupted, it may have been sent: %w", err)
}

// failed notes a failure, and stops unless the run is to go on. The error of the
// run is the first failure, or the first one that stops.
func (r *runner) failed(told LineResult, err *LineError) {
	told.Status, told.Error = StatusFailed, err.Err.Error()
	stops := !r.o.KeepGoing || err.Ends || stopsAll(err)
	r.mu.Lock()
	if r.first == nil || stops && !r.decided {
		r.first = err
	}
	told.Stops = stops && !r.decided
	r.decided = r.decided || stops
	r.mu.Unlock()
	if stops {
		r.stop()
	}
	r.tell(told)
}

// stopsAll tells of a failure that does not concern its event alone.
func stopsAll(err error) bool {
	_, journal := errors.AsType[*JournalError](err)
	_, gone := errors.AsType[*GoneError](err)
	return journal || gone
}

func (r *runner) stop() {
	if r.stopped.CompareAndSwap(false, true) && r.o.OnStop != nil {
		r.o.OnStop()
	}
}

// rest tells of the events that were not even read.
func (r *runner) rest() {
	if r.ended {
		return
	}
	if !r.o.CountRest {
		r.summary.Unread = true
		return
	}
	for ; ; r.index++ {
		_, line, err := r.src.Read()
		if errors.Is(err, io.EOF) {
			return
		}
		if r.o.Journal.has(r.index) {
			r.tell(LineResult{Line: line, Status: StatusDone, Earlier: true})
		} else {
			r.tell(LineResult{Line: line, Status: StatusNotTried})
		}
		if cut, _ := errors.AsType[*LineError](err); cut != nil && cut.Ends {
			r.summary.Unread = true
		}
	}
}

// tell counts a result and passes it on.
func (r *runner) tell(l LineResult) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.summary.count(l)
	if r.o.OnResult != nil {
		r.o.OnResult(l)
	}
}

// err is the error of the whole run.
func (r *runner) err() error {
	switch {
	case r.stopped.Load() && r.first != nil:
		return r.first
	case r.ctx.Err() != nil:
		return r.ctx.Err()
	case r.first != nil:
		return &FailedError{Count: r.summary.Failed, First: r.first}
	}
	return nil
}
