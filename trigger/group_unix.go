//go:build unix

package trigger

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"

	"wps/internal/proctree"
)

// shell returns the command that runs a line.
func shell(line string) []string { return []string{"sh", "-c", line} }

// group is a process and all that it starts and that stays in its process group.
// It may be killed concurrently.
type group struct {
	pid    int
	tree   *proctree.Tree
	signal func(pid int, s syscall.Signal) error // syscall.Kill

	mu    sync.Mutex
	ended bool // the number of the group may belong to other processes
}

// startGroup starts a command as the leader of a new group.
func startGroup(cmd *exec.Cmd) (*group, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	tree, err := proctree.Start(cmd)
	if err != nil {
		return nil, err
	}
	return &group{pid: cmd.Process.Pid, tree: tree, signal: syscall.Kill}, nil
}

// kill ends every process of the group; after wait it does nothing.
func (g *group) kill() { g.signalAll(false) }

// end kills what is left of the group and makes kill do nothing.
func (g *group) end() { g.signalAll(true) }

func (g *group) signalAll(last bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.ended {
		_ = g.signal(-g.pid, syscall.SIGKILL) // no process is left: good
	}
	g.ended = g.ended || last
}

// wait waits until the command has ended, and kills what it left running. Where
// the system allows it the group is killed before the leader is waited for: from
// then on the number of a group without members may be given to another one.
func (g *group) wait(cmd *exec.Cmd) error {
	defer g.tree.Done()
	if awaitExit(g.pid) {
		g.end()
		g.tree.Kill()
		return cmd.Wait()
	}
	defer g.end()
	return cmd.Wait()
}

// signalOf returns a text about the signal that ended a process, "" for none.
func signalOf(s *os.ProcessState) string {
	if status, ok := s.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return "ended by the signal " + strconv.Quote(status.Signal().String())
	}
	return ""
}

// environTooLarge reports whether a process could not start because of the size
// of its environment, so that a retry would fail as well.
func environTooLarge(err error) bool { return errors.Is(err, syscall.E2BIG) }
