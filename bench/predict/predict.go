// Package predict simulates loads: how long messages to many connections, and
// events to hooks, would take at a rate. It takes what they cost from measurements
// of package bench, or times of hooks as they are planned, and steps from one thing
// that happens to the next, without a clock and without a service. The same seed
// yields the same numbers.
//
//	costs, err := predict.MeasuredFanout(one, fast)
//	outcome := predict.Fanout(predict.FanoutPlan{Load: predict.Load{Rate: 200, Workers: 4}, Connections: 500, Groups: 1}, costs)
//	fmt.Println(outcome.Latency.P99)
package predict

import (
	"math/rand/v2"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// Load is how messages or events arrive.
type Load struct {
	// Rate is how many are due a second, from all workers together; 0 means as
	// many as are answered.
	Rate float64
	// Random has them due at random times (a Poisson process), as those of many
	// independent people are, and not evenly spaced, as package bench sends them.
	Random bool
	// Workers is how many publishers or clients there are. Each has one request or
	// event in progress at a time; what is due meanwhile waits.
	Workers int
	// Warmup is how long the run lasts before anything is counted, and Duration how
	// long after that, in simulated time.
	Warmup, Duration time.Duration
	// Seed of everything random.
	Seed uint64
}

// Outcome is what a run would measure. Its JSON is stable.
type Outcome struct {
	Rate float64 `json:"rate"`
	// Load is the rate as a part of what is possible; 0 when that is not known.
	Load      float64 `json:"load,omitempty"`
	Count     int64   `json:"count"`
	PerSecond float64 `json:"perSecond"`
	// NotStarted was due and never started, because every worker was busy.
	NotStarted int64 `json:"notStarted"`
	// Lost are messages to connections that were closed as too slow.
	Lost int64 `json:"lost"`
	// Refused are events for which there was no place, or that waited too long.
	Refused int64   `json:"refused"`
	Latency Latency `json:"latency"`

	started   int64   // in the whole run
	delivered int64   // in the whole run
	area      float64 // the number in the system, summed over the time
	times     *hdrhistogram.Histogram
}

// Latency has times in milliseconds, from when each was due.
type Latency struct {
	Mean float64 `json:"mean"`
	P50  float64 `json:"p50"`
	P90  float64 `json:"p90"`
	P99  float64 `json:"p99"`
	Max  float64 `json:"max"`
}

// recorder counts what ends, as that of package bench does: the distribution has
// what was due in the measured time, the rate what was done in it.
type recorder struct {
	from, to float64 // the measured time, in seconds
	times    *hdrhistogram.Histogram
	done     int64 // in the measured time
	out      Outcome
}

const (
	// unit of a histogram, and the longest time that it can hold, in seconds.
	unit    = 1e-6
	longest = 300
)

func newRecorder(l Load) *recorder {
	from := l.Warmup.Seconds()
	return &recorder{from: from, to: from + l.Duration.Seconds(), times: hdrhistogram.New(1, longest/unit, 3), out: Outcome{Rate: l.Rate}}
}

// ended records what was due at a time and has ended at another.
func (r *recorder) ended(due, now float64) {
	r.out.delivered++
	if now >= r.from && now < r.to {
		r.done++
	}
	if due >= r.from && due < r.to {
		// The value is within the limits, so there is no error.
		_ = r.times.RecordValue(int64(min(max((now-due)/unit, 1), longest/unit)))
	}
}

// result returns the outcome.
func (r *recorder) result() *Outcome {
	at := func(percent float64) float64 { return float64(r.times.ValueAtQuantile(percent)) * unit * 1000 }
	r.out.Count, r.out.PerSecond = r.times.TotalCount(), float64(r.done)/(r.to-r.from)
	if r.out.Count > 0 {
		r.out.Latency = Latency{Mean: r.times.Mean() * unit * 1000, P50: at(50), P90: at(90), P99: at(99), Max: at(100)}
	}
	r.out.times = r.times
	return &r.out
}

// pacer is when a worker's messages are due, in seconds.
type pacer struct {
	due, every float64
	random     *rand.Rand // nil: evenly spaced
}

// newPacer spreads the workers evenly, as package bench does.
func newPacer(l Load, worker int, random *rand.Rand) pacer {
	every := float64(l.Workers) / l.Rate
	p := pacer{due: every * float64(worker) / float64(l.Workers), every: every}
	if l.Random {
		p.random, p.due = random, random.ExpFloat64()*every
	}
	return p
}

// next returns when the next message is due.
func (p *pacer) next() float64 {
	due := p.due
	if p.random != nil {
		p.due += p.random.ExpFloat64() * p.every
	} else {
		p.due += p.every
	}
	return due
}
