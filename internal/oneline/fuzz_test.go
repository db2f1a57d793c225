package oneline_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"wps/internal/oneline"
)

// FuzzOf: whatever the text, the result is one line of valid UTF-8 without control
// characters, of limited size, and Of leaves it as it is.
func FuzzOf(f *testing.F) {
	for _, seed := range []string{"", "plain", "a\r\n\tb", "\x1b[31mred\x1b[0m", "\xff\xfe", "  x  ", "\u0085\u009b", strings.Repeat("é", oneline.MaxBytes)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := oneline.Of(text)
		// Each byte that is not UTF-8 becomes a character of three bytes.
		if !utf8.ValidString(got) || strings.ContainsFunc(got, unicode.IsControl) || len(got) > 3*oneline.MaxBytes+len("…") {
			t.Errorf("Of(%q) = %q (%d bytes)", text, got, len(got))
		}
		if again := oneline.Of(got); len(got) <= oneline.MaxBytes && again != got {
			t.Errorf("Of(%q) = %q, then %q", text, got, again)
		}
	})
}
