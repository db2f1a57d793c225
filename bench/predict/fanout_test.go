package predict_test

import (
	"math"
	"testing"
	"time"

	"wps/bench/predict"
)

// fanPlan is a load of a group of 500 connections.
func fanPlan(rate float64, publishers int) predict.FanoutPlan {
	return predict.FanoutPlan{
		Load:        predict.Load{Rate: rate, Workers: publishers, Warmup: time.Second, Duration: 20 * time.Second, Seed: 5},
		Connections: 500, Groups: 1, Size: 128,
	}
}

// TestLonelyMessages: a message that meets no other is accepted, then written to all
// connections, then read from one after the other.
func TestLonelyMessages(t *testing.T) {
	t.Parallel()
	costs := predict.FanoutCosts{Visit: 15e-6, Each: 5e-6, Write: 0.25}
	got := predict.Fanout(fanPlan(10, 4), costs)
	near(t, "mean", got.Latency.Mean, 0.02*(1+0.25*500+0.75*501/2), 0.01)
	near(t, "max", got.Latency.Max, 0.02*501, 0.01)
	if got.Count < 200*500 || got.Count > 201*500 {
		t.Errorf("%d deliveries, want those of 200 messages", got.Count)
	}
}

// TestMessagesShareVisits: with more messages than there is time for a visit each, they
// share visits. A round of visits takes n(a+bc) with b messages that came in the
// round before, and so na/(1-rnc).
func TestMessagesShareVisits(t *testing.T) {
	t.Parallel()
	costs := predict.FanoutCosts{Visit: 15e-6, Each: 5e-6}
	for _, rate := range []float64{150, 350} {
		got := predict.Fanout(fanPlan(rate, 1000), costs)
		round := 1000 * 500 * 15e-6 / (1 - rate*500*5e-6)
		if got.NotStarted+got.Lost != 0 || got.Count != int64(20*rate*500) {
			t.Errorf("%g/s: %d deliveries, %d not started, %d lost", rate, got.Count, got.NotStarted, got.Lost)
		}
		// A message waits to be accepted, written and read, each up to a round.
		if m := got.Latency.Mean; m < round/2 || m > 2.5*round {
			t.Errorf("%g/s: mean %g ms, want about a round of %g ms", rate, m, round)
		}
	}
}

// TestFewPublishers: publishers wait for their answers, so that few of them cannot
// send what many can.
func TestFewPublishers(t *testing.T) {
	t.Parallel()
	costs := predict.FanoutCosts{Visit: 15e-6, Each: 5e-6}
	few, many := predict.Fanout(fanPlan(250, 2), costs), predict.Fanout(fanPlan(250, 64), costs)
	if few.NotStarted == 0 || many.NotStarted != 0 || few.Latency.P99 < 10*many.Latency.P99 {
		t.Errorf("2 publishers: p99 %g ms, %d not started; 64: %g ms, %d", few.Latency.P99, few.NotStarted, many.Latency.P99, many.NotStarted)
	}
}

// TestDeliveriesAreConserved: every message is delivered or lost for every connection,
// also when connections are closed because too much waits for them.
func TestDeliveriesAreConserved(t *testing.T) {
	t.Parallel()
	for name, plan := range map[string]struct {
		size, publishers int
		lost             bool
	}{
		"few in flight": {128, 4, false}, "more than 1000 messages": {128, 5000, true}, "more than 16 MiB": {1 << 20, 100, true},
	} {
		p := fanPlan(400, plan.publishers)
		p.Size, p.Groups = plan.size, 1
		got := predict.Fanout(p, predict.FanoutCosts{Visit: 1e-6, Each: 40e-6})
		if all := got.Started() * 500; got.Delivered()+got.Lost > all || (got.Lost == 0) == plan.lost {
			t.Errorf("%s: %d deliveries and %d lost of %d", name, got.Delivered(), got.Lost, all)
		}
		if !plan.lost && got.Delivered() != got.Started()*500 {
			t.Errorf("%s: %d deliveries of %d", name, got.Delivered(), got.Started()*500)
		}
	}
}

// TestGroups: a message goes to the connections of one group only.
func TestGroups(t *testing.T) {
	t.Parallel()
	plan := fanPlan(100, 8)
	plan.Groups = 10
	got := predict.Fanout(plan, predict.FanoutCosts{Visit: 15e-6, Each: 5e-6})
	if got.Count != 20*100*50 {
		t.Errorf("%d deliveries, want 100000", got.Count)
	}
	near(t, "mean", got.Latency.Mean, 0.02*(1+51.0/2), 0.02)
}

// TestNoiseKeepsTheMean: noise moves times around, but takes none.
func TestNoiseKeepsTheMean(t *testing.T) {
	t.Parallel()
	plan := fanPlan(0, 1)
	plan.InFlight, plan.Duration = 1, 40*time.Second
	quiet := predict.FanoutCosts{Visit: 15e-6, Each: 5e-6}
	noisy := quiet
	noisy.Noise = predict.Stalls(0.01, 20)
	a, b := predict.Fanout(plan, quiet), predict.Fanout(plan, noisy)
	near(t, "rate", b.PerSecond, a.PerSecond, 0.08)
	if b.Latency.P99 < 3*a.Latency.P99 || math.IsNaN(b.Latency.Mean) {
		t.Errorf("p99 %g ms with stalls, %g ms without", b.Latency.P99, a.Latency.P99)
	}
}
