package stdio_test

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"wps/cmd/internal/stdio"
)

// TestColumns: wide characters take two columns, marks none.
func TestColumns(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"": 0, "abc": 3, "é": 1, "e\u0301": 1, "日本": 4, "한국": 4, "\u1112\u1161\u11ab": 2, "ｆｕｌｌ": 8, "ﾊﾝ": 2,
		"🙂": 2, "❤": 1, "❤\ufe0f": 2, "👩\u200d💻": 4, "🇩🇪": 2, "…": 1, "\ufffd": 1, "a\u00adb": 3, "שָׁלוֹם": 4, "नमस्ते": 4,
	} {
		if got := stdio.Columns(text); got != want {
			t.Errorf("Columns(%q) = %d, want %d", text, got, want)
		}
	}
}

// TestCut: a line is cut between characters, never between one and its marks.
func TestCut(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text    string
		columns int
		want    string
	}{
		{"abc", 3, "abc"}, {"abcd", 3, "ab…"}, {"abc", 1, "…"}, {"abc", 0, ""}, {"abc", -1, ""}, {"", 0, ""},
		{"日本語", 6, "日本語"}, {"日本語", 5, "日本…"}, {"日本語", 4, "日…"}, {"日本語", 2, "…"},
		{"e\u0301e\u0301e\u0301", 2, "e\u0301…"}, {"e\u0301e\u0301", 2, "e\u0301e\u0301"},
		{"ab❤\ufe0fcd", 4, "ab…"}, {"ab❤\ufe0fcd", 5, "ab❤\ufe0f…"},
	} {
		if got := stdio.Cut(tt.text, tt.columns); got != tt.want {
			t.Errorf("Cut(%q, %d) = %q, want %q", tt.text, tt.columns, got, tt.want)
		}
	}
}

// TestWrap: the lines of a text fit, and together are the text.
func TestWrap(t *testing.T) {
	t.Parallel()
	if got, want := stdio.Wrap("日本語ab", 5), []string{"日本", "語ab"}; !slices.Equal(got, want) {
		t.Errorf("Wrap = %q, want %q", got, want)
	}
	if got := stdio.Wrap("", 5); !slices.Equal(got, []string{""}) {
		t.Errorf(`Wrap("") = %q`, got)
	}
}

// FuzzCut: whatever the text, what is shown fits and is valid.
func FuzzCut(f *testing.F) {
	f.Add("日本e\u0301 ❤\ufe0f👩\u200d💻", 7)
	f.Fuzz(func(t *testing.T, text string, columns int) {
		text = stdio.Clean(text)
		columns = 2 + max(columns, 0)%300
		if got := stdio.Cut(text, columns); stdio.Columns(got) > columns || !utf8.ValidString(got) {
			t.Errorf("Cut(%q, %d) = %q", text, columns, got)
		}
		lines := stdio.Wrap(text, columns)
		for _, line := range lines {
			if stdio.Columns(line) > columns || !utf8.ValidString(line) {
				t.Errorf("Wrap(%q, %d) has the line %q", text, columns, line)
			}
		}
		if strings.Join(lines, "") != text {
			t.Errorf("Wrap(%q, %d) = %q", text, columns, lines)
		}
	})
}
