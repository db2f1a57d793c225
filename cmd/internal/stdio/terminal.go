package stdio

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/term"
)

// IsTerminal reports whether a stream is a terminal.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Width returns how many columns the terminal w has; 0 if w is not a
// terminal or its width is unknown.
func Width(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !IsTerminal(f) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// Clean returns text from elsewhere for one line of a terminal: it replaces what
// could end the line, move the cursor or reorder the text, and bytes that are not
// UTF-8.
func Clean(s string) string {
	if utf8.ValidString(s) && !strings.ContainsFunc(s, isControl) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if isControl(r) {
			return unicode.ReplacementChar
		}
		return r // utf8.RuneError for a byte that is not UTF-8
	}, s)
}

// CleanLines is Clean for data of several lines. Each line but the first begins
// with indent, so that none can pose as a line of wps itself.
func CleanLines(s, indent string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = Clean(line)
	}
	return strings.Join(lines, "\n"+indent)
}

// CleanJSON returns a line of JSON in which the same characters are escaped, so
// that its meaning is unchanged. JSON contains none of them outside its strings.
func CleanJSON(line []byte) []byte {
	if utf8.Valid(line) && !bytes.ContainsFunc(line[:max(len(line)-1, 0)], isControl) {
		return line
	}
	text, end := bytes.CutSuffix(line, []byte("\n"))
	var b bytes.Buffer
	for _, r := range string(text) { // utf8.RuneError for a byte that is not UTF-8
		switch {
		case !isControl(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	if end {
		b.WriteByte('\n')
	}
	return b.Bytes()
}

// isControl reports whether a terminal could do anything with r but show it and
// advance. A tab is harmless.
func isControl(r rune) bool {
	return unicode.IsControl(r) && r != '\t' || unicode.In(r, unicode.Bidi_Control, unicode.Zl, unicode.Zp)
}
