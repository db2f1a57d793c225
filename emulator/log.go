package emulator

import "strings"

// oneLine returns the text of an error for a log line: an error may join several
// faults with line breaks, and may quote what another program has sent.
func oneLine(err error) string {
	if err == nil {
		return ""
	}
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}
