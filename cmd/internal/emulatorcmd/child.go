package emulatorcmd

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"

	"wps/cmd/internal/cli"
	"wps/token"
)

// runChild runs a command with the connection string, the hub of --hub and further
// variables in its environment, and returns its exit code as an error. When ctx ends, the command is
// stopped as [childStop] describes.
func runChild(ctx context.Context, env *cli.Env, cs token.ConnectionString, command, variables []string) error {
	requests := env.Signals.Requests()
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = env.Stdin, env.Out.Stdout, env.Out.Stderr.Stream()
	cmd.Env = append(os.Environ(),
		"WPS_CONNECTION_STRING="+cs.Reveal(),
		"WebPubSubConnectionString="+cs.Reveal())
	if hub := env.Settings.HubFlag; hub != "" {
		cmd.Env = append(cmd.Env, "WPS_HUB="+hub)
	}
	cmd.Env = append(cmd.Env, variables...)
	cmd.WaitDelay = childGrace // for streams that what it leaves running keeps open
	target, err := startTarget(cmd)
	if err != nil {
		return explainStart(command[0], err)
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // received below
	stop := childStop{env: env, name: command[0], target: target}
	err = stop.wait(ctx, requests, ended)
	target.done(stop.stage != running)
	return childCode(command[0], cmd.ProcessState, err)
}

// childCode returns the error of a command that has ended: its exit code, or as a
// shell does 128 and the number of the signal that ended it.
func childCode(name string, state *os.ProcessState, err error) error {
	var exit *exec.ExitError
	switch {
	case err == nil:
		return nil
	case state != nil && (errors.As(err, &exit) || errors.Is(err, exec.ErrWaitDelay)):
		if code := state.ExitCode(); code >= 0 {
			return exitCode(code)
		}
		return cli.ExitCode(128 + signalOf(state))
	}
	return fmt.Errorf("run %s: %v", name, err)
}

// exitCode returns an exit code as an error, nil for 0.
func exitCode(code int) error {
	if code == 0 {
		return nil
	}
	return cli.ExitCode(code)
}

// explainStart returns the error of a command that cannot be started.
func explainStart(name string, err error) error {
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		return cli.Usage(fmt.Sprintf("run %s: command not found", name), "after --, give a program and its arguments; for a shell command use sh -c '...'")
	}
	var path *fs.PathError
	if errors.As(err, &path) {
		return cli.Usage(fmt.Sprintf("run %s: %v", name, path.Err), "the word after -- must be an executable program")
	}
	return fmt.Errorf("run %s: %v", name, err)
}
