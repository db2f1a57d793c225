//go:build unix

package trigger_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"wps/protocol"
	"wps/trigger"
)

// command returns a handler whose events are all answered by one command line.
func command(t testing.TB, line string, o trigger.CommandOptions, more ...func(*trigger.Options)) *trigger.Handler {
	t.Helper()
	hook, err := trigger.Command(line, o)
	if err != nil {
		t.Fatalf("Command(%q): %v", line, err)
	}
	options := trigger.Options{Default: hook}
	for _, change := range more {
		change(&options)
	}
	return handler(t, options)
}

func TestParseCommand(t *testing.T) {
	t.Parallel()
	sh, cat := lookPath(t, "sh"), lookPath(t, "cat")
	file := filepath.Join(t.TempDir(), "my hook")
	writeFile(t, file, "#!/bin/sh\n", 0o755)
	for line, want := range map[string][]string{
		"cat":                     {cat},
		`cat 'a b' "c d" e\ f ''`: {cat, "a b", "c d", "e f", ""},
		`cat "\$x \q" '$y'`:       {cat, "$x \\q", "$y"},
		"cat a'b'\"c\"":           {cat, "abc"},
		file:                      {file},
		"cat | cat":               {sh, "-c", "cat | cat"},
		"cat $HOME":               {sh, "-c", "cat $HOME"},
		`cat "$HOME"`:             {sh, "-c", `cat "$HOME"`},
		"cat *.txt":               {sh, "-c", "cat *.txt"},
		"cat > x":                 {sh, "-c", "cat > x"},
		"A=1 cat":                 {sh, "-c", "A=1 cat"},
		"cat; cat":                {sh, "-c", "cat; cat"},
		"cat &":                   {sh, "-c", "cat &"},
		"! cat":                   {sh, "-c", "! cat"},
		"if true; then cat; fi":   {sh, "-c", "if true; then cat; fi"},
		"exit 77":                 {sh, "-c", "exit 77"},
		"cat # a comment":         {cat},
		"no-such-program-x":       nil, "./missing.sh": nil, "": nil, "  ": nil, "cat 'a": nil, "cat $(": nil,
	} {
		got, err := trigger.ParseCommand(line)
		if !slices.Equal(got, want) || (err != nil) != (want == nil) {
			t.Errorf("ParseCommand(%q) = %q, %v, want %q", line, got, err, want)
		}
	}
	plain := filepath.Join(t.TempDir(), "plain")
	writeFile(t, plain, "x", 0o644)
	if _, err := trigger.Command(plain, trigger.CommandOptions{}); err == nil || !strings.Contains(err.Error(), "permission denied") {
		t.Errorf("a file that is not executable: %v, want permission denied", err)
	}
}

func lookPath(t testing.TB, name string) string {
	t.Helper()
	argv, err := trigger.ParseCommand(name)
	if err != nil {
		t.Fatal(err)
	}
	return argv[0]
}

func writeFile(t testing.TB, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
}

func TestCommandAnswers(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, line string
		o          trigger.CommandOptions
		event      event
		want       wire
	}{
		{"stdin is the data", "cat", trigger.CommandOptions{}, event{name: "message", body: "hé\n"}, wire{200, textType, "", "hé\n"}},
		{"much data", "cat", trigger.CommandOptions{}, event{name: "message", body: strings.Repeat("0123456789", 50000)}, wire{200, textType, "", strings.Repeat("0123456789", 50000)}},
		{"data that is not read", "true", trigger.CommandOptions{}, event{name: "message", body: strings.Repeat("x", 500000)}, wire{200, binaryType, "", ""}},
		{"json", "cat", trigger.CommandOptions{ResponseType: "json"}, event{name: "message", body: "[1]"}, wire{200, jsonType, "", "[1]"}},
		{"binary", "cat", trigger.CommandOptions{ResponseType: "binary"}, event{name: "message", body: "\xff"}, wire{200, binaryType, "", "\xff"}},
		{"connect's stdin", `grep -o '"v":\["2"\]' >/dev/null`, trigger.CommandOptions{}, event{name: "connect"}, wire{204, nil, "", ""}},
		{"connect's answer", `echo '{"roles":["Admin"]}'`, trigger.CommandOptions{}, event{name: "connect"}, wire{200, jsonType, "", `{"roles":["Admin"]}`}},
		{"connect refused", `echo '{"error":{"code":"unauthorized","error":"Invalid User"}}'`, trigger.CommandOptions{}, event{name: "connect"}, wire{401, nil, "", "Invalid User"}},
		{"the response file", `echo ignored; echo '{"message":[1],"dataType":"json","states":{"n":1}}' > "$WPS_RESPONSE"`, trigger.CommandOptions{}, event{name: "message"}, wire{200, jsonType, "eyJuIjoxfQ==", "[1]"}},
		{"exit 77", "echo first >&2; echo 'go away' >&2; echo >&2; exit 77", trigger.CommandOptions{}, event{name: "connect"}, wire{401, nil, "", "go away"}},
		{"exit 65", "echo stdout; exit 65", trigger.CommandOptions{}, event{name: "message"}, wire{400, nil, "", ""}},
		{"exit 3", "printf 'bad\\033[31m' >&2; exit 3", trigger.CommandOptions{}, event{name: "message"}, wire{500, nil, "", "bad[31m"}},
		{"exit 75", "echo 'database away' >&2; exit 75", trigger.CommandOptions{}, event{name: "message"}, wire{503, nil, "", "database away"}},
		{"exit 75 for an event that does not block", "exit 75", trigger.CommandOptions{}, event{name: "connected"}, wire{503, nil, "", ""}},
		{"retry in the response file", `echo '{"retry":true,"code":400,"errorMessage":"busy"}' > "$WPS_RESPONSE"`, trigger.CommandOptions{}, event{name: "connect"}, wire{503, nil, "", "busy"}},
		{"a signal", "kill -9 $$", trigger.CommandOptions{}, event{name: "message"}, wire{500, nil, "", ""}},
		{"connected ignores stdout", "echo hi", trigger.CommandOptions{}, event{name: "connected"}, wire{200, nil, "", ""}},
		{"connected ignores failure", "exit 1", trigger.CommandOptions{}, event{name: "connected"}, wire{200, nil, "", ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := overHTTP(t, command(t, test.line, test.o), test.event); !reflect.DeepEqual(got, test.want) {
				t.Errorf("%s = %+v, want %+v", test.line, got, test.want)
			}
		})
	}
}

func TestCommandProblems(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, event, line, problem string
		o                          trigger.CommandOptions
	}{
		{"broken JSON for connect", "connect", `printf 'hello { there'`, "hello { there", trigger.CommandOptions{}},
		{"broken JSON of a message", "message", `echo '{"a":'`, `{"a":`, trigger.CommandOptions{ResponseType: "json"}},
		{"no text", "message", `printf '\377'`, "not UTF-8", trigger.CommandOptions{}},
		{"a flood", "message", "yes", "printed more than 1048576 bytes", trigger.CommandOptions{}},
		{"a flood into the response", "message", `head -c 2000000 /dev/zero > "$WPS_RESPONSE"`, "more than 1048576 bytes to $WPS_RESPONSE", trigger.CommandOptions{}},
		{"a flood of output", "message", `head -c 2000000 /dev/zero > "$WPS_OUTPUT"`, "more than 1048576 bytes to $WPS_OUTPUT", trigger.CommandOptions{}},
		{"a pipe in the place of the file", "message", `mkfifo "$WPS_OUTPUT"`, "something other than a file at $WPS_OUTPUT", trigger.CommandOptions{}},
		{"faulty output", "message", `echo nonsense >> "$WPS_OUTPUT"`, "output: line 1: not a JSON object", trigger.CommandOptions{}},
		{"killed", "connect", "kill -9 $$", "killed", trigger.CommandOptions{}},
		{"exit code", "connect", "echo oh >&2; exit 4", "exit code 4: oh", trigger.CommandOptions{}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var problem string
			h := command(t, test.line, test.o, problems(&problem))
			if w := send(t, h, event{name: test.event}); w.Code != 500 || !strings.Contains(problem, test.problem) {
				t.Errorf("%s = %d %q, problem %q, want 500 and %q", test.line, w.Code, w.Body, problem, test.problem)
			}
		})
	}
}

func TestCommandEnvironment(t *testing.T) {
	t.Parallel()
	names := []string{"EVENT", "EVENT_TYPE", "HUB", "CONNECTION_ID", "USER_ID", "DATA_TYPE", "SUBPROTOCOL", "REASON", "GROUP", "EVENT_ID", "STATE"}
	line := "printf %s"
	for _, n := range names {
		line += " \"$WPS_" + n + "|\""
	}
	line += ` "$EXTRA"`
	o := trigger.CommandOptions{Env: []string{"EXTRA=more"}}
	got := send(t, command(t, line, o), event{name: "msg", id: "7", state: "eyJrIjoxfQ==", contentType: "application/json", body: "1", user: `$(rm x)"; ü`,
		header: map[string][]string{"Ce-Subprotocol": {"json.webpubsub.azure.v1"}}}).Body.String()
	if want := `msg|user|chat|c1|$(rm x)"; ü|json|json.webpubsub.azure.v1|||7|{"k":1}|more`; got != want {
		t.Errorf("a user event: %s, want %s", got, want)
	}
	script := line + " >&2; exit 1"
	var stderr string
	o.OnStderr = func(_, l string) { stderr = l }
	h := command(t, script, o)
	send(t, h, event{name: "disconnected", body: `{"reason":"a\u0000b"}`, state: "plain"})
	if want := "disconnected|system|chat|c1|u1|||a\uFFFDb|||plain|more"; stderr != want {
		t.Errorf("disconnected: %s, want %s", stderr, want)
	}
	send(t, h, event{name: "joined"})
	if want := "joined|group|chat|c1|u1||||g1|||more"; stderr != want {
		t.Errorf("joined: %s, want %s", stderr, want)
	}
}

func TestProtobufEventOfACommand(t *testing.T) {
	t.Parallel()
	h := command(t, `printf '%s ' "$WPS_DATA_TYPE"; cat`, trigger.CommandOptions{ResponseType: protocol.DataTypeProtobuf})
	got := send(t, h, event{name: "ev", contentType: "application/x-protobuf", body: anyMessage})
	if want := "protobuf " + anyMessage; got.Code != 200 || got.Body.String() != want {
		t.Errorf("stdin = %d %q, want %q", got.Code, got.Body, want)
	}
	if got := got.Header().Get("Content-Type"); got != "application/x-protobuf" {
		t.Errorf("Content-Type = %q, want application/x-protobuf", got)
	}
}

func TestCommandContext(t *testing.T) {
	t.Parallel()
	read := func(e event) map[string]any {
		t.Helper()
		var stderr string
		h := command(t, `printf '%s\n' "$WPS_CONTEXT" >&2`, trigger.CommandOptions{OnStderr: func(_, l string) { stderr = l }})
		send(t, h, e)
		var m map[string]any
		if err := json.Unmarshal([]byte(stderr), &m); err != nil {
			t.Fatalf("WPS_CONTEXT %q: %v", stderr, err)
		}
		return m
	}
	got := read(event{name: "connect", id: "0"})
	want := map[string]any{
		"type": "system", "event": "connect", "hub": "chat", "connectionId": "c1", "userId": "u1", "eventId": "0",
		"headers": map[string]any{"Host": []any{"h"}}, "queries": map[string]any{"v": []any{"2"}}, "claims": map[string]any{"sub": []any{"u1"}},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("connect: %v, want %v", got, want)
	}
	got = read(event{name: "message", state: "eyJrIjoxfQ=="})
	headers, _ := got["headers"].(map[string]any)
	if headers["Ce-Hub"] == nil || headers["Ce-Signature"] != nil || !reflect.DeepEqual(got["state"], map[string]any{"k": 1.0}) {
		t.Errorf("message: %v", got)
	}
}

// A variable that is too long to start a process with is omitted, and logged.
func TestCommandWithHugeState(t *testing.T) {
	t.Parallel()
	var log lines
	h := command(t, `printf '[%s]' "$WPS_STATE"`, trigger.CommandOptions{}, func(o *trigger.Options) { o.Logger = log.logger() })
	if w := send(t, h, event{name: "message", state: strings.Repeat("x", 300<<10)}); w.Code != 200 || w.Body.String() != "[]" {
		t.Errorf("answer = %d %q, want 200 []", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "WPS_STATE (307200 bytes)") {
		t.Errorf("log = %q, want the variable that was omitted and its size", &log)
	}
}

// What is too large for the environment is in a file, and so is the context always.
func TestCommandFiles(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	t.Setenv("WPS_STATE_FILE", "of the process around")
	line := `for f in "$WPS_CONTEXT_FILE" "$WPS_STATE_FILE" "$WPS_REASON_FILE"; do
	[ -z "$f" ] || printf '%s:%s ' "$(stat -c %a "$f")" "$(wc -c <"$f")"
done >&2; cat "$WPS_CONTEXT_FILE" >&2; [ -z "$WPS_CONTEXT" ] || [ "$WPS_CONTEXT" = "$(cat "$WPS_CONTEXT_FILE")" ]`
	var stderr string
	h := command(t, line, trigger.CommandOptions{OnStderr: func(_, l string) { stderr = l }})
	state, reason := strings.Repeat("x", 200_000), strings.Repeat("r", 200_000)
	for _, test := range []struct {
		event event
		want  string
	}{
		{event{name: "connect"}, `^600:\d+ {"type":"system","event":"connect",`},
		{event{name: "message"}, `^600:\d+ {"type":"user",`},
		{event{name: "message", state: state}, `^600:40\d{4} 600:200000 {"type":"user",`}, // the context has it twice
		{event{name: "disconnected", body: `{"reason":"` + reason + `"}`}, `^600:\d+ 600:200000 {"type":"system",`},
	} {
		stderr = ""
		if w := send(t, h, test.event); w.Code >= 300 || !regexp.MustCompile(test.want).MatchString(stderr) {
			t.Errorf("%s = %d, files %.100s, want %s", test.event.name, w.Code, stderr, test.want)
		}
	}
	if files, err := filepath.Glob(temp + "/*/*"); err != nil || len(files) != 0 {
		t.Errorf("left after the events: %v, %v", files, err)
	}
	dirs, _ := filepath.Glob(temp + "/*")
	if err := os.RemoveAll(dirs[0]); err != nil {
		t.Fatal(err)
	}
	if w := send(t, h, event{name: "message"}); w.Code != 200 {
		t.Errorf("after the folder was removed = %d %s, want 200", w.Code, w.Body)
	}
}

// A hook that guards never runs without a part of what it decides by.
func TestGuardThatKnowsTooLittle(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 120_000)
	h := command(t, `case "$WPS_CONTEXT$WPS_USER_ID" in *mallory*) exit 77; esac`, trigger.CommandOptions{})
	body := func(member string) string {
		return `{"claims":{},"query":{},"headers":{},"subprotocols":[],` + member + `}`
	}
	for name, e := range map[string]event{
		"query":               {name: "connect", body: body(`"query":{"a":["mallory","` + large + `"]}`)},
		"claims":              {name: "connect", body: body(`"claims":{"a":["mallory","` + large + `"]}`)},
		"headers":             {name: "connect", body: body(`"headers":{"a":["mallory","` + large + `"]}`)},
		"state":               {name: "connect", state: large},
		"user id":             {name: "connect", user: "mallory" + large},
		"user id of an event": {name: "message", user: "mallory" + large},
	} {
		if w := send(t, h, e); w.Code != 431 || !strings.Contains(w.Body.String(), "the event is too large: WPS_") {
			t.Errorf("a large %s = %d %.200s, want 431", name, w.Code, w.Body)
		}
	}
	if w := send(t, h, event{name: "connect", body: body(`"query":{"a":["mallory"]}`)}); w.Code != 401 {
		t.Errorf("a small query = %d, want 401", w.Code)
	}
}

func TestCommandOutputRuns(t *testing.T) {
	t.Parallel()
	var hubs []string
	s := &recordedService{}
	line := `echo '{"groupAction":"Join","targetType":"Users","targetId":"u1","groupId":"g"}' >> "$WPS_OUTPUT"
echo '{"type":"MessageEvent","message":"hi","dataType":"text"}' >> "$WPS_OUTPUT"
printf ok`
	h := command(t, line, trigger.CommandOptions{}, func(o *trigger.Options) { o.Output = outputOf(s, &hubs) })
	if w := send(t, h, event{name: "message"}); w.Code != 200 || w.Body.String() != "ok" {
		t.Errorf("answer = %d %q, want 200 ok", w.Code, w.Body)
	}
	if want := []string{`add user "u1" to g`, `send the hub text "hi"`}; !slices.Equal(s.done, want) {
		t.Errorf("done %q, want %q", s.done, want)
	}
	s.done = nil
	failing := command(t, line+"; exit 1", trigger.CommandOptions{}, func(o *trigger.Options) { o.Output = outputOf(s, &hubs) })
	if w := send(t, failing, event{name: "message"}); w.Code != 500 || len(s.done) != 0 {
		t.Errorf("a hook that fails = %d, ran %q, want 500 and nothing run", w.Code, s.done)
	}
}

func TestCommandStderrIsReported(t *testing.T) {
	t.Parallel()
	var got []string
	line := `echo one >&2; printf 'two' >&2`
	send(t, command(t, line, trigger.CommandOptions{OnStderr: func(hook, l string) { got = append(got, hook+"|"+l) }}), event{name: "message"})
	if want := []string{line + "|one", line + "|two"}; !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
	got = nil
	send(t, command(t, `head -c 100000 /dev/zero | tr '\0' x >&2; echo >&2; echo end >&2`, trigger.CommandOptions{OnStderr: func(_, l string) { got = append(got, l) }}), event{name: "message"})
	if len(got) != 2 || len(got[0]) > 8<<10 || got[1] != "end" {
		t.Errorf("a long line was reported as %d lines", len(got))
	}
}

// children returns the pids that a hook wrote to a file.
func children(t testing.TB, file string) []int {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, f := range strings.Fields(string(b)) {
		pid, err := strconv.Atoi(f)
		if err != nil {
			t.Fatal(err)
		}
		pids = append(pids, pid)
	}
	return pids
}

// ended waits until a process has ended. A zombie counts as ended.
func ended(t testing.TB, pid int) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); {
		if syscall.Kill(pid, 0) == syscall.ESRCH {
			return
		}
		if b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil && strings.Contains(string(b), ") Z ") {
			return
		}
		time.Sleep(time.Millisecond) // there is no event for the end of a process that is not a child
	}
	t.Errorf("process %d is still there", pid)
}

func TestHangingCommandIsKilledWithItsChildren(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pids")
	var problem string
	line := `sleep 1000 & echo $! > ` + file + `; echo $$ >> ` + file + `; wait`
	h := command(t, line, trigger.CommandOptions{}, problems(&problem), func(o *trigger.Options) { o.HookTimeout = 500 * time.Millisecond })
	if w := send(t, h, event{name: "message"}); w.Code != 500 || !strings.Contains(problem, "did not answer in time") {
		t.Errorf("answer = %d, problem %q, want 500 in time", w.Code, problem)
	}
	for _, pid := range children(t, file) {
		ended(t, pid)
	}
}

func TestCommandLeavesNoChildren(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pids")
	h := command(t, `sleep 1000 & echo $! > `+file+`; printf done`, trigger.CommandOptions{})
	began := time.Now()
	if w := send(t, h, event{name: "message"}); w.Code != 200 || w.Body.String() != "done" {
		t.Errorf("answer = %d %q, want 200 done", w.Code, w.Body)
	}
	if took := time.Since(began); took > patience {
		t.Errorf("a forked child held up the answer for %v", took)
	}
	for _, pid := range children(t, file) {
		ended(t, pid)
	}
}

// A child that left the process group and holds stdout is not waited for.
func TestCommandWithADaemon(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pids")
	h := command(t, `setsid sh -c 'echo $$ > `+file+`; exec sleep 1000' & while ! [ -s `+file+` ]; do :; done; printf done`, trigger.CommandOptions{})
	if w := send(t, h, event{name: "message", body: strings.Repeat("x", 200000)}); w.Code != 200 || w.Body.String() != "done" {
		t.Errorf("answer = %d %q, want 200 done", w.Code, w.Body)
	}
	for _, pid := range children(t, file) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Errorf("the daemon %d: %v, want it to live on", pid, err)
		}
	}
}

func TestCloseKillsRunningCommands(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "pids")
	hook, err := trigger.Command(`echo $$ > `+file+`.new; mv `+file+`.new `+file+`; exec sleep 1000`, trigger.CommandOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h, err := trigger.New(trigger.Options{Default: hook})
	if err != nil {
		t.Fatal(err)
	}
	answered := start(t, h, event{name: "message"})
	for deadline := time.Now().Add(patience); ; time.Sleep(time.Millisecond) { // the hook is another process
		if _, err := os.Stat(file); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the hook did not start")
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := h.Close(ctx); err != nil {
		t.Errorf("Close: %v", err)
	}
	if w := <-answered; w.Code != 500 {
		t.Errorf("answer = %d, want 500", w.Code)
	}
	for _, pid := range children(t, file) {
		ended(t, pid)
	}
}

func TestCommandThatVanishedMayBeRetried(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "hook")
	writeFile(t, file, "#!/bin/sh\nprintf back\n", 0o755)
	h := command(t, file, trigger.CommandOptions{})
	if err := os.Rename(file, file+".away"); err != nil {
		t.Fatal(err)
	}
	if w := send(t, h, event{name: "message", id: "1"}); w.Code != 503 {
		t.Errorf("without the file = %d, want 503", w.Code)
	}
	if err := os.Rename(file+".away", file); err != nil {
		t.Fatal(err)
	}
	if w := send(t, h, event{name: "message", id: "1"}); w.Code != 200 || w.Body.String() != "back" {
		t.Errorf("with the file = %d %q, want 200 back", w.Code, w.Body)
	}
}

func TestCommandRemovesItsFiles(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	hook, err := trigger.Command(`echo '{}' > "$WPS_RESPONSE"; echo >> "$WPS_OUTPUT"`, trigger.CommandOptions{})
	if err != nil {
		t.Fatal(err)
	}
	h, err := trigger.New(trigger.Options{Default: hook})
	if err != nil {
		t.Fatal(err)
	}
	send(t, h, event{name: "message"})
	dirs, err := filepath.Glob(temp + "/*")
	if err != nil || len(dirs) != 1 {
		t.Fatalf("%v, %v, want one directory", dirs, err)
	}
	if files, _ := filepath.Glob(dirs[0] + "/*"); len(files) != 0 {
		t.Errorf("files left after the event: %v", files)
	}
	if info, err := os.Stat(dirs[0]); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the directory: %v, %v, want it for the owner only", info, err)
	}
	if err := h.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if dirs, _ := filepath.Glob(temp + "/*"); len(dirs) != 0 {
		t.Errorf("left after Close: %v", dirs)
	}
}
