package cli

import (
	"strings"
	"unicode"

	"wps/cmd/internal/stdio"
)

// tableBlock is how many rows of a table are aligned together, so that a list of
// any length needs little memory.
const tableBlock = 200

// Table prints rows: in a pipe at once, unchanged and separated by tabs; on a
// terminal in columns with headings, whose cells are cut so that a line fits.
type Table struct {
	Out    *Printer
	head   []string
	rows   [][]string // rows of the current block, on a terminal
	widths []int
	any    bool // a row was printed
}

// NewTable returns a table with these headings.
func NewTable(out *Printer, head ...string) *Table {
	return &Table{Out: out, head: head, widths: make([]int, len(head))}
}

// Row prints a row, or keeps it until the block is full.
func (t *Table) Row(cells ...string) error {
	if !t.Out.StdoutIsTerminal() {
		t.any = true
		return t.Out.PrintLine(strings.Join(cells, "\t"))
	}
	if t.rows = append(t.rows, cells); len(t.rows) < tableBlock {
		return nil
	}
	return t.Flush()
}

// End prints the remaining rows, or the message empty if there was no row.
func (t *Table) End(empty string) error {
	if err := t.Flush(); err != nil {
		return err
	}
	if !t.any && !t.Out.JSON() {
		t.Out.Say("%s", stdio.Clean(empty))
	}
	return nil
}

// Flush prints the rows of the current block.
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
			line[i] = cleanCell(line[i])
			t.widths[i] = max(t.widths[i], stdio.Columns(line[i]))
		}
	}
	fit(t.widths, t.head, t.Out.StdoutWidth())
	var text strings.Builder
	for i, line := range lines {
		s := t.align(line)
		if i == 0 && !t.any {
			s = t.Out.StdoutColors.Dim(s)
		}
		text.WriteString(s + "\n")
	}
	t.rows, t.any = nil, true
	return t.Out.Write([]byte(text.String()))
}

func (t *Table) align(cells []string) string {
	var s strings.Builder
	for i, cell := range cells {
		cell = stdio.Cut(cell, t.widths[i])
		s.WriteString(cell + strings.Repeat(" ", max(t.widths[i]-stdio.Columns(cell), 0)+gap))
	}
	return strings.TrimRight(s.String(), " ")
}

// gap is how many blanks are between columns, and minCell the width below which no
// column is cut.
const (
	gap     = 2
	minCell = 8
)

// fit narrows the widths of columns until a line fits into the width of a terminal, 0
// for none: the widest first, and the first column, which names the row, last. None
// becomes narrower than its heading and minCell.
func fit(widths []int, head []string, width int) {
	if width == 0 {
		return
	}
	over := gap*(len(widths)-1) - width
	for _, w := range widths {
		over += w
	}
	for ; over > 0; over-- {
		widest := -1
		for i, w := range widths {
			if w > max(minCell, stdio.Columns(head[i])) && (widest <= 0 || w > widths[widest]) {
				widest = i
			}
		}
		if widest < 0 {
			return
		}
		widths[widest]--
	}
}

// cleanCell returns a cell without control characters, line breaks and tabs.
func cleanCell(s string) string {
	return strings.ReplaceAll(stdio.Clean(s), "\t", string(unicode.ReplacementChar))
}
