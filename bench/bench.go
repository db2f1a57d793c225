// Package bench measures a Web PubSub service: how fast it takes requests and
// opens connections, and what becomes of messages on their way: how long they
// take, and how many are lost, doubled or out of order. It reaches the service
// through small interfaces, prints nothing, and judges nothing.
//
//	result, err := bench.Send(ctx, service, target, bench.Options{Workers: 16, Duration: 10 * time.Second})
//	fmt.Print(bench.Text(result))
//	err = bench.Report(file, []*bench.Result{before, result})
package bench

import (
	"context"
	"sync"
	"sync/atomic"
	"time"
)

// Options are common to all kinds of run.
type Options struct {
	// Workers is how many requests or connections are under way at once.
	Workers int
	// Rate is how many are started a second, all workers together; 0 means as
	// many as are answered. With a rate, a wait for a worker counts: the time of
	// each is taken from when it should have started.
	Rate float64
	// Warmup is how long the run goes on before anything is measured, and
	// Duration how long after that.
	Warmup, Duration time.Duration
	// Size of a message, in bytes, at least MinSize.
	Size int
	// OnSecond, when set, is told of each second that was measured.
	OnSecond func(Second)
}

// drainTime bounds the wait for what is under way when the time is over.
const drainTime = 10 * time.Second

// run is the frame of one run: its clock, its end and its recorder.
type run struct {
	o        Options
	start    time.Time
	measure  time.Time       // when measuring begins
	end      time.Time       // when nothing new is started
	ctx      context.Context // ends when nothing new is to be started
	work     context.Context // ends when what is under way is given up
	recorder *recorder
	stop     context.CancelFunc
	stopWork context.CancelFunc
}

// newRun starts the clock.
func newRun(ctx context.Context, o Options) *run {
	r := &run{o: o, start: time.Now()}
	r.measure = r.start.Add(o.Warmup)
	r.end = r.measure.Add(o.Duration)
	r.recorder = newRecorder(r.measure, o.OnSecond)
	r.ctx, r.stop = context.WithDeadline(ctx, r.end)
	r.work, r.stopWork = context.WithDeadline(context.WithoutCancel(ctx), r.end.Add(drainTime))
	return r
}

// close ends what the run has started; the result is made before.
func (r *run) close() {
	r.stop()
	r.stopWork()
}

// failPause is how long a worker rests after a failure, so that a service that
// is gone does not make it spin.
const failPause = 20 * time.Millisecond

// workers calls do again and again in Options.Workers goroutines until the time
// is over, and waits for the last call. do gets the number of its worker and the
// time from which the call counts; its error is recorded.
func (r *run) workers(do func(worker int, from time.Time) error) {
	var all sync.WaitGroup
	for w := range r.o.Workers {
		all.Go(func() {
			schedule := newSchedule(r, w)
			for {
				from, ok := schedule.next(r.ctx)
				if !ok {
					return
				}
				if err := do(w, from); err != nil {
					r.recorder.failedWith(w, from, err)
					rest(r.ctx, failPause)
				}
			}
		})
	}
	all.Wait()
}

// rest waits, or until ctx ends.
func rest(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}

// schedule says when a worker starts its calls.
type schedule struct {
	due   time.Time
	every time.Duration // 0: at once
}

// newSchedule spreads the calls of the workers evenly.
func newSchedule(r *run, worker int) *schedule {
	if r.o.Rate <= 0 {
		return &schedule{}
	}
	every := time.Duration(float64(r.o.Workers) / r.o.Rate * float64(time.Second))
	return &schedule{due: r.start.Add(every * time.Duration(worker) / time.Duration(r.o.Workers)), every: every}
}

// next waits for the next call and gives the time from which it counts; false
// when the time is over.
func (s *schedule) next(ctx context.Context) (from time.Time, ok bool) {
	if ctx.Err() != nil {
		return from, false
	}
	now := time.Now()
	if s.every == 0 {
		return now, true
	}
	from = s.due
	s.due = s.due.Add(s.every)
	if wait := from.Sub(now); wait > 0 {
		rest(ctx, wait)
	}
	return from, ctx.Err() == nil
}

// result closes the recorder and makes the result.
func (r *run) result(kind string, count *counts) *Result {
	ended := time.Now()
	if ended.After(r.end) {
		ended = r.end
	}
	res := r.recorder.result()
	res.Kind, res.Started = kind, r.start.UTC().Truncate(time.Millisecond)
	res.Workers, res.Rate, res.Size = r.o.Workers, r.o.Rate, r.o.Size
	res.WarmupSeconds = r.o.Warmup.Seconds()
	res.Seconds = max(ended.Sub(r.measure).Seconds(), 0)
	if res.Seconds > 0 {
		res.PerSecond = float64(res.Count) / res.Seconds
	}
	res.Lost, res.Duplicate, res.OutOfOrder = count.lost.Load(), count.duplicate.Load(), count.outOfOrder.Load()
	return res
}

// counts are of the whole run, the warm-up included.
type counts struct{ lost, duplicate, outOfOrder atomic.Int64 }
