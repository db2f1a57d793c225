package cmd

import (
	"strings"
	"unicode"
)

// clean replaces control characters, so that text from elsewhere cannot steer a
// terminal.
func clean(s string) string {
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
