package cmd_test

import (
	"bytes"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// help gives the help of a command and fails the test when there is none.
func help(t *testing.T, command []string) string {
	t.Helper()
	code, stdout, stderr := run(t, nil, append(command, "--help")...)
	if code != 0 || stderr != "" {
		t.Fatalf("wps %s --help: exit code %d, stderr %q", strings.Join(command, " "), code, stderr)
	}
	return stdout
}

// subcommands are the names that a help lists, of commands that wps has itself.
func subcommands(text string) []string {
	_, list, _ := strings.Cut(text, "\nExamples:")
	list, _, _ = strings.Cut(list, "\nFlags:")
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z-]+) +[A-Z]`).FindAllStringSubmatch(list, -1) {
		names = append(names, m[1])
	}
	return names
}

// everyCommand walks all commands from wps itself downward.
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

// TestHelp: the help of every command begins with two sentences and has three
// examples or more, and its exit codes.
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
			t.Errorf("%s: %d examples, want 3", name, n)
		}
		if !strings.Contains(text, "\nExit codes:\n  0    ") || !strings.Contains(text, "\n  2    wrong usage") {
			t.Errorf("%s: no exit codes", name)
		}
		for line := range strings.Lines(text) {
			if m := flagLine.FindStringSubmatch(line); m != nil && strings.Contains(m[2], ": "+m[1]) {
				t.Errorf("%s: a value stands there twice: %s", name, line)
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
		t.Errorf("looked at %d commands, there are more", seen)
	}
}

// flagLine takes a list of values and the usage of a flag.
var flagLine = regexp.MustCompile(`^ +(?:-\w, )?--[\w-]+ (\S+\|\S+) +(.*)`)

// sentenceEnd is the end of a sentence of a help.
var sentenceEnd = regexp.MustCompile(`[^.]\.["')]?\s`)

// examples are the lines of the examples of a help.
func examples(text string) []string {
	_, block, _ := strings.Cut(text, "\nExamples:\n")
	block, _, _ = strings.Cut(block, "\n\n")
	var lines []string
	for line := range strings.Lines(block) {
		lines = append(lines, strings.TrimSpace(line))
	}
	return lines
}

// TestExamples: a shell understands every example, and every wps in it has a
// command and flags that there are. The shell gets a wps that only prints help:
// flags are read before that. Other programs do nothing.
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

// stubs stand before each example. A wps that fails says so itself, because a
// pipe has the exit code of its last word.
const stubs = `
wps() {
	echo "$@" >> ran.txt
	asked=
	for word; do # --help comes last, or before the command that stands behind --
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
		t.Errorf("it runs no wps: %v", err)
	}
}
