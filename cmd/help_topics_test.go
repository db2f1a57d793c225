package cmd_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wps/emulator/filter"
	"wps/output"
)

// topicText returns the text of a topic of help.
func topicText(t *testing.T, name string) string {
	t.Helper()
	code, stdout, stderr := run(t, nil, "help", name)
	if code != 0 || stderr != "" || stdout == "" {
		t.Fatalf("wps help %s: exit code %d, stderr %q", name, code, stderr)
	}
	return stdout
}

// topicNames are the topics that wps help lists.
func topicNames(t *testing.T) []string {
	t.Helper()
	var names []string
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z-]+) {2,}[a-z]`).FindAllStringSubmatch(help(t, []string{"help"}), -1) {
		names = append(names, m[1])
	}
	return names
}

// TestTopics checks that each topic is named by the root's help, is found under its
// other names, has no banned words and no wide lines of prose.
func TestTopics(t *testing.T) {
	t.Parallel()
	names := topicNames(t)
	if len(names) < 7 {
		t.Errorf("topics %q, want at least 7", names)
	}
	root := help(t, nil)
	for _, name := range names {
		if !strings.Contains(root, name) {
			t.Errorf("wps --help does not name the topic %s", name)
		}
		text := topicText(t, name)
		for _, found := range bannedIn(text) {
			t.Errorf("wps help %s: %q: write %s", name, found.word, found.instead)
		}
		for line := range strings.Lines(text) {
			if len(line) > 86 && !strings.Contains(line, "{") && !strings.HasPrefix(line, "  ") && name != "json" {
				t.Errorf("wps help %s: a line of %d characters: %s", name, len(line), line)
			}
		}
	}
	for alias, name := range map[string]string{"env": "environment", "ENV": "environment", "event": "events", "exit": "exit-codes", "odata": "filter", "hook": "hooks"} {
		if topicText(t, alias) != topicText(t, name) {
			t.Errorf("wps help %s is not wps help %s", alias, name)
		}
	}
	if code, _, stderr := run(t, nil, "help", "nonsense"); code != 2 || !strings.Contains(stderr, `unknown command "nonsense"`) {
		t.Errorf("wps help nonsense = %d, %s", code, stderr)
	}
}

// TestTopicEvents checks that each event object of the topic is one, and that each
// action and type has an example.
func TestTopicEvents(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for line := range strings.Lines(topicText(t, "events")) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "{") {
			continue
		}
		ev, err := output.Decode([]byte(line))
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		seen[ev.Type()] = true
	}
	if len(seen) != 5 {
		t.Errorf("examples of %v, want one of each type", seen)
	}
}

// TestTopicFilter checks that each expression of the topic is one, and that the
// filter has no function or field that the topic lacks.
func TestTopicFilter(t *testing.T) {
	t.Parallel()
	text := topicText(t, "filter")
	_, examples, _ := strings.Cut(text, "\nExamples:\n")
	examples, _, _ = strings.Cut(examples, "\n\n")
	n := 0
	for line := range strings.Lines(examples) {
		n++
		if _, err := filter.Parse(strings.TrimSpace(line)); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	if n < 5 {
		t.Errorf("%d examples", n)
	}
	for _, name := range []string{"length", "tolower", "toupper", "trim", "contains", "startswith", "endswith", "indexof", "concat", "substring"} {
		if !strings.Contains(text, name) {
			t.Errorf("the function %s is not listed", name)
		}
	}
	for _, m := range regexp.MustCompile(`(?m)^  ([a-zI]+)  +the `).FindAllStringSubmatch(text, -1) {
		if _, err := filter.Parse(m[1] + " eq null"); err != nil && m[1] != "groups" {
			t.Errorf("the field %s: %v", m[1], err)
		}
	}
	for _, operator := range strings.Split("eq, ne, gt, ge, lt, le", ", ") {
		if _, err := filter.Parse("length(userId) " + operator + " 1"); err != nil {
			t.Errorf("the operator %s: %v", operator, err)
		}
	}
}

// variableName matches a string literal that is the name of an environment variable
// of wps or of the ecosystem.
var variableName = regexp.MustCompile(`^(WPS_[A-Z_]+|NO_COLOR|COLUMNS|(?:DOTNET|ASPNETCORE|AZURE|WEBPUBSUB)_[A-Z_]+|WebPubSubConnectionString|AzureWebJobs\w+|WebPubSubHub)$`)

// TestTopicVariables checks that every variable that the program names is in the topic
// environment or hooks. Those that are only named in hints are excepted.
func TestTopicVariables(t *testing.T) {
	t.Parallel()
	text := topicText(t, "environment") + topicText(t, "hooks")
	found := map[string]string{}
	for _, dir := range []string{".", "../trigger"} {
		err := filepath.WalkDir(dir, func(file string, d fs.DirEntry, err error) error {
			if err == nil && strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go") {
				variablesIn(t, file, found)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	except := []string{"WEBPUBSUB_ENDPOINT", "AZURE_WEBPUBSUB_ENDPOINT"}
	for name, file := range found {
		if !strings.Contains(text, name) && !slices.Contains(except, name) {
			t.Errorf("%s: the variable %s is in no topic", file, name)
		}
	}
	if len(found) < 20 {
		t.Errorf("%d variables found, which is not the whole program", len(found))
	}
}

// variablesIn adds the variables that the literals of a file name.
func variablesIn(t *testing.T, file string, found map[string]string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
			if text, err := strconv.Unquote(lit.Value); err == nil && variableName.MatchString(text) {
				found[text] = file
			}
		}
		return true
	})
}

// TestHelpWidth checks that $COLUMNS is the width of help that goes to a pager.
func TestHelpWidth(t *testing.T) {
	t.Parallel()
	for _, columns := range []string{"60", "80", "100"} {
		width, _ := strconv.Atoi(columns)
		code, stdout, _ := run(t, map[string]string{"COLUMNS": columns}, "send", "--help")
		_, flags, _ := strings.Cut(stdout, "\nFlags:\n")
		for line := range strings.Lines(flags) {
			if code != 0 || len(strings.TrimRight(line, "\n")) > width {
				t.Errorf("COLUMNS=%s: %d columns: %s", columns, len(line)-1, line)
			}
		}
	}
	_, plain, _ := run(t, nil, "send", "--help")
	for _, columns := range []string{"", "x", "-5", "3"} {
		if _, stdout, _ := run(t, map[string]string{"COLUMNS": columns}, "send", "--help"); stdout != plain {
			t.Errorf("COLUMNS=%s changes the help", columns)
		}
	}
}
