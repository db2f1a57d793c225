package cmd

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

// printer prints results to stdout, as text or JSON, and everything said about
// them to stderr. Its methods that write to stderr may be called concurrently.
type printer struct {
	stdout    io.Writer
	stderr    *statusWriter
	lookupEnv func(string) (string, bool)

	format string // of -o
	jq     string
	color  string
	quiet  bool

	filter    *gojq.Code // of --jq; nil without
	colors    palette    // of stdout
	errColors palette    // of stderr
}

func newPrinter(stdout, stderr io.Writer, lookupEnv func(string) (string, bool)) *printer {
	plain := paletteOf(false)
	return &printer{
		stdout: stdout, stderr: newStatusWriter(stderr), lookupEnv: lookupEnv,
		format: "text", color: "auto", colors: plain, errColors: plain,
	}
}

// configure checks the flags of the printer, and applies them. outputs are the
// formats that the command has.
func (p *printer) configure(outputs []string) error {
	if !slices.Contains(outputs, p.format) {
		return usagef("--output %q is unknown: use %s", p.format, orList(outputs))
	}
	if !slices.Contains([]string{"auto", "always", "never"}, p.color) {
		return usagef("--color %q is unknown: use auto, always or never", p.color)
	}
	if err := p.compileFilter(); err != nil {
		return err
	}
	p.chooseColors()
	return nil
}

func (p *printer) compileFilter() error {
	if p.jq == "" {
		return nil
	}
	query, err := gojq.Parse(p.jq)
	if err == nil {
		p.filter, err = gojq.Compile(query)
	}
	if err != nil {
		return usagef("--jq %q: %v", p.jq, err)
	}
	p.format = "json"
	return nil
}

// chooseColors decides for each stream by itself whether it is colored.
func (p *printer) chooseColors() {
	p.colors, p.errColors = paletteOf(p.colored(p.stdout)), paletteOf(p.colored(p.stderr.w))
}

func (p *printer) colored(w io.Writer) bool {
	if p.color != "auto" {
		return p.color == "always"
	}
	terminal, _ := w.(*os.File)
	noColor, _ := p.lookupEnv("NO_COLOR")
	kind, _ := p.lookupEnv("TERM")
	return isTerminal(w) && takesColours(terminal) && noColor == "" && kind != "dumb"
}

// palette holds the colors of one stream.
type palette struct{ name, good, bad, dim func(string) string }

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
		name: paint(color.FgCyan), good: paint(color.FgGreen),
		bad: paint(color.FgRed, color.Bold), dim: paint(color.Faint),
	}
}

// isTerminal reports whether a stream is a terminal.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// toTerminal reports whether results go to a terminal.
func (p *printer) toTerminal() bool { return isTerminal(p.stdout) }

// errToTerminal reports whether stderr is a terminal.
func (p *printer) errToTerminal() bool { return isTerminal(p.stderr.w) }

// json reports whether results are printed as JSON.
func (p *printer) json() bool { return p.format == "json" }

// say tells the person at the prompt what was done: on stderr, unless -q is set.
func (p *printer) say(format string, args ...any) {
	if !p.quiet {
		fmt.Fprintf(p.stderr, format+"\n", args...)
	}
}

// warn prints a warning on stderr, also with -q.
func (p *printer) warn(text string) {
	fmt.Fprintf(p.stderr, "wps: %s %s\n", p.errColors.bad("warning:"), clean(text))
}

// printJSON prints v as one line of JSON, or the results of --jq, each in one
// write. A result that is a string is printed as it is, as jq -r does.
func (p *printer) printJSON(v any) error {
	var line bytes.Buffer
	enc := json.NewEncoder(&line)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %v", err)
	}
	if p.filter == nil {
		return p.write(line.Bytes())
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

func (p *printer) printResult(result any) error {
	if s, ok := result.(string); ok {
		return p.write([]byte(s + "\n"))
	}
	line, err := json.Marshal(result)
	if err != nil {
		return p.filterFailed(err)
	}
	return p.write(append(line, '\n'))
}

// filterFailed is the error of a result that --jq cannot be applied to.
func (p *printer) filterFailed(err error) error {
	return withHint(fmt.Errorf("--jq %q: %v", p.jq, err), "the command itself succeeded, only its result could not be printed; -o json prints it as it is")
}

// printLine prints one line of text.
func (p *printer) printLine(s string) error { return p.write([]byte(s + "\n")) }

func (p *printer) write(b []byte) error {
	if _, err := p.stdout.Write(b); err != nil {
		return fmt.Errorf("write the result: %w", err)
	}
	return nil
}

// shown returns text from the network for stdout: exact in a pipe, without
// control characters on a terminal.
func (p *printer) shown(s string) string {
	if p.toTerminal() {
		return clean(s)
	}
	return s
}
