package cmd_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"wps/emulator/emulatortest"
	"wps/protocol"
)

// failure is the JSON of an error.
type failure struct {
	OK         *bool  `json:"ok"`
	Error      string `json:"error"`
	Hint       string `json:"hint"`
	HTTPStatus int    `json:"httpStatus"`
	Code       string `json:"code"`
}

// lastFailure returns the last line of stdout, which must be the JSON of an error.
func lastFailure(t *testing.T, what, stdout string) (before string, f failure) {
	t.Helper()
	text := strings.TrimSuffix(stdout, "\n")
	before, last := text[:max(strings.LastIndexByte(text, '\n')+1, 0)], text[strings.LastIndexByte(text, '\n')+1:]
	d := json.NewDecoder(strings.NewReader(last))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil || f.OK == nil || *f.OK || f.Error == "" || f.Code == "" {
		t.Errorf("wps %s: the last line of stdout is %q, want an error", what, last)
	}
	return before, f
}

// serviceCommands are commands that call the service, with valid arguments.
var serviceCommands = []string{
	"send hi", "broadcast hi", "send --user u hi", "exists --user u", "close c", "close --user u", "close --all --yes",
	"group join g --user u", "group leave g --user u", "group leave-all --user u", "group list g",
	"permission grant sendToGroup --connection c --group g", "permission revoke sendToGroup --connection c --group g",
	"permission check sendToGroup --connection c --group g", "apply testdata/one.jsonl", "send --lines --file testdata/one.jsonl", "health",
	"connect", "emulator status", "emulator connections", "emulator groups", "emulator events", "emulator close c", "emulator tunnels", "emulator tunnels c --ask close",
	"bench send --warmup 0s --duration 1ms", "bench fanout --warmup 0s --duration 1ms", "bench connect --warmup 0s --duration 1ms", "bench echo --warmup 0s --duration 1ms",
}

// TestJSONErrors: with -o json a command that fails prints the error as the last
// line of stdout, and the same on stderr as without it.
func TestJSONErrors(t *testing.T) {
	t.Parallel()
	usage := []string{
		"send --bogus hi", "send a b", "send --hub 1 hi", "send --group g --user u hi", "exists", "close", "group join", "group list",
		"permission check nothing --connection c --group g", "apply no-such-file", "apply a b", "connect --to-group g --event e",
		"negotiate --expires 0s", "negotiate extra", "listen --addr x", "trigger a", "emulator --addr x", "emulator close", "token inspect", "health extra",
		"bench send --rate x", "bench compare a b", "version extra", "completion nothing", "help nothing", "nothing", "help json extra",
	}
	for _, args := range usage {
		checkJSONError(t, map[string]string{}, args, 2, 0, "usage")
	}
	nowhere := map[string]string{"WPS_CONNECTION_STRING": "Endpoint=http://127.0.0.1:1;AccessKey=k", "WPS_HUB": "chat"}
	for _, args := range serviceCommands {
		checkJSONError(t, nowhere, args+" --retries 0", 1, 0, "unreachable")
	}
	for _, args := range serviceCommands {
		if !strings.HasPrefix(args, "health") {
			checkJSONError(t, map[string]string{"WPS_CONNECTION_STRING": nowhere["WPS_CONNECTION_STRING"], "WPS_HUB": ""}, args+" --hub=", 2, 0, "usage")
		}
	}
}

// TestJSONErrorsOfTheService: status and code are those of the service.
func TestJSONErrorsOfTheService(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	wrongKey := map[string]string{"WPS_CONNECTION_STRING": "Endpoint=" + e.URL + ";AccessKey=wrong", "WPS_HUB": "chat"}
	for _, args := range serviceCommands {
		if !strings.HasPrefix(args, "health") {
			checkJSONError(t, wrongKey, args, 4, 401, "")
		}
	}
	env := map[string]string{"WPS_CONNECTION_STRING": e.ConnectionString.Reveal(), "WPS_HUB": "chat"}
	checkJSONError(t, env, "group join g --user nobody", 1, 404, "Warning.User.NotExisted")
	checkJSONError(t, env, "permission grant sendToGroup --connection nobody --group g", 1, 404, "Info.Connection.NotExisted")
	for status, code := range map[int]string{403: "unauthorized", 409: "refused", 500: "refused"} {
		env := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set(protocol.HeaderSupportedVersions, protocol.APIVersion)
			w.WriteHeader(status)
		})
		exit := 1
		if status == 403 {
			exit = 4
		}
		checkJSONError(t, env, "send hi --retries 0", exit, status, code)
	}
	other := answering(t, func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte("<html>")) })
	for _, args := range []string{"send hi", "exists --user u", "health"} {
		checkJSONError(t, other, args, 1, 200, "notService")
	}
	for _, args := range []string{"emulator status", "emulator groups", "emulator connections", "emulator tunnels"} {
		checkJSONError(t, other, args, 1, 0, "notService")
	}
}

// checkJSONError runs a command that fails; code "" is any code.
func checkJSONError(t *testing.T, env map[string]string, args string, exit, status int, code string) {
	t.Helper()
	words := strings.Fields(args)
	got, stdout, stderr := run(t, env, append(words, "-o", "json")...)
	_, f := lastFailure(t, args, stdout)
	if got != exit || f.HTTPStatus != status || code != "" && f.Code != code {
		t.Errorf("wps %s: exit code %d, %+v, want %d, %d, %q; stderr %q", args, got, f, exit, status, code, stderr)
	}
	if !strings.Contains(stderr, f.Error+"\n") || !strings.Contains(stderr, "hint: "+f.Hint) && f.Hint != "" {
		t.Errorf("wps %s: stderr %q does not have the error %q and the hint %q", args, stderr, f.Error, f.Hint)
	}
	if asText, none, _ := run(t, env, words...); asText != exit || json.Valid([]byte(none)) && none != "" {
		t.Errorf("wps %s as text: exit code %d, stdout %q, want %d and no JSON", args, asText, none, exit)
	}
}

// TestJSONErrorForms: each way to ask for JSON counts, also in a command line that
// cannot be parsed.
func TestJSONErrorForms(t *testing.T) {
	t.Parallel()
	for _, args := range []string{
		"send -o json --bogus", "send --bogus -o json", "send --bogus -ojson", "send --bogus -o=json", "send --bogus --output json", "send --bogus --output=json",
		"-o json nothing", "nothing -o json",
	} {
		_, stdout, _ := run(t, nil, strings.Fields(args)...)
		if _, f := lastFailure(t, args, stdout); f.Code != "usage" {
			t.Errorf("wps %s: code %q, want usage", args, f.Code)
		}
	}
	for _, args := range []string{"send --bogus", "send -o text --bogus", "send --bogus -- -o json", "send -o yaml hi", "negotiate -o url --bogus"} {
		if _, stdout, _ := run(t, nil, strings.Fields(args)...); stdout != "" {
			t.Errorf("wps %s: stdout %q, want nothing", args, stdout)
		}
	}
}

// TestJSONErrorAfterResults: what was printed before a failure stays, and answers
// keep their own JSON.
func TestJSONErrorAfterResults(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	env := map[string]string{"WPS_CONNECTION_STRING": e.ConnectionString.Reveal(), "WPS_HUB": "chat"}
	exit, stdout, _ := run(t, env, "exists", "--user", "u", "-o", "json")
	if exit != 3 || stdout != `{"exists":false,"event":{"type":"ExistenceEvent","targetType":"Users","targetId":"u"}}`+"\n" {
		t.Errorf("exists: exit code %d, stdout %q", exit, stdout)
	}
	_, token, _ := run(t, env, "negotiate", "-o", "token")
	if exit, stdout, _ = run(t, env, "token", "inspect", strings.TrimSpace(token)+"x", "-o", "json"); exit != 4 || strings.Contains(stdout, `"ok"`) || strings.Count(stdout, "\n") != 1 {
		t.Errorf("token inspect: exit code %d, stdout %q", exit, stdout)
	}
	_, stdout, _ = run(t, env, "group", "join", "g", "--user", "nobody", "--jq", ".event.targetId")
	if stdout != "" {
		t.Errorf("--jq .event.targetId of an error: %q, want nothing", stdout)
	}
	_, stdout, _ = run(t, env, "group", "join", "g", "--user", "nobody", "--jq", ".code")
	if stdout != "Warning.User.NotExisted\n" {
		t.Errorf("--jq .code of an error: %q", stdout)
	}
	if _, stdout, _ = run(t, env, "health", "--jq", "["); !strings.HasPrefix(stdout, `{"ok":false,`) {
		t.Errorf("an invalid --jq: stdout %q, want the error", stdout)
	}
	_, stdout, _ = run(t, env, "apply", "-o", "json", write(t, `{"message":"a","dataType":"text"}
{"type":"GroupEvent","groupAction":"Join","targetType":"Users","targetId":"nobody","groupId":"g"}
`))
	before, f := lastFailure(t, "apply", stdout)
	if strings.Count(before, "\n") != 2 || f.HTTPStatus != 404 || f.Code != "Warning.User.NotExisted" {
		t.Errorf("apply: %q before %+v", before, f)
	}
}
