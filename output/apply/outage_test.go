package apply_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wps/output"
	"wps/output/apply"
)

var errUnavailable = errors.New("unavailable")

// TestRunOutage checks that a run with KeepGoing ends when the service accepts
// nothing, and reports what was not tried.
func TestRunOutage(t *testing.T) {
	t.Parallel()
	always := func(time.Duration) error { return errUnavailable }
	tests := []struct {
		name        string
		concurrency int
		takes       time.Duration // one event
		result      func(time.Duration) error
		want        apply.Summary
		outage      int           // events in a row
		took        time.Duration // at most
	}{
		{"never available", 1, 0, always, apply.Summary{Failed: 10, NotTried: 4990}, 10, 0},
		{"hangs", 1, 30 * time.Second, always, apply.Summary{Failed: 5, NotTried: 4995}, 5, 150 * time.Second},
		{"dies", 1, time.Millisecond, func(at time.Duration) error {
			if at > 100*time.Millisecond {
				return errUnavailable
			}
			return nil
		}, apply.Summary{Done: 100, Failed: 8, NotTried: 4892}, 8, 64 * time.Second},
		{"unavailable for 40 seconds", 1, time.Millisecond, func(at time.Duration) error {
			if at > 100*time.Millisecond && at < 40*time.Second {
				return errUnavailable
			}
			return nil
		}, apply.Summary{Done: 4993, Failed: 7}, 0, 80 * time.Second},
		{"unavailable twice an hour apart", 1, time.Hour, func(at time.Duration) error {
			if h := int(at.Hours()); h == 7 || h == 8 {
				return errUnavailable
			}
			return nil
		}, apply.Summary{Done: 4998, Failed: 2}, 0, 5001 * time.Hour},
		{"answers with refusals", 1, 0, func(time.Duration) error { return errRefused }, apply.Summary{Failed: 5000}, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start, stops := time.Now(), 0
				do := func(context.Context, output.Event) (output.Result, error) {
					time.Sleep(tt.takes)
					return output.Result{}, tt.result(time.Since(start))
				}
				sum, err := apply.Run(t.Context(), output.NewReader(strings.NewReader(numbered(5000))), do, apply.Options{
					Concurrency: tt.concurrency, KeepGoing: true, CountRest: true, Pace: apply.NewPace(0),
					Unavailable: func(err error) bool { return errors.Is(err, errUnavailable) },
					OnResult: func(r apply.LineResult) {
						if r.Stops {
							stops++
						}
					},
				})
				if sum != tt.want || time.Since(start) > tt.took {
					t.Errorf("Run = %+v after %v, want %+v after %v at most", sum, time.Since(start), tt.want, tt.took)
				}
				outage, _ := errors.AsType[*apply.OutageError](err)
				if (outage != nil) != (tt.outage > 0) || outage != nil && (outage.Count != tt.outage || !errors.Is(err, errUnavailable) || stops != 1) {
					t.Errorf("Run = %v with %d that stop, want %d in a row", err, stops, tt.outage)
				}
			})
		})
	}
}

// TestRunOutageConcurrent checks that in an outage events in flight fail as well.
func TestRunOutageConcurrent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		do := func(context.Context, output.Event) (output.Result, error) {
			time.Sleep(time.Second)
			return output.Result{}, errUnavailable
		}
		sum, err := apply.Run(t.Context(), output.NewReader(strings.NewReader(numbered(5000))), do, apply.Options{
			Concurrency: 8, KeepGoing: true, CountRest: true, Pace: apply.NewPace(0),
			Unavailable: func(err error) bool { return errors.Is(err, errUnavailable) },
		})
		if outage, _ := errors.AsType[*apply.OutageError](err); outage == nil || outage.Count != 10 {
			t.Errorf("Run = %v, want an OutageError with 10 events", err)
		}
		if sum.Failed < 10 || sum.Failed > 10+7 || sum.Failed+sum.NotTried != 5000 {
			t.Errorf("Run = %+v", sum)
		}
	})
}

// TestRunAskedToWait checks that the run ends if the service asks to wait for
// hours.
func TestRunAskedToWait(t *testing.T) {
	t.Parallel()
	pace := apply.NewPace(0)
	do := func(context.Context, output.Event) (output.Result, error) {
		pace.Throttled(3 * time.Hour)
		return output.Result{}, errUnavailable
	}
	sum, err := apply.Run(t.Context(), output.NewReader(strings.NewReader(numbered(50))), do, apply.Options{
		KeepGoing: true, CountRest: true, Pace: pace,
		Unavailable: func(err error) bool { return errors.Is(err, errUnavailable) },
	})
	outage, _ := errors.AsType[*apply.OutageError](err)
	if outage == nil || outage.Wait != 3*time.Hour || err.Error() != "line 1: unavailable: the service asks to wait 3h0m0s" || sum != (apply.Summary{Failed: 1, NotTried: 49}) {
		t.Errorf("Run = %+v, %v", sum, err)
	}
}

// TestRunOneFailureStops checks that of failures that each stop the run, one is its
// error, and it alone has Stops.
func TestRunOneFailureStops(t *testing.T) {
	t.Parallel()
	for _, keepGoing := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var stops, failed int
			do := func(context.Context, output.Event) (output.Result, error) {
				time.Sleep(time.Second)
				return output.Result{}, &apply.JournalError{Path: "j", Err: errRefused}
			}
			_, err := apply.Run(t.Context(), output.NewReader(strings.NewReader(numbered(50))), do, apply.Options{
				Concurrency: 8, KeepGoing: keepGoing, CountRest: true,
				OnResult: func(r apply.LineResult) {
					if r.Status == apply.StatusFailed {
						failed++
					}
					if r.Stops {
						stops++
					}
				},
			})
			if stops != 1 || failed != 8 || !errors.Is(err, errRefused) {
				t.Errorf("keep going %v: %d of %d failures stop, %v", keepGoing, stops, failed, err)
			}
		})
	}
}
