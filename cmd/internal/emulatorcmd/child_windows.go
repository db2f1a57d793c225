package emulatorcmd

import (
	"os"
	"os/exec"
)

// target is a command. Windows has no signal to ask it to end with: a Ctrl-C of the
// console reaches it, and otherwise it is killed after its grace.
type target struct{ process *os.Process }

// startTarget starts a command.
func startTarget(cmd *exec.Cmd) (*target, error) {
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &target{cmd.Process}, nil
}

func (*target) hasFromTerminal(s os.Signal) bool { return s == os.Interrupt }

func (t *target) signal(s os.Signal) {
	if s == os.Kill {
		_ = t.process.Kill() // it may have ended
	}
}

func (*target) done(bool) {}

// signalOf returns 1: Windows has no signals.
func signalOf(*os.ProcessState) int { return 1 }
