//go:build unix

package cmd_test

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// served is a wps that serves hooks: one for connect events, which reports its
// process id and then waits.
type served struct {
	*exec.Cmd
	url    string // where it serves; of the emulator, the connection string
	stderr *bufio.Reader
	pipe   *os.File // that stderr reads
	temp   string   // its TMPDIR
	pids   string   // a FIFO to which the hook writes
}

// serveHook starts wps with a hook, and waits until it is ready. The arguments
// follow --on connect HOOK.
func serveHook(t *testing.T, hook string, args ...string) *served {
	t.Helper()
	dir := t.TempDir()
	s := &served{temp: t.TempDir(), pids: fifo(t, dir, "pids")}
	script := filepath.Join(dir, "hook.sh")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"+strings.ReplaceAll(hook, "PIDS", s.pids)+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	command := append([]string{args[0], "--addr", "localhost:0", "--on", "connect", script}, args[1:]...)
	s.Cmd = wpsCommand(t, s.temp, command...)
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	s.pipe, s.stderr = r, bufio.NewReader(r)
	t.Cleanup(func() { r.Close() })
	s.Cmd.Stderr = w
	out, err := s.Cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() { _ = s.Process.Kill() })
	if json := slices.Contains(args, "json"); json || args[0] == "emulator" {
		line, err := bufio.NewReader(out).ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		s.url = strings.TrimSpace(line)
		if json {
			_, s.url, _ = strings.Cut(strings.TrimSuffix(s.url, `"}`), `"url":"`)
		}
		return s
	}
	_, s.url, _ = strings.Cut(s.line(t, "listening for events: "), "events: ")
	s.line(t, "ready;")
	return s
}

// wpsCommand returns a command that runs wps with a folder for temporary files.
func wpsCommand(t *testing.T, temp string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.Command(self, args...)
	c.Args[0] = "wps" // by this name the test binary is wps
	c.Env = append(os.Environ(), "TMPDIR="+temp, "WPS_HUB=chat", "WPS_CONNECTION_STRING=(unset)", "NO_COLOR=1")
	return c
}

func fifo(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// line reads stderr up to the line that contains text, and returns that line.
func (s *served) line(t *testing.T, text string) string {
	t.Helper()
	_ = s.pipe.SetReadDeadline(time.Now().Add(patience))
	for {
		line, err := s.stderr.ReadString('\n')
		if strings.Contains(line, text) {
			return strings.TrimSpace(line)
		}
		if err != nil {
			t.Fatalf("stderr has no line with %q: %v", text, err)
		}
	}
}

// event causes a connect event and returns what the hook wrote to PIDS: its
// process id.
func (s *served) event(t *testing.T) (pid int) {
	t.Helper()
	args := []string{"connect", "--wait", "1m"}
	if s.Args[1] == "listen" {
		args = []string{"trigger", "connect", "--no-validate", "--to", s.url}
	}
	c := wpsCommand(t, t.TempDir(), args...)
	if s.Args[1] == "emulator" {
		c.Env = append(c.Env, "WPS_CONNECTION_STRING="+s.url)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	return number(t, s.pids)
}

// number reads a number from a FIFO.
func number(t *testing.T, path string) int {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0) // does not wait for a writer
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	_ = f.SetReadDeadline(time.Now().Add(patience))
	line, err := bufio.NewReader(f).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	n, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// send sends a signal to wps.
func (s *served) send(t *testing.T, signals ...syscall.Signal) {
	t.Helper()
	for _, sig := range signals {
		if err := s.Process.Signal(sig); err != nil {
			t.Fatal(err)
		}
	}
}

// ends waits for the end of wps and checks its exit code, that the process pid has
// ended, and that no temporary file is left.
func (s *served) ends(t *testing.T, code, pid int) {
	t.Helper()
	limited, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	defer context.AfterFunc(limited, func() { _ = s.Process.Kill() })()
	_ = s.pipe.SetReadDeadline(time.Time{})
	go func() { _, _ = io.Copy(io.Discard, s.stderr) }() // ends with wps
	_ = s.Cmd.Wait()                                     // its state says it all
	if got := s.ProcessState.ExitCode(); got != code || limited.Err() != nil {
		t.Errorf("wps ended with %v, want exit code %d", s.ProcessState, code)
	}
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		t.Errorf("the hook is left: kill(%d, 0) = %v", pid, err)
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
	left, err := os.ReadDir(s.temp)
	if err != nil || len(left) > 0 {
		t.Errorf("left in TMPDIR: %v, %v", left, err)
	}
}

// stuck is a hook that does not end by itself.
const stuck = `echo $$ >PIDS; exec tail -f /dev/null`

// services are the commands that run hooks, with a limit for hooks that the tests
// do not reach.
var services = map[string][]string{
	"listen":   {"listen", "--hook-timeout", "10m"},
	"emulator": {"emulator", "--hook-timeout", "10m"},
}

// TestSecondSignalKillsHooks checks that after the first request to stop, of any
// kind, the second one ends running hooks at once.
func TestSecondSignalKillsHooks(t *testing.T) {
	t.Parallel()
	for name, args := range services {
		for first, sig := range map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP} {
			t.Run(name+"/"+first, func(t *testing.T) {
				t.Parallel()
				s := serveHook(t, stuck, args...)
				pid := s.event(t)
				s.send(t, sig)
				s.line(t, "waiting for 1 hook to finish")
				s.send(t, syscall.SIGHUP, syscall.SIGTERM) // a hang-up is never the second
				s.ends(t, 130, pid)
			})
		}
	}
}

// TestFirstSignalLetsHooksFinish checks that a hook that ends soon after the first
// signal is not killed.
func TestFirstSignalLetsHooksFinish(t *testing.T) {
	t.Parallel()
	for name, args := range services {
		for first, sig := range map[string]syscall.Signal{"TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP} {
			t.Run(name+"/"+first, func(t *testing.T) {
				t.Parallel()
				finish := fifo(t, t.TempDir(), "finish")
				s := serveHook(t, `echo $$ >PIDS; read line <`+finish+`; echo finished >&2`, args...)
				pid := s.event(t)
				s.send(t, sig)
				s.line(t, "waiting for 1 hook to finish")
				f, err := os.OpenFile(finish, os.O_RDWR, 0)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if _, err := f.WriteString("go\n"); err != nil {
					t.Fatal(err)
				}
				s.line(t, "finished")
				s.ends(t, 0, pid)
			})
		}
	}
}

// TestEmulatorGraceOfHooks checks that the grace of hooks begins at the signal,
// whatever --hook-timeout is.
func TestEmulatorGraceOfHooks(t *testing.T) {
	t.Parallel()
	s := serveHook(t, stuck, services["emulator"]...)
	pid := s.event(t)
	s.send(t, syscall.SIGTERM)
	s.ends(t, 0, pid)
}
