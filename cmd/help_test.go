package cmd_test

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"wps/cmd"
)

// help returns the help of a command.
func help(t *testing.T, command []string) string {
	t.Helper()
	code, stdout, stderr := run(t, nil, append(command, "--help")...)
	if code != 0 || stderr != "" {
		t.Fatalf("wps %s --help: exit code %d, stderr %q", strings.Join(command, " "), code, stderr)
	}
	return stdout
}

// subcommands returns the names of the commands that a help lists.
func subcommands(text string) []string {
	_, list, _ := strings.Cut(text, "\nExamples:")
	list, _, _ = strings.Cut(list, "\nFlags:")
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z-]+) +[A-Z]`).FindAllStringSubmatch(list, -1) {
		names = append(names, m[1])
	}
	return names
}

// everyCommand calls visit with every command and its help.
func everyCommand(t *testing.T, visit func(command []string, text string)) {
	t.Helper()
	var walk func(command []string)
	walk = func(command []string) {
		text := help(t, command)
		visit(command, text)
		if !strings.Contains(text, "\n  "+strings.Join(append([]string{"wps"}, command...), " ")+" <command>") {
			return
		}
		names := subcommands(text)
		if len(names) == 0 {
			t.Errorf("wps %s lists no commands", strings.Join(command, " "))
		}
		for _, name := range names {
			walk(append(command[:len(command):len(command)], name))
		}
	}
	walk(nil)
}

// TestHelp checks that the help of every command begins with two sentences, and has
// at least three examples and exit codes.
func TestHelp(t *testing.T) {
	t.Parallel()
	seen := 0
	everyCommand(t, func(command []string, text string) {
		seen++
		name := strings.Join(append([]string{"wps"}, command...), " ")
		long, _, _ := strings.Cut(text, "\n\n")
		if n := len(sentenceEnd.FindAllString(long+"\n", -1)); n != 2 {
			t.Errorf("%s: %d sentences begin the help, want 2:\n%s", name, n, long)
		}
		if n := len(examples(text)); n < 3 {
			t.Errorf("%s: %d examples, want at least 3", name, n)
		}
		if !strings.Contains(text, "\nExit codes:\n  0    ") || !strings.Contains(text, "\n  2    wrong usage") {
			t.Errorf("%s: no exit codes", name)
		}
		for line := range strings.Lines(text) {
			if m := flagLine.FindStringSubmatch(line); m != nil && strings.Contains(m[2], ": "+m[1]) {
				t.Errorf("%s: a value is listed twice: %s", name, line)
			}
		}
		beforeUsage, _, _ := strings.Cut(text, "\nUsage:\n")
		for line := range strings.Lines(beforeUsage) {
			if len(line) > 85 {
				t.Errorf("%s: a line of %d characters: %s", name, len(line), line)
			}
		}
	})
	if seen < 20 {
		t.Errorf("saw %d commands, want at least 20", seen)
	}
}

// flagLine matches the values and the usage of a flag.
var flagLine = regexp.MustCompile(`^ +(?:-\w, )?--[\w-]+ (\S+\|\S+) +(.*)`)

// sentenceEnd matches the end of a sentence.
var sentenceEnd = regexp.MustCompile(`[^.]\.["')]?\s`)

// examples returns the lines of the examples of a help.
func examples(text string) []string {
	_, block, _ := strings.Cut(text, "\nExamples:\n")
	block, _, _ = strings.Cut(block, "\n\n")
	var lines []string
	for line := range strings.Lines(block) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

// TestExamples checks that a shell accepts every example, and that every wps in it
// has valid commands and flags. It runs wps with --help, after which flags are still
// parsed; other programs do nothing.
func TestExamples(t *testing.T) {
	t.Parallel()
	everyCommand(t, func(_ []string, text string) {
		for _, line := range examples(text) {
			t.Run(line, func(t *testing.T) {
				t.Parallel()
				runExample(t, line)
			})
		}
	})
}

// stubs precede each example. The function wps reports failures itself, because a
// pipe has the exit code of its last command.
const stubs = `
wps() {
	echo "$@" >> ran.txt
	asked=
	for word; do # --help is last, or before the command after --
		shift
		if [ "$word" = -- ] && [ -z "$asked" ]; then asked=yes; set -- "$@" --help; fi
		set -- "$@" "$word"
	done
	[ -n "$asked" ] || set -- "$@" --help
	command wps "$@" > /dev/null || echo "FAILED: wps $*" >&2
}
for name in websocat npm tail jq sort; do eval "$name() { cat > /dev/null < /dev/null; }"; done
ID=c1 TOKEN=a.b.c
`

func runExample(t *testing.T, line string) {
	t.Helper()
	dir := t.TempDir()
	for _, folder := range []string{"/.zfunc", "/.config/fish/completions"} {
		if err := os.MkdirAll(dir+folder, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	shell := exec.Command("sh", "-c", stubs+line)
	shell.Dir = dir
	shell.Env = append(os.Environ(), "HOME="+dir, "GORACE=atexit_sleep_ms=0") // $PATH has the wps of TestMain
	var stderr bytes.Buffer
	shell.Stderr = &stderr
	if err := shell.Run(); err != nil || stderr.Len() > 0 {
		t.Errorf("%v: %s", err, stderr.String())
	}
	if ran, err := os.ReadFile(dir + "/ran.txt"); err != nil || len(ran) == 0 {
		t.Errorf("it does not run wps: %v", err)
	}
}

// A flag with a value that may be absent shows one placeholder, not pflag's as well.
func TestHelpOfOptionalValue(t *testing.T) {
	t.Parallel()
	for _, p := range cmd.HelpPages() {
		if strings.Contains(p.Text, "[=") {
			t.Errorf("%s --help: %s", p.Command, p.Text)
		}
		for _, f := range p.Flags {
			if strings.Contains(f.Name+f.Value, "[=") {
				t.Errorf("%s: %s %s", p.Command, f.Name, f.Value)
			}
		}
	}
}
