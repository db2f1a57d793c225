//go:build unix

package trigger

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// shell is the command that reads a line.
func shell(line string) []string { return []string{"sh", "-c", line} }

// group is a process with all that it starts and that stays in its process
// group.
type group struct{ pid int }

// startGroup starts a command as the first of a new group.
func startGroup(cmd *exec.Cmd) (group, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		return group{}, err
	}
	return group{cmd.Process.Pid}, nil
}

// kill ends every process of the group.
func (g group) kill() { _ = syscall.Kill(-g.pid, syscall.SIGKILL) } // none is left: good

// close ends what the first process left behind. That one has been waited for;
// its number stays taken as long as the group has members.
func (g group) close() { g.kill() }

// signalOf tells of the signal that ended a process, "" for none.
func signalOf(s *os.ProcessState) string {
	if status, ok := s.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return "ended by the signal " + strconv.Quote(status.Signal().String())
	}
	return ""
}

// neverFits tells that a process could not start because of the size of its
// environment, which another try would not change.
func neverFits(err error) bool { return errors.Is(err, syscall.E2BIG) }
