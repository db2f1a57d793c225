package cmd_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// underEmulator is "wps emulator -- signaled OUT IN".
type underEmulator struct {
	served
	terminal *os.File      // the terminal that types; nil: wps has none
	reports  *bufio.Reader // of the command
	out, in  *os.File      // FIFOs of the command
	pid      int           // of the command
}

// startUnderEmulator starts wps as the leader of a session, with a terminal or
// without one, and waits until the command handles signals.
func startUnderEmulator(t *testing.T, terminal bool) *underEmulator {
	t.Helper()
	dir := t.TempDir()
	u := &underEmulator{}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, in := fifo(t, dir, "out"), fifo(t, dir, "in")
	u.out, u.in = openFIFO(t, out), openFIFO(t, in)
	u.reports = bufio.NewReader(u.out)
	command := filepath.Join(dir, "signaled") // by this name the test binary is that program
	if err := os.Symlink(self, command); err != nil {
		t.Fatal(err)
	}
	u.Cmd = wpsCommand(t, t.TempDir(), "emulator", "--", command, out, in)
	u.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if terminal {
		u.attachTerminal(t)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	u.pipe, u.stderr, u.Stderr = r, bufio.NewReader(r), w
	if err := u.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() { u.killAll() })
	if u.pid, err = strconv.Atoi(u.report(t)); err != nil {
		t.Fatal(err)
	}
	return u
}

// attachTerminal makes a new terminal the one of wps and of all it starts.
func (u *underEmulator) attachTerminal(t *testing.T) {
	t.Helper()
	var err error
	if u.terminal, err = os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0); err != nil {
		t.Fatalf("open a pseudo-terminal: %v", err)
	}
	t.Cleanup(func() { u.terminal.Close() })
	fd := int(u.terminal.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	side, err := os.OpenFile(fmt.Sprint("/dev/pts/", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { side.Close() })
	u.Stdin = side
	u.SysProcAttr.Setctty, u.SysProcAttr.Ctty = true, 0
}

// openFIFO opens a FIFO without waiting for its other end.
func openFIFO(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

// killAll ends wps, its command, and what shares their groups.
func (u *underEmulator) killAll() {
	for _, pid := range []int{u.pid, u.Process.Pid} {
		if pid > 0 {
			_ = syscall.Kill(-pid, syscall.SIGKILL)
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// report returns the next line of the command.
func (u *underEmulator) report(t *testing.T) string {
	t.Helper()
	_ = u.out.SetReadDeadline(time.Now().Add(patience))
	line, err := u.reports.ReadString('\n')
	if err != nil {
		t.Fatalf("the command reports nothing: %v", err)
	}
	return strings.TrimSpace(line)
}

// receives checks the next signals of the command, in any order.
func (u *underEmulator) receives(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for range want {
		got = append(got, u.report(t))
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("the command received %v, want %v", got, want)
	}
}

// request causes a request to stop: Ctrl-C at the terminal, or a signal to wps
// alone.
func (u *underEmulator) request(t *testing.T, s syscall.Signal) {
	t.Helper()
	if u.terminal == nil {
		u.send(t, s)
		return
	}
	if _, err := u.terminal.WriteString("\x03"); err != nil {
		t.Fatal(err)
	}
}

// exit ends the command with an exit code, after which wps must end with want, and
// the command must have received nothing more.
func (u *underEmulator) exit(t *testing.T, code int) {
	t.Helper()
	if _, err := fmt.Fprintln(u.in, code); err != nil {
		t.Fatal(err)
	}
	u.exits(t, code)
}

// exits waits for the end of wps.
func (u *underEmulator) exits(t *testing.T, want int) {
	t.Helper()
	limited, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	defer context.AfterFunc(limited, u.killAll)()
	_ = u.pipe.SetReadDeadline(time.Time{})
	go func() { _, _ = io.Copy(io.Discard, u.stderr) }() // ends with wps
	_ = u.Wait()                                         // its state says it all
	if got := u.ProcessState.ExitCode(); got != want || limited.Err() != nil {
		t.Errorf("wps ended with %v, want exit code %d", u.ProcessState, want)
	}
	if err := syscall.Kill(u.pid, 0); err != syscall.ESRCH {
		t.Errorf("the command is left: %v", err)
	}
	_ = u.out.SetReadDeadline(time.Now().Add(time.Millisecond)) // whatever it wrote is there
	if rest, _ := io.ReadAll(u.reports); len(rest) > 0 {
		t.Errorf("the command received more: %q", rest)
	}
}

// TestCommandAndCtrlC checks that the first Ctrl-C at a terminal, which reaches the
// command by itself, only makes wps wait for it, that the second one is SIGTERM, and
// that the third one kills.
func TestCommandAndCtrlC(t *testing.T) {
	t.Parallel()
	for times := 1; times <= 3; times++ {
		t.Run(fmt.Sprint(times), func(t *testing.T) {
			t.Parallel()
			u := startUnderEmulator(t, true)
			u.request(t, syscall.SIGINT)
			u.receives(t, "interrupt")
			u.line(t, "to end; Ctrl-C again sends SIGTERM")
			if times == 1 {
				u.exit(t, 7)
				return
			}
			u.request(t, syscall.SIGINT)
			u.receives(t, "interrupt", "terminated")
			u.line(t, "it is killed in 5s, or by another Ctrl-C")
			if times == 2 {
				u.exit(t, 7)
				return
			}
			_, _ = u.terminal.WriteString("\x03") // it may be killed before it reports this one
			u.line(t, "killed ")
			u.killed(t)
		})
	}
}

// killed waits for the end of wps after it has killed the command.
func (u *underEmulator) killed(t *testing.T) {
	t.Helper()
	_ = u.Wait()
	if got := u.ProcessState.ExitCode(); got != 128+9 {
		t.Errorf("wps ended with %v, want exit code 137", u.ProcessState)
	}
	if err := syscall.Kill(u.pid, 0); err != syscall.ESRCH {
		t.Errorf("the command is left: %v", err)
	}
}

// TestCommandAndSignals checks that a signal that only wps receives is passed
// on, with a terminal and without one.
func TestCommandAndSignals(t *testing.T) {
	t.Parallel()
	for s, name := range map[syscall.Signal]string{syscall.SIGINT: "interrupt", syscall.SIGTERM: "terminated", syscall.SIGHUP: "hangup"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := startUnderEmulator(t, false)
			u.request(t, s)
			u.receives(t, name)
			u.exit(t, 7)
		})
	}
	for s, name := range map[syscall.Signal]string{syscall.SIGTERM: "terminated", syscall.SIGHUP: "hangup"} {
		t.Run("terminal/"+name, func(t *testing.T) {
			t.Parallel()
			u := startUnderEmulator(t, true)
			u.send(t, s)
			u.receives(t, name)
			u.exit(t, 7)
		})
	}
}

// TestCommandIsKilled checks the stages of a command that ends at no signal.
func TestCommandIsKilled(t *testing.T) {
	t.Parallel()
	u := startUnderEmulator(t, false)
	u.send(t, syscall.SIGTERM)
	u.receives(t, "terminated")
	u.line(t, "to end; Ctrl-C again kills it")
	u.send(t, syscall.SIGINT)
	u.line(t, "killed ")
	u.killed(t)
}

// TestCommandLosesItsTerminal checks that the end of the terminal is passed on.
func TestCommandLosesItsTerminal(t *testing.T) {
	t.Parallel()
	u := startUnderEmulator(t, true)
	u.terminal.Close()
	u.receives(t, "hangup")
	u.exit(t, 7)
}

// TestCommandLeavesItsProcesses checks that what a command leaves running lives on
// when it ends by itself.
func TestCommandLeavesItsProcesses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pid")
	c := wpsCommand(t, t.TempDir(), "emulator", "--", "sh", "-c", `sleep 1000 >&- 2>&- & echo $! >`+file)
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Errorf("process %d: %v, want it to live on", pid, err)
	}
}
