package cli

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// tableBlock is how many rows of a table are lined up together: a list may be
// of any length, and is not kept whole.
const tableBlock = 200

// Table prints rows. A program gets them as they come, exact and with tabs
// between; a person at a terminal gets columns under headings.
type Table struct {
	Out    *Printer
	head   []string
	rows   [][]string // of this block; a terminal's
	widths []int
	any    bool
}

// NewTable returns a table with these headings.
func NewTable(out *Printer, head ...string) *Table {
	return &Table{Out: out, head: head, widths: make([]int, len(head))}
}

// Row prints a row, or keeps it until its block is full.
func (t *Table) Row(cells ...string) error {
	if !t.Out.ToTerminal() {
		t.any = true
		return t.Out.PrintLine(strings.Join(cells, "\t"))
	}
	if t.rows = append(t.rows, cells); len(t.rows) < tableBlock {
		return nil
	}
	return t.Flush()
}

// End prints what is left, or tells that there was nothing.
func (t *Table) End(nothing string) error {
	if err := t.Flush(); err != nil {
		return err
	}
	if !t.any && !t.Out.JSON() {
		t.Out.Say("%s", Clean(nothing))
	}
	return nil
}

// Flush prints the rows that are kept.
func (t *Table) Flush() error {
	if len(t.rows) == 0 {
		return nil
	}
	lines := make([][]string, 0, len(t.rows)+1)
	if !t.any {
		lines = append(lines, t.head)
	}
	lines = append(lines, t.rows...)
	for _, line := range lines {
		for i := range line {
			line[i] = oneCell(line[i])
			t.widths[i] = max(t.widths[i], utf8.RuneCountInString(line[i]))
		}
	}
	var text strings.Builder
	for i, line := range lines {
		s := t.lineUp(line)
		if i == 0 && !t.any {
			s = t.Out.Colors.Dim(s)
		}
		text.WriteString(s + "\n")
	}
	t.rows, t.any = nil, true
	return t.Out.Write([]byte(text.String()))
}

func (t *Table) lineUp(cells []string) string {
	var s strings.Builder
	for i, cell := range cells {
		s.WriteString(cell + strings.Repeat(" ", t.widths[i]-utf8.RuneCountInString(cell)+2))
	}
	return strings.TrimRight(s.String(), " ")
}

// oneCell is a cell that neither steers the terminal nor leaves its place.
func oneCell(s string) string {
	return strings.Map(func(r rune) rune {
		if control(r) || unicode.IsControl(r) {
			return unicode.ReplacementChar
		}
		return r
	}, s)
}
