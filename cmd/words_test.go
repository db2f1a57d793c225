package cmd_test

import (
	"bytes"
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

	"wps/cmd"
	"wps/cmd/internal/cli"
)

// bannedWord is a word that help and messages do not use.
type bannedWord struct {
	pattern *regexp.Regexp
	instead string
}

// banned lists words that read as a translation, with what the Go standard
// library and other command lines write.
var banned = []bannedWord{
	{regexp.MustCompile(`(?i)\bbehind\b`), "after"},
	{regexp.MustCompile(`(?i)\bgives\b`), "returns, prints, makes"},
	{regexp.MustCompile(`(?i)\b(tells|told)\b|\btell\s+(whether|if|what|of|about|more)\b`), "reports, prints, says, shows"},
	{regexp.MustCompile(`(?i)\bmend(s|ed|ing)?\b`), "fix"},
	{regexp.MustCompile(`(?i)\bnobody\b`), "no one, no client, nothing"},
	{regexp.MustCompile(`(?i)\bstands?\b`), "is"},
	{regexp.MustCompile(`(?i)\bis\s+(not\s+)?there\b`), "exists, is open, is running"},
	{regexp.MustCompile(`(?i)\bwhoever\b|(^|[.:;(]\s+|\b(as|by|for|from|of|than|to|when|with)\s+)who\b`), "the client that, the user who"},
}

// accepted are phrases that have a banned word in its usual sense.
var accepted = regexp.MustCompile(`(?i)\bbehind\s+(a|the|its|your)\s+(reverse\s+)?(proxy|load balancer|tunnel|firewall)\b` +
	`|\bfalls?\s+behind\b|\bgives\s+up\b|\bstands?\s+for\b`)

// TestWordsOfMessages looks for banned words in the string literals of the
// program.
func TestWordsOfMessages(t *testing.T) {
	t.Parallel()
	files := 0
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != ".." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"node_modules", "testdata"}, d.Name())):
			return fs.SkipDir
		case strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go"):
			files++
			checkLiterals(t, file)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files < 100 {
		t.Errorf("looked at %d files, which is not the whole program", files)
	}
}

// checkLiterals reports the banned words in the string literals of a Go file,
// except for import paths and struct tags.
func checkLiterals(t *testing.T, file string) {
	t.Helper()
	positions := token.NewFileSet()
	parsed, err := parser.ParseFile(positions, file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.Field:
			n.Tag = nil
		case *ast.BasicLit:
			if n.Kind == token.STRING {
				checkLiteral(t, positions.Position(n.Pos()), n.Value)
			}
		}
		return true
	})
}

func checkLiteral(t *testing.T, at token.Position, literal string) {
	t.Helper()
	text, err := strconv.Unquote(literal)
	if err != nil {
		t.Fatalf("%v: %v", at, err)
	}
	for _, found := range bannedIn(text) {
		line := at.Line
		if strings.HasPrefix(literal, "`") {
			line += strings.Count(text[:found.at], "\n")
		}
		t.Errorf("%s:%d: %q: write %s", at.Filename, line, found.word, found.instead)
	}
}

// finding is a banned word in a text.
type finding struct {
	at      int // in bytes from the start of the text
	word    string
	instead string
}

func bannedIn(text string) (found []finding) {
	text = accepted.ReplaceAllStringFunc(text, func(s string) string { return strings.Repeat("_", len(s)) })
	for _, b := range banned {
		for _, at := range b.pattern.FindAllStringIndex(text, -1) {
			found = append(found, finding{at[0], text[at[0]:at[1]], b.instead})
		}
	}
	return found
}

// TestWordsOfHelp looks for banned words in what --help prints for each command.
// It sees what string literals do not show: texts put together from parts.
func TestWordsOfHelp(t *testing.T) {
	t.Parallel()
	checkHelp(t, "help", "json")
	if seen := checkCommands(t); seen < 20 {
		t.Errorf("looked at the help of %d commands, want at least 20", seen)
	}
}

// listed is a line of help that lists a subcommand.
var listed = regexp.MustCompile(`(?m)^  ([a-z][a-z-]*) {2,}[A-Z]`)

// checkCommands checks the help of a command and of those below it, and returns
// how many they are.
func checkCommands(t *testing.T, command ...string) (seen int) {
	t.Helper()
	help := checkHelp(t, append(slices.Clone(command), "--help")...)
	for _, m := range listed.FindAllStringSubmatch(help, -1) {
		seen += checkCommands(t, append(slices.Clone(command), m[1])...)
	}
	return seen + 1
}

// checkHelp reports the banned words in what a command line prints, and returns
// that.
func checkHelp(t *testing.T, args ...string) string {
	t.Helper()
	var stdout, stderr bytes.Buffer
	env := cli.NewEnv(strings.NewReader(""), &stdout, &stderr, func(string) (string, bool) { return "", false })
	if code := cmd.Run(t.Context(), args, env); code != 0 {
		t.Fatalf("wps %s: exit code %d: %s", strings.Join(args, " "), code, &stderr)
	}
	help := stdout.String()
	for _, found := range bannedIn(help) {
		line := 1 + strings.Count(help[:found.at], "\n")
		t.Errorf("wps %s, line %d: %q: write %s", strings.Join(args, " "), line, found.word, found.instead)
	}
	return help
}

// TestBannedIn holds the patterns to both senses of the words.
func TestBannedIn(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want int
	}{
		{"there is more behind the array", 1},
		{"the emulator runs behind a reverse proxy", 0},
		{"it gives the number, then gives up", 1},
		{"reports whether the user exists", 0},
		{"tells whether the user is there", 2},
		{"nobody is told", 2},
		{"mend the line, or recommend it", 1},
		{"{hub} stands for the name of the hub", 0},
		{"Who connects may send", 1},
		{"a user who may send", 0},
	}
	for _, test := range tests {
		if got := bannedIn(test.text); len(got) != test.want {
			t.Errorf("bannedIn(%q) = %v, want %d findings", test.text, got, test.want)
		}
	}
}
