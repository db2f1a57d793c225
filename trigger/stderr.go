package trigger

import (
	"bufio"
	"io"
	"strings"
	"unicode"
)

// Limits of one line of a hook's stderr, in bytes: how much of it is reported, and
// how much of the last line is sent to the service.
const (
	maxStderrLine = 8 << 10
	maxErrorText  = 1 << 10
)

// readLines calls report with each line to the end of in, or to its deadline, and
// returns the last line that is not blank in the form of sendable.
func readLines(in io.Reader, report func(string)) (last string) {
	lines := bufio.NewReaderSize(in, maxStderrLine)
	for {
		line, rest, err := lines.ReadLine()
		text := string(line)
		for err == nil && rest { // drop the rest of a long line
			_, rest, err = lines.ReadLine()
		}
		if text != "" || err == nil {
			report(text)
		}
		if strings.TrimSpace(text) != "" {
			last = sendable(text)
		}
		if err != nil {
			return last
		}
	}
}

// sendable returns a line as UTF-8 without control characters, at most
// maxErrorText long.
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
