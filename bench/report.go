package bench

import (
	_ "embed"
	"errors"
	"fmt"
	"html"
	"io"
	"strings"
)

//go:embed report.css
var reportStyle string

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
	_, err := w.Write(page.html())
	return err
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
	SVG   string // made of numbers and our own words
}

// pageWriter builds HTML. It is no template, because the packages for those keep
// every exported method of every type in the binary, which is a tenth of it.
type pageWriter struct{ strings.Builder }

// add appends format, in which every argument is escaped text.
func (b *pageWriter) add(format string, texts ...string) {
	escaped := make([]any, len(texts))
	for i, t := range texts {
		escaped[i] = html.EscapeString(t)
	}
	fmt.Fprintf(b, format, escaped...)
}

func (p *reportPage) html() []byte {
	var b pageWriter
	b.add(`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>wps bench: %s</title>
<style>
`, p.Runs[0].Title)
	b.WriteString(reportStyle)
	b.add("</style>\n</head>\n<body>\n<h1>wps bench</h1>\n")
	for i, r := range p.Runs {
		b.add("<p class=\"k%s\">■ %s<br><span class=\"note\">%s, warm-up %s s</span></p>\n",
			fmt.Sprint(i), r.Title, fmt.Sprint(r.Started), fmt.Sprint(r.WarmupSeconds))
	}
	if p.Unlike != "" {
		b.add("<p class=\"note\">Not alike: %s.</p>\n", p.Unlike)
	}
	p.table(&b)
	for _, r := range p.Runs {
		r.errors(&b)
	}
	for _, c := range p.Charts {
		b.add("<h2>%s</h2>\n", c.Title)
		b.WriteString(c.SVG + "\n")
	}
	b.add("</body>\n</html>\n")
	return []byte(b.String())
}

func (p *reportPage) table(b *pageWriter) {
	b.add("<table>\n<tr><th></th>")
	for i, r := range p.Runs {
		b.add(`<th class="k%s">%s</th>`, fmt.Sprint(i), r.Head)
	}
	b.add("</tr>\n")
	for _, row := range p.Rows {
		b.add("<tr><td>%s</td>", row.Name)
		for _, cell := range row.Cells {
			if cell.Bad {
				b.add(`<td class="bad">%s</td>`, cell.Text)
				continue
			}
			b.add("<td>%s</td>", cell.Text)
		}
		b.add("</tr>\n")
	}
	b.add("</table>\n")
}

func (r *reportRun) errors(b *pageWriter) {
	if len(r.Errors) == 0 {
		return
	}
	b.add("<h2>Errors</h2><ul>")
	for _, text := range r.Errors {
		b.add("<li>%s</li>", text)
	}
	b.add("</ul>\n")
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
			all = append(all, chart{title, svg})
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
