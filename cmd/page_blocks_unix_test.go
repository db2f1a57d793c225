//go:build unix

package cmd_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// block is a fenced block of a page.
type block struct {
	line     int
	language string
	file     string // of file=
	until    string // of until=
	lines    []string
}

var (
	fence   = regexp.MustCompile("^```([a-z]*)(?: (.*))?$")
	fileOf  = regexp.MustCompile(`\bfile=(\S+)`)
	untilOf = regexp.MustCompile(`\buntil="([^"]*)"`)
)

// blocksOf returns the fenced blocks of a page.
func blocksOf(t *testing.T, page string) (blocks []block) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	open := false
	for i, line := range strings.Split(string(text), "\n") {
		m := fence.FindStringSubmatch(line)
		switch {
		case open && line == "```":
			open = false
		case open:
			b := &blocks[len(blocks)-1]
			b.lines = append(b.lines, line)
		case m != nil:
			open = true
			b := block{line: i + 1, language: m[1]}
			if f := fileOf.FindStringSubmatch(m[2]); f != nil {
				b.file = f[1]
			}
			if u := untilOf.FindStringSubmatch(m[2]); u != nil {
				b.until = u[1]
			}
			blocks = append(blocks, b)
		}
	}
	return blocks
}

// step is a command of a block, and what it prints.
type step struct {
	command string
	output  []string
}

// steps returns the commands of a console block; "> " continues one.
func (b block) steps() (steps []step) {
	for _, line := range b.lines {
		command, isCommand := strings.CutPrefix(line, "$ ")
		more, isMore := strings.CutPrefix(line, "> ")
		last := len(steps) - 1
		switch {
		case isCommand:
			steps = append(steps, step{command: command})
		case isMore && last >= 0 && steps[last].output == nil:
			steps[last].command += "\n" + more
		case last >= 0:
			steps[last].output = append(steps[last].output, line)
		}
	}
	return steps
}

// vary are the parts of output that differ in each run, and what matches them.
var vary = []struct{ shown, form *regexp.Regexp }{
	{regexp.MustCompile(`\b[0-9a-f]{32}\b`), regexp.MustCompile(`[0-9a-f]{32}`)},
	{regexp.MustCompile(`#token=[A-Z0-9]+`), regexp.MustCompile(`#token=[A-Z0-9]+`)},
	{regexp.MustCompile(`\blocalhost:(?:8080|9000)`), regexp.MustCompile(`(?:localhost|127\.0\.0\.1):\d+`)},
	{regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`), regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`)},
	{regexp.MustCompile(`\((?:\d+s ago|in [0-9hms]+)\)`), regexp.MustCompile(`\([^)]+\)`)},
	{regexp.MustCompile(`\b\d\d:\d\d:\d\d\.\d{3}\b`), regexp.MustCompile(`\d\d:\d\d:\d\d\.\d{3}`)},
	{regexp.MustCompile(`The connection string:`), regexp.MustCompile(`The connection string(?:, for WPS_CONNECTION_STRING)?:`)},
	{regexp.MustCompile(`the key of the local emulator's default`), regexp.MustCompile(`the key of .*`)},
	{regexp.MustCompile(`\b17\d{8}\b`), regexp.MustCompile(`\d{10}`)},
	{regexp.MustCompile(`\b\d+ms\b`), regexp.MustCompile(`\d+(?:\.\d+)?[mµ]?s`)},
	{regexp.MustCompile(`"milliseconds":[0-9.]+`), regexp.MustCompile(`"milliseconds":[0-9.]+`)},
}

// asPrinted returns a regular expression for lines of a page; "..." matches any lines.
func asPrinted(lines []string) string {
	var all strings.Builder
	for _, line := range lines {
		if strings.TrimSpace(line) == "..." {
			all.WriteString(`(?:.*\n)*?`)
			continue
		}
		if strings.HasPrefix(line, "watch  ") { // only of an emulator at its default address
			all.WriteString(`(?:` + regexp.QuoteMeta(line) + `\n)?`)
			continue
		}
		form := varied(line, 0)
		if strings.Contains(line, " done, ") { // on a busy machine it has its time
			form = strings.Replace(form, `, in hub `, `(?: in [0-9.]+s \([0-9]+/s\))?, in hub `, 1)
		}
		all.WriteString(form + `\n`)
	}
	return all.String()
}

// varied returns a regular expression for a line, from the part k of vary.
func varied(line string, k int) string {
	if k == len(vary) {
		return regexp.QuoteMeta(line)
	}
	var form strings.Builder
	rest := 0
	for _, m := range vary[k].shown.FindAllStringIndex(line, -1) {
		form.WriteString(varied(line[rest:m[0]], k+1) + vary[k].form.String())
		rest = m[1]
	}
	return form.String() + varied(line[rest:], k+1)
}
