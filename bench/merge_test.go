package bench_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"wps/bench"
)

// savedRun is a run that was measured for some seconds, with one time for each count.
func savedRun(t *testing.T, seconds float64, millis ...int64) *bench.Result {
	t.Helper()
	h := hdrhistogram.New(1, 300_000_000, 3)
	for _, ms := range millis {
		if err := h.RecordValue(ms * 1000); err != nil {
			t.Fatal(err)
		}
	}
	text, err := h.Encode(hdrhistogram.V2CompressedEncodingCookieBase)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(bench.Result{
		Kind: "fanout", Workers: 4, Seconds: seconds, Count: int64(len(millis)), PerSecond: float64(len(millis)) / seconds, Lost: 1,
		Series: []bench.Second{{Second: 1, Count: int64(len(millis))}}, Faults: map[string]int64{"broken": 2}, Latency: bench.Latency{HDR: string(text)},
	})
	if err != nil {
		t.Fatal(err)
	}
	r, err := bench.Load(strings.NewReader(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestMerge(t *testing.T) {
	t.Parallel()
	first := savedRun(t, 1, 10, 10, 10)
	all := bench.Merge(first, savedRun(t, 3, 20))
	if all.Count != 4 || all.Seconds != 4 || all.PerSecond != 1 || all.Lost != 2 || all.Workers != 4 || all.Faults["broken"] != 4 {
		t.Errorf("Merge = %+v", all)
	}
	if l := all.Latency; l.Mean < 12.4 || l.Mean > 12.6 || l.P50 < 9.9 || l.P50 > 10.1 || l.P99 < 19.9 || l.P99 > 20.1 || l.HDR == "" {
		t.Errorf("times %+v", l)
	}
	if s := all.Series; len(s) != 2 || s[0].Count != 3 || s[1] != (bench.Second{Second: 2, Count: 1}) {
		t.Errorf("seconds %+v", s)
	}
	if first.Count != 3 || len(first.Series) != 1 || first.Faults["broken"] != 2 {
		t.Errorf("Merge has changed a run: %+v", first)
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	var counts []int64
	last := time.Duration(0)
	for at, n := range savedRun(t, 1, 7, 30, 7, 7).Latency.Times() {
		if at <= last {
			t.Errorf("%v after %v", at, last)
		}
		last, counts = at, append(counts, n)
	}
	if len(counts) != 2 || counts[0] != 3 || counts[1] != 1 || last < 29*time.Millisecond || last > 31*time.Millisecond {
		t.Errorf("counts %v, last %v", counts, last)
	}
	for range (bench.Latency{}).Times() {
		t.Error("a run without times has one")
	}
}
