package predict

import "time"

// Prediction is what a plan would measure at several rates. Its JSON is stable.
type Prediction struct {
	// Kind is fanout or echo, as of the run that would measure it.
	Kind        string `json:"kind"`
	Workers     int    `json:"workers"`               // publishers or clients
	Connections int    `json:"connections,omitempty"` // that receive
	Groups      int    `json:"groups,omitempty"`
	Size        int    `json:"size,omitempty"`
	Instances   int    `json:"instances,omitempty"`
	// HooksAtOnce is how many hooks an instance runs at once.
	HooksAtOnce int     `json:"hooksAtOnce,omitempty"`
	Balance     Balance `json:"balance,omitempty"`
	Random      bool    `json:"random,omitempty"`
	// Capacity is how many messages or events a second are possible.
	Capacity float64 `json:"capacity"`
	// Knee is the highest rate within the bound, at most Capacity.
	Knee float64 `json:"knee"`
	Bound
	Loads []*Outcome `json:"loads"`
}

// usualInFlight is the limit of the messages in flight of each publisher when the
// capacity is looked for, as in package bench.
const usualInFlight = 16

// kneeTime limits the simulated time of each rate that is tried for the knee.
const kneeTime = 20 * time.Second

// usualLoads are the parts of the capacity that are predicted when no rates are
// given.
var usualLoads = [...]float64{0.3, 0.55, 0.85}

// PlanFanout predicts a plan of deliveries at several rates; none are three parts of
// the capacity.
func PlanFanout(plan FanoutPlan, costs FanoutCosts, rates []float64, bound Bound) *Prediction {
	p := &Prediction{
		Kind: "fanout", Workers: plan.Workers, Connections: plan.Connections, Groups: plan.Groups, Size: plan.Size, Random: plan.Random, Bound: bound,
	}
	fast := plan
	fast.Rate, fast.InFlight, fast.Duration = 0, usualInFlight, min(plan.Duration, kneeTime)
	p.Capacity = Fanout(fast, costs).PerSecond * float64(plan.Groups) / float64(plan.Connections)
	p.fill(rates, plan.Duration, func(rate float64, d time.Duration) *Outcome {
		one := plan
		one.Rate, one.InFlight, one.Duration = rate, 0, d
		return Fanout(one, costs)
	})
	return p
}

// PlanHooks predicts a plan of events at several rates.
func PlanHooks(plan HookPlan, costs HookCosts, rates []float64, bound Bound) *Prediction {
	p := &Prediction{
		Kind: "echo", Workers: plan.Workers, Instances: plan.Instances, HooksAtOnce: plan.Concurrency, Balance: plan.Balance, Random: plan.Random, Bound: bound,
		Capacity: plan.Capacity(costs),
	}
	p.fill(rates, plan.Duration, func(rate float64, d time.Duration) *Outcome {
		one := plan
		one.Rate, one.Duration = rate, d
		return Hooks(one, costs)
	})
	return p
}

// fill runs the rates, and looks for the knee.
func (p *Prediction) fill(rates []float64, duration time.Duration, run func(rate float64, d time.Duration) *Outcome) {
	if len(rates) == 0 {
		for _, part := range usualLoads {
			rates = append(rates, part*p.Capacity)
		}
	}
	for _, rate := range rates {
		o := run(rate, duration)
		o.Load = rate / p.Capacity
		p.Loads = append(p.Loads, o)
	}
	short := min(duration, kneeTime)
	p.Knee = Knee(func(rate float64) *Outcome { return run(rate, short) }, p.Bound, p.Capacity)
}
