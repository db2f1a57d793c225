// Package bench measures a Web PubSub service: how fast it accepts requests and
// opens connections, how long messages take, and how many are lost, duplicate or
// out of order. It uses the service through small interfaces, prints nothing, and
// sets no limits.
//
//	result, err := bench.Send(ctx, service, target, bench.Options{Workers: 16, Duration: 10 * time.Second})
//	fmt.Print(bench.Text(result))
//	err = bench.Report(file, []*bench.Result{before, result})
package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"wps/internal/wait"
)

// Options are common to all kinds of run.
type Options struct {
	// Workers is how many requests or connections are in progress at once.
	Workers int
	// Rate is how many are started a second by all workers together; 0 means as
	// many as are answered. With a rate, a wait for a worker counts: the time of
	// each is measured from when it was due.
	Rate float64
	// Warmup is how long the run lasts before anything is measured, and Duration
	// how long after that.
	Warmup, Duration time.Duration
	// Size of a message, in bytes, at least MinSize.
	Size int
	// OnSecond, when set, is called for each second that was measured.
	OnSecond func(Second)
}

const (
	// drainTime limits the wait for what is in progress when the time is over.
	drainTime = 10 * time.Second
	// answerTime limits the wait for a message that the service has accepted.
	answerTime = 5 * time.Second
	// failPause is how long a worker waits after a failure, so that a service
	// that is down does not make it spin.
	failPause = 20 * time.Millisecond
)

// What the function of a worker returns besides errors of the service.
var (
	errWorkerDone = errors.New("this worker has no more work")
	errNotStarted = errors.New("due but not started")
	errGivenUp    = fmt.Errorf("no answer within %v of the end of the run", drainTime)
)

// run is the state common to all kinds of run: its times, its end, its recorder.
type run struct {
	o        Options
	start    time.Time
	measure  time.Time       // when measuring begins
	end      time.Time       // when nothing new is started, at the latest
	ctx      context.Context // ends when nothing new is to be started
	work     context.Context // ends when what is in progress is given up
	recorder *recorder
	stop     context.CancelFunc
	stopWork context.CancelFunc
	waits    sync.WaitGroup

	ended       chan struct{} // closed when the next two are set
	endedAt     time.Time     // when ctx ended, end at the latest
	interrupted bool          // by the caller

	notStarted atomic.Int64
}

// newRun starts the clock.
func newRun(ctx context.Context, o Options) *run {
	r := &run{o: o, start: time.Now(), ended: make(chan struct{})}
	r.measure = r.start.Add(o.Warmup)
	r.end = r.measure.Add(o.Duration)
	r.recorder = newRecorder(r.measure, r.end, o.OnSecond)
	r.ctx, r.stop = context.WithDeadline(ctx, r.end)
	r.work, r.stopWork = context.WithCancel(context.WithoutCancel(ctx))
	r.waits.Go(func() { r.awaitEnd(ctx) })
	return r
}

// awaitEnd records when the run has ended, and gives up what is still in progress
// after drainTime.
func (r *run) awaitEnd(caller context.Context) {
	<-r.ctx.Done()
	r.recorder.over.Store(true)
	r.endedAt = time.Now()
	r.interrupted = caller.Err() != nil && r.endedAt.Before(r.end)
	if r.endedAt.After(r.end) {
		r.endedAt = r.end
	}
	close(r.ended)
	_ = wait.For(r.work, drainTime) // or until everything is answered
	r.stopWork()
}

// close ends what the run has started. The result is made before.
func (r *run) close() {
	r.stop()
	r.stopWork()
	r.waits.Wait()
}

// workers calls do again and again in Options.Workers goroutines until the time
// is over, and waits for the last call. do gets the number of its worker and the
// time from which the call is measured; its error is recorded.
func (r *run) workers(do func(worker int, from time.Time) error) {
	schedules := make([]*schedule, r.o.Workers)
	var all sync.WaitGroup
	for w := range schedules {
		schedules[w] = newSchedule(r, w)
		all.Go(func() { r.worker(w, schedules[w], do) })
	}
	all.Wait()
	r.stop()
	<-r.ended
	for _, s := range schedules {
		r.notStarted.Add(s.missed(r.measure, r.endedAt))
	}
}

func (r *run) worker(w int, s *schedule, do func(worker int, from time.Time) error) {
	for {
		from, ok := s.next(r.ctx)
		if !ok {
			return
		}
		err := do(w, from)
		switch {
		case err == nil:
			continue
		case errors.Is(err, errWorkerDone):
			return
		case errors.Is(err, errNotStarted):
			if r.o.Rate > 0 && !from.Before(r.measure) {
				r.notStarted.Add(1)
			}
			continue
		case r.work.Err() != nil && errors.Is(err, context.Canceled):
			err = errGivenUp
		}
		r.recorder.failedWith(w, from, err)
		_ = wait.For(r.ctx, failPause) // next ends the worker
	}
}

// schedule is when a worker starts its calls.
type schedule struct {
	due   time.Time     // of the next call
	every time.Duration // 0: no rate
}

// newSchedule spreads the calls of the workers evenly.
func newSchedule(r *run, worker int) *schedule {
	if r.o.Rate <= 0 {
		return &schedule{}
	}
	every := time.Duration(float64(r.o.Workers) / r.o.Rate * float64(time.Second))
	return &schedule{due: r.start.Add(every * time.Duration(worker) / time.Duration(r.o.Workers)), every: max(every, 1)}
}

// next waits for the next call and returns the time from which it is measured; not
// ok when the time is over.
func (s *schedule) next(ctx context.Context) (from time.Time, ok bool) {
	if s.every == 0 {
		return time.Now(), ctx.Err() == nil
	}
	if wait.For(ctx, time.Until(s.due)) != nil {
		return from, false
	}
	from, s.due = s.due, s.due.Add(s.every)
	return from, true
}

// wakeTime is how late a worker may wake up on a busy machine: a call that was due
// so shortly before the end does not count as missed.
const wakeTime = 10 * time.Millisecond

// missed returns how many calls were due between two times and not started.
func (s *schedule) missed(from, to time.Time) int64 {
	if s.every == 0 {
		return 0
	}
	due := s.due
	if early := from.Sub(due); early > 0 {
		due = due.Add((early + s.every - 1) / s.every * s.every)
	}
	return int64(max((to.Add(-wakeTime).Sub(due)+s.every-1)/s.every, 0))
}

// result closes the recorder and makes the result, after the workers have ended.
func (r *run) result(kind string, count *counts) *Result {
	measured := max(r.endedAt.Sub(r.measure), 0)
	res := r.recorder.result(measured)
	res.Kind, res.Started = kind, r.start.UTC().Truncate(time.Millisecond)
	res.Workers, res.Rate, res.Size = r.o.Workers, r.o.Rate, r.o.Size
	res.WarmupSeconds = r.o.Warmup.Seconds()
	res.Interrupted, res.NotStarted = r.interrupted, r.notStarted.Load()
	res.Lost, res.Duplicate, res.OutOfOrder, res.Ended = count.lost, count.duplicate.Load(), count.outOfOrder.Load(), count.ended.Load()
	return res
}

// counts are of the whole run, including the warm-up.
type counts struct {
	lost                  int64 // counted at the end
	duplicate, outOfOrder atomic.Int64
	ended                 atomic.Int64 // connections
}
