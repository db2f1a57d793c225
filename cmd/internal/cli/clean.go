package cli

import (
	"strings"
	"unicode"
)

// Clean replaces control characters, so that text from elsewhere cannot steer a
// terminal.
func Clean(s string) string {
	if !strings.ContainsFunc(s, control) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if control(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}

func control(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r)
}
