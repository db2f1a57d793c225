package apply

import (
	"fmt"
	"sync"
	"time"
)

// How many failures in a row show an outage: when the service has not answered in
// this run, and when it has answered but accepts nothing for longer than the
// patience. One or two of a stream with hours between its events show nothing.
const (
	outageFromStart = 10
	outageLater     = 5
)

// OutageError ends a run with KeepGoing: the events are not at fault, the service
// accepts nothing.
type OutageError struct {
	// Count is how many events in a row it has not accepted.
	Count int
	// Wait is how long the service asks to wait; 0 when it does not ask.
	Wait time.Duration
	// Err is the error of the last event.
	Err error
}

// Error returns the error of the last event and why it ends the run.
func (e *OutageError) Error() string {
	switch {
	case e.Wait > 0:
		return fmt.Sprintf("%v: the service asks to wait %v", e.Err, e.Wait)
	case e.Count == 1:
		return fmt.Sprintf("%v: the service did not accept the last event", e.Err)
	}
	return fmt.Sprintf("%v: the service accepted none of the last %d events", e.Err, e.Count)
}

// Unwrap returns the error of the last event.
func (e *OutageError) Unwrap() error { return e.Err }

// outageDetector finds out, in a run with KeepGoing, whether the service accepts
// anything at all. Its methods may be called concurrently.
type outageDetector struct {
	unavailable func(error) bool // nil: no error shows an outage
	patience    time.Duration
	pace        *Pace
	stop        func() // is called when an outage is found, before another event can begin

	mu       sync.Mutex
	answered bool // the service has answered in this run
	reported bool // as an *OutageError
	count    int  // failures in a row that show an outage
	since    time.Time
}

// observe takes the error of an event, nil for success, and returns it. A service
// that has answered before gets time: the pace holds back what would only fail.
// Once, observe returns an *OutageError in place of err.
func (d *outageDetector) observe(err error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err == nil || d.unavailable == nil || !d.unavailable(err) {
		d.answered, d.count = true, 0
		return err
	}
	if d.count++; d.count == 1 {
		d.since = time.Now()
	}
	wait := d.pace.delay().Round(time.Second)
	switch {
	case d.reported:
		return err
	case wait > d.patience:
		return d.report(wait, err)
	case d.count >= outageLater && time.Since(d.since) >= d.patience, !d.answered && d.count >= outageFromStart:
		return d.report(0, err)
	case d.answered:
		d.pace.Throttled(0)
	}
	return err
}

// report returns the *OutageError, and stops the run while no other failure can be
// observed, so that no event begins because of one.
func (d *outageDetector) report(wait time.Duration, err error) error {
	d.reported = true
	d.stop()
	return &OutageError{d.count, wait, err}
}
