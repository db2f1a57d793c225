package stdio

import (
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/width"
)

// emojiSelector asks for the colored form of the character before it, which takes two
// columns. Source: Unicode Technical Standard 51, section 1.4.3.
const emojiSelector = '\ufe0f'

// Columns returns how many columns of a terminal a clean line takes: two for each
// wide character, none for a combining mark. Where terminals differ, it is the
// larger number.
func Columns(s string) int {
	columns, last := 0, 0
	for _, r := range s {
		last = columnsOf(r, last)
		columns += last
	}
	return columns
}

// columnsOf returns how many columns a character takes after one that took last.
func columnsOf(r rune, last int) int {
	switch {
	case r < 0x7f, r == '\u00ad': // the soft hyphen is a format character, and shown
		return 1
	case r == emojiSelector && last == 1:
		return 1
	case r >= 0x1160 && r <= 0x11ff, unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf): // 1160 to 11FF are the later parts of a Hangul syllable
		return 0
	}
	switch width.LookupRune(r).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// Cut returns as much of a clean line as a number of columns has place for, with an
// ellipsis for the rest.
func Cut(s string, columns int) string {
	if len(s) <= columns || Columns(s) <= columns { // a column is a byte at least
		return s
	}
	if columns <= 0 {
		return ""
	}
	return s[:fitting(s, columns-1)] + "…"
}

// Wrap splits a clean line into lines of at most a number of columns, which is at
// least 2.
func Wrap(s string, columns int) []string {
	var lines []string
	for {
		n := fitting(s, columns)
		lines, s = append(lines, s[:n]), s[n:]
		if s == "" {
			return lines
		}
	}
}

// fitting returns the length, in bytes, of the longest start of s that takes at most a
// number of columns. A character and its marks stay together.
func fitting(s string, columns int) int {
	used, last := 0, 0
	for i, r := range s {
		last = columnsOf(r, last)
		if used += last; used > columns {
			if r == emojiSelector {
				_, size := utf8.DecodeLastRuneInString(s[:i])
				return i - size
			}
			return i
		}
	}
	return len(s)
}
