package cli

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/fatih/color"
	"github.com/itchyny/gojq"
	"golang.org/x/term"
)

// Printer prints results to stdout, as text or JSON, and everything said about
// them to stderr. Its methods that write to stderr may be called concurrently.
type Printer struct {
	Stdout    io.Writer
	Stderr    *StatusWriter
	lookupEnv func(string) (string, bool)

	Format string // of -o
	jq     string
	color  string
	Quiet  bool

	filter    *gojq.Code // of --jq; nil without
	Colors    palette    // of stdout
	ErrColors palette    // of stderr
}

func newPrinter(stdout, stderr io.Writer, lookupEnv func(string) (string, bool)) *Printer {
	plain := paletteOf(false)
	return &Printer{
		Stdout: stdout, Stderr: NewStatusWriter(stderr), lookupEnv: lookupEnv,
		Format: "text", color: "auto", Colors: plain, ErrColors: plain,
	}
}

// configure checks the flags of the printer, and applies them. outputs are the
// formats that the command has.
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

func (p *Printer) compileFilter() error {
	if p.jq == "" {
		return nil
	}
	query, err := gojq.Parse(p.jq)
	if err == nil {
		p.filter, err = gojq.Compile(query)
	}
	if err != nil {
		return Usagef("--jq %q: %v", p.jq, err)
	}
	p.Format = "json"
	return nil
}

// chooseColors decides for each stream by itself whether it is colored.
func (p *Printer) chooseColors() {
	p.Colors, p.ErrColors = paletteOf(p.colored(p.Stdout)), paletteOf(p.colored(p.Stderr.Underlying))
}

func (p *Printer) colored(w io.Writer) bool {
	if p.color != "auto" {
		return p.color == "always"
	}
	terminal, _ := w.(*os.File)
	noColor, _ := p.lookupEnv("NO_COLOR")
	kind, _ := p.lookupEnv("TERM")
	return IsTerminal(w) && takesColours(terminal) && noColor == "" && kind != "dumb"
}

// palette holds the colors of one stream.
type palette struct{ Name, Good, Bad, Dim func(string) string }

func paletteOf(on bool) palette {
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

// IsTerminal reports whether a stream is a terminal.
func IsTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// ToTerminal reports whether results go to a terminal.
func (p *Printer) ToTerminal() bool { return IsTerminal(p.Stdout) }

// ErrToTerminal reports whether stderr is a terminal.
func (p *Printer) ErrToTerminal() bool { return IsTerminal(p.Stderr.Underlying) }

// JSON reports whether results are printed as JSON.
func (p *Printer) JSON() bool { return p.Format == "json" }

// Say tells the person at the prompt what was done: on stderr, unless -q is set.
func (p *Printer) Say(format string, args ...any) {
	if !p.Quiet {
		fmt.Fprintf(p.Stderr, format+"\n", args...)
	}
}

// Warn prints a warning on stderr, also with -q.
func (p *Printer) Warn(text string) {
	fmt.Fprintf(p.Stderr, "wps: %s %s\n", p.ErrColors.Bad("warning:"), Clean(text))
}

// PrintJSON prints v as one line of JSON, or the results of --jq, each in one
// write. A result that is a string is printed as it is, as jq -r does.
func (p *Printer) PrintJSON(v any) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %v", err)
	}
	if p.filter == nil {
		return p.Write(line.Bytes())
	}
	var plain any
	if err := json.Unmarshal(line.Bytes(), &plain); err != nil {
		return fmt.Errorf("read JSON: %v", err)
	}
	for results := p.filter.Run(plain); ; {
		result, more := results.Next()
		if !more {
			return nil
		}
		if err, failed := result.(error); failed {
			return p.filterFailed(err)
		}
		if err := p.printResult(result); err != nil {
			return err
		}
	}
}

func (p *Printer) printResult(result any) error {
	if s, ok := result.(string); ok {
		return p.Write([]byte(s + "\n"))
	}
	line, err := json.Marshal(result)
	if err != nil {
		return p.filterFailed(err)
	}
	return p.Write(append(line, '\n'))
}

// filterFailed is the error of a result that --jq cannot be applied to.
func (p *Printer) filterFailed(err error) error {
	return WithHint(fmt.Errorf("--jq %q: %v", p.jq, err), "the command itself succeeded, only its result could not be printed; -o json prints it as it is")
}

// PrintLine prints one line of text.
func (p *Printer) PrintLine(s string) error { return p.Write([]byte(s + "\n")) }

// Write writes to stdout, in one call.
func (p *Printer) Write(b []byte) error {
	if _, err := p.Stdout.Write(b); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// Shown returns text from the network for stdout: exact in a pipe, without
// control characters on a terminal.
func (p *Printer) Shown(s string) string {
	if p.ToTerminal() {
		return Clean(s)
	}
	return s
}
