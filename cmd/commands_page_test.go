package cmd_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

var rowOfCommand = regexp.MustCompile("(?m)^\\| (`wps [^|]*(?:\\\\\\|[^|]*)*) \\|")

// TestCommandsPage checks that docs/commands.md has a row for every command, and no
// others.
func TestCommandsPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string]bool{}
	for _, m := range rowOfCommand.FindAllStringSubmatch(string(text), -1) {
		for _, name := range strings.Split(strings.ReplaceAll(m[1], "`", ""), ", ") {
			above, last, _ := cutLast(strings.TrimSuffix(name, " "))
			for _, one := range strings.Split(last, `\|`) {
				rows[above+" "+one] = true
			}
		}
	}
	everyCommand(t, func(path []string, text string) {
		name := strings.Join(append([]string{"wps"}, path...), " ")
		isGroup := strings.Contains(text, "\nCommands:\n") && name != "wps emulator"
		switch {
		case len(path) == 0 || path[0] == "help" || path[0] == "completion" && len(path) > 1 || isGroup && rows[name]:
		case !isGroup && !rows[name]:
			t.Errorf("docs/commands.md has no row of %s", name)
		}
		delete(rows, name)
	})
	for name := range rows {
		t.Errorf("docs/commands.md has a row of %s, which is no command", name)
	}
}

// cutLast cuts a text at its last space.
func cutLast(s string) (before, after string, found bool) {
	i := strings.LastIndex(s, " ")
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}
