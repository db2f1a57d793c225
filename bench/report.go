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

// maxReported limits the runs of one report: each has a colour.
const maxReported = 4

// Report writes a page with tables and charts of one to four runs. The page is
// self-contained: it uses no script and no network.
func Report(w io.Writer, runs []*Result) error {
	if len(runs) == 0 || len(runs) > maxReported {
		return errors.New("a report has one to four runs")
	}
	page := reportPage{Rows: reportRows(runs), Charts: charts(runs)}
	for i, r := range runs {
		run := reportRun{Result: r, Title: Title(r), Head: runName(runs, i)}
		for _, text := range faultsByCount(r) {
			run.Errors = append(run.Errors, fmt.Sprintf("%s × %s", thousands(r.Faults[text]), text))
		}
		page.Runs = append(page.Runs, run)
	}
	if len(runs) == 2 {
		page.Unlike = strings.Join(Compare(runs[0], runs[1]).Unlike, ", ")
	}
	_, err := w.Write(page.html())
	return err
}

// runName is the name of a run in a report.
func runName(runs []*Result, i int) string {
	if name := runs[i].Name; name != "" {
		return name
	}
	return fmt.Sprintf("run %d", i+1)
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

// pageWriter builds HTML. It is not a template, because the packages for those keep
// every exported method of every type in the binary, which makes it 17 % larger.
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
	b.add(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>wps bench %s</title>
<style>
`, p.Runs[0].Kind)
	b.WriteString(reportStyle)
	b.add("</style>\n</head>\n<body>\n<main>\n<h1>wps bench %s</h1>\n", p.Runs[0].Kind)
	for i, r := range p.Runs {
		b.add(`<p><svg class="key k%s" viewBox="0 0 28 10" aria-hidden="true"><path d="M0 5H28"/></svg> %s<br><span class="note">%s, warm-up %s s</span></p>`+"\n",
			fmt.Sprint(i), r.Title, r.Started.Format("2006-01-02 15:04:05 MST"), number(r.WarmupSeconds))
	}
	if p.Unlike != "" {
		b.add("<p class=\"note\">Different: %s.</p>\n", p.Unlike)
	}
	p.table(&b)
	for _, r := range p.Runs {
		r.errors(&b, len(p.Runs) > 1)
	}
	for _, c := range p.Charts {
		b.add("<h2>%s</h2>\n", c.Title)
		b.add(`<div class="chart" tabindex="0"><svg viewBox="0 0 %s %s" role="img" aria-label="%s">`, fmt.Sprint(chartWidth), fmt.Sprint(chartHeight), c.Label)
		b.WriteString(c.Body + "</svg></div>\n")
	}
	b.add("</main>\n</body>\n</html>\n")
	return []byte(b.String())
}

func (p *reportPage) table(b *pageWriter) {
	b.add("<table>\n<thead>\n<tr><th scope=\"col\">measure</th>")
	for i, r := range p.Runs {
		b.add(`<th scope="col" class="k%s">%s</th>`, fmt.Sprint(i), r.Head)
	}
	b.add("</tr>\n</thead>\n<tbody>\n")
	for _, row := range p.Rows {
		b.add("<tr><th scope=\"row\">%s</th>", row.Name)
		for _, cell := range row.Cells {
			if cell.Bad {
				b.add(`<td class="bad">%s</td>`, cell.Text)
				continue
			}
			b.add("<td>%s</td>", cell.Text)
		}
		b.add("</tr>\n")
	}
	b.add("</tbody>\n</table>\n")
}

func (r *reportRun) errors(b *pageWriter, named bool) {
	if len(r.Errors) == 0 {
		return
	}
	if named {
		b.add("<h2>Errors of %s</h2>\n<ul>\n", r.Head)
	} else {
		b.add("<h2>Errors</h2>\n<ul>\n")
	}
	for _, text := range r.Errors {
		b.add("<li>%s</li>\n", text)
	}
	b.add("</ul>\n")
}

// reportMeasure is a row of the table. An optional row is omitted when no run has a
// value for it.
type reportMeasure struct {
	name     string
	value    func(*Result) float64
	isFault  bool
	optional bool
}

func reportMeasures(kind string) []reportMeasure {
	held := func(value func(*Held) int) func(*Result) float64 {
		return func(r *Result) float64 {
			if r.Held == nil {
				return 0
			}
			return float64(value(r.Held))
		}
	}
	requests := kind == "send" || kind == "connect" // they cannot be lost
	return []reportMeasure{
		{name: "sent, including the warm-up", value: func(r *Result) float64 { return float64(r.Sent) }, optional: true},
		{name: countWord(kind), value: func(r *Result) float64 { return float64(r.Count) }},
		{name: "of these, after the measured interval", value: func(r *Result) float64 { return float64(r.Late) }, optional: true},
		{name: "per second", value: func(r *Result) float64 { return r.PerSecond }},
		{name: "failed", value: func(r *Result) float64 { return float64(r.Failed) }, isFault: true},
		{name: "not started", value: func(r *Result) float64 { return float64(r.NotStarted) }, isFault: true, optional: true},
		{name: "lost", value: func(r *Result) float64 { return float64(r.Lost) }, isFault: true, optional: requests},
		{name: "duplicate", value: func(r *Result) float64 { return float64(r.Duplicate) }, isFault: true, optional: requests},
		{name: "out of order", value: func(r *Result) float64 { return float64(r.OutOfOrder) }, isFault: true, optional: requests},
		{name: "connections that stayed", value: held(func(h *Held) int { return h.Stayed }), optional: true},
		{name: "connections that ended", value: func(r *Result) float64 { return float64(r.Ended) }, isFault: true, optional: true},
		{name: "connections that were silent", value: held(func(h *Held) int { return h.Silent }), isFault: true, optional: true},
		{name: "min, ms", value: func(r *Result) float64 { return r.Latency.Min }},
		{name: "mean, ms", value: func(r *Result) float64 { return r.Latency.Mean }},
		{name: "standard deviation, ms", value: func(r *Result) float64 { return r.Latency.StdDev }},
		{name: "p50, ms", value: func(r *Result) float64 { return r.Latency.P50 }},
		{name: "p90, ms", value: func(r *Result) float64 { return r.Latency.P90 }},
		{name: "p99, ms", value: func(r *Result) float64 { return r.Latency.P99 }},
		{name: "p99.9, ms", value: func(r *Result) float64 { return r.Latency.P999 }},
		{name: "p99.99, ms", value: func(r *Result) float64 { return r.Latency.P9999 }},
		{name: "max, ms", value: func(r *Result) float64 { return r.Latency.Max }},
	}
}

func reportRows(runs []*Result) []reportRow {
	var rows []reportRow
	for _, m := range reportMeasures(runs[0].Kind) {
		row, has := reportRow{Name: m.name}, false
		for _, r := range runs {
			v := m.value(r)
			has = has || v != 0
			row.Cells = append(row.Cells, reportCell{number(v), m.isFault && v > 0})
		}
		if has || !m.optional {
			rows = append(rows, row)
		}
	}
	return rows
}
