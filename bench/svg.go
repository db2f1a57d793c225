package bench

import (
	"fmt"
	"math"
	"strings"
)

// Measures of a chart, in units of the SVG.
const (
	chartWidth, chartHeight = 720.0, 240.0
	chartLeft, chartRight   = 64.0, 32.0
	chartTop, chartBottom   = 10.0, 24.0
)

type point struct{ x, y float64 }

// line is one line of a chart; run is the number of its run, which determines its
// colour and dashes.
type line struct {
	run    int
	points []point
}

// axis is how one direction of a chart is drawn.
type axis struct {
	log   bool // by powers
	zero  bool // from 0
	whole bool // whole numbers only
	ticks []tick
}

type tick struct {
	at   float64
	text string
}

// percentileScale spreads percentiles so that each further nine has the same
// width.
func percentileScale(percent float64) float64 { return -math.Log10(1 - percent/100) }

var percentileTicks = []tick{
	{percentileScale(0), "0"}, {percentileScale(50), "p50"}, {percentileScale(90), "p90"},
	{percentileScale(99), "p99"}, {percentileScale(99.9), "p99.9"}, {percentileScale(99.99), "p99.99"},
}

// percentilePoints returns a distribution as a line, up to the percentile that the
// number of values supports.
func percentilePoints(l Latency) []point {
	if l.times == nil || l.times.TotalCount() == 0 {
		return nil
	}
	end := math.Min(math.Log10(float64(l.times.TotalCount())), percentileScale(99.99))
	var points []point
	for i := range 101 {
		x := end * float64(i) / 100
		percent := 100 * (1 - math.Pow(10, -x))
		points = append(points, point{x, millis(l.times.ValueAtQuantile(percent))})
	}
	return points
}

// span is the range of one axis.
type span struct {
	axis
	from, to float64 // of the values
	a, b     float64 // where they are drawn
}

func newSpan(a axis, values []float64, from, to float64) span {
	s := span{axis: a, from: math.Inf(1), to: math.Inf(-1), a: from, b: to}
	for _, v := range values {
		s.from, s.to = math.Min(s.from, v), math.Max(s.to, v)
	}
	if a.zero {
		s.from = 0
	}
	if a.log {
		s.from, s.to = math.Max(s.from, millis(1)), math.Max(s.to, millis(1))
	}
	if s.to <= s.from {
		s.to = s.from + 1
	}
	return s
}

// at returns where a value is drawn.
func (s span) at(v float64) float64 {
	from, to := s.from, s.to
	if s.log {
		from, to, v = math.Log(from), math.Log(to), math.Log(math.Max(v, s.from))
	}
	return s.a + (v-from)/(to-from)*(s.b-s.a)
}

// marks returns the ticks of a span.
func (s span) marks() []tick {
	if s.ticks != nil {
		var in []tick
		for _, t := range s.ticks {
			if t.at <= s.to {
				in = append(in, t)
			}
		}
		return in
	}
	if s.log {
		if marks := s.decades(); len(marks) >= 2 {
			return marks
		}
	}
	return s.steps()
}

// decades returns the ticks of a scale by powers: 1, 2 and 5 of each power of ten,
// or only the powers when these are too many.
func (s span) decades() (marks []tick) {
	for _, factors := range [][]float64{{1, 2, 5}, {1}} {
		marks = nil
		for exponent := math.Floor(math.Log10(s.from)); exponent <= math.Log10(s.to); exponent++ {
			for _, factor := range factors {
				if v := factor * math.Pow(10, exponent); v >= s.from*0.999 && v <= s.to*1.001 {
					marks = append(marks, tick{v, number(v)})
				}
			}
		}
		if len(marks) <= maxMarks {
			return marks
		}
	}
	var some []tick
	for i := 0; i < len(marks); i += len(marks)/maxMarks + 1 {
		some = append(some, marks[i])
	}
	return some
}

// maxMarks limits the ticks of an axis.
const maxMarks = 7

// steps returns ticks at round numbers.
func (s span) steps() (marks []tick) {
	step := math.Pow(10, math.Floor(math.Log10((s.to-s.from)/5)))
	for _, factor := range []float64{2, 2.5, 2} { // 2, 5 and 10 times
		if (s.to-s.from)/step > 5 {
			step *= factor
		}
	}
	if s.whole {
		step = math.Max(math.Ceil(step), 1)
	}
	first := math.Ceil(s.from/step - 1e-9)
	for i := range maxMarks {
		if v := (first + float64(i)) * step; v <= s.to+step*1e-9 {
			marks = append(marks, tick{v, number(v)})
		}
	}
	return marks
}

// drawLines draws the body of a chart; "" when there is nothing to draw.
func drawLines(lines []line, xAxis, yAxis axis) string {
	var xs, ys []float64
	enough := false
	for _, l := range lines {
		enough = enough || len(l.points) >= 2
		for _, p := range l.points {
			xs, ys = append(xs, p.x), append(ys, p.y)
		}
	}
	if !enough {
		return ""
	}
	x := newSpan(xAxis, xs, chartLeft, chartWidth-chartRight)
	y := newSpan(yAxis, ys, chartHeight-chartBottom, chartTop)
	var b strings.Builder
	drawGrid(&b, x, y)
	for _, l := range lines {
		fmt.Fprintf(&b, `<g class="k%d"><polyline points="`, l.run)
		for _, p := range l.points {
			fmt.Fprintf(&b, "%.1f,%.1f ", x.at(p.x), y.at(p.y))
		}
		b.WriteString(`"/></g>`)
	}
	return b.String()
}

func drawGrid(b *strings.Builder, x, y span) {
	for _, t := range y.marks() {
		at := y.at(t.at)
		fmt.Fprintf(b, `<line class="grid" x1="%.0f" x2="%.0f" y1="%.1f" y2="%.1f"/><text x="%.0f" y="%.1f" text-anchor="end">%s</text>`,
			chartLeft, chartWidth-chartRight, at, at, chartLeft-6, at+4, t.text)
	}
	for _, t := range x.marks() {
		fmt.Fprintf(b, `<text x="%.1f" y="%.0f" text-anchor="middle">%s</text>`, x.at(t.at), chartHeight-6, t.text)
	}
}

// drawBars draws the body of a histogram of a run; "" when it has none.
func drawBars(all []bar, run int) string {
	if len(all) == 0 {
		return ""
	}
	counts := []float64{0}
	for _, x := range all {
		counts = append(counts, float64(x.count))
	}
	var ticks []tick
	for i := 0; i <= len(all); i += 3 {
		v := all[0].from
		if i > 0 {
			v = all[i-1].to
		}
		ticks = append(ticks, tick{float64(i), number(v)})
	}
	x := newSpan(axis{ticks: ticks}, []float64{0, float64(len(all))}, chartLeft, chartWidth-chartRight)
	y := newSpan(axis{zero: true}, counts, chartHeight-chartBottom, chartTop)
	var b strings.Builder
	drawGrid(&b, x, y)
	fmt.Fprintf(&b, `<g class="k%d">`, run)
	for i, c := range all {
		left, right, top := x.at(float64(i))+1, x.at(float64(i+1))-1, y.at(float64(c.count))
		fmt.Fprintf(&b, `<rect x="%.1f" y="%.1f" width="%.1f" height="%.1f"><title>%s to %s ms: %s</title></rect>`,
			left, top, right-left, chartHeight-chartBottom-top, number(c.from), number(c.to), thousands(c.count))
	}
	b.WriteString("</g>")
	return b.String()
}
