package proctree

import (
	"bytes"
	"errors"
	"os"
	"strconv"
	"strings"
)

// process is what /proc says of a process.
type process struct {
	pid, parent, group, session int
	zombie                      bool
}

var errForm = errors.New("unexpected form of /proc/PID/stat")

// read returns what /proc says of a process.
func read(pid int) (process, error) {
	b, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return process{}, err
	}
	// The name of the program may hold anything, but no later field a parenthesis.
	fields := strings.Fields(string(b[bytes.LastIndexByte(b, ')')+1:]))
	if len(fields) < 4 {
		return process{}, errForm
	}
	p := process{pid: pid, zombie: fields[0] == "Z" || fields[0] == "X"}
	for i, to := range []*int{&p.parent, &p.group, &p.session} {
		if *to, err = strconv.Atoi(fields[i+1]); err != nil {
			return process{}, errForm
		}
	}
	return p, nil
}

// hasVariable reports whether the process was started with a variable, NAME=value.
// The environment is not known, or is empty, while the process starts a program.
func (p process) hasVariable(pair string) (has, known bool) {
	env, err := os.ReadFile("/proc/" + strconv.Itoa(p.pid) + "/environ")
	if err != nil || len(env) == 0 {
		return false, false
	}
	return bytes.Contains(append([]byte{0}, env...), []byte("\x00"+pair+"\x00")), true
}

// adoptedChildren returns the children of the first thread of this process, which
// adopts orphans; it may have started others itself.
func adoptedChildren() []int {
	self := strconv.Itoa(os.Getpid())
	b, err := os.ReadFile("/proc/self/task/" + self + "/children")
	if err != nil { // a kernel without that file
		return childrenOf(os.Getpid(), all())
	}
	var pids []int
	for word := range strings.FieldsSeq(string(b)) {
		if pid, err := strconv.Atoi(word); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// all returns every process that /proc shows.
func all() (processes []process) {
	dir, err := os.Open("/proc")
	if err != nil {
		return nil
	}
	defer dir.Close()
	names, _ := dir.Readdirnames(-1) // what could be read counts
	for _, name := range names {
		if pid, err := strconv.Atoi(name); err == nil {
			if p, err := read(pid); err == nil {
				processes = append(processes, p)
			}
		}
	}
	return processes
}

func childrenOf(pid int, among []process) (pids []int) {
	for _, p := range among {
		if p.parent == pid {
			pids = append(pids, p.pid)
		}
	}
	return pids
}

// descendants returns the processes below one, nearest first.
func descendants(pid int) []int {
	processes := all()
	pids := childrenOf(pid, processes)
	for i := 0; i < len(pids) && i < len(processes); i++ {
		pids = append(pids, childrenOf(pids[i], processes)...)
	}
	return pids
}
