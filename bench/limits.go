package bench

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Limit is a condition under which a run has failed, such as p99>50ms.
type Limit struct {
	Measure  string // as in limitMeasures
	operator string
	value    float64 // milliseconds for a time
	percent  bool    // value is percent of what was tried
	text     string
}

// operators are those of a limit, longer ones first.
var operators = []string{">=", "<=", "==", "!=", ">", "<"}

// times are the measures in milliseconds.
var times = map[string]func(Latency) float64{
	"min": func(l Latency) float64 { return l.Min }, "mean": func(l Latency) float64 { return l.Mean },
	"p50": func(l Latency) float64 { return l.P50 }, "p90": func(l Latency) float64 { return l.P90 },
	"p99": func(l Latency) float64 { return l.P99 }, "p99.9": func(l Latency) float64 { return l.P999 },
	"p99.99": func(l Latency) float64 { return l.P9999 }, "max": func(l Latency) float64 { return l.Max },
}

// numbers are the other measures, each with the kinds of run that have it; nil are
// all.
var numbers = map[string]struct {
	of    func(*Result) float64
	kinds []string
}{
	"rate":       {func(r *Result) float64 { return r.PerSecond }, nil},
	"count":      {func(r *Result) float64 { return float64(r.Count) }, nil},
	"failed":     {func(r *Result) float64 { return float64(r.Failed) }, nil},
	"notstarted": {func(r *Result) float64 { return float64(r.NotStarted) }, nil},
	"lost":       {func(r *Result) float64 { return float64(r.Lost) }, []string{"fanout", "echo"}},
	"duplicate":  {func(r *Result) float64 { return float64(r.Duplicate) }, []string{"fanout", "echo"}},
	"outoforder": {func(r *Result) float64 { return float64(r.OutOfOrder) }, []string{"fanout", "echo"}},
	"ended":      {func(r *Result) float64 { return float64(r.Ended) }, []string{"fanout", "echo", "connect"}},
}

// ParseLimits parses conditions that commas separate, for a kind of run. Names
// ignore case.
func ParseLimits(kind, text string) ([]Limit, error) {
	var all []Limit
	for part := range strings.SplitSeq(text, ",") {
		l, err := parseLimit(kind, strings.TrimSpace(part))
		if err != nil {
			return nil, fmt.Errorf("%q: %w", strings.TrimSpace(part), err)
		}
		all = append(all, l)
	}
	return all, nil
}

func parseLimit(kind, text string) (Limit, error) {
	at, operator := -1, ""
	for _, o := range operators {
		if i := strings.Index(text, o); i >= 0 && (at < 0 || i < at) {
			at, operator = i, o
		}
	}
	if at < 0 {
		return Limit{}, errors.New("use a condition such as p99>50ms, lost>0 or rate<1000")
	}
	l := Limit{Measure: strings.ToLower(strings.TrimSpace(text[:at])), operator: operator, text: text}
	return l, l.parseValue(kind, strings.TrimSpace(text[at+len(operator):]))
}

// parseValue checks the measure, and parses what it is compared with.
func (l *Limit) parseValue(kind, value string) error {
	if _, isTime := times[l.Measure]; isTime {
		d, err := time.ParseDuration(value)
		if err != nil || d < 0 {
			return errors.New("a time has a unit, such as 50ms or 1.5s")
		}
		l.value = float64(d) / float64(time.Millisecond)
		return nil
	}
	n, known := numbers[l.Measure]
	if !known {
		return fmt.Errorf("the measure is unknown: use %s", strings.Join(measures(kind), ", "))
	}
	if n.kinds != nil && !slices.Contains(n.kinds, kind) {
		return fmt.Errorf("a run of %s does not measure it", kind)
	}
	value = strings.TrimSuffix(value, "/s")
	value, l.percent = strings.CutSuffix(value, "%")
	var err error
	if l.value, err = strconv.ParseFloat(value, 64); err != nil || math.IsNaN(l.value) || l.value < 0 {
		return errors.New("use a number of 0 or more")
	}
	if l.percent && (l.Measure == "rate" || l.Measure == "count") {
		return errors.New("it is no part of a whole: use a number")
	}
	return nil
}

// measures lists the measures of a kind of run.
func measures(kind string) []string {
	var names []string
	for name, n := range numbers {
		if n.kinds == nil || slices.Contains(n.kinds, kind) {
			names = append(names, name)
		}
	}
	for name := range times {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Met reports whether a run meets the condition, and what it measured, as text.
func (l Limit) Met(r *Result) (met bool, measured string) {
	at, isTime := times[l.Measure]
	v, unit := 0.0, ""
	switch {
	case isTime:
		v, unit = at(r.Latency), " ms"
	default:
		v = numbers[l.Measure].of(r)
		if l.percent {
			tried := float64(r.Count + r.Failed + r.NotStarted + r.Lost)
			v, unit = 100*v/max(tried, 1), " %"
		}
	}
	return compare(v, l.operator, l.value), fmt.Sprintf("%s is %s%s (%s)", l.Measure, number(v), unit, l.text)
}

func compare(a float64, operator string, b float64) bool {
	switch operator {
	case ">":
		return a > b
	case ">=":
		return a >= b
	case "<":
		return a < b
	case "<=":
		return a <= b
	case "==":
		return a == b
	}
	return a != b
}

// Regressions returns the measures that are worse in the second run by more than
// limit, a part of the first: a lower rate, or a higher mean, p50, p90 or p99. More
// that failed, was lost, duplicate or out of order is always one.
func (c *Comparison) Regressions(limit float64) (worse []Difference) {
	for _, d := range c.Differences {
		bad := false
		switch d.Measure {
		case "per second":
			bad = d.After < d.Before*(1-limit)
		case "mean ms", "p50 ms", "p90 ms", "p99 ms":
			bad = d.After > d.Before*(1+limit)
		case "failed", "lost", "duplicate", "out of order":
			bad = d.After > d.Before
		}
		if bad {
			worse = append(worse, d)
		}
	}
	return worse
}
