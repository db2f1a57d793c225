package cmd

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/foreign"
	"wps/cmd/internal/hooks"
)

// newFullRoot returns the root command with all commands.
func newFullRoot() *cobra.Command {
	env := cli.NewEnv(strings.NewReader(""), &bytes.Buffer{}, &bytes.Buffer{}, func(string) (string, bool) { return "", false })
	root := newRoot(env)
	addCommands(root, env, nil)
	return root
}

// placeholders are values for the words in capitals of hints.
var placeholders = strings.NewReplacer(
	"GROUP", "g1", "MESSAGE", "hi", "USER", "u1", "ID", "c1", "URL", "http://localhost:1", "EVENT", "connect",
	"HOOK", ":accept", "TOKEN", "a.b.c", "FILE", "f", "HOST", "localhost", "PORT", "1", "NAME", "n", "PERMISSION", "sendToGroup",
)

// parseCommandLine parses a command line without quotes by the commands themselves, up
// to the point where they would run.
func parseCommandLine(t *testing.T, line string) {
	t.Helper()
	root := newFullRoot()
	words := hooks.JoinArgs(root, strings.Fields(placeholders.Replace(line))[1:])
	c, rest, err := root.Find(words)
	if err != nil || c == root {
		t.Errorf("%q: no command (%v)", line, err)
		return
	}
	if err := c.ParseFlags(rest); err != nil {
		t.Errorf("%q: %v", line, err)
		return
	}
	if err := c.ValidateArgs(c.Flags().Args()); err != nil {
		t.Errorf("%q: %v", line, err)
	}
	if c.HasSubCommands() && c.Annotations[cli.RunsAnnotation] == "" && len(c.Flags().Args()) > 0 {
		t.Errorf("%q: %q is no subcommand", line, c.Flags().Args())
	}
}

// mentioned matches a command that a sentence mentions.
var mentioned = regexp.MustCompile(`\bwps ([a-z-]+)`)

// TestForeignCommands checks that no foreign name is a command of wps, and that each
// has an equivalent: a command line that wps can parse, or a sentence whose commands
// exist.
func TestForeignCommands(t *testing.T) {
	t.Parallel()
	root := newFullRoot()
	all := foreign.Commands()
	for name, equivalent := range all {
		words := strings.Fields(name)[1:]
		if c, rest, _ := root.Find(words); c != root && len(rest) == 0 {
			t.Errorf("%q is a command", name)
		}
		if strings.Contains(name, "-") || name != strings.ToLower(name) {
			t.Errorf("%q is not in lower case without dashes, so it is never found", name)
		}
		if strings.HasPrefix(equivalent, "wps ") {
			parseCommandLine(t, equivalent)
			continue
		}
		if strings.HasPrefix(equivalent, "az webpubsub") {
			equivalent = strings.ReplaceAll(equivalent, "az webpubsub", "")
		}
		for _, m := range mentioned.FindAllStringSubmatch(equivalent, -1) {
			if c, _, err := root.Find(m[1:]); err != nil || c == root {
				t.Errorf("%q: %q mentions no command", name, equivalent)
			}
		}
	}
	if len(all) < 150 {
		t.Errorf("%d foreign commands, want at least 150", len(all))
	}
}

// TestForeignCommandLines runs command lines of other tools: each ends with the exit
// code 2 and the hint.
func TestForeignCommandLines(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"service broadcast --hub-name h -n w -g r --payload hi":     "wps broadcast MESSAGE",
		"service group add-user --group-name g --user-id u":         "wps group join GROUP --user USER",
		"service user exist --user-id u":                            "wps exists --user USER",
		"service nonsense":                                          "one of wps send, wps broadcast, wps group, wps close, wps exists and wps permission",
		"webpubsub service connection close --connection-id c":      "wps close ID",
		"az webpubsub client start --hub-name h --user-id u":        "wps connect --user USER",
		"client start --hub-name h":                                 "wps connect --user USER",
		"hub create -n w":                                           "!wps does not create or configure services: use az webpubsub hub; wps emulator --settings FILE reads what az webpubsub hub show prints",
		"key show -n w -g r":                                        "!wps does not create or configure services: use az webpubsub key show --query primaryConnectionString -o tsv",
		"awps-tunnel run --hub h --upstream http://localhost:3000":  "wps listen --tunnel --hub HUB --forward URL",
		"run --hub h -u http://localhost:3000":                      "wps listen --tunnel --hub HUB --forward URL",
		"logs tail":                                                 "wps emulator events -f",
		"pub g hi":                                                  "wps send --group GROUP MESSAGE",
		"sub g":                                                     "wps connect --join GROUP",
		"req g hi":                                                  "wps connect --event EVENT --count 1",
		"channels publish g hi":                                     "wps send --group GROUP MESSAGE",
		"sendToAll hi":                                              "wps broadcast MESSAGE",
		"ws://localhost:8080/client/hubs/h?access_token=SECRET":     "wps connect --url URL",
		"connect wss://h/client/hubs/h?access_token=SECRET":         "!did you mean --url URL?",
		"connect -c ws://localhost/x":                               "--url",
		"connect -x hi":                                             "standard input, as in echo MESSAGE | wps connect --to-group GROUP",
		"connect -s json.webpubsub.azure.v1":                        "--subprotocol",
		"listen --forward-to localhost:3000":                        "--forward",
		"listen -e connect":                                         "--on EVENT HOOK",
		"listen --print-json":                                       "-o json",
		"trigger message --override data=1":                         "--data",
		"send --payload hi":                                         "the message as the last argument",
		"send -n w hi":                                              "--connection-string, or set WPS_CONNECTION_STRING: the connection string names the service",
		"exists --user-id u":                                        "--user",
		"exists --connection-id=u":                                  "--connection",
		"permission grant --permission sendToGroup":                 "sendToGroup or joinLeaveGroup as the first argument",
		"emulator --port 8080":                                      "--addr localhost:PORT",
		"emulator --WebPubSub:Hubs:h:EventHandlers:0:UrlTemplate u": "--settings FILE, or a variable such as WebPubSub__Hubs__chat__EventHandlers__0__UrlTemplate",
		"emulator start":                                            "wps emulator",
		"negotiate --user-id u":                                     "--user",
		"negotiate --minutes-to-expire 5":                           "--expires",
		"group add-connection g":                                    "wps group join GROUP --connection ID",
		"health --json":                                             "-o json",
		"-c ws://localhost:8080/client/hubs/chat":                   "wps connect URL",
		"--connect=ws://localhost:8080/?access_token=SECRET":        "wps connect URL",
		"-l 8080":       "wps emulator --addr localhost:PORT",
		"--listen 8080": "wps emulator --addr localhost:PORT",
	} {
		var stdout, stderr bytes.Buffer
		env := cli.NewEnv(strings.NewReader(""), &stdout, &stderr, func(string) (string, bool) { return "", false })
		code := Run(t.Context(), strings.Fields(line), env)
		hint := "hint: in wps that is: " + want + "\n"
		if whole, ok := strings.CutPrefix(want, "!"); ok {
			hint = "hint: " + whole + "\n"
		}
		if code != 2 || stdout.Len() > 0 || !strings.HasSuffix(stderr.String(), hint) || strings.Contains(stderr.String(), "SECRET") {
			t.Errorf("wps %s = %d, %q, %q, want %q", line, code, &stdout, &stderr, hint)
		}
	}
}

// flagWord matches a flag in a hint.
var flagWord = regexp.MustCompile(`(?:^|\s)(--?[a-z][a-z-]*)`)

// TestForeignFlags checks that no foreign flag is a flag of its command, and that
// what is to be written in its place exists there.
func TestForeignFlags(t *testing.T) {
	t.Parallel()
	root := newFullRoot()
	for path, flags := range foreign.Flags() {
		c, _, err := root.Find(strings.Fields(path)[1:])
		if err != nil || c.CommandPath() != path {
			t.Errorf("%q is no command", path)
			continue
		}
		for flag, equivalent := range flags {
			if path != "wps" && hasFlag(c, flag) {
				t.Errorf("%s has the flag %s", path, flag)
			}
			if strings.Contains(equivalent, "wps ") { // a command line of its own
				continue
			}
			for _, m := range flagWord.FindAllStringSubmatch(equivalent, -1) {
				if !someHasFlag(c, m[1]) {
					t.Errorf("%s %s: %q names %s, which is no flag there", path, flag, equivalent, m[1])
				}
			}
		}
	}
}

func hasFlag(c *cobra.Command, flag string) bool {
	var found *pflag.Flag
	if name, long := strings.CutPrefix(flag, "--"); long {
		if found = c.Flags().Lookup(name); found == nil {
			found = c.InheritedFlags().Lookup(name)
		}
	} else if found = c.Flags().ShorthandLookup(flag[1:]); found == nil {
		found = c.InheritedFlags().ShorthandLookup(flag[1:])
	}
	return found != nil
}

// someHasFlag reports whether a command, or one below it, has a flag.
func someHasFlag(c *cobra.Command, flag string) bool {
	if hasFlag(c, flag) {
		return true
	}
	for _, sub := range c.Commands() {
		if someHasFlag(sub, flag) {
			return true
		}
	}
	return false
}
