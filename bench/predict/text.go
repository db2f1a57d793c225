package predict

import (
	"fmt"
	"strconv"
	"strings"
)

// Text describes a prediction in a table for people.
func (p *Prediction) Text() string {
	var b strings.Builder
	what := "events"
	if p.Kind == "fanout" {
		what = "messages"
	}
	fmt.Fprintf(&b, "%s\n\n", p.title())
	fmt.Fprintf(&b, "  possible  %s %s/s\n", number(p.Capacity), what)
	fmt.Fprintf(&b, "  knee      %s %s/s with p99 up to %s ms, nothing lost or refused, and nearly all started\n\n", number(p.Knee), what, number(p.P99))
	const row = "  %9s %6s %12s %12s %8s %8s %9s %9s %9s\n"
	fmt.Fprintf(&b, row, "rate/s", "load", "done/s", "not started", "lost", "refused", "mean ms", "p50 ms", "p99 ms")
	for _, o := range p.Loads {
		count := func(n int64) string { return strconv.FormatInt(n, 10) }
		fmt.Fprintf(&b, row, number(o.Rate), fmt.Sprintf("%.2f", o.Load), number(o.PerSecond), count(o.NotStarted), count(o.Lost), count(o.Refused),
			number(o.Latency.Mean), number(o.Latency.P50), number(o.Latency.P99))
	}
	return b.String()
}

// title describes the plan in one line.
func (p *Prediction) title() string {
	spacing := "evenly spaced"
	if p.Random {
		spacing = "at random times"
	}
	if p.Kind == "fanout" {
		return fmt.Sprintf("fanout, predicted: publishers %d, connections %d, groups %d, %d bytes, %s", p.Workers, p.Connections, p.Groups, p.Size, spacing)
	}
	return fmt.Sprintf("echo, predicted: clients %d, instances %d (%s), hooks at once in each %d, %s", p.Workers, p.Instances, p.Balance, p.HooksAtOnce, spacing)
}

// number formats a number with three digits, or as a whole one when it is large.
func number(f float64) string {
	if f >= 100 {
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	return strconv.FormatFloat(f, 'g', 3, 64)
}
