package cmd

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"wps/client"
	"wps/emulator"
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

// printError prints an error on one line, also one that joins several, and its
// hint on the next.
func (p *printer) printError(err error) {
	text := strings.ReplaceAll(err.Error(), "\n", "; ")
	fmt.Fprintf(p.stderr, "%s %s\n", p.errColors.bad("wps:"), clean(text))
	if hint := hintFor(err); hint != "" {
		fmt.Fprintf(p.stderr, "%s %s\n", p.errColors.name("hint:"), clean(hint))
	}
}

func codeOf(err error) int {
	var usage *usageError
	switch {
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, client.ErrUnauthorized), errors.Is(err, emulator.ErrUnauthorized):
		return exitUnauthorized
	}
	return exitFailed
}

// hintFor gives the next step after an error, "" when none is known.
func hintFor(err error) string {
	var own *hinted
	var usage *usageError
	var refused *client.Error
	switch {
	case errors.As(err, &own):
		return own.hint
	case errors.As(err, &usage):
		return usage.hint
	case errors.As(err, &refused):
		return hintForStatus(refused)
	}
	return ""
}

const unauthorizedHint = "the AccessKey must belong to this Endpoint, and this machine's clock must be right"

func hintForStatus(err *client.Error) string {
	switch err.Status {
	case http.StatusUnauthorized:
		return unauthorizedHint
	case http.StatusForbidden:
		return "the identity needs the role Web PubSub Service Owner"
	case http.StatusTooManyRequests:
		return "the service limits the rate: wait, or use more units"
	case http.StatusNotImplemented:
		return "the real service has it: point WPS_CONNECTION_STRING there"
	}
	return ""
}

// unknownCommand names what a command is called here, or the nearest one.
func unknownCommand(c *cobra.Command, name string) error {
	c.SuggestionsMinimumDistance = 2
	text := fmt.Sprintf("unknown command %q", name)
	if here := calledHere(c, name); here != "" {
		return &usageError{text, "that is here: " + here}
	}
	if near := c.SuggestionsFor(name); len(near) > 0 {
		return &usageError{text, "did you mean " + strings.Join(near, " or ") + "?"}
	}
	return usagef("%s", text)
}

// exactArgs is cobra.ExactArgs with the names of the arguments in its error.
// Those that name something at the service must be text.
func exactArgs(names ...string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) < len(names) {
			return usagef("missing argument: %s", strings.Join(names[len(args):], " "))
		}
		if len(args) > len(names) {
			more := args[len(names):]
			text := fmt.Sprintf("unexpected argument %q", more[0])
			if flag := asFlag(c, more); flag != "" {
				return &usageError{text, "did you mean " + flag + "?"}
			}
			return usagef("%s", text)
		}
		for i, arg := range args {
			if !utf8.ValidString(arg) && slices.Contains([]string{"GROUP", "CONNECTION"}, names[i]) {
				return notText(names[i])
			}
		}
		return nil
	}
}
