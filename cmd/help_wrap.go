package cmd

import (
	"io"
	"os"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/term"
)

// widthOf is how many columns a stream has; 0 is no limit, as of a pipe.
func widthOf(w io.Writer) int {
	f, ok := w.(*os.File)
	if !ok || !isTerminal(f) {
		return 0
	}
	width, _, err := term.GetSize(int(f.Fd()))
	if err != nil {
		return 0
	}
	return width
}

// flagBegin is a flag with what stands for its value, and the gap behind it: the
// first of three blanks, because a value has single ones.
var flagBegin = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^ {2,6}-.*? {3,}`) })

// roomForUsage is how many columns the texts of flags need beside the flags;
// with less they stand below them, indented by usageBelow.
const (
	roomForUsage = 34
	usageBelow   = 10
)

// wrapFlags lays the list of flags out anew for a narrow terminal.
func wrapFlags(list string, width int) string {
	if width <= 0 || widest(list) <= width {
		return list
	}
	var flags, usages []string
	column := 0
	for line := range strings.Lines(list) {
		line = strings.TrimRight(line, "\n")
		if flag := flagBegin().FindString(line); flag != "" {
			flags, usages = append(flags, strings.TrimRight(flag, " ")), append(usages, line[len(flag):])
			column = utf8.RuneCountInString(flag)
		} else if len(usages) > 0 {
			usages[len(usages)-1] += " " + strings.TrimSpace(line)
		}
	}
	below := width-column < roomForUsage
	if below {
		column = usageBelow
	}
	var b strings.Builder
	for i, flag := range flags {
		b.WriteString(flag)
		if below {
			b.WriteString("\n" + strings.Repeat(" ", column))
		} else {
			b.WriteString(strings.Repeat(" ", column-utf8.RuneCountInString(flag)))
		}
		b.WriteString(wrapWords(usages[i], width, column, column) + "\n")
	}
	return b.String()
}

// wrapWords breaks a text between its words; it begins in column at, and further
// lines are indented.
func wrapWords(text string, width, at, indent int) string {
	var b strings.Builder
	for i, word := range strings.Fields(text) {
		size := utf8.RuneCountInString(word)
		switch {
		case i == 0:
		case width > 0 && at+1+size > width:
			b.WriteString("\n" + strings.Repeat(" ", indent))
			at = indent
		default:
			b.WriteString(" ")
			at++
		}
		b.WriteString(word)
		at += size
	}
	return b.String()
}

func widest(text string) int {
	n := 0
	for line := range strings.Lines(text) {
		n = max(n, utf8.RuneCountInString(strings.TrimRight(line, "\n")))
	}
	return n
}
