package predict_test

import (
	"math"
	"reflect"
	"testing"
	"time"

	"wps/bench/predict"
)

// open is a load of so many clients that none has two events at a time: the queues of
// the textbooks.
func open(rate float64, duration time.Duration) predict.Load {
	return predict.Load{Rate: rate, Random: true, Workers: 5_000, Warmup: 20 * time.Second, Duration: duration, Seed: 7}
}

// queue is one instance whose queue is never full.
func queue(load predict.Load, concurrency int) predict.HookPlan {
	return predict.HookPlan{Load: load, Instances: 1, Concurrency: concurrency, Queue: 1_000_000, MaxWait: time.Hour}
}

// near reports a number that is not within a part of what it should be.
func near(t *testing.T, what string, got, want, part float64) {
	t.Helper()
	if math.Abs(got-want) > part*want {
		t.Errorf("%s is %.4g, want %.4g within %g %%", what, got, want, 100*part)
	}
}

// TestQueueOfOne compares one hook at a time with the formulas for random arrivals
// and random (M/M/1) or constant (M/D/1) times.
func TestQueueOfOne(t *testing.T) {
	t.Parallel()
	const served = 100.0 // a second
	for _, load := range []float64{0.3, 0.55, 0.85} {
		rate := load * served
		random := predict.Hooks(queue(open(rate, 600*time.Second), 1), predict.Exponential(1/served))
		near(t, "M/M/1 mean", random.Latency.Mean, 1000/(served-rate), 0.1)
		near(t, "M/M/1 p50", random.Latency.P50, 1000*math.Log(2)/(served-rate), 0.1)
		near(t, "M/M/1 p99", random.Latency.P99, 1000*math.Log(100)/(served-rate), 0.1)
		near(t, "M/M/1 rate", random.PerSecond, rate, 0.02)
		constant := predict.Hooks(queue(open(rate, 600*time.Second), 1), predict.Constant(1/served))
		near(t, "M/D/1 mean", constant.Latency.Mean, 1000/served*(1+load/(2*(1-load))), 0.05)
	}
}

// TestQueueOfMany compares several hooks at once with the formula of Erlang (M/M/c).
func TestQueueOfMany(t *testing.T) {
	t.Parallel()
	for _, c := range []int{2, 32} {
		for _, load := range []float64{0.55, 0.85} {
			const served = 20.0 // a second, by each
			rate := load * served * float64(c)
			events := 150_000.0
			got := predict.Hooks(queue(open(rate, time.Duration(events/rate)*time.Second), c), predict.Exponential(1/served))
			wait := erlangC(c, load) / (float64(c)*served - rate)
			near(t, "M/M/c mean", got.Latency.Mean, 1000*(1/served+wait), 0.1)
		}
	}
}

// erlangC returns the probability that all of c servers are busy.
func erlangC(c int, load float64) float64 {
	a, term, sum := load*float64(c), 1.0, 0.0
	for k := range c {
		sum += term
		term *= a / float64(k+1)
	}
	last := term / (1 - load)
	return last / (sum + last)
}

// TestMachineOfHooks compares work that is done one event after the other with M/D/1.
func TestMachineOfHooks(t *testing.T) {
	t.Parallel()
	costs := predict.Constant(0.05)
	costs.Work = 0.01
	got := predict.Hooks(queue(open(80, 1000*time.Second), 1000), costs)
	near(t, "mean", got.Latency.Mean, 50+10*0.8/(2*0.2), 0.05)
	if c := queue(open(80, time.Second), 1000).Capacity(costs); c != 100 {
		t.Errorf("capacity %g/s, want that of the machine, 100/s", c)
	}
}

// TestEvenArrivals: events at even distances that are rarer than hooks end never wait.
func TestEvenArrivals(t *testing.T) {
	t.Parallel()
	load := predict.Load{Rate: 75, Workers: 40, Duration: 100 * time.Second}
	got := predict.Hooks(queue(load, 4), predict.Constant(0.05))
	if got.Count < 7500 || got.Count > 7501 || got.Latency.Max > 50.1 || got.Latency.Mean < 49.9 {
		t.Errorf("%d events, mean %g ms, max %g ms, want 7500 of 50 ms", got.Count, got.Latency.Mean, got.Latency.Max)
	}
}

// TestLittle: the mean number in the system is the rate times the mean time in it.
func TestLittle(t *testing.T) {
	t.Parallel()
	load := open(300, 500*time.Second)
	load.Warmup = 0
	got := predict.Hooks(queue(load, 8), predict.Between(0.01, 0.04))
	near(t, "mean number", got.InSystem(500), got.PerSecond*got.Latency.Mean/1000, 0.01)
}

// TestEventsAreConserved: every event is answered or refused, and what was due was
// started or not.
func TestEventsAreConserved(t *testing.T) {
	t.Parallel()
	for _, workers := range []int{10, 50, 5000} {
		for _, balance := range []predict.Balance{predict.RoundRobin, predict.ByChance, predict.ByConnection} {
			plan := predict.HookPlan{
				Load:      predict.Load{Rate: 500, Workers: workers, Duration: 20 * time.Second, Seed: 3},
				Instances: 3, Balance: balance, Concurrency: 4, Queue: 50, MaxWait: 2 * time.Second,
			}
			got := predict.Hooks(plan, predict.Exponential(0.05))
			if got.Started() != got.Delivered()+got.Refused {
				t.Errorf("%d clients, %s: %d started, %d answered, %d refused", workers, balance, got.Started(), got.Delivered(), got.Refused)
			}
			if due := got.Started() + got.NotStarted; due < 9990 || due > 10010 {
				t.Errorf("%d clients, %s: %d started or not, want 10000", workers, balance, due)
			}
			if busy := workers == 5000; busy != (got.Refused > 0) {
				t.Errorf("%d clients, %s: %d refused", workers, balance, got.Refused)
			}
		}
	}
}

// TestMaxWait: an event that waits too long is refused, and no answer takes longer.
func TestMaxWait(t *testing.T) {
	t.Parallel()
	plan := queue(predict.Load{Rate: 100, Workers: 10_000, Duration: 30 * time.Second}, 1)
	plan.MaxWait = time.Second
	got := predict.Hooks(plan, predict.Constant(0.02))
	if got.Refused == 0 || got.Latency.Max > 1021 || got.Latency.P99 < 900 {
		t.Errorf("%d refused, p99 %g ms, max %g ms", got.Refused, got.Latency.P99, got.Latency.Max)
	}
	near(t, "rate", got.PerSecond, 50, 0.05)
}

// TestBalances: in turn, events are shared most evenly, and by chance least.
func TestBalances(t *testing.T) {
	t.Parallel()
	mean := map[predict.Balance]float64{}
	for _, b := range []predict.Balance{predict.RoundRobin, predict.ByChance} {
		plan := queue(predict.Load{Rate: 85, Workers: 1000, Duration: 500 * time.Second}, 1)
		plan.Instances, plan.Balance = 5, b
		mean[b] = predict.Hooks(plan, predict.Constant(0.05)).Latency.Mean
	}
	if mean[predict.RoundRobin] > 51 || mean[predict.ByChance] < 100 {
		t.Errorf("mean times %v, want no wait in turn, and long ones by chance", mean)
	}
}

func TestSameSeed(t *testing.T) {
	t.Parallel()
	run := func(seed uint64) any {
		load := open(70, 50*time.Second)
		load.Seed = seed
		o := predict.Hooks(queue(load, 1), predict.Exponential(0.01))
		f := predict.Fanout(fanPlan(30, 4), predict.FanoutCosts{Visit: 1e-5, Each: 1e-5, Noise: predict.Stalls(0.005, 10)})
		return []any{o.Latency, o.Count, f.Latency, f.Count}
	}
	if a, b := run(1), run(1); !reflect.DeepEqual(a, b) {
		t.Errorf("the same seed: %v and %v", a, b)
	}
	if a, b := run(1), run(2); reflect.DeepEqual(a, b) {
		t.Errorf("another seed: %v both times", a)
	}
}

// TestKnee finds the rate at which p99 of M/M/1 is at its bound.
func TestKnee(t *testing.T) {
	t.Parallel()
	run := func(rate float64) *predict.Outcome {
		return predict.Hooks(queue(open(rate, 300*time.Second), 1), predict.Exponential(0.01))
	}
	near(t, "knee", predict.Knee(run, predict.Bound{P99: 100}, 100), 100-math.Log(100)/0.1, 0.05)
	if k := predict.Knee(run, predict.Bound{P99: 1}, 100); k != 0 {
		t.Errorf("knee %g/s below the time of a hook, want 0", k)
	}
	if k := predict.Knee(run, predict.Bound{P99: 1e6}, 50); k != 50 {
		t.Errorf("knee %g/s, want all of 50/s", k)
	}
}
