//go:build unix

package cmd_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"wps/client/ws"
	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// TestExamplesRun runs every example of help as it is printed, in a shell with an empty
// environment but for the connection string of an emulator. Only what would clash with
// other tests is replaced: addresses by free ones, and times and numbers of bench by
// small ones. Files that an example names exist; programs of others do nothing.
func TestExamplesRun(t *testing.T) {
	t.Parallel()
	lines := map[string]bool{}
	everyCommand(t, func(_ []string, text string) {
		for _, line := range examples(text) {
			lines[line] = true
		}
	})
	for _, name := range topicNames(t) {
		for line := range strings.Lines(topicText(t, name)) {
			if line = strings.TrimRight(line, "\n"); strings.HasPrefix(line, "  wps ") && !strings.Contains(line, ",") || strings.HasPrefix(line, `  wps emulator --hub chat`) {
				lines[strings.TrimSpace(line)] = true
			}
		}
	}
	for line := range lines {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			newExample(t).run(line)
		})
	}
	if len(lines) < 90 {
		t.Errorf("%d examples, want at least 90", len(lines))
	}
}

// example is a place to run one example of help.
type example struct {
	*testing.T
	dir     string
	emu     *emulatortest.Emulator
	handler string // HOST:PORT of an event handler
	id      string // of the connection of user u1, in group g1 of hub chat
	token   string
}

// newExample starts an emulator with one client, an event handler, and makes the files
// that examples name.
func newExample(t *testing.T) *example {
	t.Helper()
	answers := http.HandlerFunc(echoEvent)
	h := httptest.NewServer(answers)
	t.Cleanup(h.Close)
	echo := emulator.EventHandler{Handler: answers, SystemEvents: []string{protocol.EventConnected}, EventPattern: emulator.EveryEvent}
	e := &example{T: t, dir: t.TempDir(), handler: strings.TrimPrefix(h.URL, "http://")}
	e.emu = emulatortest.RunWith(t, emulator.Options{Hubs: map[string]emulator.HubSettings{emulator.AnyHub: {Handlers: []emulator.EventHandler{echo}}}})
	e.connect()
	cs := e.emu.ConnectionString.Reveal()
	for name, text := range map[string]string{
		"test.txt": cs, "local.settings.json": `{"Values":{"WebPubSubConnectionString":"` + cs + `"}}`, ".env": "WPS_CONNECTION_STRING=" + cs + "\n",
		"prod.yaml": "connectionString: " + cs + "\nhub: chat\n", "code": "#!/bin/sh\n", "vi": "#!/bin/sh\n", "npm": "#!/bin/sh\n",
		"events.jsonl": `{"type":"MessageEvent","message":"hi","dataType":"text"}` + "\n",
		"order.json":   `{"id":1}`, "run.ndjson": recordedExample, "app.log": "line\n", "before.json": benchResult(t, "send"), "after.json": benchResult(t, "send"),
		"one.json": benchResult(t, "one"), "fast.json": benchResult(t, "fast"),
		"connect.sh": "#!/bin/sh\n", "m.sh": "#!/bin/sh\ncat\n", "worker.py": "#!/bin/sh\ncat > /dev/null\n",
	} {
		if err := os.WriteFile(filepath.Join(e.dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.MkdirAll(filepath.Join(e.dir, ".config/fish/completions"), 0o700); err != nil {
		t.Fatal(err)
	}
	return e
}

// recordedExample is a recording with an event that echoEvent answers in the same
// way, and with a client that joins a group.
const recordedExample = `{"type":"recording","version":1,"source":"emulator"}
{"type":"opened","time":"2026-01-02T03:04:05Z","hub":"chat","connectionId":"c1","userId":"u1","subprotocol":"json.webpubsub.azure.v1","roles":["webpubsub.joinLeaveGroup"]}
{"type":"received","time":"2026-01-02T03:04:05.1Z","hub":"chat","connectionId":"c1","userId":"u1","request":"joinGroup","ackId":1,"group":"g1"}
{"type":"sent","time":"2026-01-02T03:04:05.1Z","hub":"chat","connectionId":"c1","request":"ack","ackId":1}
{"type":"event","time":"2026-01-02T03:04:05.2Z","hub":"chat","connectionId":"c1","userId":"u1","event":"message","eventType":"user","eventId":"2","status":200,"dataType":"text","bytes":2,"data":"hi","replyDataType":"text","replyBytes":2,"reply":"hi"}
`

// echoEvent accepts validation, and answers a user event with its data.
func echoEvent(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("WebHook-Allowed-Origin", "*")
		return
	}
	if strings.HasPrefix(r.Header.Get("ce-type"), "azure.webpubsub.user.") {
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		_, _ = io.Copy(w, r.Body)
	}
}

// connect connects the client of the example, and causes a refusal to look at.
func (e *example) connect() {
	e.Helper()
	n, err := token.Negotiate(e.emu.ConnectionString, token.ClientOptions{Hub: "chat", UserID: "u1", Groups: []string{"g1"}})
	if err != nil {
		e.Fatal(err)
	}
	c, err := ws.Dial(e.Context(), ws.Options{URL: n.URL, Subprotocol: protocol.SubprotocolJSON})
	if err != nil {
		e.Fatal(err)
	}
	e.Cleanup(func() { _ = c.Close(context.Background()) })
	r, err := c.Receive(e.Context())
	if err != nil {
		e.Fatal(err)
	}
	e.id, e.token = r.ConnectionID, n.AccessToken
	e.cause()
}

// cause causes a message in hub chat and a refusal.
func (e *example) cause() {
	e.Helper()
	resp, err := http.Get(e.emu.URL + "/api/hubs/chat/nothing")
	if err != nil {
		e.Fatal(err)
	}
	resp.Body.Close()
	env := map[string]string{"WPS_CONNECTION_STRING": e.emu.ConnectionString.Reveal()}
	if code, _, stderr := run(e.T, env, "send", "--hub", "chat", "--group", "g1", "hello"); code != 0 {
		e.Errorf("send: %s", stderr)
	}
}

// benchResults are made once.
var (
	benchResultOnce sync.Once
	benchResults    map[string]string
)

// benchResult returns a saved run of one of the kinds that examples read.
func benchResult(t *testing.T, kind string) string {
	t.Helper()
	benchResultOnce.Do(func() {
		benchResults = map[string]string{}
		env := map[string]string{"WPS_CONNECTION_STRING": emulatortest.Run(t).ConnectionString.Reveal()}
		for kind, args := range map[string][]string{
			"send": {"send"}, "one": {"fanout", "--concurrency", "1", "--in-flight", "1"}, "fast": {"fanout"},
		} {
			file := filepath.Join(t.TempDir(), kind)
			code, _, stderr := run(t, env, append([]string{"bench", "--hub", "bench", "--duration", "100ms", "--warmup", "0s", "--save", file}, args...)...)
			text, err := os.ReadFile(file)
			if code != 0 || err != nil {
				t.Fatalf("bench %s: exit code %d, %s, %v", kind, code, stderr, err)
			}
			benchResults[kind] = string(text)
		}
	})
	return benchResults[kind]
}

var (
	benchTimes = regexp.MustCompile(` --(?:duration|connections|hold) \S+`)
	benchKind  = regexp.MustCompile(`wps bench (?:send|connect|fanout|echo)\b`)
)

// replaced returns an example with addresses of this test and a small measurement.
func (e *example) replaced(line string) string {
	line = strings.NewReplacer(
		"--addr localhost:9000", "--addr localhost:0", "--serve :7071", "--serve localhost:0",
		"localhost:9000", e.handler, "localhost:7071", e.handler, "localhost:3000", e.handler,
		"--min 3", "--min 1", // there is one client
		`eval "$(`, `: "$(`, // the script is for another shell
	).Replace(line)
	switch hold := strings.Contains(line, "--hold"); {
	case !benchKind.MatchString(line):
	case hold:
		line = benchTimes.ReplaceAllString(line, "") + " --connections 3 --hold 100ms"
	default:
		small := "$0 --duration 200ms --warmup 0s"
		if strings.Contains(line, "--connections") {
			small += " --connections 3"
		}
		line = benchKind.ReplaceAllString(benchTimes.ReplaceAllString(line, ""), small)
	}
	return strings.NewReplacer("--groups 10", "--groups 3", "p99>50ms", "p99>50s").Replace(line)
}

// exampleShell precedes an example. The exit code of each wps is written to codes.txt,
// because a pipe has only that of its last command. A shell that is interrupted goes
// on, so that it can write it.
const exampleShell = `
trap : INT
wps() {
	trap : INT # in a pipe this is another shell
	case "$1 $2" in
	"emulator -h"*|"emulator status"|"emulator connections"|"emulator groups"|"emulator events"|"emulator close"|"emulator tunnels"|"emulator --") ;;
	"emulator "*|"listen "*) case "$*" in *--addr*) ;; *) c=$1; shift; set -- "$c" --addr localhost:0 "$@" ;; esac ;;
	esac
	command wps "$@"
	code=$?
	echo $code >> codes.txt
	return $code
}
for name in websocat npm; do eval "$name() { :; }"; done
tail() { cat app.log; }
`

// readyForm matches what a command prints that runs until it is stopped.
var readyForm = regexp.MustCompile(`(?m)ready; Ctrl-C|^connected as|"event":"connected"|^\d\d:\d\d:\d\d|"type":"(?:refused|opened)"`)

// run runs an example, stops it when it is ready if it does not end by itself, and
// checks its exit codes: 3 is the answer no.
func (e *example) run(line string) {
	e.Helper()
	shell := exec.Command("sh", "-c", exampleShell+e.replaced(line))
	shell.Dir = e.dir
	shell.Env = []string{
		"PATH=" + e.dir + ":" + os.Getenv("PATH"), "HOME=" + e.dir, "GORACE=atexit_sleep_ms=0",
		"WPS_CONNECTION_STRING=" + e.emu.ConnectionString.Reveal(), "ID=" + e.id, "TOKEN=" + e.token,
	}
	shell.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	var out lockedBuffer
	shell.Stdout, shell.Stderr = &out, &out
	shell.WaitDelay = patience
	e.addContexts(line)
	if err := shell.Start(); err != nil {
		e.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = shell.Wait() // its exit code is that of the last command
	}()
	e.stop(shell.Process.Pid, line, &out, ended)
	<-ended
	codes, err := os.ReadFile(filepath.Join(e.dir, "codes.txt"))
	if err != nil && !strings.Contains(line, "xargs") {
		e.Errorf("it does not run wps: %v\n%s", err, &out)
	}
	for code := range strings.Lines(string(codes)) {
		if code = strings.TrimSpace(code); code != "0" && code != "3" {
			e.Errorf("wps ends with the exit code %s\n%s", code, &out)
		}
	}
	if strings.Contains("\n"+out.String(), "\nwps: ") && !strings.Contains(out.String(), "wps: warning: ") {
		e.Errorf("an error is printed:\n%s", &out)
	}
}

// addContexts adds the contexts that an example uses, except the one that it adds.
func (e *example) addContexts(line string) {
	e.Helper()
	if !strings.Contains(strings.ToLower(line), "context") {
		return
	}
	for _, name := range []string{"prod", "test"} {
		if strings.Contains(line, "context add "+name) {
			continue
		}
		env := map[string]string{"HOME": e.dir}
		if code, _, stderr := run(e.T, env, "context", "add", name, "--connection-string", e.emu.ConnectionString.Reveal(), "--hub", "chat"); code != 0 {
			e.Fatalf("context add: %s", stderr)
		}
	}
}

// followed reports whether a program follows the events of the emulator.
func (e *example) followed() bool {
	env := map[string]string{"WPS_CONNECTION_STRING": e.emu.ConnectionString.Reveal()}
	code, stdout, stderr := run(e.T, env, "emulator", "status", "--jq", ".followers")
	if code != 0 {
		e.Errorf("status: %s", stderr)
	}
	return code != 0 || strings.TrimSpace(stdout) != "0"
}

// stop interrupts an example once it is ready, unless it ends by itself; one that
// waits for a message gets it.
func (e *example) stop(group int, line string, out *lockedBuffer, ended chan struct{}) {
	e.Helper()
	pace := time.NewTicker(20 * time.Millisecond)
	defer pace.Stop()
	follows := strings.Contains(line, "events -f")
	for deadline := time.Now().Add(patience); !readyForm.MatchString(out.String()) && !(follows && e.followed()); {
		select {
		case <-ended:
			return
		case <-pace.C:
		}
		if time.Now().After(deadline) {
			_ = syscall.Kill(-group, syscall.SIGKILL)
			e.Fatalf("it is not ready within %v:\n%s", patience, out)
		}
	}
	if strings.Contains(line, "--count") || strings.Contains(line, "--expect") || strings.Contains(line, "--until") {
		e.cause()
		return
	}
	_ = syscall.Kill(-group, syscall.SIGINT)
}

// lockedBuffer is a buffer that may be read while it is written.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
