package bench

import (
	"fmt"
	"math"
	"slices"
)

// chart is one chart of a report.
type chart struct {
	Title string
	// Label describes the chart to readers who do not see it.
	Label string
	Body  string // of the SVG, of numbers and texts of this package
}

// charts draws the charts for which the runs have enough values.
func charts(runs []*Result) []chart {
	all := []chart{percentileChart(runs)}
	for i, r := range runs {
		c := chart{Title: "Distribution of the times, milliseconds", Body: drawBars(bars(r.Latency), i)}
		if len(runs) > 1 {
			c.Title = runName(runs, i) + ": " + c.Title
		}
		c.Label = fmt.Sprintf("Histogram of %s times from %s to %s ms, p50 %s ms.", thousands(r.Count), number(r.Latency.Min), number(r.Latency.Max), number(r.Latency.P50))
		all = append(all, c)
	}
	all = append(all,
		secondsChart(runs, "Each second: count", axis{zero: true}, func(s Second) (float64, bool) { return float64(s.Count), true }),
		secondsChart(runs, "Each second: p50, milliseconds", axis{log: true}, func(s Second) (float64, bool) { return s.P50, s.Count > 0 && s.P50 > 0 }),
		secondsChart(runs, "Each second: p99, milliseconds", axis{log: true}, func(s Second) (float64, bool) { return s.P99, s.Count > 0 && s.P99 > 0 }))
	return slices.DeleteFunc(all, func(c chart) bool { return c.Body == "" })
}

func percentileChart(runs []*Result) chart {
	c := chart{Title: "Milliseconds by percentile", Label: "Lines."}
	var lines []line
	for i, r := range runs {
		lines = append(lines, line{run: i, points: percentilePoints(r.Latency)})
		l := r.Latency
		c.Label += fmt.Sprintf(" %s: p50 %s, p90 %s, p99 %s, max %s ms.", runName(runs, i), number(l.P50), number(l.P90), number(l.P99), number(l.Max))
	}
	c.Body = drawLines(lines, axis{ticks: percentileTicks}, axis{log: true})
	return c
}

// secondsChart draws a value of each second, without the seconds that have none.
func secondsChart(runs []*Result, title string, yAxis axis, value func(Second) (float64, bool)) chart {
	c := chart{Title: title, Label: "Lines."}
	var lines []line
	for i, r := range runs {
		l := line{run: i}
		low, high := math.Inf(1), math.Inf(-1)
		for _, s := range r.Series {
			if v, ok := value(s); ok {
				l.points = append(l.points, point{float64(s.Second), v})
				low, high = math.Min(low, v), math.Max(high, v)
			}
		}
		if len(l.points) > 0 {
			c.Label += fmt.Sprintf(" %s: from %s to %s.", runName(runs, i), number(low), number(high))
		}
		lines = append(lines, l)
	}
	c.Body = drawLines(lines, axis{whole: true}, yAxis)
	return c
}
