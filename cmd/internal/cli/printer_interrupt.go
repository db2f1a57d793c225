package cli

import "fmt"

// EndInterruptedLine starts a new line on stderr if it is a terminal, because the
// terminal shows the ^C of an interrupt without a line break. A command that runs
// until it is interrupted calls it then.
func (p *Printer) EndInterruptedLine() {
	if p.StderrIsTerminal() {
		fmt.Fprintln(p.Stderr)
	}
}
