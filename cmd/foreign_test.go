package cmd

import (
	"strings"
	"testing"

	"wps/cmd/internal/cli"
)

// TestForeignCommands checks that no foreign name is a command of wps, and that each
// has an equivalent.
func TestForeignCommands(t *testing.T) {
	t.Parallel()
	env := cli.NewEnv(nil, nil, nil, nil)
	root := newRoot(env)
	addCommands(root, env, nil)
	for name, equivalent := range cli.ForeignCommands() {
		if c, rest, _ := root.Find(strings.Fields(name)[1:]); c != root && len(rest) == 0 {
			t.Errorf("%q is a command", name)
		}
		if !strings.HasPrefix(equivalent, "wps ") {
			continue
		}
		if c, _, err := root.Find(strings.Fields(equivalent)[1:]); err != nil || c == root {
			t.Errorf("%q has the equivalent %q, which is no command", name, equivalent)
		}
	}
}
