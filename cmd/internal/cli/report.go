package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"
)

// Report prints the error of the command that ran with args, with its hint, and
// returns the exit code. If JSON is asked for, the error is also the last line of
// stdout; what ends with an answer, such as no, has printed that.
func Report(ctx context.Context, env *Env, ran *cobra.Command, args []string, err error) int {
	var code ExitCode
	if err == nil {
		err = env.Out.helpErr
	}
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, ErrNo):
		return exitNo
	case errors.As(err, &code):
		return int(code)
	}
	json := env.Out.JSON() || asksJSON(args)
	if errors.Is(err, context.Canceled) && ctx.Err() != nil {
		if json {
			env.Out.printFailure(WithFailure(errors.New("interrupted"), Failure{Code: CodeInterrupted}))
		}
		return ExitInterrupted
	}
	env.Out.chooseColors() // Prepare has not run if the flags could not be parsed
	err = withHelpHint(ran, err)
	env.Out.PrintError(err)
	if json {
		env.Out.printFailure(err)
	}
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
