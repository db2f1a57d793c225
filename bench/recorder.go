package bench

import (
	"errors"
	"maps"
	"math"
	"net"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
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

// maxFaults limits how many different errors a result names.
const maxFaults = 20

// recorder records times from many goroutines. Shards keep them from waiting for
// each other; their number does not grow with that of the goroutines, because a
// histogram needs about 150 KiB.
//
// The distribution has what was due or began in the measured time, whenever it was
// done: without the slowest the result would look better than it is. The rate has
// what was done in the measured time, whenever it began: what is done after the
// end does not show how fast the service was.
type recorder struct {
	from, to time.Time   // the measured time, unless the run ends earlier
	over     atomic.Bool // the run has ended
	shards   []*shard
	onSecond func(Second)
	stop     chan struct{}
	ticks    sync.WaitGroup

	// These are used only by the goroutine of tick until it has ended.
	total  part // of everything
	late   int64
	series []Second

	mu     sync.Mutex
	faults map[string]int64
}

// shard has the parts that are not yet summed, in the order of the seconds.
type shard struct {
	mu    sync.Mutex
	parts []*part
}

// part is what was recorded in one second of the measured time, or after it.
type part struct {
	second int // from 0
	times  *hdrhistogram.Histogram
	done   int64 // in this second, also what began in the warm-up
	failed int64
}

// Numbers of no second.
const (
	beforeAll = -1
	behindAll = math.MaxInt
)

func newRecorder(from, to time.Time, onSecond func(Second)) *recorder {
	r := &recorder{from: from, to: to, onSecond: onSecond, stop: make(chan struct{}), faults: map[string]int64{}}
	r.total.times = newHistogram()
	for range 2 * runtime.GOMAXPROCS(0) {
		r.shards = append(r.shards, &shard{})
	}
	r.ticks.Go(r.tick)
	return r
}

// second returns the second of a time.
func (r *recorder) second(now time.Time) int {
	switch {
	case now.Before(r.from):
		return beforeAll
	case r.over.Load() || !now.Before(r.to):
		return behindAll
	}
	return int(now.Sub(r.from) / time.Second)
}

// done records a success of goroutine n, measured from a time, and returns how long
// it took.
func (r *recorder) done(n int, from time.Time) time.Duration {
	s := r.shards[n%len(r.shards)]
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now() // under the lock: what a sum has missed belongs to a later second
	took := now.Sub(from)
	second := r.second(now)
	if second == beforeAll {
		return took
	}
	p := s.part(second)
	p.done++
	if !from.Before(r.from) {
		// The value is within the limits, so there is no error.
		_ = p.times.RecordValue(min(max(int64(took/unit), 1), int64(longest/unit)))
	}
	return took
}

// failedWith records a failure of goroutine n, measured from a time.
func (r *recorder) failedWith(n int, from time.Time, err error) {
	if from.Before(r.from) {
		return
	}
	s := r.shards[n%len(r.shards)]
	s.mu.Lock()
	s.part(r.second(time.Now())).failed++
	s.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	text := faultText(err)
	if _, known := r.faults[text]; !known && len(r.faults) >= maxFaults {
		text = "other errors"
	}
	r.faults[text]++
}

// faultText returns the text of an error without the addresses of its network
// connection, so that the same error of many connections is counted as one.
func faultText(err error) string {
	text := err.Error()
	var op *net.OpError
	if errors.As(err, &op) && op.Err != nil {
		text = strings.Replace(text, op.Error(), op.Op+" "+op.Net+": "+op.Err.Error(), 1)
	}
	return text
}

// part returns the part of a second.
func (s *shard) part(second int) *part {
	for i := len(s.parts) - 1; i >= 0; i-- {
		if s.parts[i].second == second {
			return s.parts[i]
		}
	}
	p := &part{second: second, times: newHistogram()}
	s.parts = append(s.parts, p)
	return p
}

// removeUntil removes and returns the parts up to a second.
func (s *shard) removeUntil(second int) (removed []*part) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var kept []*part
	for _, p := range s.parts {
		if p.second <= second {
			removed = append(removed, p)
		} else {
			kept = append(kept, p)
		}
	}
	s.parts = kept
	return removed
}

// tick sums each whole second until the run is over.
func (r *recorder) tick() {
	for second := range int(r.to.Sub(r.from) / time.Second) {
		wait := time.NewTimer(time.Until(r.from.Add(time.Duration(second+1) * time.Second)))
		select {
		case <-wait.C:
		case <-r.stop:
			wait.Stop()
			return
		}
		if r.over.Load() {
			return
		}
		r.sum(second)
	}
}

// sum adds what the shards have of a second to the total and the series.
func (r *recorder) sum(second int) {
	p := r.gather(second)
	s := Second{Second: second + 1, Count: p.done, Failed: p.failed}
	if p.times.TotalCount() > 0 {
		s.P50, s.P99, s.Max = millis(p.times.ValueAtQuantile(50)), millis(p.times.ValueAtQuantile(99)), millis(p.times.Max())
	}
	r.series = append(r.series, s)
	if r.onSecond != nil {
		r.onSecond(s)
	}
}

// gather removes what the shards have up to a second, adds it to the total, and
// returns it.
func (r *recorder) gather(second int) *part {
	sum := &part{times: newHistogram()}
	for _, shard := range r.shards {
		for _, p := range shard.removeUntil(second) {
			sum.add(p)
			if p.second == behindAll {
				r.late += p.times.TotalCount()
				continue
			}
			sum.done += p.done
		}
	}
	r.total.add(sum)
	r.total.done += sum.done
	return sum
}

func (p *part) add(other *part) {
	p.times.Merge(other.times)
	p.failed += other.failed
}

// result ends the recorder and returns the result for the measured time.
func (r *recorder) result(measured time.Duration) *Result {
	close(r.stop)
	r.ticks.Wait()
	r.onSecond = nil
	whole := int(measured / time.Second)
	for len(r.series) < whole {
		r.sum(len(r.series))
	}
	r.gather(behindAll)
	res := &Result{
		Count: r.total.times.TotalCount(), Late: r.late, Failed: r.total.failed, Seconds: measured.Seconds(),
		Latency: latencyOf(r.total.times), Series: append([]Second{}, r.series[:whole]...), Faults: maps.Clone(r.faults),
	}
	if measured > 0 {
		res.PerSecond = float64(r.total.done) / measured.Seconds()
	}
	return res
}

func millis(units int64) float64 {
	return float64(time.Duration(units)*unit) / float64(time.Millisecond)
}
