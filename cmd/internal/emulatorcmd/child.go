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

// childGrace is how long a child may run after it was asked to end, before it is
// killed.
const childGrace = 10 * time.Second

// runChild runs a command with the connection string and the hub of --hub in its
// environment, and returns its exit code as an error. When ctx ends, the child is
// asked to end; a Ctrl-C at a terminal reaches it without wps.
func runChild(ctx context.Context, env *cli.Env, cs token.ConnectionString, command []string) error {
	child := exec.CommandContext(ctx, command[0], command[1:]...)
	child.Stdin, child.Stdout, child.Stderr = env.Stdin, env.Out.Stdout, env.Out.Stderr.Stream()
	child.Env = append(os.Environ(),
		"WPS_CONNECTION_STRING="+cs.Reveal(),
		"WebPubSubConnectionString="+cs.Reveal())
	if hub := env.Settings.HubFlag; hub != "" {
		child.Env = append(child.Env, "WPS_HUB="+hub)
	}
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
	case errors.As(err, &exit): // ended by a signal: the exit code of a shell
		return cli.ExitCode(128 + signalOf(exit.ProcessState))
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return cli.Usage(fmt.Sprintf("run %s: command not found", command[0]), "after --, give a program and its arguments; for a shell command use sh -c '...'")
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return cli.Usage(fmt.Sprintf("run %s: %v", command[0], path.Err), "the word after -- must be an executable program")
	}
	return fmt.Errorf("run %s: %v", command[0], err)
}
