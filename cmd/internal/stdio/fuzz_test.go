package stdio_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"wps/cmd/internal/stdio"
)

// FuzzClean: what reaches a terminal is valid UTF-8 on lines of its own, without a
// character that moves the cursor or reorders text, and JSON keeps its meaning.
func FuzzClean(f *testing.F) {
	for _, seed := range []string{
		"", "plain", "a\nwps: forged", "\x1b]0;title\a", "\u202eevil\u2066", "\u2028\u2029", "\xff\xc0", "\u009b31m",
		`{"a":"\u001b[31m"}`, "{\"a\":\"\u202e\U000e0001\"}", "[\"\u2028\",1]\n", "\t",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if line := stdio.Clean(text); !utf8.ValidString(line) || strings.ContainsFunc(line, unsafe) {
			t.Errorf("%q is shown as %q", text, line)
		}
		for i, line := range strings.Split(stdio.CleanLines(text, "| "), "\n") {
			if i > 0 && !strings.HasPrefix(line, "| ") || strings.ContainsFunc(line, unsafe) {
				t.Errorf("%q has the line %q", text, line)
			}
		}
		var line bytes.Buffer
		if json.Compact(&line, []byte(text)) != nil {
			return
		}
		var before, after any
		shown := stdio.CleanJSON(line.Bytes())
		if bytes.ContainsFunc(shown, unsafe) || json.Unmarshal(line.Bytes(), &before) != nil || json.Unmarshal(shown, &after) != nil || !reflect.DeepEqual(before, after) {
			t.Errorf("%q is shown as %q", text, shown)
		}
	})
}

// unsafe reports whether a terminal might do anything with r but show it.
func unsafe(r rune) bool {
	return unicode.IsControl(r) && r != '\t' || unicode.Is(unicode.Bidi_Control, r) || r == '\u2028' || r == '\u2029'
}
