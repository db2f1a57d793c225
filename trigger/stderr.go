package trigger

import (
	"bufio"
	"io"
	"strings"
	"unicode"
)

// Bounds on one line of a hook's stderr, in bytes: what is told of it, and what
// is sent of the last one.
const (
	maxStderrLine = 8 << 10
	maxErrorText  = 1 << 10
)

// readLines tells each line to the end of in, or to its deadline, and gives the
// last one that is not blank, fit to be sent.
func readLines(in io.Reader, tell func(string)) (last string) {
	lines := bufio.NewReaderSize(in, maxStderrLine)
	for {
		line, rest, err := lines.ReadLine()
		text := string(line)
		for err == nil && rest { // drop what is too long
			_, rest, err = lines.ReadLine()
		}
		if text != "" || err == nil {
			tell(text)
		}
		if strings.TrimSpace(text) != "" {
			last = sendable(text)
		}
		if err != nil {
			return last
		}
	}
}

// sendable makes a text of a line: UTF-8, without control characters, not long.
func sendable(line string) string {
	line = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, strings.ToValidUTF8(line, "\uFFFD"))
	if len(line) > maxErrorText {
		line = strings.ToValidUTF8(line[:maxErrorText], "") + "..."
	}
	return strings.TrimSpace(line)
}
