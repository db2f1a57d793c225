package cmd_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// codeRow matches the first cell of a row about an exit code, in help and on the page.
var codeRow = regexp.MustCompile(`(?m)^(?:\| |  )(\d+|any other|other) +`)

// TestExitCodesPage checks that docs/exit-codes.md has the exit codes of "wps help
// exit-codes", and those of hooks the ones of "wps help hooks".
func TestExitCodesPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/exit-codes.md")
	if err != nil {
		t.Fatal(err)
	}
	ours, hooks, _ := strings.Cut(string(text), "\n## Of hooks\n")
	for topic, section := range map[string]string{"exit-codes": ours, "hooks": hooks} {
		got, want := codesIn(section), codesIn(topicText(t, topic))
		if len(want) < 5 || !slices.Equal(got, want) {
			t.Errorf("docs/exit-codes.md has %q, want those of wps help %s: %q", got, topic, want)
		}
	}
	root := codesIn(help(t, nil))
	if got := codesIn(ours); !slices.Equal(got, root) {
		t.Errorf("docs/exit-codes.md has %q, wps --help has %q", got, root)
	}
}

// codesIn returns the exit codes of a table, sorted.
func codesIn(text string) []string {
	codes := map[string]bool{}
	for _, m := range codeRow.FindAllStringSubmatch(text, -1) {
		codes[strings.TrimPrefix(m[1], "any ")] = true
	}
	return slices.Sorted(maps.Keys(codes))
}
