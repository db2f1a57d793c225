package cmd_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"wps/emulator/emulatortest"
)

// pty is a wps with a pseudo-terminal as its streams.
type pty struct {
	t      *testing.T
	master *os.File
	wps    *exec.Cmd

	mu   sync.Mutex
	text []byte // what it printed
	more chan struct{}
	exit chan error
}

// openPTY returns both ends of a pseudo-terminal of the given width.
func openPTY(t *testing.T, columns uint16) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatalf("open a pseudo-terminal: %v", err)
	}
	number, err := unix.IoctlGetInt(int(master.Fd()), unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(int(master.Fd()), unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(int(master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns})
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}

// startPTY runs wps on a pseudo-terminal, without colors.
func startPTY(t *testing.T, env map[string]string, args ...string) *pty {
	t.Helper()
	return startPTYOf(t, 80, env, append(args, "--color=never")...)
}

// startPTYOf runs wps on a pseudo-terminal of a width.
func startPTYOf(t *testing.T, columns uint16, env map[string]string, args ...string) *pty {
	t.Helper()
	master, slave := openPTY(t, columns)
	p := &pty{t: t, master: master, more: make(chan struct{}, 1), exit: make(chan error, 1)}
	wps, err := exec.LookPath("wps") // that of TestMain
	if err != nil {
		t.Fatal(err)
	}
	p.wps = exec.Command(wps, args...)
	p.wps.Env = append(os.Environ(), "TERM=xterm", "GORACE=atexit_sleep_ms=0")
	for name, value := range env {
		p.wps.Env = append(p.wps.Env, name+"="+value)
	}
	p.wps.Stdin, p.wps.Stdout, p.wps.Stderr = slave, slave, slave
	p.wps.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := p.wps.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	reads := make(chan struct{})
	go func() { defer close(reads); p.read() }()
	go func() { p.exit <- p.wps.Wait() }()
	t.Cleanup(func() {
		p.wps.Process.Kill()
		master.Close()
		<-reads
	})
	return p
}

func (p *pty) read() {
	buf := make([]byte, 32<<10)
	for {
		n, err := p.master.Read(buf)
		p.mu.Lock()
		p.text = append(p.text, buf[:n]...)
		p.mu.Unlock()
		select {
		case p.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// typed writes what a person types.
func (p *pty) typed(keys string) {
	p.t.Helper()
	if _, err := p.master.WriteString(keys); err != nil {
		p.t.Fatal(err)
	}
}

// sees waits until what was printed since the last call matches, and forgets it.
func (p *pty) sees(pattern string) string {
	p.t.Helper()
	want := regexp.MustCompile(pattern)
	late := time.After(patience)
	for {
		p.mu.Lock()
		at := want.FindIndex(p.text)
		if at != nil {
			seen := string(p.text[:at[1]])
			p.text = p.text[at[1]:]
			p.mu.Unlock()
			return seen
		}
		text := string(p.text)
		p.mu.Unlock()
		select {
		case <-p.more:
		case <-late:
			p.t.Fatalf("the terminal shows no %q: %q", pattern, text)
		}
	}
}

// ends waits for the end, with its exit code.
func (p *pty) ends(want int) {
	p.t.Helper()
	select {
	case <-p.exit:
		if got := p.wps.ProcessState.ExitCode(); got != want {
			p.t.Fatalf("exit code %d, want %d", got, want)
		}
	case <-time.After(patience):
		p.t.Fatal("it does not end")
	}
}

// ptyEnv returns the environment of a new emulator.
func ptyEnv(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{"WPS_CONNECTION_STRING": emulatortest.Run(t).ConnectionString.Reveal(), "WPS_HUB": "chat"}
}

// receiver connects a client that joins a group, and returns its output after n
// messages.
func receiver(t *testing.T, env map[string]string, n int, args ...string) (output func() string) {
	t.Helper()
	ready := filepath.Join(t.TempDir(), "ready")
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	c := exec.CommandContext(ctx, "wps", append([]string{"connect", "--count", fmt.Sprint(n), "--wait", "30s", "-q", "--ready-file", ready}, args...)...)
	c.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
	for name, value := range env {
		c.Env = append(c.Env, name+"="+value)
	}
	var out bytes.Buffer
	c.Stdout, c.Stderr = &out, &out
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cancel)
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for {
		if text, err := os.ReadFile(ready); err == nil && len(text) > 0 {
			break
		}
		select {
		case <-pace.C:
		case <-ctx.Done():
			t.Fatal("the receiver is not ready")
		}
	}
	return func() string {
		t.Helper()
		if err := c.Wait(); err != nil {
			t.Errorf("receiver: %v: %s", err, out.String())
		}
		return out.String()
	}
}

// TestPromptCommands uses each command of the prompt.
func TestPromptCommands(t *testing.T) {
	t.Parallel()
	env := ptyEnv(t)
	got := receiver(t, env, 6, "--join", "g1", "--join", "g 2", "--join", "g3")
	p := startPTY(t, env, "connect", "--user", "ana")
	p.sees(`connected as [0-9a-f]+, user "ana"\r\n`)
	p.sees(`/to group NAME or /to event NAME sets where your lines go; /help lists all commands`)
	p.typed("hello\r")
	p.sees(`wps: the line was not sent: it has no target\r\nhint: /to group NAME or /to event NAME sets one`)
	p.typed("/to group g1\r")
	p.sees(`your lines go to group "g1" of hub "chat"`)
	p.sees(`g1> `)
	p.typed("hello\r/json {\"a\": 1}\r//slash\r/send g3 to three\r")
	file := filepath.Join(t.TempDir(), "data.bin")
	if err := os.WriteFile(file, []byte{0xff, 0x00}, 0o600); err != nil {
		t.Fatal(err)
	}
	p.typed("/binary " + file + "\r")
	p.typed("/raw {\"type\":\"sendToGroup\",\"group\":\"g 2\",\"dataType\":\"text\",\"data\":\"raw\"}\r")
	p.typed("/join mine\r")
	p.sees(`joined group "mine"`)
	p.typed("/groups\r")
	p.sees(`Kmine\r\n`)
	p.typed("/send mine to myself\r")
	p.sees(`\[mine ana\] to myself\r\n`)
	p.typed("/leave mine\r")
	p.sees(`left group "mine"`)
	p.typed("/groups\r")
	p.sees("no group was joined")
	p.typed("/ping\r")
	p.sees("answered in ")
	p.typed("/to event nothing\r")
	p.sees(`as the event "nothing"`)
	p.typed("x\r")
	p.sees(`wps: the service refused the request|wps: [^\r]*InternalServerError[^\r]*\r\nhint: the event "nothing" failed`)
	for command, want := range map[string]string{
		"/bogus": `unknown command "/bogus"`, "/join": "an argument of /join is missing", "/ping x": "/ping has no argument", "/to nowhere": "neither a group nor an event",
		"/json {": "it is not JSON", "/binary no-such-file": "no-such-file: no such file", "/send g": "the text is missing", "/to": `your lines go as the event "nothing"`,
		"/help": "/raw FRAME ",
	} {
		p.typed(command + "\r")
		p.sees(regexp.QuoteMeta(want))
	}
	p.typed("/quit\r")
	p.sees(`closed with code 1000\r\n`)
	p.ends(0)
	want := "[g1 ana] hello\n[g1 ana] {\"a\": 1}\n[g1 ana] /slash\n[g3 ana] to three\n[g1 ana] /wA=\n[g 2 ana] raw\n"
	if out := got(); out != want {
		t.Errorf("received %q, want %q", out, want)
	}
}

// TestPromptKeepsLine: what arrives is printed above the line that is typed, which
// is drawn again and sent whole.
func TestPromptKeepsLine(t *testing.T) {
	t.Parallel()
	env := ptyEnv(t)
	got := receiver(t, env, 3, "--join", "g1")
	p := startPTY(t, env, "connect", "--to-group", "g1", "--join", "g2")
	p.sees("your lines go to group \"g1\" of hub \"chat\"")
	p.typed("half a li")
	p.sees("half a li")
	if code, _, stderr := run(t, env, "send", "--group", "g2", "two\nlines"); code != 0 {
		t.Fatal(stderr)
	}
	seen := p.sees(`\[g2\] two\r\n  lines\r\n.*g1> half a li`)
	if !strings.Contains(seen, "\x1b[") && !strings.Contains(seen, "\r") {
		t.Errorf("the line was not erased before the message: %q", seen)
	}
	// History and edit keys: Ctrl-A, Ctrl-K, up, left and backspace.
	p.typed("ne\r")
	p.typed("wrong\x01\x0bsecond\r")
	p.typed("\x1b[A\x1b[A\x1b[D\x7fN\r") // the first line again, its last but one character replaced
	p.typed("\x04")
	p.ends(0)
	if out, want := got(), "[g1] half a line\n[g1] second\n[g1] half a liNe\n"; out != want {
		t.Errorf("received %q, want %q", out, want)
	}
}

// TestPromptCompletes: the tab key completes commands and groups, or lists them.
func TestPromptCompletes(t *testing.T) {
	t.Parallel()
	env := ptyEnv(t)
	p := startPTY(t, env, "connect", "--join", "lobby", "--join", "lounge")
	p.sees("sets where your lines go")
	p.typed("/gr\t\r")
	p.sees(`Klobby\r\n`)
	p.sees(`Klounge\r\n`)
	p.typed("/to g\tlob\t\r")
	p.sees(`your lines go to group "lobby"`)
	p.typed("/leave lo\t")
	p.sees(`lobby  lounge\r\n`)
	p.typed("u\t\r")
	p.sees(`left group "lounge"`)
	p.typed("/quit\r")
	p.ends(0)
}

// TestPromptInterrupt: Ctrl-C ends the command like any interrupt, also in the
// middle of a line, and the terminal is an ordinary one afterwards.
func TestPromptInterrupt(t *testing.T) {
	t.Parallel()
	env := ptyEnv(t)
	master, slave := openPTY(t, 80)
	defer master.Close()
	before, err := unix.IoctlGetTermios(int(slave.Fd()), unix.TCGETS)
	if err != nil {
		t.Fatal(err)
	}
	slave.Close()
	for _, end := range []string{"half\x03", "\x03", "\x04"} {
		p := startPTY(t, env, "connect", "--to-group", "g1")
		p.sees("Ctrl-C disconnects")
		p.typed(end)
		p.sees(`closed with code 1000\r\n`)
		p.ends(0)
		after, err := unix.IoctlGetTermios(int(p.master.Fd()), unix.TCGETS)
		if err != nil || after.Lflag != before.Lflag || after.Oflag != before.Oflag {
			t.Errorf("after %q: the terminal has %+v, want %+v (%v)", end, after, before, err)
		}
	}
	// A signal, and a connection that the service closes.
	p := startPTY(t, env, "connect", "--user", "u1")
	p.sees("Ctrl-C disconnects")
	p.wps.Process.Signal(os.Interrupt)
	p.ends(0)
	p = startPTY(t, env, "connect", "--user", "u1")
	p.sees("Ctrl-C disconnects")
	run(t, env, "close", "--user", "u1", "--reason", "bye")
	p.sees(`wps: connection closed with code 1000: .*bye\r\n`)
	p.ends(1)
}

// TestPromptResize: a narrower terminal wraps the line that is typed anew.
func TestPromptResize(t *testing.T) {
	t.Parallel()
	env := ptyEnv(t)
	got := receiver(t, env, 1, "--join", "g1")
	p := startPTY(t, env, "connect", "--to-group", "g1")
	p.sees("Ctrl-C disconnects")
	line := strings.Repeat("0123456789", 6)
	p.typed(line)
	p.sees(line)
	if err := unix.IoctlSetWinsize(int(p.master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 30}); err != nil {
		t.Fatal(err)
	}
	p.typed("end\r")
	p.sees("e")
	if out, want := got(), "[g1] "+line+"end\n"; out != want {
		t.Errorf("received %q, want %q", out, want)
	}
	p.typed("\x04")
	p.ends(0)
}

// TestPromptPaste: 1,000 pasted lines are 1,000 messages, in order, whether the
// terminal marks a paste or not; a tab or a Ctrl-D in a marked one is text.
func TestPromptPaste(t *testing.T) {
	t.Parallel()
	for _, marks := range [][2]string{{"", ""}, {"\x1b[200~", "\x1b[201~"}} {
		env := ptyEnv(t)
		got := receiver(t, env, 1000, "--join", "g1")
		p := startPTY(t, env, "connect", "--to-group", "g1")
		p.sees("Ctrl-C disconnects")
		var paste, want strings.Builder
		for i := range 1000 {
			fmt.Fprintf(&paste, "line %d\r", i)
			fmt.Fprintf(&want, "[g1] line %d\n", i)
		}
		p.typed(marks[0] + paste.String() + marks[1])
		if out := got(); out != want.String() {
			t.Errorf("with %q: received %d bytes, want %d", marks[0], len(out), want.Len())
		}
		p.typed("\x04")
		p.ends(0)
	}
}

// TestNoPrompt: without a terminal on both sides there is no prompt, and output is
// exact.
func TestNoPrompt(t *testing.T) {
	t.Parallel()
	env := ptyEnv(t)
	env["TERM"] = "dumb"
	p := startPTY(t, env, "connect")
	p.sees("lines that you type are not sent: add --to-group GROUP or --event NAME to send its lines\r\n")
	p.typed("x\r\x03")
	p.ends(0)
}

// TestPromptJSON: with -o json there is a prompt, too, and messages are objects.
func TestPromptJSON(t *testing.T) {
	t.Parallel()
	p := startPTY(t, ptyEnv(t), "connect", "--join", "g1", "--to-group", "g1", "-o", "json")
	p.sees(`"event":"connected".*\r\n`)
	p.sees(`g1> `)
	p.typed("hi\r")
	p.sees(`"group":"g1","dataType":"text","data":"hi"\}\r\n`)
	p.typed("\x04")
	p.sees(`\{"type":"closed","code":1000\}\r\n`)
	p.ends(0)
}

// TestPromptHostile: what others send and are called can neither move the cursor nor
// pose as a line of wps.
func TestPromptHostile(t *testing.T) {
	t.Parallel()
	env := ptyEnv(t)
	p := startPTY(t, env, "connect", "--join", "g1")
	p.sees("sets where your lines go")
	for _, text := range []string{"\x1b[2J\x1b]0;title\x07", "one\nwps: error: forged\r\x1b[A", "\u202eevil\u2028line"} {
		if code, _, stderr := run(t, env, "send", "--group", "g1", text); code != 0 {
			t.Fatal(stderr)
		}
	}
	seen := p.sees(`evil`)
	for _, bad := range []string{"\x1b[2J", "\x1b]0", "\x07", "\r\nwps: error", "\x1b[A", "\u202e", "\u2028"} {
		if strings.Contains(seen, bad) {
			t.Errorf("the terminal gets %q: %q", bad, seen)
		}
	}
	p.typed("\x03")
	p.ends(0)
}
