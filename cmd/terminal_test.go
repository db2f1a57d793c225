package cmd_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"wps/cmd"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/stdio"
	"wps/emulator/emulatortest"
)

// hostile is text of others that would forge a line, erase the screen, color or
// reorder what follows.
const hostile = "u\n[g admin] forged\r\nverdict forged\x1b[2J\u009b31m\u0085\x7f\u202e\u2066\u2028[g admin] forged\u2029\x07\x00end"

// terminal runs commands with stdout as a terminal.
type terminal struct {
	t   *testing.T
	env map[string]string
}

// run returns what a command prints on both streams.
func (r terminal) run(stdin string, args ...string) string {
	r.t.Helper()
	var out bytes.Buffer
	e := cli.NewEnv(strings.NewReader(stdin), &out, &out, lookup(r.env))
	e.Out.TreatStdoutAsTerminal()
	cmd.Run(r.t.Context(), args, e)
	return out.String()
}

// check runs a command and fails the test when the terminal would do more than
// show its output.
func (r terminal) check(stdin string, args ...string) string {
	r.t.Helper()
	out := r.run(stdin, args...)
	name := "wps " + strings.Join(args, " ")
	if out == "" {
		r.t.Errorf("%.200q prints nothing", name)
	}
	if !utf8.ValidString(out) {
		r.t.Errorf("%.200q prints bytes that are not UTF-8: %q", name, out)
	}
	for _, c := range out {
		if unicode.IsControl(c) && c != '\n' && c != '\t' || unicode.In(c, unicode.Bidi_Control, unicode.Zl, unicode.Zp) {
			r.t.Errorf("%.200q prints %U: %q", name, c, out)
			break
		}
	}
	for line := range strings.Lines(out) {
		if strings.HasPrefix(line, "[g admin] forged") || strings.HasPrefix(line, "verdict forged") {
			r.t.Errorf("%.200q prints a forged line: %q", name, out)
		}
	}
	return out
}

// TestTerminal: on a terminal, no command prints text of others that forges a line
// or moves the cursor, in any format.
func TestTerminal(t *testing.T) {
	t.Parallel()
	em := emulatortest.Run(t)
	env := map[string]string{"WPS_CONNECTION_STRING": em.ConnectionString.Reveal(), "WPS_HUB": "chat"}
	j := &jsonRun{t: t, env: env, dir: t.TempDir()}
	r := terminal{t, env}
	j.client("--user", hostile, "--group", "g")
	token := strings.TrimSpace(j.output("negotiate", "-o", "token", "--user", hostile, "--group", hostile, "--role", hostile, "--claim", "k="+hostile))
	events := filepath.Join(t.TempDir(), "events.jsonl")
	event, err := json.Marshal(map[string]string{"message": hostile, "dataType": "text", "targetType": "Users", "targetId": hostile})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(events, append(append(event, '\n'), `{"type":"\u001b[2J\n[g admin] forged"}`...), 0o600); err != nil {
		t.Fatal(err)
	}
	listening, url := j.background("listen", "--addr", "localhost:0", "--on", "connect", "printf '%b' '\\0033[2J\\0n[g admin] forged' >&2; exit 1", "--on", "message", ":echo")
	defer listening(true)

	for _, format := range [][]string{nil, {"-o", "json"}, {"--jq", ".. | strings"}, {"--jq", "."}} {
		check := func(args ...string) { t.Helper(); r.check(hostile, append(args, format...)...) }
		check("connect", "--user", hostile, "--join", "g", "--to-group", "g", "--count", "1", "--wait", "30s")
		check("connect", "--subprotocol", "none", "--user", hostile, "--group", "g", "--to-group", "g", "--count", "1", "--wait", "30s")
		check("token", "inspect", token)
		check("negotiate", "--user", hostile, "--group", hostile)
		check("group", "list", "g")
		check("emulator", "connections")
		check("emulator", "groups")
		check("emulator", "events", "--data")
		check("emulator", "status")
		check("send", "--user", hostile, hostile)
		check("apply", "--dry-run", events)
		check("apply", "--keep-going", events)
		check("apply", "--check-first", events)
		check("trigger", "message", "--to", url, "--data", hostile, "--user", "u")
		check("trigger", "connect", "--to", url)
	}
	r.check(hostile, "send", "--dry-run=curl")
	r.check("", "exists", "--user", hostile, "--"+hostile)
	r.check("", hostile)
}

// TestTerminalBadServer: a server that is hostile itself, in errors, hints and
// messages.
func TestTerminalBadServer(t *testing.T) {
	t.Parallel()
	refusing := newService(t, func(w http.ResponseWriter, _ *http.Request, _ int) bool {
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("x-ms-error-code", "a\u009b31m\x9b\x85b")
		w.WriteHeader(http.StatusBadRequest)
		body, _ := json.Marshal(map[string]any{"message": hostile, "errors": map[string][]string{hostile: {hostile}}})
		w.Write(append(body, 0x9b, 0x85))
		return true
	})
	r := terminal{t, refusing.env()}
	for _, args := range [][]string{{"send", "hi"}, {"exists", "--user", "u"}, {"group", "list", "g"}, {"health"}, {"close", "c"}, {"connect"}} {
		r.check("", append(args, "--retries", "0")...)
	}
	var upgrader websocket.Upgrader
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := upgrader.Upgrade(w, r, nil)
		if err != nil {
			return
		}
		defer c.Close()
		c.WriteMessage(websocket.TextMessage, []byte("raw \x9b31m \x85 \xff"+hostile))
		c.WriteMessage(websocket.CloseMessage, websocket.FormatCloseMessage(4000, "bye\n[g admin] forged\u009b2J"))
		io.Copy(io.Discard, c.NetConn())
	}))
	t.Cleanup(s.Close)
	for _, format := range [][]string{nil, {"-o", "json"}, {"--jq", ".. | strings"}} {
		r.check("", append([]string{"connect", "--subprotocol", "none", "--url", "ws" + strings.TrimPrefix(s.URL, "http")}, format...)...)
	}
}

// TestCleanJSON: what is escaped for a terminal has the same meaning, and a pipe
// gets it unchanged.
func TestCleanJSON(t *testing.T) {
	t.Parallel()
	text := "a\u009b\u202e\x7f\u061c b"
	line, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	var back string
	if err := json.Unmarshal(stdio.CleanJSON(line), &back); err != nil || back != text {
		t.Errorf("CleanJSON(%q) = %q, which means %q, want %q", line, stdio.CleanJSON(line), back, text)
	}
	var out bytes.Buffer
	e := cli.NewEnv(strings.NewReader(""), &out, io.Discard, lookup(nil))
	if err := e.Out.PrintJSON(text); err != nil || out.String() != string(line)+"\n" {
		t.Errorf("PrintJSON(%q) to a pipe = %q, %v, want %q", text, out.String(), err, line)
	}
}
