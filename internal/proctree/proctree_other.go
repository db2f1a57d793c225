//go:build !linux

package proctree

import (
	"os"
	"os/exec"
)

// Adopt does nothing: only Linux gives a program the orphans of its children.
func Adopt() error { return nil }

// KillOrphans does nothing.
func KillOrphans() {}

func start(cmd *exec.Cmd, _ bool) (*Tree, error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &Tree{pid: cmd.Process.Pid}, nil
}

// Kill does nothing.
func (t *Tree) Kill() {}

// Done does nothing.
func (t *Tree) Done() {}

// Signal sends a signal to the command itself.
func (t *Tree) Signal(s os.Signal) {
	if p, err := os.FindProcess(t.pid); err == nil {
		_ = p.Signal(s)
		_ = p.Release()
	}
}
