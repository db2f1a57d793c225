package proctree_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"wps/internal/proctree"
)

// TestMain adopts, as a program does.
func TestMain(m *testing.M) {
	if err := proctree.Adopt(); err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// start starts a shell command in a group of its own, and returns the process ids
// that it printed, a line each, when it has closed its stdout or has ended.
func start(t *testing.T, line string) (*exec.Cmd, *proctree.Tree, []int) {
	t.Helper()
	cmd := exec.Command("sh", "-c", line)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd.Stdout = w
	tree, err := proctree.Start(cmd)
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(bufio.NewReader(r))
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for line := range strings.Lines(string(text)) {
		pid, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	if err := unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil); err != nil {
		t.Fatal(err)
	}
	return cmd, tree, pids
}

const forever = `exec sleep 1000 >&-`

// TestKill checks that no process that a command started is left, whichever way it
// left its parent, and that nothing of it is left as a zombie.
func TestKill(t *testing.T) {
	for name, line := range map[string]string{
		"in the group":                     `sh -c 'echo $$; ` + forever + `' &`,
		"a session":                        `setsid sh -c 'echo $$; ` + forever + `' &`,
		"a session after a double fork":    `(setsid sh -c 'echo $$; ` + forever + `' &) &`,
		"nohup":                            `nohup sh -c 'echo $$; ` + forever + `' 2>/dev/null &`,
		"a child of a session":             `setsid sh -c 'sh -c "echo \$\$; ` + forever + `" & echo $$; ` + forever + `' &`,
		"a clean environment in a session": `setsid sh -c 'env -i setsid sh -c "echo \$\$; ` + forever + `" & echo $$; ` + forever + `' &`,
		"one that has ended":               `setsid sh -c 'echo $$' &`,
		"ten sessions":                     `for i in 1 2 3 4 5 6 7 8 9 10; do setsid sh -c 'echo $$; ` + forever + `' & done`,
	} {
		t.Run(name, func(t *testing.T) {
			cmd, tree, pids := start(t, line)
			tree.Kill()
			if err := cmd.Wait(); err != nil {
				t.Errorf("Wait = %v, want nil: its state is its caller's", err)
			}
			tree.Done()
			if len(pids) == 0 {
				t.Error("no process was started")
			}
			for _, pid := range pids {
				if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
					t.Errorf("process %d is left: %v", pid, err)
					_ = syscall.Kill(pid, syscall.SIGKILL)
				}
			}
		})
	}
}

// TestKillOthers checks that the processes of another command live on.
func TestKillOthers(t *testing.T) {
	first, firstTree, firstPids := start(t, `setsid sh -c 'echo $$; `+forever+`' &`)
	second, secondTree, _ := start(t, `setsid sh -c 'echo $$; `+forever+`' &`)
	secondTree.Kill()
	if err := syscall.Kill(firstPids[0], 0); err != nil {
		t.Errorf("the process of the first command: %v, want it to live", err)
	}
	firstTree.Kill()
	if err := syscall.Kill(firstPids[0], 0); err != syscall.ESRCH {
		t.Errorf("the process of the first command is left: %v", err)
	}
	for _, cmd := range []*exec.Cmd{first, second} {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	firstTree.Done()
	secondTree.Done()
}

// TestKillOrphans checks that a process which hides where it came from ends with
// KillOrphans.
func TestKillOrphans(t *testing.T) {
	cmd, tree, pids := start(t, `env -i setsid sh -c 'echo $$; `+forever+`' & :`)
	tree.Kill()
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
	tree.Done()
	proctree.KillOrphans()
	if err := syscall.Kill(pids[0], 0); err != syscall.ESRCH {
		t.Errorf("process %d is left: %v", pids[0], err)
		_ = syscall.Kill(pids[0], syscall.SIGKILL)
	}
}

// TestSpare checks that what a spared command leaves in a session of its own lives
// on.
func TestSpare(t *testing.T) {
	cmd := exec.Command("sh", "-c", `setsid sh -c 'echo $$; `+forever+`' &`)
	proctree.Spare(cmd)
	cmd.Stderr = os.Stderr // not a pipe, which the process would keep open
	text, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	proctree.KillOrphans()
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Errorf("process %d: %v, want it to live on", pid, err)
	}
	_, _ = syscall.Wait4(pid, nil, 0, nil)
}

// TestKillTakesNoState checks that no exit code is lost while others are killed, of
// commands of this package and of others.
func TestKillTakesNoState(t *testing.T) {
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for n := range 20 {
				code := 1 + (i*20+n)%100
				cmd := exec.Command("sh", "-c", fmt.Sprintf("setsid true & exit %d", code))
				var exit *exec.ExitError
				if i%2 == 0 {
					if err := cmd.Run(); !errors.As(err, &exit) || exit.ExitCode() != code {
						t.Errorf("a command of others = %v, want exit code %d", err, code)
					}
					continue
				}
				cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
				tree, err := proctree.Start(cmd)
				if err != nil {
					t.Error(err)
					continue
				}
				_ = unix.Waitid(unix.P_PID, cmd.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
				tree.Kill()
				if err := cmd.Wait(); !errors.As(err, &exit) || exit.ExitCode() != code {
					t.Errorf("a command = %v, want exit code %d", err, code)
				}
				tree.Done()
			}
		})
	}
	all.Wait()
}

// TestSignal checks that a signal reaches the descendants of a command.
func TestSignal(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cmd := exec.Command("sh", "-c", `sh -c 'setsid sh -c "trap \"echo deepest; exit\" TERM; echo ready; while :; do sleep 0.01; done" & wait'; :`)
	cmd.Stdout = w
	tree, err := proctree.StartUnmarked(cmd)
	w.Close()
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(r)
	for _, want := range []string{"ready\n", "deepest\n"} {
		if got, err := lines.ReadString('\n'); got != want {
			t.Fatalf("the command printed %q, %v, want %q", got, err, want)
		}
		if want == "ready\n" {
			tree.Signal(syscall.SIGTERM)
		}
	}
	_ = cmd.Wait() // a signal ended it
	tree.Done()
}
