//go:build unix

package emulatorcmd

import (
	"os"
	"os/exec"
	"syscall"

	"wps/cmd/internal/stdio"
	"wps/internal/proctree"
)

// target is a command with what it has started, as far as signals reach it.
type target struct {
	pid  int
	tree *proctree.Tree
	// shares reports that the command is in the process group of wps, so that it can
	// use the terminal. Without a terminal it has a group of its own.
	shares bool
}

// startTarget starts a command.
func startTarget(cmd *exec.Cmd) (*target, error) {
	t := &target{}
	t.shares, _ = stdio.Foreground()
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: !t.shares}
	var err error
	if t.tree, err = proctree.StartUnmarked(cmd); err != nil {
		return nil, err
	}
	t.pid = cmd.Process.Pid
	return t, nil
}

// hasFromTerminal reports whether the terminal has sent a signal to the command as
// it has to wps, for Ctrl-C. A terminal that closes may reach only wps.
func (t *target) hasFromTerminal(s os.Signal) bool {
	if !t.shares || s != syscall.SIGINT {
		return false
	}
	_, foreground := stdio.Foreground()
	return foreground
}

// signal sends a signal to all processes of the command that the system lets wps
// find: its group, if it has one, and on Linux its descendants.
func (t *target) signal(s os.Signal) {
	number, ok := s.(syscall.Signal)
	if ok && !t.shares {
		_ = syscall.Kill(-t.pid, number)
		if s != os.Kill {
			return
		}
	}
	t.tree.Signal(s)
}

// done is called after the command has ended. If it was stopped, what is left of
// its own group ends too.
func (t *target) done(stopped bool) {
	t.tree.Done()
	if stopped && !t.shares {
		_ = syscall.Kill(-t.pid, syscall.SIGKILL) // the number is not free while the group has members
	}
}

// signalOf returns the number of the signal that ended a process.
func signalOf(s *os.ProcessState) int {
	if status, ok := s.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return int(status.Signal())
	}
	return 1
}
