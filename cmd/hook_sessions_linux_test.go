package cmd_test

import (
	"context"
	"syscall"
	"testing"
)

// leaving are hooks that do not end, and of which a process leaves session and parent
// and reports its id.
var leaving = map[string]string{
	"setsid":      `setsid sh -c 'echo $$ >PIDS; exec tail -f /dev/null' & exec tail -f /dev/null`,
	"double fork": `(setsid sh -c 'echo $$ >PIDS; exec tail -f /dev/null' &) & exec tail -f /dev/null`,
	"nohup":       `nohup setsid sh -c 'echo $$ >PIDS; exec tail -f /dev/null' 2>/dev/null & exec tail -f /dev/null`,
}

// TestHookLeavesNoSession checks that processes of a hook end with it, also those in
// a session of their own: when it is killed after its time limit, and when wps stops.
func TestHookLeavesNoSession(t *testing.T) {
	t.Parallel()
	requireProgram(t, "setsid")
	for name, hook := range leaving {
		for command, args := range map[string][]string{
			"listen/limit":   {"listen", "--hook-timeout", "1s"},
			"listen/stop":    {"listen", "--hook-timeout", "10m"},
			"emulator/limit": {"emulator", "--hook-timeout", "1s"},
			"emulator/stop":  {"emulator", "--hook-timeout", "10m"},
		} {
			t.Run(command+"/"+name, func(t *testing.T) {
				t.Parallel()
				s := serveHook(t, hook, args...)
				pid := s.event(t)
				if args[2] == "1s" {
					s.line(t, "did not answer in time")
					if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
						t.Errorf("process %d is left after its hook: %v", pid, err)
					}
					s.send(t, syscall.SIGTERM)
					s.ends(t, 0, pid)
					return
				}
				s.send(t, syscall.SIGTERM)
				s.line(t, "waiting for 1 hook to finish")
				s.send(t, syscall.SIGTERM)
				s.ends(t, 130, pid)
			})
		}
	}
}

// TestHookEndsWithItsSessions checks that when a hook ends by itself, what it left
// in another session is gone before its event is answered.
func TestHookEndsWithItsSessions(t *testing.T) {
	t.Parallel()
	requireProgram(t, "setsid")
	s := serveHook(t, `setsid sh -c 'echo $$ >PIDS; exec tail -f /dev/null' >/dev/null 2>&1 & read line <PIDS.go`, "listen")
	if err := syscall.Mkfifo(s.pids+".go", 0o600); err != nil {
		t.Fatal(err)
	}
	goOn := openFIFO(t, s.pids+".go")
	limited, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	c := wpsCommand(t, t.TempDir(), "trigger", "connect", "--no-validate", "--to", s.url)
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	defer context.AfterFunc(limited, func() { _ = c.Process.Kill() })()
	pid := number(t, s.pids)
	if _, err := goOn.WriteString("go\n"); err != nil {
		t.Fatal(err)
	}
	if err := c.Wait(); err != nil {
		t.Errorf("wps trigger: %v", err)
	}
	if err := syscall.Kill(pid, 0); err != syscall.ESRCH {
		t.Errorf("process %d is left after its event was answered: %v", pid, err)
	}
	s.send(t, syscall.SIGTERM)
	s.ends(t, 0, pid)
}
