package cmd_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestBashCompletion runs the completion script in a bash that has nothing else, as
// where the package bash-completion is not installed.
func TestBashCompletion(t *testing.T) {
	t.Parallel()
	bash := requireProgram(t, "bash")
	const script = `
eval "$(wps completion bash)"
compopt() { :; } # it works during a completion only
COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=9 COMP_KEY=9
shift
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
__start_wps
printf '%s\n' "${COMPREPLY[@]}"
`
	dir := t.TempDir()
	if err := os.WriteFile(dir+"/events.jsonl", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		line  string
		words []string // as bash splits the line
		want  string   // a line of what is proposed
	}{
		{"wps exi", []string{"wps", "exi"}, "exists"},
		{"wps permission grant ", []string{"wps", "permission", "grant", ""}, "sendToGroup"},
		{"wps send --data-type ", []string{"wps", "send", "--data-type", ""}, "json"},
		{"wps send --data-type=j", []string{"wps", "send", "--data-type", "=", "j"}, "json"},
		{"wps send --data-type=", []string{"wps", "send", "--data-type", "=", ""}, "binary"},
		{"wps negotiate --client  mq", []string{"wps", "negotiate", "--client", "mq"}, "mqtt"},
		{"wps help exit", []string{"wps", "help", "exit"}, "exit-codes"},
	} {
		c := exec.Command(bash, append([]string{"--norc", "--noprofile", "-c", script, "bash", tt.line}, tt.words...)...)
		c.Dir = dir
		c.Env = append(os.Environ(), "GORACE=atexit_sleep_ms=0")
		var stderr strings.Builder
		c.Stderr = &stderr
		out, err := c.Output()
		found := false
		for line := range strings.Lines(string(out)) {
			word, _, _ := strings.Cut(strings.TrimSpace(line), " ")
			found = found || word == tt.want
		}
		if err != nil || stderr.Len() > 0 || !found {
			t.Errorf("%q completes with %q (%v, %s), want %s", tt.line, out, err, &stderr, tt.want)
		}
	}
}
