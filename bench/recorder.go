package bench

import (
	"maps"
	"runtime"
	"sync"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// What a histogram can hold: microseconds, up to longest, with three digits.
const (
	unit    = time.Microsecond
	longest = 5 * time.Minute
	digits  = 3
)

func newHistogram() *hdrhistogram.Histogram {
	return hdrhistogram.New(1, int64(longest/unit), digits)
}

// maxFaults bounds how many different errors a result names.
const maxFaults = 20

// recorder takes times from many goroutines. Shards keep them from waiting for
// each other; their number does not grow with that of the goroutines, because a
// histogram takes some 150 KiB.
type recorder struct {
	from     time.Time // what began before is not measured
	shards   []*shard
	onSecond func(Second)
	stop     chan struct{}
	ticks    sync.WaitGroup

	// total and series belong to the ticking goroutine until it has ended.
	total  *hdrhistogram.Histogram
	failed int64
	series []Second

	mu     sync.Mutex
	faults map[string]int64
}

type shard struct {
	mu     sync.Mutex
	times  *hdrhistogram.Histogram
	failed int64
}

func newRecorder(from time.Time, onSecond func(Second)) *recorder {
	r := &recorder{from: from, onSecond: onSecond, stop: make(chan struct{}), total: newHistogram(), faults: map[string]int64{}}
	for range 2 * runtime.GOMAXPROCS(0) {
		r.shards = append(r.shards, &shard{times: newHistogram()})
	}
	r.ticks.Go(r.tick)
	return r
}

// done records a success of goroutine n that counts from a time.
func (r *recorder) done(n int, from time.Time) {
	took := time.Since(from)
	if from.Before(r.from) {
		return
	}
	s := r.shards[n%len(r.shards)]
	s.mu.Lock()
	defer s.mu.Unlock()
	// It is within the bounds, so that there is no error.
	_ = s.times.RecordValue(min(max(int64(took/unit), 1), int64(longest/unit)))
}

// failedWith records a failure, with the error's text.
func (r *recorder) failedWith(n int, from time.Time, err error) {
	if from.Before(r.from) {
		return
	}
	s := r.shards[n%len(r.shards)]
	s.mu.Lock()
	s.failed++
	s.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	text := err.Error()
	if _, known := r.faults[text]; !known && len(r.faults) >= maxFaults {
		text = "other errors"
	}
	r.faults[text]++
}

// tick sums up each second after the warm-up.
func (r *recorder) tick() {
	wait := time.NewTimer(time.Until(r.from))
	defer wait.Stop()
	select {
	case <-wait.C:
	case <-r.stop:
		return
	}
	every := time.NewTicker(time.Second)
	defer every.Stop()
	for {
		select {
		case <-every.C:
			r.sum()
		case <-r.stop:
			return
		}
	}
}

// sum moves what the shards have into the total and the series.
func (r *recorder) sum() {
	second := newHistogram()
	s := Second{Second: len(r.series) + 1}
	for _, shard := range r.shards {
		shard.mu.Lock()
		second.Merge(shard.times)
		shard.times.Reset()
		s.Failed += shard.failed
		shard.failed = 0
		shard.mu.Unlock()
	}
	r.total.Merge(second)
	r.failed += s.Failed
	s.Count, s.P50, s.P99, s.Max = second.TotalCount(), millis(second.ValueAtQuantile(50)), millis(second.ValueAtQuantile(99)), millis(second.Max())
	r.series = append(r.series, s)
	if r.onSecond != nil {
		r.onSecond(s)
	}
}

// result ends the recorder. What came behind the last whole second is in the
// total alone.
func (r *recorder) result() *Result {
	close(r.stop)
	r.ticks.Wait()
	whole := len(r.series)
	r.onSecond = nil
	r.sum()
	if whole > 0 {
		r.series = r.series[:whole]
	}
	return &Result{
		Count: r.total.TotalCount(), Failed: r.failed, Latency: latencyOf(r.total),
		Series: r.series, Faults: maps.Clone(r.faults),
	}
}

func millis(units int64) float64 {
	return float64(time.Duration(units)*unit) / float64(time.Millisecond)
}
