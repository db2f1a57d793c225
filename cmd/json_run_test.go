package cmd_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"wps/client/ws"
	"wps/cmd"
	"wps/cmd/internal/cli"
	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// printedJSON runs every command that prints JSON, and returns the run with what they
// printed.
func printedJSON(t *testing.T) *jsonRun {
	t.Helper()
	const (
		acts     = "wps send, broadcast, close, group join|leave|leave-all, permission grant|revoke, for each target"
		lines    = "wps apply and send --lines, for each event; index counts from 0, status is done, failed or not tried"
		arrivals = "wps connect, for each message or change of the connection"
	)
	e := emulatortest.RunWith(t, emulator.Options{Hubs: map[string]emulator.HubSettings{"say": {
		Handlers: []emulator.EventHandler{{EventPattern: "*", Handler: http.HandlerFunc(sayHello)}},
	}}})
	watcher, err := e.Server.Follow(emulator.FollowOptions{Detail: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(watcher.Close)
	j := &jsonRun{t: t, env: map[string]string{"WPS_CONNECTION_STRING": e.ConnectionString.Reveal(), "WPS_HUB": "chat", "WPS_CONFIG_DIR": t.TempDir()}, dir: t.TempDir()}
	j.listen()
	wait, id := j.client("--user", "u1", "--group", "g1")
	j.run(negotiates, "negotiate")
	j.run(acts, "send", "--meta", "k=v", "hi")
	j.run(acts, "broadcast", "hi")
	j.run(acts, "group", "join", "g2", "--user", "u1")
	j.run(acts, "group", "join", "g3", "--filter", "userId eq 'u1'")
	j.run(acts, "group", "leave", "g2", "--connection", id)
	j.run(acts, "permission", "grant", "sendToGroup", "--connection", id, "--group", "g1")
	j.run(acts, "permission", "revoke", "sendToGroup", "--connection", id, "--group", "g1")
	j.run("wps emulator status", "emulator", "status")
	j.run("wps emulator connections, for each connection", "emulator", "connections")
	j.run("wps emulator groups, for each group", "emulator", "groups")
	j.run("wps exists", "exists", "--user", "u1")
	j.run("wps exists", "exists", "--user", "u2")
	j.run("wps permission check", "permission", "check", "sendToGroup", "--connection", id, "--group", "g1")
	j.run("wps group list, for each connection", "group", "list", "g1")
	events := j.file(`{"message":"a","dataType":"text"}
{"type":"ExistenceEvent","targetType":"Users","targetId":"u2"}
{"type":"GroupEvent","groupAction":"Join","targetType":"Users","targetId":"u2","groupId":"g1"}
{"message":"b","dataType":"text"}
`)
	journal := filepath.Join(j.dir, "journal")
	j.run(lines, "apply", "--journal", journal, events)
	j.run(lines, "apply", "--journal", journal, events)
	j.run(lines, "send", "--lines", "--file", events)
	j.run("wps health", "health")
	j.run("wps wait", "wait", "group", "g1", "--timeout", "30s")
	j.run("wps version", "version")
	tok := strings.TrimSpace(j.output("negotiate", "-o", "token"))
	j.run("wps token inspect", "token", "inspect", tok)
	j.run("wps token inspect", "token", "inspect", tok+"A")
	j.run("wps token inspect", "token", "inspect", strings.TrimSpace(j.output("negotiate", "-o", "token", "--role", "sendToGroup")))
	j.run(arrivals, "connect", "--user", "u2", "--join", "g2", "--to-group", "g2", "--wait", "30s", "--count", "2")
	j.run(arrivals, "connect", "--subprotocol", "json-reliable", "--join", "g2", "--to-group", "g2", "--wait", "30s", "--count", "1")
	j.run(arrivals, "connect", "--to-group", "g2", "--acks")
	j.run(acts, "close", "--user", "u1", "--reason", "bye")
	j.add(arrivals, "wps connect", wait())
	waitClosed, closed := j.client("--user", "u3")
	j.run("wps emulator close", "emulator", "close", closed)
	waitClosed()
	frames := filepath.Join(j.dir, "frames.ndjson")
	j.run(arrivals, "connect", "--hub", "say", "--user", "u1", "--event", "hello", "--record", frames)
	j.run(replays, "replay", frames, "--service", "--only", "received", "--rewrite", "user=u1")
	j.run(arrivals, "connect", "--hub", "say", "--user", "u1", "--event", "refuse")
	j.run(arrivals, "connect", "--hub", "say", "--subprotocol", "none", "--event", "message", "--wait", "30s", "--count", "1")
	j.run(arrivals, "connect", "--user", "u1", "--role", "webpubsub.joinLeaveGroup", "--to-group", "g1", "--no-echo")
	j.refusedJoin(e)
	j.sendMetadata(e)
	j.run("wps emulator events, for each event; --data adds chain, payloads, headers, received, sent and rest", "emulator", "events", "--data")
	j.emulator()
	j.bench()
	j.others(id)
	j.dryRuns()
	return j
}

// sayHello is an event handler that answers the event hello, and refuses others.
func sayHello(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Ce-Eventname") != "hello" {
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	w.Header().Set(protocol.MetadataHeader+"k", "v")
	_, _ = io.WriteString(w, "hello")
}

// replays is the heading of wps replay.
const replays = "wps replay, for each event, frame or request that is sent again"

// Headings of wps help json.
const (
	negotiates = "wps negotiate, and the answers of negotiate --serve, which first prints its address"
	answered   = "wps emulator --on and wps listen, for each answered event; listen first prints its address, or that a tunnel is open"
	contexts   = "wps context add, use, edit, rename and remove"
)

// jsonRun collects what commands print.
type jsonRun struct {
	t       *testing.T
	env     map[string]string
	dir     string
	printed []printedLine
}

// printedLine is a line of the output of a command.
type printedLine struct {
	heading string // of wps help json; "" for an event object, which wps help events has
	command string // its path
	text    string
}

func (j *jsonRun) file(text string) string {
	j.t.Helper()
	path := filepath.Join(j.dir, "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		j.t.Fatal(err)
	}
	return path
}

func (j *jsonRun) add(heading, command, stdout string) {
	j.t.Helper()
	if stdout == "" {
		j.t.Errorf("%s: nothing was printed", command)
		return
	}
	for line := range strings.SplitSeq(strings.TrimSpace(stdout), "\n") {
		under := heading
		if strings.HasPrefix(line, `{"ok":false,`) {
			under = "wps COMMAND that fails, after what it printed"
		}
		j.printed = append(j.printed, printedLine{under, command, line})
	}
}

func (j *jsonRun) output(args ...string) string {
	j.t.Helper()
	var stdout, stderr bytes.Buffer
	e := cli.NewEnv(strings.NewReader("line 1\nline 2\n"), &stdout, &stderr, lookup(j.env))
	if code := cmd.Run(j.t.Context(), args, e); code == 2 {
		j.t.Errorf("wps %s: %s", strings.Join(args, " "), stderr.String())
	}
	return stdout.String()
}

func (j *jsonRun) run(heading string, args ...string) {
	j.t.Helper()
	j.add(heading, cmd.CommandOf(args), j.output(append(args, "-o", "json")...))
}

// background starts a command; ready is the text of its --ready-file. stop returns
// what it printed, after it ended; stop(true) ends it.
func (j *jsonRun) background(args ...string) (stop func(end bool) string, ready string) {
	j.t.Helper()
	path := filepath.Join(j.t.TempDir(), "ready")
	ctx, cancel := context.WithCancel(j.t.Context())
	var stdout bytes.Buffer
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		e := cli.NewEnv(io.MultiReader(), &stdout, io.Discard, lookup(j.env))
		cmd.Run(ctx, append(args, "-o", "json", "--ready-file", path), e)
	}()
	j.t.Cleanup(func() { cancel(); <-ended })
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for late := time.After(patience); ; {
		if text, err := os.ReadFile(path); err == nil {
			ready = strings.TrimSpace(string(text))
			break
		}
		select {
		case <-pace.C:
		case <-late:
			j.t.Fatalf("wps %s: not ready within %v", strings.Join(args, " "), patience)
		}
	}
	return func(end bool) string {
		if end {
			cancel()
		}
		<-ended
		return stdout.String()
	}, ready
}

// client connects until the service closes the connection; wait waits for that and
// returns the output.
func (j *jsonRun) client(args ...string) (wait func() string, id string) {
	j.t.Helper()
	end, id := j.background(append([]string{"connect"}, args...)...)
	return func() string { return end(false) }, id
}

// listen runs wps listen, and wps trigger to send it events.
func (j *jsonRun) listen() {
	j.t.Helper()
	connect := j.file(`{"userId":"u2","roles":["r1"],"groups":["g1"],"subprotocol":"s1","states":{"n":1}}`)
	recording := filepath.Join(j.t.TempDir(), "run.ndjson")
	stop, url := j.background("listen", "--record", recording, "--addr", "localhost:0", "--ui=localhost:0", "--negotiate", "/negotiate", "--response-type", "binary", "--on", "connect", "cat "+connect,
		"--on", "bytes", `printf '\377'`, "--on", "message", ":echo", "--on", "broken", "exit 1")
	j.run("wps trigger", "trigger", "connect", "--to", url, "--user", "u1", "--subprotocol", "s1")
	j.run("wps trigger", "trigger", "connect", "--to", url, "--user", "u1")
	j.run("wps trigger", "trigger", "bytes", "--to", url)
	j.run("wps trigger", "trigger", "broken", "--to", url, "--user", "u1")
	j.run("wps trigger", "trigger", "message", "--to", url, "--data", "hi", "--user", "u1")
	j.run(replays, "replay", recording, "--to", url)
	j.add(answered, "wps listen", stop(true))
	stop, _ = j.background("listen", "--tunnel", "--hub", "chat", "--on", "message", ":echo")
	j.run("wps emulator tunnels, for each tunnel connection", "emulator", "tunnels")
	tunnel := strings.TrimSpace(j.output("emulator", "tunnels", "--jq", ".connectionId"))
	j.run("wps emulator tunnels CONNECTION --ask WHAT", "emulator", "tunnels", tunnel, "--ask", "rebalance")
	j.add(answered, "wps listen", stop(true))
}

// refusedJoin has a client use a group without its permission.
func (j *jsonRun) refusedJoin(e *emulatortest.Emulator) {
	j.t.Helper()
	c := j.dial(e, "chat")
	if err := c.JoinGroup(j.t.Context(), "g1"); err == nil {
		j.t.Error("a client without a role joined a group")
	}
	if err := c.SendToGroup(j.t.Context(), "g1", ws.SendOptions{TTLSeconds: 60, NoEcho: true, Metadata: map[string]string{"k": "v"}}, []byte("hi")); err == nil {
		j.t.Error("a client without a role sent to a group")
	}
	if err := c.Close(j.t.Context()); err != nil {
		j.t.Fatal(err)
	}
}

// sendMetadata has a client send an event with metadata.
func (j *jsonRun) sendMetadata(e *emulatortest.Emulator) {
	j.t.Helper()
	c := j.dial(e, "say")
	if err := c.SendEvent(j.t.Context(), "hello", ws.EventOptions{DataType: protocol.DataTypeText, Metadata: map[string]string{"k": "v"}}, []byte("hi")); err != nil {
		j.t.Error(err)
	}
	if err := c.Close(j.t.Context()); err != nil {
		j.t.Fatal(err)
	}
}

// dial connects a client without roles.
func (j *jsonRun) dial(e *emulatortest.Emulator, hub string) *ws.Conn {
	j.t.Helper()
	n, err := token.Negotiate(e.ConnectionString, token.ClientOptions{Hub: hub, UserID: "u9", Lifetime: time.Minute})
	if err != nil {
		j.t.Fatal(err)
	}
	c, err := ws.Dial(j.t.Context(), ws.Options{URL: n.URL, Subprotocol: protocol.SubprotocolJSON})
	if err != nil {
		j.t.Fatal(err)
	}
	return c
}

func (j *jsonRun) emulator() {
	j.t.Helper()
	stop, address := j.background("emulator", "--addr", "localhost:0", "--on", "connect", ":accept", "--on", "message", ":echo")
	j.output("connect", "--connection-string", address, "--user", "u1", "--event", "message")
	ready, events, _ := strings.Cut(stop(true), "\n")
	j.add("wps emulator, when ready", "wps emulator", ready)
	j.add(answered, "wps emulator", events)
}

func (j *jsonRun) bench() {
	j.t.Helper()
	const runs = "wps bench send|connect|fanout|echo, also the format of --save; rates are per second, times in milliseconds"
	first, second := filepath.Join(j.dir, "first.json"), filepath.Join(j.dir, "second.json")
	j.run(runs, "bench", "send", "--duration", "1100ms", "--warmup", "0s", "--rate", "100000/s", "--concurrency", "1", "--name", "first", "--save", first)
	j.run(runs, "bench", "fanout", "--duration", "100ms", "--warmup", "0s", "--connections", "2", "--save", second)
	j.run(runs, "bench", "connect", "--hold", "10ms", "--connections", "2")
	j.run(runs, "bench", "echo", "--duration", "100ms", "--warmup", "0s", "--concurrency", "1") // without an answer: faults
	j.run("wps bench compare; before and after are runs as above", "bench", "compare", first, second)
	const predictions = "wps bench predict, of deliveries and of events for hooks; rates are per second, maxP99 is in milliseconds"
	j.run(runs, "bench", "fanout", "--duration", "100ms", "--warmup", "0s", "--connections", "2", "--concurrency", "1", "--in-flight", "1", "--save", first)
	j.run(predictions, "bench", "predict", first, second, "--rate", "1", "--arrivals", "random")
	j.run(predictions, "bench", "predict", "--hook-time", "5ms", "--rate", "1")
}

// others runs the commands that need no client, and those whose clients are gone.
func (j *jsonRun) others(gone string) {
	j.t.Helper()
	j.run("wps health", "health", "--auth")
	j.run("wps version", "--version")
	j.run("wps wait", "wait", "user", "u99", "--gone")
	j.run("wps wait", "wait", "health")
	j.run("wps emulator close", "emulator", "close", gone)
	j.run("wps apply and send --lines, for each event; index counts from 0, status is done, failed or not tried", "broadcast", "--lines")
	const checks = "wps doctor, for each check"
	j.run(checks, "doctor")
	j.run(checks, "doctor", "--handler", "http://127.0.0.1:1/")
	stop, _ := j.background("negotiate", "--serve", "localhost:0")
	j.add(negotiates, "wps negotiate", stop(true))
	j.run(contexts, "context", "add", "one", "--endpoint", "https://NAME.webpubsub.azure.com", "--hub", "chat")
	j.run(contexts, "context", "rename", "one", "two")
	j.run(contexts, "context", "use", "two")
	j.run("wps context list, for each context", "context", "list")
	j.run("wps context show", "context", "show")
	j.run(contexts, "context", "edit", "two", "--file", j.file("envFile: missing.env\n"))
	j.run(contexts, "context", "use", "--none")
	if err := os.WriteFile(filepath.Join(j.env["WPS_CONFIG_DIR"], "contexts", "bad.yaml"), []byte("nonsense: 1\n"), 0o600); err != nil {
		j.t.Fatal(err)
	}
	j.run("wps context list, for each context", "context", "list")
	j.run(contexts, "context", "remove", "two")
}

// dryRuns prints an event object of each kind.
func (j *jsonRun) dryRuns() {
	j.t.Helper()
	for _, args := range [][]string{
		{"send", "hi", "--group", "g1", "--exclude", "c1", "--ttl", "60s"},
		{"send", "--data-type", "json", `{"n":1}`},
		{"send", "--data-type", "binary", "hi"},
		{"send", "--lines"},
		{"broadcast", "hi", "--meta", "k=v"},
		{"group", "join", "g1", "--filter", "userId eq null"},
		{"group", "leave", "g1", "--user", "u1"},
		{"group", "leave-all", "--connection", "c1"},
		{"close", "--group", "g1", "--exclude", "c1", "--reason", "bye"},
		{"close", "c1"},
		{"exists", "--user", "u1"},
		{"permission", "grant", "sendToGroup", "--connection", "c1", "--group", "g1"},
		{"permission", "revoke", "sendToGroup", "--connection", "c1", "--group", "g1"},
		{"permission", "check", "joinLeaveGroup", "--connection", "c1", "--group", "g1"},
		{"apply", j.file(`{"actionName":"sendToAll","data":"hi","dataType":"text"}`)},
	} {
		j.run("", append(args, "--dry-run")...)
	}
	j.run("wps send, broadcast, close, group join|leave|leave-all, permission grant|revoke, for each target", "group", "leave-all", "--user", "u1")
}
