package proctree

import (
	"crypto/rand"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// adopted is what this process knows of its children.
var adopted = struct {
	// starting is held for reading while a command starts, so that who holds it for
	// writing knows all commands.
	starting sync.RWMutex

	mu    sync.Mutex
	on    bool         // Adopt was called
	run   string       // distinguishes the marks of this process
	count int          // of marks
	ours  map[int]bool // commands that their callers wait for
}{ours: map[int]bool{}}

// Adopt makes this process the parent of processes whose parent has ended and that
// a child of it started. From then on it must start all commands with this package
// that get a process group of their own.
func Adopt() error {
	adopted.mu.Lock()
	defer adopted.mu.Unlock()
	if adopted.on {
		return nil
	}
	if err := unix.Prctl(unix.PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); err != nil {
		return err
	}
	adopted.on, adopted.run = true, rand.Text()
	return nil
}

func start(cmd *exec.Cmd, marked bool) (*Tree, error) {
	adopted.starting.RLock()
	defer adopted.starting.RUnlock()
	t := &Tree{}
	if marked {
		t.mark = newMark()
	}
	if t.mark != "" {
		if cmd.Env == nil {
			cmd.Env = os.Environ()
		}
		cmd.Env = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], t.mark)
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	t.pid = cmd.Process.Pid
	adopted.mu.Lock()
	defer adopted.mu.Unlock()
	adopted.ours[t.pid] = true
	return t, nil
}

// newMark returns the mark of a new tree, "" without Adopt.
func newMark() string {
	adopted.mu.Lock()
	defer adopted.mu.Unlock()
	if !adopted.on {
		return ""
	}
	adopted.count++
	return Variable + "=" + adopted.run + "-" + strconv.Itoa(adopted.count)
}

// Done means that the command has been waited for.
func (t *Tree) Done() {
	adopted.mu.Lock()
	defer adopted.mu.Unlock()
	delete(adopted.ours, t.pid)
}

// Bounds of Kill: a tree that starts processes faster than they are killed is given
// up, and so is a process that the system cannot end.
const (
	maxRounds = 1000
	endLimit  = time.Second
	// A process whose environment cannot be read, because it starts a program at this
	// moment, is looked at again.
	unclearTries = 20
	unclearPause = 500 * time.Microsecond
)

// Kill ends the processes of the tree that this process has adopted, and waits for
// them. Those that left no trace of where they come from, by a new session and an
// environment of their own, are found only while one that did is their parent. The
// command itself has ended and has not been waited for: its number is its own.
func (t *Tree) Kill() {
	if t.mark == "" || len(strangers()) == 0 {
		return
	}
	known := map[int]bool{} // descendants of processes of the tree
	tries := unclearTries
	for range maxRounds {
		switch found, unclear := t.killRound(known); {
		case found:
		case !unclear || tries == 0:
			return
		default:
			tries--
			time.Sleep(unclearPause)
		}
	}
}

// killRound kills the children of this process that belong to the tree, whose own
// children it has afterwards, and reports whether there were any, and whether that
// is unclear of some.
func (t *Tree) killRound(known map[int]bool) (found, unclear bool) {
	adopted.starting.Lock()
	defer adopted.starting.Unlock()
	found = killStrangers(func(p process) bool {
		if p.group != t.pid && p.session != t.pid && !known[p.pid] {
			has, sure := p.hasVariable(t.mark)
			unclear = unclear || !sure
			if !has {
				return false
			}
		}
		for _, below := range descendants(p.pid) {
			known[below] = true
		}
		return true
	})
	return found, unclear
}

// KillOrphans kills all adopted processes outside the process group of this one, but
// for those of commands that were spared.
func KillOrphans() {
	if newMark() == "" {
		return
	}
	adopted.starting.Lock()
	defer adopted.starting.Unlock()
	for range maxRounds {
		if !killStrangers(func(p process) bool { has, _ := p.hasVariable(spared); return !has }) {
			return
		}
	}
}

// killStrangers kills the adopted processes that match, and waits for those that
// have ended. It reports whether it has killed any. Start must not run meanwhile.
func killStrangers(matches func(process) bool) (found bool) {
	for _, pid := range strangers() {
		p, err := read(pid)
		switch {
		case err != nil || p.group == unix.Getpgrp(): // or a command that does not come from this package
		case p.zombie:
			reap(pid, 0)
		case matches(p):
			found = true
			_ = syscall.Kill(pid, syscall.SIGKILL)
			reap(pid, endLimit)
		}
	}
	return found
}

// strangers returns the children of this process that no caller of this package
// waits for. Start must not run meanwhile.
func strangers() (pids []int) {
	adopted.mu.Lock()
	defer adopted.mu.Unlock()
	for _, pid := range adoptedChildren() {
		if !adopted.ours[pid] {
			pids = append(pids, pid)
		}
	}
	return pids
}

// reap waits for a child that is no command of ours, within limit.
func reap(pid int, limit time.Duration) {
	for began := time.Now(); ; time.Sleep(100 * time.Microsecond) {
		got, err := syscall.Wait4(pid, nil, syscall.WNOHANG, nil)
		if got == pid || err != nil && err != syscall.EINTR || time.Since(began) >= limit {
			return
		}
	}
}

// Signal sends a signal to the command and all its descendants.
func (t *Tree) Signal(s os.Signal) {
	number, ok := s.(syscall.Signal)
	if !ok {
		return
	}
	for _, pid := range append(descendants(t.pid), t.pid) {
		_ = syscall.Kill(pid, number)
	}
}
