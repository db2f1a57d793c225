package bench

import (
	_ "embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed report.html.tmpl
var reportText string

var reportTemplate = template.Must(template.New("report").Parse(reportText))

// maxReported bounds the runs of one report: each has a colour.
const maxReported = 4

// Report writes a page with tables and charts of one to four runs. It needs
// nothing beside itself: no script, no network.
func Report(w io.Writer, runs []*Result) error {
	if len(runs) == 0 || len(runs) > maxReported {
		return errors.New("a report is of one to four runs")
	}
	page := reportPage{Rows: reportRows(runs)}
	for i, r := range runs {
		head := r.Name
		if head == "" {
			head = fmt.Sprintf("run %d", i+1)
		}
		run := reportRun{Result: r, Title: Title(r), Head: head}
		for _, text := range faultsByCount(r) {
			run.Errors = append(run.Errors, fmt.Sprintf("%s × %s", thousands(r.Faults[text]), text))
		}
		page.Runs = append(page.Runs, run)
	}
	if len(runs) == 2 {
		page.Unlike = strings.Join(Compare(runs[0], runs[1]).Unlike, ", ")
	}
	page.Charts = charts(runs)
	return reportTemplate.Execute(w, page)
}

type reportPage struct {
	Runs   []reportRun
	Unlike string
	Rows   []reportRow
	Charts []chart
}

type reportRun struct {
	*Result
	Title, Head string
	Errors      []string
}

type reportRow struct {
	Name  string
	Cells []reportCell
}

type reportCell struct {
	Text string
	Bad  bool
}

type chart struct {
	Title string
	SVG   template.HTML
}

func reportRows(runs []*Result) []reportRow {
	var rows []reportRow
	add := func(name string, isFault bool, value func(*Result) float64) {
		row := reportRow{Name: name}
		for _, r := range runs {
			v := value(r)
			row.Cells = append(row.Cells, reportCell{number(v), isFault && v > 0})
		}
		rows = append(rows, row)
	}
	add(countWord(runs[0].Kind), false, func(r *Result) float64 { return float64(r.Count) })
	add("per second", false, func(r *Result) float64 { return r.PerSecond })
	add("failed", true, func(r *Result) float64 { return float64(r.Failed) })
	add("lost", true, func(r *Result) float64 { return float64(r.Lost) })
	add("duplicate", true, func(r *Result) float64 { return float64(r.Duplicate) })
	add("out of order", true, func(r *Result) float64 { return float64(r.OutOfOrder) })
	add("min, ms", false, func(r *Result) float64 { return r.Latency.Min })
	add("mean", false, func(r *Result) float64 { return r.Latency.Mean })
	add("standard deviation", false, func(r *Result) float64 { return r.Latency.StdDev })
	add("p50", false, func(r *Result) float64 { return r.Latency.P50 })
	add("p90", false, func(r *Result) float64 { return r.Latency.P90 })
	add("p99", false, func(r *Result) float64 { return r.Latency.P99 })
	add("p99.9", false, func(r *Result) float64 { return r.Latency.P999 })
	add("p99.99", false, func(r *Result) float64 { return r.Latency.P9999 })
	add("max", false, func(r *Result) float64 { return r.Latency.Max })
	return rows
}

// charts draws what a run has enough of.
func charts(runs []*Result) []chart {
	var all []chart
	var percentiles, rates, times []line
	for i, r := range runs {
		percentiles = append(percentiles, line{color: i, points: percentilePoints(r.Latency)})
		var rate, p50, p99 []point
		for _, s := range r.Series {
			x := float64(s.Second)
			rate = append(rate, point{x, float64(s.Count)})
			if s.Count > 0 {
				p50, p99 = append(p50, point{x, s.P50}), append(p99, point{x, s.P99})
			}
		}
		rates = append(rates, line{color: i, points: rate})
		times = append(times, line{color: i, points: p50}, line{color: i, points: p99, dashed: true})
	}
	add := func(title string, svg string) {
		if svg != "" {
			all = append(all, chart{title, template.HTML(svg)}) // made of numbers and our own words
		}
	}
	add("Milliseconds by percentile", drawLines(percentiles, axis{ticks: percentileTicks}, axis{log: true}))
	for i, r := range runs {
		title := "Distribution, milliseconds"
		if len(runs) > 1 {
			title += fmt.Sprintf(", run %d", i+1)
		}
		add(title, drawBars(bars(r.Latency), i))
	}
	add("Each second: how many", drawLines(rates, axis{}, axis{zero: true}))
	add("Each second: milliseconds, p50 and (dashed) p99", drawLines(times, axis{}, axis{log: true}))
	return all
}
