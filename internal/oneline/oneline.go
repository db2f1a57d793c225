// Package oneline makes text from the network safe to include in an error: valid
// UTF-8, on one line, of limited size. What a terminal shows is left to cmd.
//
//	err := fmt.Errorf("refused: %s", oneline.Of(body))
package oneline

import (
	"strings"
	"unicode"
)

// MaxBytes limits a text, in bytes; a longer one is cut and ends with "…".
const MaxBytes = 2048

// Of returns s as one line of valid UTF-8, cut after MaxBytes. A single space
// replaces each run of control characters and white space.
func Of(s string) string {
	if len(s) > MaxBytes {
		s = strings.ToValidUTF8(s[:MaxBytes], "") + "…"
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}
