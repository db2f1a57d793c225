package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// ErrNo ends a command whose answer is no: exit code 3, nothing printed.
var ErrNo = errors.New("no")

// UsageError is wrong usage: exit code 2. Without a hint of its own it points
// at the help of the command that ran, which only Run knows.
type UsageError struct {
	Text string
	Hint string
}

func (e *UsageError) Error() string { return e.Text }

// Usage returns a usage error with the next step.
func Usage(text, hint string) error { return &UsageError{text, hint} }

// Usagef returns a usage error that points at the command's help.
func Usagef(format string, args ...any) error {
	return &UsageError{Text: fmt.Sprintf(format, args...)}
}

// hinted is an error with the next thing to type.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// WithHint adds the next step to an error.
func WithHint(err error, hint string) error { return &hinted{err, hint} }

// ExitCode is an error that only carries an exit code, such as a child's.
type ExitCode int

func (e ExitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// Report prints the error of the command that ran, with its hint, and returns the
// exit code.
func Report(ctx context.Context, env *Env, ran *cobra.Command, err error) int {
	var code ExitCode
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, ErrNo):
		return exitNo
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return ExitInterrupted
	}
	env.Out.chooseColors() // where the flags were not even parsed
	env.Out.PrintError(pointAtHelp(ran, err))
	return codeOf(err)
}

// pointAtHelp adds the help of the command that ran to a usage error that has no
// hint.
func pointAtHelp(ran *cobra.Command, err error) error {
	if codeOf(err) != exitUsage || Hint(err) != "" {
		return err
	}
	return WithHint(err, fmt.Sprintf("see %q", ran.CommandPath()+" --help"))
}

// joinedError is several errors on one line, which errors.Join would put on one
// line each.
type joinedError []error

func (e joinedError) Error() string {
	texts := make([]string, len(e))
	for i, err := range e {
		texts[i] = err.Error()
	}
	return strings.Join(texts, "; ")
}

func (e joinedError) Unwrap() []error { return e }

// JoinErrors returns the errors that are not nil as one; nil if there are none.
func JoinErrors(errs ...error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	return joinedError(errs)
}

// PrintError prints an error, and its hint on the next line.
func (p *Printer) PrintError(err error) {
	fmt.Fprintf(p.Stderr, "%s %s\n", p.ErrColors.Bad("wps:"), Clean(err.Error()))
	if hint := Hint(err); hint != "" {
		fmt.Fprintf(p.Stderr, "%s %s\n", p.ErrColors.Name("hint:"), Clean(hint))
	}
}

// codedError is an error with the exit code of the command that it ends.
type codedError struct {
	error
	code int
}

func (e *codedError) Unwrap() error { return e.error }

// WithExitCode returns err as one that ends the command with code.
func WithExitCode(err error, code int) error { return &codedError{err, code} }

func codeOf(err error) int {
	if _, usage := errors.AsType[*UsageError](err); usage {
		return exitUsage
	}
	if coded, ok := errors.AsType[*codedError](err); ok {
		return coded.code
	}
	return ExitFailed
}

// Hint returns the hint of an error, "" if it has none.
func Hint(err error) string {
	if own, ok := errors.AsType[*hinted](err); ok {
		return own.hint
	}
	if usage, ok := errors.AsType[*UsageError](err); ok {
		return usage.Hint
	}
	return ""
}

// UnknownCommand names what a command is called here, or the nearest one.
func UnknownCommand(c *cobra.Command, name string) error {
	c.SuggestionsMinimumDistance = 2
	text := fmt.Sprintf("unknown command %q", name)
	if here := CalledHere(c, name); here != "" {
		return Usage(text, "that is here: "+here)
	}
	if near := c.SuggestionsFor(name); len(near) > 0 {
		return Usage(text, "did you mean "+strings.Join(near, " or ")+"?")
	}
	return Usagef("%s", text)
}
