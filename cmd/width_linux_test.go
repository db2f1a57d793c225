package cmd_test

import (
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"wps/cmd/internal/stdio"
)

// resize changes the width of the terminal.
func (p *pty) resize(columns uint16) {
	p.t.Helper()
	if err := unix.IoctlSetWinsize(int(p.master.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: columns}); err != nil {
		p.t.Fatal(err)
	}
}

var ansi = regexp.MustCompile("\x1b\\[[0-9;]*m")

// fits checks that no line of what a terminal shows is wider than it.
func fits(t *testing.T, shown string, columns int) {
	t.Helper()
	for line := range strings.SplitSeq(ansi.ReplaceAllString(shown, ""), "\r\n") {
		if got := stdio.Columns(line); got > columns || strings.Contains(line, "\x1b") {
			t.Errorf("the line %q takes %d of %d columns", line, got, columns)
		}
	}
}

const wide = "日本語日本語日本語日本語日本語日本語e\u0301e\u0301"

// makeTraffic makes an emulator have traffic: a request that is refused, a message, and a
// client that is closed, whose user needs more columns than characters.
func makeTraffic(t *testing.T, env map[string]string, text string) {
	t.Helper()
	wrong := maps.Clone(env)
	wrong["WPS_CONNECTION_STRING"] = regexp.MustCompile("AccessKey=[^;]*").ReplaceAllString(env["WPS_CONNECTION_STRING"], "AccessKey="+strings.Repeat("x", 40))
	if code, _, _ := run(t, wrong, "send", text); code != 4 {
		t.Fatalf("a wrong key: exit code %d, want 4", code)
	}
	for _, args := range [][]string{{"send", "--user", wide, text}, {"connect", "--user", wide, "--wait", "1ms"}} {
		if code, _, stderr := run(t, env, args...); code != 0 {
			t.Fatalf("wps %s: %s", strings.Join(args, " "), stderr)
		}
	}
}

// TestEventsWidth: wps emulator events fits its lines to the terminal, also to one that
// gets another width, and colors them by their kind.
func TestEventsWidth(t *testing.T) {
	t.Parallel()
	env := ptyEnv(t)
	makeTraffic(t, env, "hi")
	p := startPTYOf(t, 60, env, "emulator", "events", "-f", "--recent", "100", "--color=always")
	fits(t, p.sees(`closed[^\n]*\n`), 60)
	shown := ""
	for _, columns := range []uint16{45, 25, 7, 200} {
		p.resize(columns)
		makeTraffic(t, env, "hi")
		shown = p.sees(`closed[^\n]*\n`)
		fits(t, shown, int(columns))
		if cut := strings.Contains(shown, "…\r\n"); cut != (columns < 100) {
			t.Errorf("a terminal of %d columns shows %q", columns, shown)
		}
	}
	for _, want := range []string{"\x1b[32mopened", "\x1b[2mclosed", "\x1b[36mmessage", "\x1b[31;1mrefused"} {
		if !strings.Contains(shown, want) {
			t.Errorf("%q has no %q", shown, want)
		}
	}
	p.typed("\x03")
	p.ends(0)
}

// TestEventsDataWidth: payloads are wrapped at the width of the terminal, and whole.
func TestEventsDataWidth(t *testing.T) {
	t.Parallel()
	env := ptyEnv(t)
	payload := strings.Repeat("日本語 payload ", 20)
	makeTraffic(t, env, "hi")
	p := startPTYOf(t, 70, env, "emulator", "events", "-f", "--recent", "100", "--data", "--color=never")
	p.sees(`closed[^\n]*\n`)
	for _, columns := range []uint16{70, 45} {
		p.resize(columns)
		makeTraffic(t, env, payload)
		shown := p.sees(`closed[^\n]*\n`)
		fits(t, shown, int(columns))
		if plain := strings.ReplaceAll(shown, "\r\n    ", ""); !strings.Contains(plain, payload) {
			t.Errorf("%d columns do not show the whole payload: %q", columns, shown)
		}
	}
	p.typed("\x03")
	p.ends(0)
}

// TestListenWidth: the lines of wps listen fit the terminal, except for what was wrong
// and for data.
func TestListenWidth(t *testing.T) {
	t.Parallel()
	ready := filepath.Join(t.TempDir(), "ready")
	p := startPTYOf(t, 48, map[string]string{}, "listen", "--addr", "localhost:0", "--on", "*=:echo", "--on", "bad=:reject", "--ready-file", ready, "--color=never")
	p.sees(`ready; Ctrl-C[^\n]*\n`)
	url, err := os.ReadFile(ready)
	if err != nil {
		t.Fatal(err)
	}
	trigger := func(event string) string {
		t.Helper()
		run(t, nil, "trigger", event, "--to", strings.TrimSpace(string(url)), "--hub", "chat", "--user", wide, "--data", "hi")
		return p.sees(`--> [^\n]*\n[^\n]*<-- [^\n]*\n`)
	}
	if shown := trigger("say"); !strings.Contains(shown, "…\r\n") {
		t.Errorf("a narrow terminal shows %q", shown)
	} else {
		fits(t, shown, 48)
	}
	p.resize(200)
	if shown := trigger("say"); !strings.Contains(shown, " "+wide+"\r\n") {
		t.Errorf("a wide terminal shows %q", shown)
	}
	p.typed("\x03")
	p.ends(0)
}
