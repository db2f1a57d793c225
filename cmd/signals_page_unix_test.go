//go:build unix

package cmd_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"wps/emulator/emulatortest"
	"wps/token"
)

// signalRow is a command of a row of docs/signals.md, and how the test knows that it
// is at work: a line with ready on stderr or stdout, or, if that is empty, that a
// service which never answers has received its request.
type signalRow struct {
	args  string
	ready string
	code  string // of the row, if it is another column's
}

// signalRows are the commands of the page. TestSignals fails if one is missing.
var signalRows = map[string]signalRow{
	"wps listen":              {args: "listen --addr localhost:0 --on connect :accept", ready: "ready;"},
	"wps listen --tunnel":     {args: "listen --tunnel --hub chat --on connect :accept", ready: "ready;"},
	"wps emulator":            {args: "emulator --addr localhost:0", ready: "Endpoint="},
	"wps emulator -- COMMAND": {args: "emulator -- sh -c", ready: "command is ready", code: "7"},
	"wps negotiate --serve":   {args: "negotiate --serve localhost:0", ready: "ready;"},
	"wps connect":             {args: "connect", ready: "connected as"},
	"wps connect --count":     {args: "connect --count 2 --wait 1h", ready: "connected as"},
	"wps emulator events -f":  {args: "emulator events -f --recent 9", ready: "message"},
	"wps apply":               {args: "apply --timeout 1h -"},
	"wps send --lines":        {args: "send --lines --timeout 1h"},
	"wps bench":               {args: "bench send --timeout 1h --duration 1h --warmup 0s"},
	"wps trigger":             {args: "trigger connect --no-validate --timeout 1h"},
	"any other command":       {args: "send --timeout 1h hi"},
}

// TestSignals checks the first request to stop of every command on docs/signals.md,
// as SIGINT, SIGTERM and SIGHUP: the exit code is that of the page.
func TestSignals(t *testing.T) {
	t.Parallel()
	codes := signalCodes(t)
	for name, row := range signalRows {
		if row.code == "" {
			row.code = codes[name]
		}
		if _, ok := codes[name]; !ok {
			t.Errorf("docs/signals.md has no row %q", name)
		}
		delete(codes, name)
		for signal, s := range map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP} {
			t.Run(strings.ReplaceAll(name, " ", "_")+"/"+signal, func(t *testing.T) {
				t.Parallel()
				want, err := strconv.Atoi(row.code)
				if err != nil {
					t.Fatal(err)
				}
				c := startRow(t, row)
				if err := c.Process.Signal(s); err != nil {
					t.Fatal(err)
				}
				if got := waitFor(t, c); got.ExitCode() != want {
					t.Errorf("after SIG%s: %v, want exit code %d", signal, got, want)
				}
			})
		}
	}
	for name := range codes {
		t.Errorf("the row %q of docs/signals.md is not tested", name)
	}
}

// TestSecondSignal checks that the second request ends a command at once that has
// something under way.
func TestSecondSignal(t *testing.T) {
	t.Parallel()
	c := startRow(t, signalRows["wps apply"])
	for _, s := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} { // two of a kind may be taken for one
		if err := c.Process.Signal(s); err != nil {
			t.Fatal(err)
		}
	}
	status, ok := waitFor(t, c).Sys().(syscall.WaitStatus)
	if !ok || !status.Signaled() {
		t.Errorf("after two signals: %v, want it ended by one", c.ProcessState)
	}
}

// signalCodes returns the exit codes of the rows of the page.
func signalCodes(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash("../docs/signals.md"))
	if err != nil {
		t.Fatal(err)
	}
	codes := map[string]string{}
	_, table, _ := strings.Cut(string(text), "|---|---|---|---|---|\n")
	for line := range strings.Lines(table) {
		cells := strings.Split(line, " | ")
		if len(cells) != 5 {
			break
		}
		codes[strings.Trim(cells[0], "|` ")] = cells[2]
	}
	return codes
}

// startRow starts the command of a row, and waits until it is at work.
func startRow(t *testing.T, row signalRow) *exec.Cmd {
	t.Helper()
	args := strings.Fields(row.args)
	service := emulatortest.Run(t).ConnectionString
	var asked <-chan struct{}
	if row.ready == "" {
		service, asked = silentService(t)
	} else if code, _, stderr := run(t, map[string]string{"WPS_CONNECTION_STRING": service.Reveal(), "WPS_HUB": "chat"}, "send", "hi"); code != 0 {
		t.Fatal(stderr) // it is the event of the row about events
	}
	switch args[0] {
	case "trigger":
		args = append(args, "--to", service.Endpoint.String())
	case "emulator":
		if args[len(args)-1] == "-c" {
			args = append(args, `trap 'exit 7' INT TERM HUP; echo command is ready; while :; do sleep 0.01; done`)
		}
	}
	c := wpsCommand(t, t.TempDir(), args...)
	c.Env = append(c.Env, "WPS_CONNECTION_STRING="+service.Reveal())
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true} // the terminal of the test is none of its
	stdin, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	c.Stdout, c.Stderr = w, w
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	t.Cleanup(func() { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) })
	if row.ready == "" {
		if _, err := io.WriteString(stdin, `{"type":"MessageEvent","message":"hi","dataType":"text"}`+"\n"); err != nil {
			t.Fatal(err)
		}
	}
	s := &served{Cmd: c, pipe: r, stderr: bufio.NewReader(r)}
	switch {
	case asked != nil:
		select {
		case <-asked:
		case <-time.After(patience):
			t.Fatal("the service was not asked")
		}
	case row.ready != "":
		s.line(t, row.ready)
	}
	_ = r.SetReadDeadline(time.Time{})
	go func() { _, _ = io.Copy(io.Discard, s.stderr) }() // ends with the command
	return c
}

// silentService accepts connections and never answers. The channel is closed when
// it has received something.
func silentService(t *testing.T) (token.ConnectionString, <-chan struct{}) {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	asked := make(chan struct{})
	go func() { // ends with the listener
		for first := true; ; first = false {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if _, err := c.Read(make([]byte, 1)); err == nil && first {
				close(asked)
			}
			t.Cleanup(func() { c.Close() })
		}
	}()
	cs, err := token.ParseConnectionString("Endpoint=http://" + l.Addr().String() + ";AccessKey=" + secretKey + ";Version=1.0;")
	if err != nil {
		t.Fatal(err)
	}
	return cs, asked
}

// waitFor waits for the end of a command.
func waitFor(t *testing.T, c *exec.Cmd) *os.ProcessState {
	t.Helper()
	limited, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	defer context.AfterFunc(limited, func() { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) })()
	_ = c.Wait() // its state says it all
	if limited.Err() != nil {
		t.Error("the command did not end")
	}
	return c.ProcessState
}
