package cmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"maps"
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

// members returns the names of a JSON object's members, prefixed with its type if it
// has one: "message.data".
func members(t *testing.T, object string) []string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(object), &m); err != nil {
		t.Fatalf("%s: %v", object, err)
	}
	prefix, _ := m["type"].(string)
	var names []string
	for name, value := range m {
		names = append(names, prefix+"."+name)
		if nested[name] {
			names = append(names, innerMembers(prefix+"."+name, value)...)
		}
	}
	return names
}

// nested are the members whose value is an object, or a list of objects, that is
// documented as well.
var nested = map[string]bool{"latency": true, "series": true, "held": true, "differences": true, "loads": true}

func innerMembers(prefix string, value any) (names []string) {
	switch v := value.(type) {
	case map[string]any:
		for name := range v {
			names = append(names, prefix+"."+name)
		}
	case []any:
		for _, one := range v {
			names = append(names, innerMembers(prefix, one)...)
		}
	}
	return names
}

// documented returns the members that "wps help json" lists, by heading.
func documented(t *testing.T) map[string]map[string]bool {
	t.Helper()
	code, topic, _ := run(t, nil, "help", "json")
	if code != 0 {
		t.Fatalf("wps help json: exit code %d", code)
	}
	all := map[string]map[string]bool{}
	heading := ""
	for line := range strings.Lines(topic) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "wps "):
			heading = line
			all[heading] = map[string]bool{}
		case strings.HasPrefix(line, "  {"):
			for _, name := range members(t, strings.ReplaceAll(line, "...", "")) {
				all[heading][name] = false
			}
		}
	}
	return all
}

// TestDocumentedJSON checks that the JSON output of the commands has exactly the
// members that "wps help json" lists, and each of them at least once.
func TestDocumentedJSON(t *testing.T) {
	t.Parallel()
	all := documented(t)
	if len(all) < 10 {
		t.Fatalf("wps help json has %d headings, want at least 10", len(all))
	}
	for heading, lines := range printedJSON(t) {
		known := all[heading]
		if known == nil {
			t.Errorf("%q is not a heading of wps help json", heading)
		}
		for _, line := range lines {
			for _, name := range members(t, line) {
				if _, ok := known[name]; !ok {
					t.Errorf("%s: %s is printed but not documented: %s", heading, name, line)
				}
				known[name] = true
			}
		}
	}
	for heading, known := range all {
		for name := range maps.Keys(known) {
			if !known[name] && !notPrinted[name] {
				t.Errorf("%s: %s is documented but never printed", heading, name)
			}
		}
	}
}

// notPrinted are members that these runs do not print, each with the test that
// covers it.
var notPrinted = map[string]bool{
	"event.repeated": true, // only the service sends an event again
	"event.hook":     true, // script emulator_handlers
	"event.attempts": true, // emulator.TestAttempts
	".interrupted":   true, // script bench_interrupted
	".late":          true, // bench.TestRateIsOfItsTime
	".ended":         true, // bench.TestFanoutAllEnded

	"tunnel.error": true, "tunnel.retrySeconds": true, // handlercmd.TestTunnelChanges
}

// printedJSON runs every command that prints JSON, and returns the lines by the
// heading that documents them.
func printedJSON(t *testing.T) map[string][]string {
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
	j := &jsonRun{t: t, env: map[string]string{"WPS_CONNECTION_STRING": e.ConnectionString.Reveal(), "WPS_HUB": "chat"}, dir: t.TempDir(), printed: map[string][]string{}}
	j.listen()
	wait, id := j.client("--user", "u1", "--group", "g1")
	j.run("wps negotiate, and the answers of negotiate --serve", "negotiate")
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
	j.add(arrivals, wait())
	waitClosed, closed := j.client("--user", "u3")
	j.run("wps emulator close", "emulator", "close", closed)
	waitClosed()
	frames := filepath.Join(j.dir, "frames.ndjson")
	j.run(arrivals, "connect", "--hub", "say", "--user", "u1", "--event", "hello", "--record", frames)
	j.run(replays, "replay", frames, "--service", "--only", "received", "--rewrite", "user=u1")
	j.run(arrivals, "connect", "--hub", "say", "--user", "u1", "--event", "refuse")
	j.run(arrivals, "connect", "--user", "u1", "--role", "webpubsub.joinLeaveGroup", "--to-group", "g1", "--no-echo")
	j.refusedJoin(e)
	j.run("wps emulator events, for each event; --data adds chain, payloads, headers, received, sent and rest", "emulator", "events", "--data")
	j.emulator()
	j.bench()
	return j.printed
}

// sayHello is an event handler that answers the event hello, and refuses others.
func sayHello(w http.ResponseWriter, r *http.Request) {
	if r.Header.Get("Ce-Eventname") != "hello" {
		http.Error(w, "no", http.StatusForbidden)
		return
	}
	w.Header().Set("Content-Type", "text/plain")
	_, _ = io.WriteString(w, "hello")
}

// replays is the heading of wps replay.
const replays = "wps replay, for each event, frame or request that is sent again"

// jsonRun collects what commands print.
type jsonRun struct {
	t       *testing.T
	env     map[string]string
	dir     string
	printed map[string][]string
}

func (j *jsonRun) file(text string) string {
	j.t.Helper()
	path := filepath.Join(j.dir, "file")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		j.t.Fatal(err)
	}
	return path
}

func (j *jsonRun) add(heading, stdout string) {
	j.t.Helper()
	if stdout == "" {
		j.t.Errorf("%s: nothing was printed", heading)
	}
	for line := range strings.SplitSeq(strings.TrimSpace(stdout), "\n") {
		under := heading
		if strings.HasPrefix(line, `{"ok":false,`) {
			under = "wps COMMAND that fails, after what it printed"
		}
		j.printed[under] = append(j.printed[under], line)
	}
}

func (j *jsonRun) output(args ...string) string {
	j.t.Helper()
	var stdout, stderr bytes.Buffer
	e := cli.NewEnv(strings.NewReader("line 1\nline 2\n"), &stdout, &stderr, lookup(j.env))
	if code := cmd.Run(j.t.Context(), args, e); code == 2 {
		j.t.Fatalf("wps %s: %s", strings.Join(args, " "), stderr.String())
	}
	return stdout.String()
}

func (j *jsonRun) run(heading string, args ...string) {
	j.t.Helper()
	j.add(heading, j.output(append(args, "-o", "json")...))
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
	const heading = "wps emulator --on and wps listen, for each answered event; listen first prints its address, or that a tunnel is open"
	j.add(heading, stop(true))
	stop, _ = j.background("listen", "--tunnel", "--hub", "chat", "--on", "message", ":echo")
	j.add(heading, stop(true))
}

// refusedJoin has a client use a group without its permission.
func (j *jsonRun) refusedJoin(e *emulatortest.Emulator) {
	j.t.Helper()
	n, err := token.Negotiate(e.ConnectionString, token.ClientOptions{Hub: "chat", UserID: "u9", Lifetime: time.Minute})
	if err != nil {
		j.t.Fatal(err)
	}
	c, err := ws.Dial(j.t.Context(), ws.Options{URL: n.URL, Subprotocol: protocol.SubprotocolJSON})
	if err != nil {
		j.t.Fatal(err)
	}
	if err := c.JoinGroup(j.t.Context(), "g1"); err == nil {
		j.t.Error("a client without a role joined a group")
	}
	if err := c.SendToGroup(j.t.Context(), "g1", ws.SendOptions{TTLSeconds: 60}, []byte("hi")); err == nil {
		j.t.Error("a client without a role sent to a group")
	}
	if err := c.Close(j.t.Context()); err != nil {
		j.t.Fatal(err)
	}
}

func (j *jsonRun) emulator() {
	j.t.Helper()
	stop, _ := j.background("emulator", "--addr", "localhost:0")
	j.add("wps emulator, when ready", stop(true))
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
