package cli

import (
	"slices"
	"testing"
)

// TestFit checks that columns are narrowed from the widest, the first one last, and
// none beyond its heading.
func TestFit(t *testing.T) {
	t.Parallel()
	head := []string{"CONNECTION", "USER", "SUBPROTOCOL"}
	for _, tt := range []struct {
		width      int
		from, want []int
	}{
		{0, []int{32, 20, 40}, []int{32, 20, 40}},
		{96, []int{32, 20, 40}, []int{32, 20, 40}},
		{95, []int{32, 20, 40}, []int{32, 20, 39}},
		{70, []int{32, 20, 40}, []int{32, 17, 17}},
		{50, []int{32, 20, 40}, []int{27, 8, 11}},
		{40, []int{32, 20, 40}, []int{17, 8, 11}},
		{10, []int{32, 20, 40}, []int{10, 8, 11}},
		{10, []int{4, 3, 5}, []int{4, 3, 5}},
	} {
		got := slices.Clone(tt.from)
		fit(got, head, tt.width)
		if !slices.Equal(got, tt.want) {
			t.Errorf("fit(%v, %d) = %v, want %v", tt.from, tt.width, got, tt.want)
		}
	}
}
