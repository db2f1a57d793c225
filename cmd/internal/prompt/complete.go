package prompt

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// completer completes the word before the cursor.
type completer struct {
	words func(before string) []string
	print io.Writer
}

// key is the callback of the terminal for every key; only the tab key is handled.
func (c *completer) key(line string, at int, key rune) (newLine string, newAt int, handled bool) {
	if key != '\t' {
		return "", 0, false
	}
	before, after := line[:at], line[at:]
	start := strings.LastIndexByte(before, ' ') + 1
	typed := before[start:]
	words := slices.DeleteFunc(slices.Clone(c.words(before)), func(w string) bool { return !strings.HasPrefix(w, typed) })
	switch common := commonPrefix(words); {
	case len(words) == 1 && !strings.HasPrefix(after, " "):
		before = before[:start] + common + " "
	case len(words) == 1:
		before = before[:start] + common
	case len(common) > len(typed):
		before = before[:start] + common
	case len(words) > 1:
		fmt.Fprintln(c.print, strings.Join(words, "  ")) // an error of the terminal is seen by the next read
	}
	return before + after, len(before), true
}

// commonPrefix returns what all words begin with.
func commonPrefix(words []string) string {
	if len(words) == 0 {
		return ""
	}
	common := words[0]
	for _, w := range words[1:] {
		for !strings.HasPrefix(w, common) {
			common = common[:len(common)-1]
		}
	}
	return strings.ToValidUTF8(common, "")
}
