// Package apply runs a stream of event objects: one at a time or concurrently,
// with the order of each target kept, at a pace, and with a journal of what is
// done. It knows no service: the caller passes the function that runs one event.
//
//	send := func(ctx context.Context, ev output.Event) (output.Result, error) { return ev.Run(ctx, service) }
//	summary, err := apply.Run(ctx, output.NewReader(os.Stdin), send, apply.Options{Concurrency: 16})
package apply

import (
	"context"
	"time"

	"wps/output"
)

// Options say how a stream is run. The zero value runs one event at a time and
// stops at the first failure.
type Options struct {
	// Concurrency is how many events may be in flight at once; 0 and 1 mean one at
	// a time, in order. With more, events that name the same target keep their
	// order; see Run.
	Concurrency int
	// Unordered lets events overtake one another even if they name the same target.
	Unordered bool
	// KeepGoing continues after a faulty or failed event, except in an outage.
	KeepGoing bool
	// Unavailable, when set, reports whether an error is no fault of the event: the
	// service accepts nothing at the moment. With KeepGoing the run ends with an
	// *OutageError when the service has accepted nothing for Patience, and at least
	// five events, or none of the first ten events. Until then Pace holds back what
	// would only fail. Patience 0 means a minute.
	Unavailable func(error) bool
	Patience    time.Duration
	// CountRest reads the rest of the stream after a stop, to report which events
	// were not tried. It is meant for streams that end by themselves.
	CountRest bool
	// Journal, when set, records what is done: events in it are skipped, and each
	// event is written to it before it counts as done.
	Journal *Journal
	// Pace, when set, is waited for before each event.
	Pace *Pace
	// Grace is how long events in flight may take after the context has ended,
	// before theirs is cancelled; 0 means 5 s.
	Grace time.Duration
	// OnResult, when set, is called with the result of each event as soon as it is
	// known, by one goroutine at a time. With Concurrency that is not the order of
	// lines.
	OnResult func(LineResult)
	// OnStop, when set, is called once when a failure stops the run, so that the
	// caller can interrupt a read that waits for more input.
	OnStop func()
}

// Defaults of Options.
const (
	defaultGrace    = 5 * time.Second
	defaultPatience = time.Minute
)

// A Func runs one event that has been checked. It must return soon after its
// context has ended. With Options.Concurrency it is called concurrently.
type Func func(ctx context.Context, ev output.Event) (output.Result, error)

// Run runs the events of a stream. By default that is one at a time in order,
// and the first failure stops the run. With Concurrency, events run concurrently,
// but an event that names a connection, a user or a group waits for all earlier
// ones that name the same, and one for the whole hub waits for all earlier ones
// and holds back all later ones. Which connections a user or a group has is not
// known here, so no order is kept between, say, a user and one of its
// connections.
//
// Whatever the order, everything before a faulty object is run before the fault
// stops the run. When ctx ends, nothing new is started.
//
// The error is a *output.LineError for the first faulty or failed line, a
// *FailedError with KeepGoing, or the context's error. An *OutageError and a
// *JournalError end a run with KeepGoing too; an *OutageError, and a
// *JournalError that concerns one event, are wrapped in a *output.LineError.
func Run(ctx context.Context, events output.Source, run Func, o Options) (Summary, error) {
	if o.Grace == 0 {
		o.Grace = defaultGrace
	}
	if o.Patience == 0 {
		o.Patience = defaultPatience
	}
	inFlight, cancel := afterGrace(ctx, o.Grace)
	defer cancel()
	r := &runner{o: o, run: run, events: events, outage: outageDetector{unavailable: o.Unavailable, patience: o.Patience, pace: o.Pace}}
	r.outage.stop = r.stop
	r.queue = newTargetQueue(max(o.Concurrency, 1), o.Unordered, func(t *task) { r.execute(ctx, inFlight, t) })
	defer o.Journal.onFailure(r.abort)()
	r.dispatch(ctx)
	r.queue.close()
	r.countRest()
	return r.result(ctx)
}

// afterGrace returns a context that ends grace after ctx, or when cancel is
// called, which releases what it holds.
func afterGrace(ctx context.Context, grace time.Duration) (later context.Context, cancel func()) {
	later, end := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(grace, end)
		context.AfterFunc(later, func() { timer.Stop() })
	})
	return later, func() {
		stop()
		end()
	}
}
