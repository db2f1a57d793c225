package bench_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"wps/bench"
)

// TestTextWidth: no line of a histogram is wider than the terminal, and a wide one
// is used.
func TestTextWidth(t *testing.T) {
	t.Parallel()
	r := measured(t)
	widest := map[int]int{}
	for _, columns := range []int{0, 60, 80, 120, 500} {
		for line := range strings.Lines(bench.TextFor(r, columns)) {
			if strings.Contains(line, "█") {
				widest[columns] = max(widest[columns], utf8.RuneCountInString(strings.TrimRight(line, "\n")))
			}
		}
	}
	if widest[60] > 60 || widest[80] > 80 || widest[120] > 120 || widest[120] <= widest[80] || widest[80] <= widest[60] || widest[500] > 150 {
		t.Errorf("the widest line by columns: %v", widest)
	}
}
