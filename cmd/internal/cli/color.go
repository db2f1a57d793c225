package cli

import (
	"io"
	"os"

	"github.com/fatih/color"

	"wps/cmd/internal/stdio"
)

// palette holds the colors of one stream.
type palette struct{ Name, Good, Bad, Dim func(string) string }

// newPalette returns a palette; one that is off returns texts unchanged.
func newPalette(on bool) palette {
	paint := func(attributes ...color.Attribute) func(string) string {
		c := color.New(attributes...)
		if on {
			c.EnableColor()
		} else {
			c.DisableColor()
		}
		return func(s string) string { return c.Sprint(s) }
	}
	return palette{
		Name: paint(color.FgCyan), Good: paint(color.FgGreen),
		Bad: paint(color.FgRed, color.Bold), Dim: paint(color.Faint),
	}
}

// chooseColors decides for each stream on its own whether it is colored.
func (p *Printer) chooseColors() {
	p.StdoutColors, p.StderrColors = newPalette(p.colored(p.Stdout)), newPalette(p.colored(p.Stderr.Stream()))
}

func (p *Printer) colored(w io.Writer) bool {
	if p.color != "auto" {
		return p.color == "always"
	}
	terminal, _ := w.(*os.File)
	noColor, _ := p.lookupEnv("NO_COLOR")
	kind, _ := p.lookupEnv("TERM")
	return stdio.IsTerminal(w) && stdio.SupportsColor(terminal) && noColor == "" && kind != "dumb"
}
