package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"wps/cmd/internal/stdio"
)

// Printer prints results to stdout, as text or JSON, and everything said about
// them to stderr. Its methods that write to stderr may be called concurrently.
type Printer struct {
	Stdout    io.Writer
	Stderr    *stdio.StatusWriter
	results   *stdio.Writer // writes to Stdout
	lookupEnv func(string) (string, bool)

	Format string // value of -o
	jq     string // value of --jq
	color  string // value of --color
	Quiet  bool   // -q is set

	filter       *Filter     // of --jq; nil without it
	broken       atomic.Bool // a write to stdout has failed
	helpErr      error       // of writing a help
	terminal     bool        // treat stdout as a terminal, whatever it is
	isTerminal   func() bool // stdout is one
	StdoutColors palette
	StderrColors palette
}

func newPrinter(stdout, stderr io.Writer, lookupEnv func(string) (string, bool)) *Printer {
	plain := newPalette(false)
	return &Printer{
		Stdout: stdout, Stderr: stdio.NewStatusWriter(stderr, droppedFromStderr), results: stdio.NewWriter(stdout), lookupEnv: lookupEnv,
		isTerminal: sync.OnceValue(func() bool { return stdio.IsTerminal(stdout) }),
		Format:     "text", color: "auto", StdoutColors: plain, StderrColors: plain,
	}
}

// droppedFromStderr is written where lines of an unread stderr are missing.
func droppedFromStderr(lines int) []byte {
	return fmt.Appendf(nil, "wps: %s dropped, because stderr was not read\n", Plural(lines, "line"))
}

// Until makes a write to a stdout that is not read end soon after ctx has ended. It
// is called before anything is printed.
func (p *Printer) Until(ctx context.Context) { p.results.Until(ctx) }

// serve makes what is printed the log of a service: it waits for no reader, and
// stop is called when a stream has none any more. It is called before anything is
// printed.
func (p *Printer) serve(stop func()) {
	p.results.DropUnread(func(lines int) []byte {
		p.Warn(Plural(lines, "line") + " dropped, because stdout was not read")
		return nil
	})
	stopUnread := func(err error) {
		if stdio.ReaderEnded(err) {
			stop()
		}
	}
	p.results.OnFailure(stopUnread)
	p.Stderr.OnFailure(stopUnread)
}

// Through makes w write what is for a terminal, such as a line editor that keeps
// the typed line below. restore undoes that, after all is written.
func (p *Printer) Through(w io.Writer) (restore func()) {
	stderr := p.StderrIsTerminal()
	p.results.Redirect(w)
	if stderr {
		p.Stderr.Redirect(w)
	}
	return func() {
		p.results.Redirect(p.Stdout)
		if stderr {
			p.Stderr.Redirect(nil)
		}
	}
}

// Flush waits until all is written, for at most a second each for stdout and
// stderr.
func (p *Printer) Flush() {
	p.results.Flush()
	p.Stderr.Flush()
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
func (p *Printer) StdoutIsTerminal() bool { return p.terminal || p.isTerminal() }

// TreatStdoutAsTerminal makes the printer treat stdout as a terminal, such as in a
// test.
func (p *Printer) TreatStdoutAsTerminal() { p.terminal = true }

// StdoutWidth returns how many columns stdout has; 0 if it is not a terminal or its
// width is unknown.
func (p *Printer) StdoutWidth() int { return stdio.Width(p.Stdout) }

// WatchReader calls ended when stdout is a pipe whose reader has ended, until ctx
// ends. The caller calls wait when it has ended ctx.
func (p *Printer) WatchReader(ctx context.Context, ended func()) (wait func()) {
	return stdio.WatchReader(ctx, p.Stdout, ended)
}

// StderrIsTerminal reports whether stderr is a terminal.
func (p *Printer) StderrIsTerminal() bool { return stdio.IsTerminal(p.Stderr.Stream()) }

// Say prints a status message on stderr, unless -q is set.
func (p *Printer) Say(format string, args ...any) {
	if !p.Quiet {
		fmt.Fprintf(p.Stderr, format+"\n", args...)
	}
}

// Warn prints a warning on stderr, also with -q.
func (p *Printer) Warn(text string) {
	fmt.Fprintf(p.Stderr, "wps: %s %s\n", p.StderrColors.Bad("warning:"), stdio.Clean(text))
}

// PrintError prints an error on stderr, and its hint on the next line. It is never
// one of the lines that are dropped when stderr is not read.
func (p *Printer) PrintError(err error) {
	text := fmt.Appendf(nil, "%s %s\n", p.StderrColors.Bad("wps:"), errorLines(err))
	if hint := Hint(err); hint != "" {
		text = fmt.Appendf(text, "%s %s\n", p.StderrColors.Name("hint:"), OneLine(hint))
	}
	_, _ = p.Stderr.WriteAlways(text) // an error of stderr cannot be reported anywhere
}

// errorLines returns the text of an error: one line, or one for each of the errors
// that make up a list.
func errorLines(err error) string {
	var list interface {
		error
		Unwrap() []error
	}
	if _, joined := errors.AsType[joinedError](err); joined || !errors.As(err, &list) || !strings.Contains(list.Error(), "\n") {
		return OneLine(err.Error())
	}
	lines := make([]string, 0, len(list.Unwrap()))
	for _, one := range list.Unwrap() {
		lines = append(lines, OneLine(one.Error()))
	}
	return strings.Join(lines, "\n")
}

// OneLine returns the text of an error or a hint, which may quote text from
// elsewhere, as one line.
func OneLine(s string) string {
	return stdio.Clean(strings.ReplaceAll(strings.TrimRight(s, "\r\n"), "\n", "; "))
}

// PrintLine prints one line of text on stdout.
func (p *Printer) PrintLine(s string) error { return p.Write([]byte(s + "\n")) }

// Write writes to stdout in one call.
func (p *Printer) Write(b []byte) error {
	_, err := p.results.Write(b)
	return p.written(err)
}

// Hold makes what is printed on stdout wait, up to 64 KiB, while more is about to be
// printed; Hold(false) prints it. Only one goroutine at a time prints meanwhile.
func (p *Printer) Hold(hold bool) error { return p.written(p.results.Hold(hold)) }

// written returns the error of a write to stdout.
func (p *Printer) written(err error) error {
	if err == nil {
		return nil
	}
	p.broken.Store(true)
	return writeError("the result", err)
}

// writeError returns the error of writing what to stdout.
func writeError(what string, err error) error {
	if stdio.ReaderEnded(err) {
		return WithHint(&readerEndedError{err}, "what reads the output, such as head, ended before the command did")
	}
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err // its path is that of a device, whatever the output is
	}
	return WithHint(fmt.Errorf("write %s: %w", what, err), "standard output must be a file, a pipe or a terminal that can be written to")
}

// readerEndedError is the error of a write to a stdout whose reader has ended.
type readerEndedError struct{ cause error }

func (*readerEndedError) Error() string   { return "the reader of standard output has ended" }
func (e *readerEndedError) Unwrap() error { return e.cause }

// ReaderEnded reports whether an error means that the reader of stdout has ended.
func ReaderEnded(err error) bool {
	_, ended := errors.AsType[*readerEndedError](err)
	return ended
}

// Printable returns text from the network as it is printed on one line of stdout:
// exact in a pipe, without control characters on a terminal.
func (p *Printer) Printable(s string) string {
	if p.StdoutIsTerminal() {
		return stdio.Clean(s)
	}
	return s
}

// PrintableLines is Printable for data of several lines. On a terminal each line
// but the first begins with indent.
func (p *Printer) PrintableLines(s, indent string) string {
	if p.StdoutIsTerminal() {
		return stdio.CleanLines(s, indent)
	}
	return s
}
