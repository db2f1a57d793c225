package cli

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrNo ends a command whose answer is no: exit code 3, nothing printed.
var ErrNo = errors.New("no")

// UsageError is wrong usage: exit code 2. If Hint is empty, the hint is the help
// of the command that ran, which Report adds.
type UsageError struct {
	Text string
	Hint string
}

func (e *UsageError) Error() string { return e.Text }

// Usage returns a usage error with a hint.
func Usage(text, hint string) error { return &UsageError{text, hint} }

// Usagef returns a usage error whose hint is the command's help.
func Usagef(format string, args ...any) error {
	return &UsageError{Text: fmt.Sprintf(format, args...)}
}

// NotUTF8 returns the usage error of a value that is not UTF-8 text.
func NotUTF8(what string) error {
	return Usage(what+" is not UTF-8 text", "names at the service are UTF-8; check the encoding of the terminal, or of the program that made the value")
}

// hintedError is an error with a hint: what to do next.
type hintedError struct {
	error
	hint string
}

func (h *hintedError) Unwrap() error { return h.error }

// WithHint adds a hint to an error.
func WithHint(err error, hint string) error { return &hintedError{err, hint} }

// Hint returns the hint of an error, "" if it has none.
func Hint(err error) string {
	if own, ok := errors.AsType[*hintedError](err); ok {
		return own.hint
	}
	if usage, ok := errors.AsType[*UsageError](err); ok {
		return usage.Hint
	}
	return ""
}

// ExitCode is an error that only carries an exit code, such as that of a child
// process. Nothing is printed for it.
type ExitCode int

func (e ExitCode) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// codedError is an error with the exit code of the command that it ends.
type codedError struct {
	error
	code int
}

func (e *codedError) Unwrap() error { return e.error }

// WithExitCode returns err as an error that ends the command with code.
func WithExitCode(err error, code int) error { return &codedError{err, code} }

// joinedError is several errors on one line; errors.Join would print one line for
// each.
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
