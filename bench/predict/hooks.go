package predict

import (
	"math/rand/v2"
	"time"
)

// HookPlan is a load of events for hooks, from Workers clients.
type HookPlan struct {
	Load
	// Instances of the event handler, each on a machine of its own.
	Instances int
	Balance   Balance
	// Concurrency is how many hooks each instance runs at once, Queue how many events
	// wait there, and MaxWait how long.
	Concurrency, Queue int
	MaxWait            time.Duration
}

// Balance is how a load balancer chooses the instance of an event.
type Balance string

// The balances.
const (
	RoundRobin   Balance = "round-robin"
	ByChance     Balance = "random"
	ByConnection Balance = "connection" // one instance for all events of a client
)

// HookCosts is what an event costs, in seconds.
type HookCosts struct {
	// Time is how long the next event takes when it has an instance for itself, and
	// Mean its mean.
	Time func(*rand.Rand) float64
	Mean float64
	// Work is the part of this time in which the machine of the instance does nothing
	// else, and Noise how unevenly it does.
	Work  float64
	Noise Noise
}

// Constant is the time of hooks that always take the same.
func Constant(seconds float64) HookCosts {
	return HookCosts{Mean: seconds, Time: func(*rand.Rand) float64 { return seconds }}
}

// Exponential is the time of hooks that take very different times: most a short one,
// few a long one.
func Exponential(mean float64) HookCosts {
	return HookCosts{Mean: mean, Time: func(random *rand.Rand) float64 { return random.ExpFloat64() * mean }}
}

// Between is the time of hooks that take any time between two.
func Between(low, high float64) HookCosts {
	return HookCosts{Mean: (low + high) / 2, Time: func(random *rand.Rand) float64 { return low + random.Float64()*(high-low) }}
}

// Capacity returns how many events a second all instances can answer.
func (p HookPlan) Capacity(c HookCosts) float64 {
	each := float64(p.Concurrency) / c.Mean
	if c.Work > 0 {
		each = min(each, 1/c.Work)
	}
	return each * float64(p.Instances)
}

// Kinds of moments, in the order in which they happen at the same time: an event
// that ends makes place for another.
const (
	eventEnds = iota
	eventExpires
	eventStarts
)

// hooks is the state of a run.
type hooks struct {
	plan     HookPlan
	costs    HookCosts
	random   *rand.Rand
	recorder *recorder

	now       float64
	coming    moments
	events    []event
	pacers    []pacer // of the clients
	instances []instance
	turn      int // of round-robin
	inSystem  int // events that wait or run
}

type event struct {
	client, instance int
	due              float64
	waits            bool
}

type instance struct {
	machine *machine
	free    float64 // when the machine has no more work
	running int
	waiting int
	queue   []int // events, also those that no longer wait
}

// Hooks simulates a run.
func Hooks(plan HookPlan, costs HookCosts) *Outcome {
	random := rand.New(rand.NewPCG(plan.Seed, 2))
	h := &hooks{plan: plan, costs: costs, random: random, recorder: newRecorder(plan.Load), pacers: make([]pacer, plan.Workers)}
	for range plan.Instances {
		h.instances = append(h.instances, instance{machine: newMachine(costs.Noise, random)})
	}
	for i := range h.pacers {
		if plan.Rate > 0 {
			h.pacers[i] = newPacer(plan.Load, i, random)
		}
		h.arm(i)
	}
	for len(h.coming) > 0 {
		h.happen(h.coming.next())
	}
	return h.recorder.result()
}

// arm decides when a client sends its next event.
func (h *hooks) arm(client int) {
	p, at := &h.pacers[client], h.now
	if h.plan.Rate > 0 {
		at = max(at, p.due)
	}
	if at < h.recorder.to {
		h.coming.add(moment{at: at, what: client, kind: eventStarts})
		return
	}
	for p.every > 0 && p.due < h.recorder.to {
		if p.next() >= h.recorder.from {
			h.recorder.out.NotStarted++
		}
	}
}

// happen does what happens at a moment.
func (h *hooks) happen(m moment) {
	h.recorder.out.area += float64(h.inSystem) * (m.at - h.now)
	h.now = m.at
	switch m.kind {
	case eventStarts:
		h.start(m.what)
	case eventEnds:
		h.ended(m.what)
	case eventExpires:
		if e := &h.events[m.what]; e.waits {
			e.waits = false
			h.instances[e.instance].waiting--
			h.refuse(e)
		}
	}
}

// start sends an event of a client.
func (h *hooks) start(client int) {
	e := event{client: client, due: h.now, instance: h.choose(client)}
	if h.plan.Rate > 0 {
		e.due = h.pacers[client].next()
	}
	h.events = append(h.events, e)
	h.recorder.out.started++
	h.inSystem++
	number, in := len(h.events)-1, &h.instances[e.instance]
	switch {
	case in.running < h.plan.Concurrency:
		h.run(number)
	case in.waiting >= h.plan.Queue:
		h.refuse(&h.events[number])
	default:
		h.events[number].waits = true
		in.waiting++
		in.queue = append(in.queue, number)
		h.coming.add(moment{at: h.now + h.plan.MaxWait.Seconds(), what: number, kind: eventExpires})
	}
}

// choose returns the instance of the next event of a client.
func (h *hooks) choose(client int) int {
	switch h.plan.Balance {
	case ByChance:
		return h.random.IntN(h.plan.Instances)
	case ByConnection:
		return client % h.plan.Instances
	}
	h.turn++
	return (h.turn - 1) % h.plan.Instances
}

// run runs the hook of an event: the machine's work first, one event after the other,
// then the rest of its time.
func (h *hooks) run(number int) {
	in := &h.instances[h.events[number].instance]
	in.running++
	took := h.costs.Time(h.random)
	work := min(h.costs.Work, took)
	rest := h.now
	if work > 0 {
		in.free = in.machine.finish(max(h.now, in.free), work)
		rest = in.free
	}
	h.coming.add(moment{at: rest + took - work, what: number, kind: eventEnds})
}

// ended answers an event, and runs the next one of its instance.
func (h *hooks) ended(number int) {
	e := &h.events[number]
	in := &h.instances[e.instance]
	in.running--
	h.inSystem--
	h.recorder.ended(e.due, h.now)
	for len(in.queue) > 0 {
		next := in.queue[0]
		in.queue = in.queue[1:]
		if h.events[next].waits {
			h.events[next].waits = false
			in.waiting--
			h.run(next)
			break
		}
	}
	h.arm(e.client)
}

// refuse ends an event without an answer.
func (h *hooks) refuse(e *event) {
	h.recorder.out.Refused++
	h.inSystem--
	h.arm(e.client)
}
