package cmd

import (
	"strings"
	"testing"

	"wps/cmd/internal/cli"
)

// TestOtherWords: no word is a command of its own, and each leads to one.
func TestOtherWords(t *testing.T) {
	t.Parallel()
	env := cli.NewEnv(nil, nil, nil, nil)
	root := newRoot(env)
	addCommands(root, env, nil)
	for word, here := range cli.OtherWords() {
		if c, rest, _ := root.Find(strings.Fields(word)[1:]); c != root && len(rest) == 0 {
			t.Errorf("%q is a command", word)
		}
		if !strings.HasPrefix(here, "wps ") {
			continue
		}
		if c, _, err := root.Find(strings.Fields(here)[1:]); err != nil || c == root {
			t.Errorf("%q leads to %q, which is no command", word, here)
		}
	}
}
