package cli

import (
	"fmt"
	"io"
	"slices"

	"github.com/itchyny/gojq"
)

// Printer prints results to stdout, as text or JSON, and everything said about
// them to stderr. Its methods that write to stderr may be called concurrently.
type Printer struct {
	Stdout    io.Writer
	Stderr    *StatusWriter
	lookupEnv func(string) (string, bool)

	Format string // value of -o
	jq     string // value of --jq
	color  string // value of --color
	Quiet  bool   // -q is set

	filter       *gojq.Code // compiled --jq; nil without it
	StdoutColors palette
	StderrColors palette
}

func newPrinter(stdout, stderr io.Writer, lookupEnv func(string) (string, bool)) *Printer {
	plain := newPalette(false)
	return &Printer{
		Stdout: stdout, Stderr: NewStatusWriter(stderr), lookupEnv: lookupEnv,
		Format: "text", color: "auto", StdoutColors: plain, StderrColors: plain,
	}
}

// configure checks the printer's flags and applies them. outputs are the formats
// that the command supports.
func (p *Printer) configure(outputs []string) error {
	if !slices.Contains(outputs, p.Format) {
		return Usagef("--output %q is unknown: use %s", p.Format, orList(outputs))
	}
	if !slices.Contains([]string{"auto", "always", "never"}, p.color) {
		return Usagef("--color %q is unknown: use auto, always or never", p.color)
	}
	if err := p.compileFilter(); err != nil {
		return err
	}
	p.chooseColors()
	return nil
}

// StdoutIsTerminal reports whether stdout is a terminal.
func (p *Printer) StdoutIsTerminal() bool { return IsTerminal(p.Stdout) }

// StderrIsTerminal reports whether stderr is a terminal.
func (p *Printer) StderrIsTerminal() bool { return IsTerminal(p.Stderr.w) }

// Say prints a status message on stderr, unless -q is set.
func (p *Printer) Say(format string, args ...any) {
	if !p.Quiet {
		fmt.Fprintf(p.Stderr, format+"\n", args...)
	}
}

// Warn prints a warning on stderr, also with -q.
func (p *Printer) Warn(text string) {
	fmt.Fprintf(p.Stderr, "wps: %s %s\n", p.StderrColors.Bad("warning:"), Clean(text))
}

// PrintError prints an error on stderr, and its hint on the next line.
func (p *Printer) PrintError(err error) {
	fmt.Fprintf(p.Stderr, "%s %s\n", p.StderrColors.Bad("wps:"), Clean(err.Error()))
	if hint := Hint(err); hint != "" {
		fmt.Fprintf(p.Stderr, "%s %s\n", p.StderrColors.Name("hint:"), Clean(hint))
	}
}

// PrintLine prints one line of text on stdout.
func (p *Printer) PrintLine(s string) error { return p.Write([]byte(s + "\n")) }

// Write writes to stdout in one call.
func (p *Printer) Write(b []byte) error {
	if _, err := p.Stdout.Write(b); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// Printable returns text from the network as it is printed on stdout: exact in a
// pipe, without control characters on a terminal.
func (p *Printer) Printable(s string) string {
	if p.StdoutIsTerminal() {
		return Clean(s)
	}
	return s
}
