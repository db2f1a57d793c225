package output

import (
	"fmt"
	"sync"
	"time"
)

// defaultPatience is RunOptions.Patience when that is 0.
const defaultPatience = time.Minute

// How many failures in a row show that the service is not there: when it has not
// been there before, and when it is away for longer than the patience. One or two
// of a stream with hours between its events show nothing.
const (
	enoughNever = 10
	enoughAway  = 5
)

// GoneError ends a run that is to go on after failures: not the events are at
// fault, the service takes nothing.
type GoneError struct {
	// Count is how many events in a row it has not taken.
	Count int
	// Wait is for how long it asks to be left alone; 0 when it does not.
	Wait time.Duration
	// Err is why it has not taken the last one.
	Err error
}

// Error tells why the last event was not taken, and why that ends the run.
func (e *GoneError) Error() string {
	switch {
	case e.Wait > 0:
		return fmt.Sprintf("%v: the service asks to wait %v", e.Err, e.Wait)
	case e.Count == 1:
		return fmt.Sprintf("%v: the service did not take the last event", e.Err)
	}
	return fmt.Sprintf("%v: the service took none of the last %d events", e.Err, e.Count)
}

// Unwrap gives why the last event was not taken.
func (e *GoneError) Unwrap() error { return e.Err }

// watch looks, in a run that is to go on after failures, whether the service
// takes anything at all. Its methods may be called concurrently.
type watch struct {
	gone     func(error) bool // nil: nothing tells that
	patience time.Duration
	pace     *Pace

	mu       sync.Mutex
	answered bool // the service has been there in this run
	over     bool // that was told
	count    int  // of events that it has not taken since
	since    time.Time
}

// see takes note of what came of an event. A service that has been there and is
// away is given time, and nothing is started that would only fail. Once, the
// error is a *GoneError: there is no point in going on.
func (w *watch) see(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil || w.gone == nil || !w.gone(err) {
		w.answered, w.count = true, 0
		return err
	}
	if w.count++; w.count == 1 {
		w.since = time.Now()
	}
	wait := w.pace.pause().Round(time.Second)
	switch {
	case w.over:
		return err
	case wait > w.patience:
		w.over = true
		return &GoneError{w.count, wait, err}
	case w.count >= enoughAway && time.Since(w.since) >= w.patience, !w.answered && w.count >= enoughNever:
		w.over = true
		return &GoneError{w.count, 0, err}
	case w.answered:
		w.pace.Throttled(0)
	}
	return err
}
