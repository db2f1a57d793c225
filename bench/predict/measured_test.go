package predict_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"wps/bench"
	"wps/bench/predict"
)

// measured makes of a simulated run what package bench would have saved.
func measured(t *testing.T, o *predict.Outcome, r bench.Result) *bench.Result {
	t.Helper()
	r.Count, r.PerSecond, r.Rate = o.Count, o.PerSecond, o.Rate
	r.Latency = bench.Latency{Mean: o.Latency.Mean, HDR: o.HDR()}
	r.Series = []bench.Second{{Second: 1, Count: o.Count / 2}, {Second: 2, Count: o.Count / 2}}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	saved, err := bench.Load(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return saved
}

// fanRun measures a simulated machine.
func fanRun(t *testing.T, costs predict.FanoutCosts, publishers, inFlight int, duration time.Duration) *bench.Result {
	plan := fanPlan(0, publishers)
	plan.InFlight, plan.Duration = inFlight, duration
	return measured(t, predict.Fanout(plan, costs), bench.Result{
		Kind: "fanout", Workers: publishers, Connections: plan.Connections, Groups: plan.Groups, InFlight: publishers * inFlight, Size: plan.Size,
	})
}

// TestMeasuredFanout learns the costs of a simulated machine from what it measures.
func TestMeasuredFanout(t *testing.T) {
	t.Parallel()
	for _, want := range []predict.FanoutCosts{
		{Visit: 5e-6, Each: 10e-6, Write: 0.3}, {Visit: 15e-6, Each: 5e-6, Write: 0.25, Noise: predict.Stalls(0.01, 10)},
	} {
		got, err := predict.MeasuredFanout(fanRun(t, want, 1, 1, 20*time.Second), fanRun(t, want, 8, 8, 5*time.Second))
		if err != nil {
			t.Fatal(err)
		}
		near(t, "visit", got.Visit, want.Visit, 0.1)
		near(t, "each", got.Each, want.Each, 0.2)
		near(t, "write", 1+got.Write, 1+want.Write, 0.05)
		if want.Noise.Piece == 0 {
			near(t, "the share of long pieces", 1+got.Noise.AtLeast(1.2), 1, 0.05)
			continue
		}
		near(t, "the share of stalls", got.Noise.AtLeast(2), 0.15, 0.5) // some cycles have parts of two stalls
		near(t, "the longest stall", got.Noise.Longest(), want.Noise.Longest(), 0.5)
		plan := fanPlan(100, 16)
		near(t, "p99", predict.Fanout(plan, got).Latency.P99, predict.Fanout(plan, want).Latency.P99, 0.5)
	}
}

// TestMeasuredFanoutRefuses names what is wrong with runs from which nothing can be
// learned.
func TestMeasuredFanoutRefuses(t *testing.T) {
	t.Parallel()
	costs := predict.FanoutCosts{Visit: 15e-6, Each: 5e-6}
	one, fast := fanRun(t, costs, 1, 1, time.Second), fanRun(t, costs, 8, 8, time.Second)
	changed := func(change func(*bench.Result)) *bench.Result {
		r := *fast
		change(&r)
		return &r
	}
	for want, runs := range map[string][2]*bench.Result{
		"one of the runs must have one message in flight":   {fast, fast},
		"one of the runs must have many messages in flight": {one, one},
		"the runs must have the same connections":           {one, changed(func(r *bench.Result) { r.Connections = 5 })},
		"a run of send":             {one, changed(func(r *bench.Result) { r.Kind = "send" })},
		"a run with --rate 5/s":     {one, changed(func(r *bench.Result) { r.Rate = 5 })},
		"a run without deliveries":  {one, changed(func(r *bench.Result) { r.PerSecond = 0 })},
		"a run without deliveries ": {changed(func(r *bench.Result) { r.Groups = 0 }), fast},
	} {
		if _, err := predict.MeasuredFanout(runs[0], runs[1]); err == nil || !strings.Contains(err.Error(), strings.TrimSpace(want)) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// echoRun measures simulated hooks.
func echoRun(t *testing.T, costs predict.HookCosts, clients, concurrency int) *bench.Result {
	plan := queue(predict.Load{Workers: clients, Warmup: time.Second, Duration: 200 * time.Second, Seed: 9}, concurrency)
	return measured(t, predict.Hooks(plan, costs), bench.Result{Kind: "echo", Workers: clients, Connections: clients})
}

// TestMeasuredHook learns what limits simulated hooks: how many run at once, or their
// machine.
func TestMeasuredHook(t *testing.T) {
	t.Parallel()
	slow, busy := predict.Between(0.02, 0.06), predict.Between(0.02, 0.06)
	busy.Work = 0.008
	for _, want := range []predict.HookCosts{slow, busy} {
		one, fast := echoRun(t, want, 1, 8), echoRun(t, want, 32, 8)
		got, err := predict.MeasuredHook(one, fast, 8)
		if err != nil {
			t.Fatal(err)
		}
		near(t, "mean", got.Mean, 0.04, 0.03)
		near(t, "work", 1+got.Work, 1+want.Work, 0.001)
		plan := queue(open(110, 200*time.Second), 8)
		near(t, "mean at a load", predict.Hooks(plan, got).Latency.Mean, predict.Hooks(plan, want).Latency.Mean, 0.15)
		if _, err := predict.MeasuredHook(one, fast, 64); err == nil || !strings.Contains(err.Error(), "32 clients, fewer than the 64 hooks") {
			t.Errorf("error %v", err)
		}
		if _, err := predict.MeasuredHook(fast, fast, 8); err == nil || !strings.Contains(err.Error(), "one client") {
			t.Errorf("error %v", err)
		}
		if _, err := predict.MeasuredHook(one, &bench.Result{Kind: "fanout"}, 8); err == nil || !strings.Contains(err.Error(), "a run of fanout") {
			t.Errorf("error %v", err)
		}
	}
}
