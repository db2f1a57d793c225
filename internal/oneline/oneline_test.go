package oneline_test

import (
	"strings"
	"testing"

	"wps/internal/oneline"
)

func TestOf(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", oneline.MaxBytes)
	for _, tt := range []struct{ s, want string }{
		{"", ""},
		{"as it is", "as it is"},
		{" a\r\n\tb\x1b[31m ", "a b [31m"},
		{"a\xffb", "a\uFFFDb"},
		{"x" + long, "x" + long[:oneline.MaxBytes-2] + "…"},
	} {
		if got := oneline.Of(tt.s); got != tt.want {
			t.Errorf("Of(%.40q) = %.40q (%d bytes), want %.40q (%d bytes)", tt.s, got, len(got), tt.want, len(tt.want))
		}
	}
}
