package emulatorcmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"time"

	"wps/cmd/internal/cli"
	"wps/token"
)

// childGrace is how long a child has after an interrupt before it is killed.
const childGrace = 10 * time.Second

// runChild runs a command with the connection string in its environment and
// gives its exit code as an error. Ctrl-C on a terminal reaches the child by
// itself; when only wps is told to stop, it passes that on.
func runChild(ctx context.Context, env *cli.Env, cs token.ConnectionString, command []string) error {
	child := exec.CommandContext(ctx, command[0], command[1:]...)
	child.Stdin, child.Stdout, child.Stderr = env.Stdin, env.Out.Stdout, env.Out.Stderr
	child.Env = append(os.Environ(),
		"WPS_CONNECTION_STRING="+cs.Reveal(),
		"WebPubSubConnectionString="+cs.Reveal())
	child.Cancel = func() error { return interrupt(child.Process) }
	child.WaitDelay = childGrace
	err := child.Run()
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &exit) && exit.ExitCode() > 0:
		return cli.ExitCode(exit.ExitCode())
	case ctx.Err() != nil:
		return cli.ExitCode(cli.ExitInterrupted)
	case errors.As(err, &exit): // ended by a signal: what a shell would say
		return cli.ExitCode(128 + signalOf(exit.ProcessState))
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return cli.Usage(fmt.Sprintf("run %s: command not found", command[0]), "the words behind -- are a program and its arguments; a shell line needs sh -c '...'")
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return cli.Usage(fmt.Sprintf("run %s: %v", command[0], path.Err), "the word behind -- must be a program that may be run")
	}
	return fmt.Errorf("run %s: %v", command[0], err)
}
