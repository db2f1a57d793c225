package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

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
	env.Out.chooseColors() // Prepare has not run if the flags could not be parsed
	env.Out.PrintError(withHelpHint(ran, err))
	return codeOf(err)
}

// withHelpHint adds the help of the command that ran to a usage error that has no
// hint.
func withHelpHint(ran *cobra.Command, err error) error {
	if codeOf(err) != exitUsage || Hint(err) != "" {
		return err
	}
	return WithHint(err, fmt.Sprintf("see %q", ran.CommandPath()+" --help"))
}

// codeOf returns the exit code of an error that is printed.
func codeOf(err error) int {
	if _, usage := errors.AsType[*UsageError](err); usage {
		return exitUsage
	}
	if coded, ok := errors.AsType[*codedError](err); ok {
		return coded.code
	}
	return ExitFailed
}
