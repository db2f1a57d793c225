package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// errNo ends a command whose answer is no: exit code 3, nothing printed.
var errNo = errors.New("no")

// usageError is wrong usage: exit code 2. Without a hint of its own it points
// at the help of the command that ran, which only Run knows.
type usageError struct {
	text string
	hint string
}

func (e *usageError) Error() string { return e.text }

// usage returns a usage error with the next step.
func usage(text, hint string) error { return &usageError{text, hint} }

// usagef returns a usage error that points at the command's help.
func usagef(format string, args ...any) error {
	return &usageError{text: fmt.Sprintf(format, args...)}
}

// hinted is an error with the next thing to type.
type hinted struct {
	error
	hint string
}

func (h *hinted) Unwrap() error { return h.error }

// withHint adds the next step to an error.
func withHint(err error, hint string) error { return &hinted{err, hint} }

// exitCode is an error that only carries an exit code, such as a child's.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// report prints the error of the command that ran, with its hint, and returns the
// exit code.
func report(ctx context.Context, env *Env, ran *cobra.Command, err error) int {
	var code exitCode
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errNo):
		return exitNo
	case errors.As(err, &code):
		return int(code)
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return exitInterrupted
	}
	env.out.chooseColors() // where the flags were not even parsed
	env.out.printError(pointAtHelp(ran, err))
	return codeOf(err)
}

// pointAtHelp adds the help of the command that ran to a usage error that has no
// hint.
func pointAtHelp(ran *cobra.Command, err error) error {
	if codeOf(err) != exitUsage || hintFor(err) != "" {
		return err
	}
	return withHint(err, fmt.Sprintf("see %q", ran.CommandPath()+" --help"))
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

// joinErrors returns the errors that are not nil as one; nil if there are none.
func joinErrors(errs ...error) error {
	errs = slices.DeleteFunc(errs, func(err error) bool { return err == nil })
	switch len(errs) {
	case 0:
		return nil
	case 1:
		return errs[0]
	}
	return joinedError(errs)
}

// printError prints an error, and its hint on the next line.
func (p *printer) printError(err error) {
	fmt.Fprintf(p.stderr, "%s %s\n", p.errColors.bad("wps:"), clean(err.Error()))
	if hint := hintFor(err); hint != "" {
		fmt.Fprintf(p.stderr, "%s %s\n", p.errColors.name("hint:"), clean(hint))
	}
}

// codedError is an error with the exit code of the command that it ends.
type codedError struct {
	error
	code int
}

func (e *codedError) Unwrap() error { return e.error }

// withExitCode returns err as one that ends the command with code.
func withExitCode(err error, code int) error { return &codedError{err, code} }

func codeOf(err error) int {
	if _, usage := errors.AsType[*usageError](err); usage {
		return exitUsage
	}
	if coded, ok := errors.AsType[*codedError](err); ok {
		return coded.code
	}
	return exitFailed
}

// hintFor returns the hint of an error, "" if it has none.
func hintFor(err error) string {
	if own, ok := errors.AsType[*hinted](err); ok {
		return own.hint
	}
	if usage, ok := errors.AsType[*usageError](err); ok {
		return usage.hint
	}
	return ""
}

// unknownCommand names what a command is called here, or the nearest one.
func unknownCommand(c *cobra.Command, name string) error {
	c.SuggestionsMinimumDistance = 2
	text := fmt.Sprintf("unknown command %q", name)
	if here := calledHere(c, name); here != "" {
		return usage(text, "that is here: "+here)
	}
	if near := c.SuggestionsFor(name); len(near) > 0 {
		return usage(text, "did you mean "+strings.Join(near, " or ")+"?")
	}
	return usagef("%s", text)
}
