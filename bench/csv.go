package bench

import (
	"encoding/csv"
	"io"
	"strconv"
)

// CSV writes a line for each measured second, and one named "total" at the end.
func CSV(w io.Writer, r *Result) error {
	out := csv.NewWriter(w)
	whole := func(n int64) string { return strconv.FormatInt(n, 10) }
	ms := func(f float64) string { return strconv.FormatFloat(f, 'f', 3, 64) }
	rows := [][]string{{"second", "count", "per_second", "failed", "p50_ms", "p99_ms", "max_ms", "lost", "duplicate", "out_of_order", "not_started", "ended", "interrupted"}}
	for _, s := range r.Series {
		rows = append(rows, []string{strconv.Itoa(s.Second), whole(s.Count), whole(s.Count), whole(s.Failed), ms(s.P50), ms(s.P99), ms(s.Max), "", "", "", "", "", ""})
	}
	rows = append(rows, []string{
		"total", whole(r.Count), strconv.FormatFloat(r.PerSecond, 'f', 1, 64), whole(r.Failed),
		ms(r.Latency.P50), ms(r.Latency.P99), ms(r.Latency.Max), whole(r.Lost), whole(r.Duplicate), whole(r.OutOfOrder),
		whole(r.NotStarted), whole(r.Ended), strconv.FormatBool(r.Interrupted),
	})
	return out.WriteAll(rows)
}
