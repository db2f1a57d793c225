package predict

import (
	"errors"
	"fmt"
	"math"
	"time"

	"wps/bench"
)

// MeasuredFanout returns what deliveries cost where two runs were measured: one that
// has one message in flight, and one that sends as fast as messages arrive. Both are
// without a rate.
func MeasuredFanout(one, fast *bench.Result) (FanoutCosts, error) {
	for _, r := range []*bench.Result{one, fast} {
		if err := checkFanout(r); err != nil {
			return FanoutCosts{}, err
		}
	}
	switch {
	case one.InFlight != 1 || one.Workers != 1:
		return FanoutCosts{}, errors.New("one of the runs must have one message in flight")
	case fast.InFlight <= 1:
		return FanoutCosts{}, errors.New("one of the runs must have many messages in flight")
	case one.Connections != fast.Connections || one.Groups != fast.Groups:
		return FanoutCosts{}, errors.New("the runs must have the same connections and groups")
	}
	receivers := float64(one.Connections) / float64(one.Groups)
	cycle := receivers / one.PerSecond // of a message, from its start to that of the next
	// All are written to, then all read, so that a message arrives after the writing
	// and half of the reading, on average. What is more than half of the cycle is lag
	// that every message has.
	lag := max(one.Latency.Mean/1000-cycle/2, 0)
	costs := FanoutCosts{Noise: noise(fast), Write: min(2*lag/cycle, mostWrite)}
	costs.Noise.Piece, costs.Noise.Pieces = cycle, cycles(one, lag)
	costs.Noise.onlySeconds()
	costs.share(fast, cycle/(receivers+1)) // one more task accepts the message
	return costs, nil
}

// mostWrite is the largest part that writing is taken to have.
const mostWrite = 0.9

// checkFanout checks that costs can be learned from a run.
func checkFanout(r *bench.Result) error {
	switch {
	case r.Kind != "fanout":
		return fmt.Errorf("a run of %s, not of fanout", r.Kind)
	case r.Rate > 0:
		return fmt.Errorf("a run with --rate %g/s, where one without a rate is needed", r.Rate)
	case r.PerSecond <= 0 || r.Count == 0 || r.Connections < 1 || r.Groups < 1 || r.Groups > r.Connections || r.Workers < 1:
		return errors.New("a run without deliveries")
	}
	return nil
}

// noise returns how unevenly a run was served from second to second.
func noise(r *bench.Result) Noise {
	var n Noise
	sum := 0.0
	for _, s := range r.Series {
		sum += float64(s.Count)
	}
	for _, s := range r.Series {
		if s.Count > 0 {
			n.Seconds = append(n.Seconds, sum/float64(len(r.Series))/float64(s.Count))
		}
	}
	return n
}

// onlySeconds takes from what the seconds differ the part that their pieces explain:
// the mean of many pieces differs, too.
func (n *Noise) onlySeconds() {
	all, pieces := 0.0, n.Pieces.variance()*n.Piece // the variance of a mean of 1/Piece pieces
	for _, s := range n.Seconds {
		all += (s - 1) * (s - 1) / float64(len(n.Seconds))
	}
	if all == 0 {
		return
	}
	rest := math.Sqrt(max(1-pieces/all, 0))
	for i := range n.Seconds {
		n.Seconds[i] = 1 + rest*(n.Seconds[i]-1)
	}
}

// cycles returns how many times its mean time the cycle of a message takes. What is
// measured is when each connection got a message, not how long all together took.
// But they get it one after the other, so that a measured time is a part of a cycle,
// and every part is as likely as any other: their distribution has a density that
// falls, and a fall at a time is the share of cycles that took it (the theorem of
// Khinchin). The density is estimated by the slopes of the least concave curve above
// the measured distribution (the estimator of Grenander).
func cycles(one *bench.Result, lag float64) Distribution {
	type point struct{ x, y float64 }
	hull := []point{{0, 0}}
	slope := func(a, b point) float64 { return (b.y - a.y) / (b.x - a.x) }
	seen := 0.0
	for at, count := range one.Latency.Times() {
		seen += float64(count)
		p := point{at.Seconds() - lag, seen}
		if p.x <= 0 {
			continue
		}
		for len(hull) > 1 && slope(hull[len(hull)-2], hull[len(hull)-1]) <= slope(hull[len(hull)-1], p) {
			hull = hull[:len(hull)-1]
		}
		hull = append(hull, p)
	}
	var d Distribution
	for i := 1; i < len(hull); i++ {
		fall := slope(hull[i-1], hull[i])
		if i+1 < len(hull) {
			fall -= slope(hull[i], hull[i+1])
		}
		d.add(hull[i].x, fall*hull[i].x)
	}
	d.scale(1 / d.mean())
	return d
}

// share divides the cost of a delivery of one message into that of the visit and
// that of the message, so that a simulated run is as fast as the measured one.
func (c *FanoutCosts) share(fast *bench.Result, together float64) {
	plan := FanoutPlan{
		Load:        Load{Workers: fast.Workers, Warmup: time.Second, Duration: 3 * time.Second},
		Connections: fast.Connections, Groups: fast.Groups, InFlight: max(fast.InFlight/fast.Workers, 1), Size: fast.Size,
	}
	low, high := 0.0, 1.0 // part of the visit
	for range 10 {
		visit := (low + high) / 2
		even := FanoutCosts{Visit: together * visit, Each: together * (1 - visit), Write: c.Write}
		if Fanout(plan, even).PerSecond < fast.PerSecond {
			low = visit
		} else {
			high = visit
		}
	}
	c.Visit, c.Each = together*low, together*(1-low)
}

// MeasuredHook returns what events cost where two runs of echo were measured: one with
// one client, and one that sends as fast as events are answered, from more clients
// than the hooks that run at once. With one client, the time of an event is that of
// its hook. The other run shows how many events are possible: nearly as many as this
// time allows, which then makes its mean exact, or fewer. The difference is work of
// which the machine does only one at a time.
func MeasuredHook(one, fast *bench.Result, concurrency int) (HookCosts, error) {
	for _, r := range []*bench.Result{one, fast} {
		if err := checkEcho(r); err != nil {
			return HookCosts{}, err
		}
	}
	if one.Workers != 1 {
		return HookCosts{}, errors.New("one of the runs must have one client")
	}
	if fast.Workers < concurrency {
		return HookCosts{}, fmt.Errorf("the fast run has %d clients, fewer than the %d hooks at once", fast.Workers, concurrency)
	}
	var times Distribution
	for at, count := range one.Latency.Times() {
		times.add(at.Seconds(), float64(count))
	}
	costs := HookCosts{Noise: noise(fast)}
	if full := float64(concurrency) / times.mean(); fast.PerSecond < nearly*full {
		costs.Work = 1 / fast.PerSecond
	} else {
		times.scale(full / fast.PerSecond)
	}
	costs.Mean, costs.Time = times.mean(), times.sample
	return costs, nil
}

// nearly is the part of the possible events from which the hooks, and not the machine,
// are taken for the limit.
const nearly = 0.85

// checkEcho checks that costs can be learned from a run.
func checkEcho(r *bench.Result) error {
	switch {
	case r.Kind != "echo":
		return fmt.Errorf("a run of %s, not of echo", r.Kind)
	case r.Rate > 0:
		return fmt.Errorf("a run with --rate %g/s, where one without a rate is needed", r.Rate)
	case r.PerSecond <= 0 || r.Count == 0:
		return errors.New("a run without answers")
	}
	return nil
}
