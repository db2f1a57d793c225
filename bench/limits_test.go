package bench_test

import (
	"strings"
	"testing"

	"wps/bench"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	r := &bench.Result{
		Kind: "fanout", Count: 90, Failed: 6, Lost: 4, PerSecond: 999,
		Latency: bench.Latency{Min: 0.1, Mean: 4, P50: 3, P90: 20, P99: 50, P999: 80, P9999: 90, Max: 100},
	}
	for text, want := range map[string]string{ // the conditions that are met
		"p99>50ms":               "",
		"p99>=50ms":              "p99 is 50 ms (p99>=50ms)",
		"P99 > 49.9ms, lost > 0": "p99 is 50 ms (P99 > 49.9ms); lost is 4 (lost > 0)",
		"p99.9>0.05s":            "p99.9 is 80 ms (p99.9>0.05s)",
		"max<1s":                 "max is 100 ms (max<1s)",
		"rate<1000/s":            "rate is 999 (rate<1000/s)",
		"rate<999":               "",
		"failed>6":               "",
		"failed>5%,lost>5%":      "failed is 6 % (failed>5%)",
		"duplicate!=0":           "",
		"outOfOrder==0":          "outoforder is 0 (outOfOrder==0)",
		"count<=89":              "",
	} {
		limits, err := bench.ParseLimits("fanout", text)
		if err != nil {
			t.Errorf("ParseLimits(%q) = %v", text, err)
		}
		var met []string
		for _, l := range limits {
			if yes, measured := l.Met(r); yes {
				met = append(met, measured)
			}
		}
		if got := strings.Join(met, "; "); got != want {
			t.Errorf("%q: %q are met, want %q", text, got, want)
		}
	}
	if limits, err := bench.ParseLimits("send", "failed>0%"); err != nil {
		t.Error(err)
	} else if met, _ := limits[0].Met(&bench.Result{}); met {
		t.Error("failed>0% of a run without requests is met")
	}
}

func TestLimitFaults(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "use a condition", "p99": "use a condition", "p99>50": "a time has a unit", "p99>-1ms": "a time has a unit", "p99>": "a time has a unit",
		"p98>1ms": "the measure is unknown: use count, failed, ", "lost>0": "a run of send does not measure it", "failed>x": "use a number",
		"failed>NaN": "use a number", "rate<5%": "it is no part of a whole", "failed>0,,": "use a condition", ">5": "the measure is unknown",
	} {
		if _, err := bench.ParseLimits("send", text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("ParseLimits(send, %q) = %v, want %q", text, err, want)
		}
	}
}

func TestRegressions(t *testing.T) {
	t.Parallel()
	run := func(rate, p99 float64, lost int64) *bench.Result {
		return &bench.Result{PerSecond: rate, Lost: lost, Latency: bench.Latency{P99: p99}}
	}
	for _, tt := range []struct {
		before, after *bench.Result
		want          string
	}{
		{run(100, 10, 0), run(90, 11, 0), ""},
		{run(100, 10, 5), run(200, 1, 5), ""},
		{run(100, 10, 0), run(89, 10, 0), "per second"},
		{run(100, 10, 0), run(100, 11.1, 0), "p99 ms"},
		{run(100, 10, 0), run(50, 20, 1), "per second, lost, p99 ms"},
	} {
		var got []string
		for _, d := range bench.Compare(tt.before, tt.after).Regressions(0.1) {
			got = append(got, d.Measure)
		}
		if text := strings.Join(got, ", "); text != tt.want {
			t.Errorf("from %+v to %+v: %q, want %q", tt.before, tt.after, text, tt.want)
		}
	}
}
