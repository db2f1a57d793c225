package bench

import (
	"fmt"
	"math"
	"strings"
)

// Difference is one measure of two runs.
type Difference struct {
	Measure string  `json:"measure"`
	Before  float64 `json:"before"`
	After   float64 `json:"after"`
	// Ratio is After / Before; 0 when there is none.
	Ratio float64 `json:"ratio,omitempty"`
}

// Comparison is a comparison of two runs.
type Comparison struct {
	Before *Result `json:"before"`
	After  *Result `json:"after"`
	// Unlike names what differed between the two runs, so that a different result
	// may not be due to the service.
	Unlike      []string     `json:"unlike,omitempty"`
	Differences []Difference `json:"differences"`
}

// Compare compares two runs.
func Compare(before, after *Result) *Comparison {
	c := &Comparison{Before: before, After: after}
	add := func(measure string, a, b float64) {
		d := Difference{Measure: measure, Before: a, After: b}
		if a != 0 {
			d.Ratio = b / a
		}
		c.Differences = append(c.Differences, d)
	}
	a, b := before, after
	add("per second", a.PerSecond, b.PerSecond)
	add("failed", float64(a.Failed), float64(b.Failed))
	add("not started", float64(a.NotStarted), float64(b.NotStarted))
	add("lost", float64(a.Lost), float64(b.Lost))
	add("duplicate", float64(a.Duplicate), float64(b.Duplicate))
	add("out of order", float64(a.OutOfOrder), float64(b.OutOfOrder))
	add("ended", float64(a.Ended), float64(b.Ended))
	if a.Held != nil && b.Held != nil {
		add("stayed", float64(a.Held.Stayed), float64(b.Held.Stayed))
	}
	add("mean ms", a.Latency.Mean, b.Latency.Mean)
	add("p50 ms", a.Latency.P50, b.Latency.P50)
	add("p90 ms", a.Latency.P90, b.Latency.P90)
	add("p99 ms", a.Latency.P99, b.Latency.P99)
	add("p99.9 ms", a.Latency.P999, b.Latency.P999)
	add("max ms", a.Latency.Max, b.Latency.Max)
	c.unlike()
	return c
}

func (c *Comparison) unlike() {
	a, b := c.Before, c.After
	for _, s := range []struct {
		what string
		same bool
	}{
		{"kind", a.Kind == b.Kind}, {"endpoint", a.Endpoint == b.Endpoint}, {"workers", a.Workers == b.Workers},
		{"connections", a.Connections == b.Connections}, {"groups", a.Groups == b.Groups},
		{"in flight", a.InFlight == b.InFlight}, {"rate", a.Rate == b.Rate}, {"size", a.Size == b.Size},
		{"warm-up", a.WarmupSeconds == b.WarmupSeconds}, {"interrupted", a.Interrupted == b.Interrupted},
		{"duration", math.Abs(a.Seconds-b.Seconds) < 0.5},
	} {
		if !s.same {
			c.Unlike = append(c.Unlike, s.what)
		}
	}
}

// Text describes a comparison in a table for people.
func (c *Comparison) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "before  %s\nafter   %s\n", Title(c.Before), Title(c.After))
	if len(c.Unlike) > 0 {
		fmt.Fprintf(&b, "\ndifferent: %s\n", strings.Join(c.Unlike, ", "))
	}
	fmt.Fprintf(&b, "\n  %-14s %12s %12s %10s\n", "", "before", "after", "ratio")
	for _, d := range c.Differences {
		ratio := "-"
		if d.Ratio > 0 {
			ratio = fmt.Sprintf("%.2f", d.Ratio)
		}
		fmt.Fprintf(&b, "  %-14s %12s %12s %10s\n", d.Measure, number(d.Before), number(d.After), ratio)
	}
	return b.String()
}
