package bench

import (
	"math"
	"strings"
	"testing"
)

// TestMarks: the ticks of an axis are round numbers, few, and within it.
func TestMarks(t *testing.T) {
	t.Parallel()
	tests := []struct {
		axis     axis
		from, to float64
		want     string
	}{
		{axis{zero: true}, 0, 8721, "0 2,000 4,000 6,000 8,000"},
		{axis{zero: true}, 0, 3, "0 1 2 3"},
		{axis{whole: true}, 1, 4, "1 2 3 4"},
		{axis{whole: true}, 1, 2, "1 2"},
		{axis{whole: true}, 1, 86_400, "20,000 40,000 60,000 80,000"},
		{axis{log: true}, 0.047, 68, "0.1 1 10"},
		{axis{log: true}, 0.5, 12, "0.5 1 2 5 10"},
		{axis{log: true}, 1.1, 1.9, "1.2 1.4 1.6 1.8"},
		{axis{log: true}, 3, 3, "3 3.2 3.4 3.6 3.8 4"},
	}
	for _, tt := range tests {
		s := newSpan(tt.axis, []float64{tt.from, tt.to}, 0, 100)
		var got []string
		for _, m := range s.marks() {
			got = append(got, m.text)
		}
		if text := strings.Join(got, " "); text != tt.want {
			t.Errorf("%+v from %v to %v: %q, want %q", tt.axis, tt.from, tt.to, text, tt.want)
		}
	}
	for _, to := range []float64{1e18 + 1, 1e300, math.MaxFloat64} {
		for _, a := range []axis{{}, {log: true}, {zero: true}} {
			if n := len(newSpan(a, []float64{0.001, to}, 0, 100).marks()); n > maxMarks+1 {
				t.Errorf("%+v up to %v: %d ticks", a, to, n)
			}
		}
	}
}
