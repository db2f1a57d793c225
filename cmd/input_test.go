package cmd

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"wps/cmd/internal/cli"
	"wps/emulator/emulatortest"
)

// inputs says what each command that does something takes as input besides flags:
// valid arguments for it, and whether it reads standard input then. One that does
// not leaves it alone, so that a loop that reads it goes on.
var inputs = map[string]struct {
	args  string
	reads bool
	many  bool // further arguments are used
}{
	"apply":                {"", true, false},
	"bench compare":        {"a b", false, false},
	"bench connect":        {"--hub 1", false, false}, // refused before anything is measured
	"bench echo":           {"--hub 1", false, false},
	"bench fanout":         {"--hub 1", false, false},
	"bench predict":        {"--hook-time 5ms", false, false},
	"bench send":           {"--hub 1", false, false},
	"broadcast":            {"", true, true},
	"close":                {"c", false, true},
	"completion":           {"bash", false, false},
	"connect":              {"--wait 1ms", false, false},
	"context":              {"list", false, false},
	"context add":          {"x", false, false},
	"context edit":         {"x", false, false},
	"context list":         {"", false, false},
	"context remove":       {"x", false, false},
	"context rename":       {"x y", false, false},
	"context show":         {"x", false, false},
	"context use":          {"x", false, false},
	"doctor":               {"--timeout 1s", false, false},
	"emulator":             {"--addr x", false, false},
	"emulator close":       {"c", false, false},
	"emulator connections": {"", false, false},
	"emulator events":      {"", false, false},
	"emulator groups":      {"", false, false},
	"emulator status":      {"", false, false},
	"emulator tunnels":     {"", false, false},
	"exists":               {"--user u", false, false},
	"group join":           {"g --user u", false, false},
	"group leave":          {"g --user u", false, false},
	"group leave-all":      {"--user u", false, false},
	"group list":           {"g", false, false},
	"health":               {"", false, false},
	"help":                 {"json", false, false},
	"listen":               {"--addr x", false, false},
	"negotiate":            {"", false, false},
	"permission check":     {"sendToGroup --connection c --group g", false, false},
	"permission grant":     {"sendToGroup --connection c --group g", false, false},
	"permission revoke":    {"sendToGroup --connection c --group g", false, false},
	"replay":               {"x", false, false},
	"send":                 {"", true, true},
	"token inspect":        {"-", true, false},
	"trigger":              {"message --to http://127.0.0.1:1/ --retries 0", true, false},
	"version":              {"", false, false},
	"wait":                 {"health", false, false},
}

// unread is standard input that counts what is read of it.
type unread struct {
	*strings.Reader
	size int
}

// TestInputs runs every command with something on standard input and with an
// argument too many: nothing is read without being used, and nothing is ignored.
func TestInputs(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	env := map[string]string{"WPS_CONNECTION_STRING": e.ConnectionString.Reveal(), "WPS_HUB": "chat", "HOME": t.TempDir()}
	seen := 0
	var walk func(path []string, c *cobra.Command)
	walk = func(path []string, c *cobra.Command) {
		for _, sub := range c.Commands() {
			walk(append(slices.Clone(path), sub.Name()), sub)
		}
		name := strings.Join(path, " ")
		in, known := inputs[name]
		if !known {
			if !c.HasSubCommands() {
				t.Errorf("wps %s is not in the table", name)
			}
			return
		}
		seen++
		checkInput(t, env, path, in.args, in.reads)
		if in.many {
			return
		}
		words := slices.Concat(path, strings.Fields(in.args), []string{"TOO-MANY"})
		if code, _, stderr := runIn(t, env, strings.NewReader(""), words...); code != 2 {
			t.Errorf("wps %s: exit code %d, want 2; stderr %q", strings.Join(words, " "), code, stderr)
		}
	}
	walk(nil, newTree())
	if seen < 35 {
		t.Errorf("saw %d commands, want at least 35", seen)
	}
}

// checkInput runs a command with something on standard input.
func checkInput(t *testing.T, env map[string]string, path []string, args string, reads bool) {
	t.Helper()
	const text = `{"message":"x","dataType":"text"}`
	in := unread{strings.NewReader(text), len(text)}
	words := append(slices.Clone(path), strings.Fields(args)...)
	runIn(t, env, in, words...)
	if read := in.size - in.Len(); (read > 0) != reads {
		t.Errorf("wps %s read %d bytes of standard input, want some: %v", strings.Join(words, " "), read, reads)
	}
}

// runIn runs wps in this process.
func runIn(t *testing.T, env map[string]string, stdin io.Reader, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	e := cli.NewEnv(stdin, &out, &errs, func(name string) (string, bool) {
		v, ok := env[name]
		return v, ok
	})
	code = Run(t.Context(), args, e)
	return code, out.String(), errs.String()
}

// TestTwoInputs: of two ways to give the same input, neither is silently ignored.
func TestTwoInputs(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"WPS_CONNECTION_STRING": e.ConnectionString.Reveal(), "WPS_HUB": "chat"}
	for _, args := range []string{
		"send hi --file " + file, "send - --file " + file, "send a b", "broadcast a b", "send --lines a --file " + file, "broadcast hi --file " + file,
		"send --group g --user u hi", "send --group g --all hi", "send --lines --group g --group h a", "apply " + file + " " + file,
		"close c --user u", "close --user u --group g", "close --all --user u --yes", "group join g --user u --connection c", "group join g --user u --filter x",
		"exists --user u --group g", "exists --user a --user b", "permission check sendToGroup --connection a --connection b --group g",
		"connect --to-group g --event e", "connect --count 1 --until .", "connect --url ws://h/client/hubs/h --user u", "bench send --group g --user u",
		"negotiate --user a --user b", "negotiate --path /x", "wait user a b", "wait health --gone", "token inspect a b", "trigger message --to http://h --data a --data b",
		"send --connection a,b hi", "send --exclude a,b hi", "close a,b", "permission grant sendToGroup --connection a,b --group g",
		"send --ttl 1s --ttl 2s hi", "group list g --top 1 --top 2", "send --hub a --hub b hi", "health --timeout 1s --timeout 2s",
	} {
		if code, stdout, stderr := runIn(t, env, strings.NewReader("in"), strings.Fields(args)...); code != 2 || stdout != "" {
			t.Errorf("wps %s: exit code %d, stdout %q, want 2 and nothing; stderr %q", args, code, stdout, stderr)
		}
	}
	for _, args := range []string{
		"send --user a,b hi", "send --group a,b hi", "close --user a,b", "close --group a,b", "group leave a,b --user u", "group leave g --user a,b", "group leave-all --user a,b",
		"exists --user a,b", "exists --group a,b", "group list a,b", "negotiate --group a,b", "negotiate --role webpubsub.sendToGroup,webpubsub.joinLeaveGroup",
		"connect --group a,b --wait 1ms", "connect --join a,b --wait 1ms", "connect --to-group a,b --wait 1ms", "send --group a,b --dry-run hi",
	} {
		if code, _, stderr := runIn(t, env, strings.NewReader(""), strings.Fields(args)...); code != 0 && code != 3 || !strings.Contains(stderr, "warning: ") || !strings.Contains(stderr, " one ") {
			t.Errorf("wps %s: exit code %d, stderr %q, want a warning that it is one name", args, code, stderr)
		}
	}
}
