package bench

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Text describes a run in lines for people, with a histogram.
func Text(r *Result) string { return TextFor(r, 0) }

// TextFor is Text with a histogram that fits a terminal of that many columns; 0 is
// a usual one.
func TextFor(r *Result, columns int) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n", Title(r))
	for _, l := range textLines(r) {
		b.WriteString(strings.TrimRight(fmt.Sprintf("  %-12s %12s%s", l.name, thousands(l.count), l.note), " ") + "\n")
	}
	for _, text := range faultsByCount(r) {
		fmt.Fprintf(&b, "  %12s x %s\n", thousands(r.Faults[text]), text)
	}
	if r.Count == 0 {
		return b.String()
	}
	l := r.Latency
	fmt.Fprintf(&b, "\n  milliseconds%s\n", fromWhen(r))
	fmt.Fprintf(&b, "  min %s   mean %s ± %s   max %s\n", number(l.Min), number(l.Mean), number(l.StdDev), number(l.Max))
	fmt.Fprintf(&b, "  p50 %s   p90 %s   p99 %s   p99.9 %s   p99.99 %s\n\n", number(l.P50), number(l.P90), number(l.P99), number(l.P999), number(l.P9999))
	b.WriteString(drawHistogram(l, columns))
	return b.String()
}

// fromWhen names the start of the times, where that is not the call.
func fromWhen(r *Result) string {
	if r.Rate > 0 {
		return ", from the time each was due"
	}
	return ""
}

// textLine is a count of a run, followed by a note.
type textLine struct {
	name  string
	count int64
	note  string
}

// textLines returns the counts of a run, without those that do not apply.
func textLines(r *Result) []textLine {
	var lines []textLine
	add := func(when bool, name string, count int64, note string) {
		if when {
			lines = append(lines, textLine{name, count, note})
		}
	}
	messages := r.Kind == "fanout" || r.Kind == "echo"
	add(r.Sent > 0, "sent", r.Sent, warmed(r))
	add(true, countWord(r.Kind), r.Count, fmt.Sprintf(" %12s/s", thousands(int64(math.Round(r.PerSecond)))))
	add(100*r.Late > r.Count, "late", r.Late, "   of these, completed after the measured interval: included in the times, not in the rate")
	add(true, "failed", r.Failed, "")
	add(r.NotStarted > 0, "not started", r.NotStarted, "   because every worker was busy: excluded, so the times are understated")
	add(messages, "lost", r.Lost, fmt.Sprintf("   duplicate %s   out of order %s", thousands(r.Duplicate), thousands(r.OutOfOrder)))
	add(messages && r.Ended > 0, "ended", r.Ended, "   connections, counted as failures; messages in flight to them are lost")
	if h := r.Held; h != nil {
		add(true, "stayed", int64(h.Stayed), "   connections open for "+number(h.Seconds)+" s that answered a ping at the end")
		add(true, "ended", r.Ended, fmt.Sprintf("   silent %s", thousands(int64(h.Silent))))
	}
	return lines
}

// warmed notes that a number is of the whole run, where others are not.
func warmed(r *Result) string {
	if r.WarmupSeconds == 0 {
		return ""
	}
	return "   including the warm-up"
}

func counted(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// Title describes a run in one line.
func Title(r *Result) string {
	parts := []string{workersOf(r)}
	switch {
	case r.Kind == "fanout":
		parts = append(parts, counted(r.Connections, "connection")+" in "+counted(r.Groups, "group"))
	case r.Held != nil:
		parts = append(parts, counted(r.Connections, "connection")+" held")
	}
	if r.InFlight > 0 {
		parts = append(parts, fmt.Sprintf("at most %d in flight", r.InFlight))
	}
	if r.Size > 0 {
		parts = append(parts, fmt.Sprintf("%d bytes", r.Size))
	}
	if r.Rate > 0 {
		parts = append(parts, "target "+number(r.Rate)+"/s")
	}
	parts = append(parts, lasted(r))
	text := r.Kind
	if r.Name != "" {
		text = r.Name + ": " + text
	}
	if r.Endpoint != "" {
		text += " to " + r.Endpoint
	}
	return text + ", " + strings.Join(parts, ", ")
}

// lasted returns how long a run was measured.
func lasted(r *Result) string {
	text := number(r.Seconds) + " s"
	if r.Held != nil {
		text = "opened in " + text
	}
	if r.Interrupted {
		text += ", interrupted"
	}
	return text
}

func workersOf(r *Result) string {
	switch r.Kind {
	case "fanout":
		return counted(r.Workers, "publisher")
	case "echo":
		return counted(r.Workers, "connection")
	}
	return fmt.Sprintf("%d at once", r.Workers)
}

func countWord(kind string) string {
	switch kind {
	case "fanout":
		return "arrived"
	case "echo":
		return "echoed"
	case "connect":
		return "opened"
	}
	return "accepted"
}

func faultsByCount(r *Result) []string {
	return slices.SortedFunc(maps.Keys(r.Faults), func(a, b string) int {
		return cmp.Or(cmp.Compare(r.Faults[b], r.Faults[a]), strings.Compare(a, b))
	})
}

// bar is one bar of a histogram; its bounds are in milliseconds.
type bar struct {
	from, to float64
	count    int64
}

// histogramBars is the largest number of bars of a histogram.
const histogramBars = 18

// bars sums a distribution in bars that grow by the same factor, so that both a
// long tail and a narrow peak are visible.
func bars(l Latency) []bar {
	if l.times == nil || l.times.TotalCount() == 0 {
		return nil
	}
	low, high := math.Max(l.Min, millis(1)), math.Max(l.Max, millis(1))
	n := histogramBars
	factor := math.Pow(high/low, 1/float64(n))
	if factor < 1.02 { // all about the same
		n, factor = 1, high/low
	}
	all := make([]bar, n)
	for i := range all {
		all[i].from, all[i].to = low*math.Pow(factor, float64(i)), low*math.Pow(factor, float64(i+1))
	}
	for _, d := range l.times.Distribution() {
		if d.Count == 0 {
			continue
		}
		i := 0
		if factor > 1 {
			middle := millis(d.From+d.To) / 2
			i = min(max(int(math.Log(middle/low)/math.Log(factor)), 0), n-1)
		}
		all[i].count += d.Count
	}
	return all
}

// Widths of the longest bar of a histogram, in characters.
const (
	barWidth = 40 // of a terminal of unknown width
	minBar   = 8
	maxBar   = 100
	// besideBar is what a line has besides it: bounds, a count and a percentage.
	besideBar = 44
)

// drawHistogram draws a distribution with block characters, to an eighth of one.
func drawHistogram(l Latency, columns int) string {
	width := barWidth
	if columns > 0 {
		width = min(max(columns-besideBar, minBar), maxBar)
	}
	all := bars(l)
	var most, total int64
	for _, x := range all {
		most, total = max(most, x.count), total+x.count
	}
	var b strings.Builder
	for _, x := range all {
		fmt.Fprintf(&b, "  %8s – %-8s %s %s %.2f %%\n", number(x.from), number(x.to), block(float64(x.count)/float64(most), width), thousands(x.count), 100*float64(x.count)/float64(total))
	}
	return b.String()
}

// block returns a bar of a share of width, padded with blanks.
func block(share float64, width int) string {
	eighths := int(math.Ceil(share * float64(width) * 8))
	text := strings.Repeat("█", eighths/8)
	used := eighths / 8
	if rest := eighths % 8; rest > 0 {
		text += string([]rune(" ▏▎▍▌▋▊▉")[rest])
		used++
	}
	return text + strings.Repeat(" ", width-used)
}

// number formats a number with three significant digits.
func number(f float64) string {
	switch {
	case f == 0:
		return "0"
	case math.Abs(f) >= 1000:
		return thousands(int64(math.Round(f)))
	case math.Abs(f) >= 100:
		return strconv.FormatFloat(f, 'f', 0, 64)
	}
	places := min(max(2-int(math.Floor(math.Log10(math.Abs(f)))), 0), 4)
	text := strconv.FormatFloat(f, 'f', places, 64)
	return strings.TrimSuffix(strings.TrimRight(text, "0"), ".")
}

// thousands formats a whole number with commas.
func thousands(n int64) string {
	text := strconv.FormatInt(n, 10)
	for i := len(text) - 3; i > 0 && text[i-1] != '-'; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
