package cmd

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

	"github.com/spf13/cobra"
)

// text is a string of the program, its literals joined. What is put in at run time
// is VALUE.
type text struct {
	at    string // file and line
	value string
}

// textsOf returns the texts of the program's files.
func textsOf(t *testing.T) (all []text) {
	t.Helper()
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && file != ".." && (strings.HasPrefix(d.Name(), ".") || slices.Contains([]string{"node_modules", "testdata", "scripts", "conformance"}, d.Name())):
			return fs.SkipDir
		case strings.HasSuffix(file, ".go") && !strings.HasSuffix(file, "_test.go"):
			all = append(all, textsIn(t, file)...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// textsIn returns the texts of a file.
func textsIn(t *testing.T, file string) (all []text) {
	t.Helper()
	positions := token.NewFileSet()
	parsed, err := parser.ParseFile(positions, file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	add := func(n ast.Node, value string) {
		at := positions.Position(n.Pos())
		all = append(all, text{at.Filename + ":" + strconv.Itoa(at.Line), verbs.ReplaceAllString(value, "VALUE")})
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec:
			return false
		case *ast.BinaryExpr:
			if joined, ok := joinedText(n); ok {
				add(n, joined)
				return false
			}
		case *ast.BasicLit:
			if joined, ok := joinedText(n); ok {
				add(n, joined)
			}
		}
		return true
	})
	return all
}

// verbs matches the verbs of package fmt.
var verbs = regexp.MustCompile(`%[#+0-9.]*[a-zA-Z]`)

// joinedText returns the text of a literal, or of a sum of which one part is one.
func joinedText(e ast.Expr) (joined string, ok bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		if e.Kind != token.STRING {
			return "", false
		}
		s, err := strconv.Unquote(e.Value)
		return s, err == nil
	case *ast.BinaryExpr:
		if e.Op != token.ADD {
			return "", false
		}
		left, leftOK := joinedText(e.X)
		right, rightOK := joinedText(e.Y)
		if !leftOK {
			left = "VALUE"
		}
		if !rightOK {
			right = "VALUE"
		}
		return left + right, leftOK || rightOK
	case *ast.ParenExpr:
		return joinedText(e.X)
	}
	return "", false
}

var (
	// commandMention matches a command line in a sentence, up to the end of the part
	// of the sentence.
	commandMention = regexp.MustCompile(`\bwps ([a-z][a-z-]*)([^"` + "`" + `;|\n]*)`)
	flagMention    = regexp.MustCompile(`(?:^|[\s(])(--[a-z][a-z-]+)`)
	// notCommands are words after wps that are no command line.
	notCommands = regexp.MustCompile(`^(uses|reads|reports|sets|does|has|is|makes|prints|itself|and|or|for|of|with|that|sends|dev|built|token, and|runs|exits|can|was|needs|cannot|knows|sees|from|error|completion|files?|a|the|at|in|commands?|journal)$`)
)

// TestMentionedCommands checks that each command line which a text of the program
// mentions, as hints do, is one: the command exists, with its subcommands, and has
// the flags that follow it; and that each other flag that is mentioned exists.
func TestMentionedCommands(t *testing.T) {
	t.Parallel()
	root := newFullRoot()
	commands, flags := 0, 0
	for _, x := range textsOf(t) {
		if strings.HasPrefix(x.at, "../cmd/internal/foreign/") || strings.HasPrefix(x.at, "internal/foreign/") {
			continue // TestForeignCommands and TestForeignFlags
		}
		for _, m := range commandMention.FindAllStringSubmatch(x.value, -1) {
			words := strings.Fields(m[1] + m[2])
			if notCommands.MatchString(m[1]) {
				continue
			}
			commands++
			checkMention(t, root, x, words)
		}
		for _, m := range flagMention.FindAllStringSubmatch(x.value, -1) {
			flags++
			if !someHasFlag(root, m[1]) && !slices.Contains(foreignMentions, m[1]) {
				t.Errorf("%s: no command has the flag %s of %.100q", x.at, m[1], x.value)
			}
		}
	}
	if commands < 100 || flags < 200 {
		t.Errorf("%d commands and %d flags are mentioned, which is not the whole program", commands, flags)
	}
}

// foreignMentions are flags of other programs that texts mention.
var foreignMentions = []string{"--help", "--query", "--head", "--data-binary", "--resource-group", "--hub-name", "--event-handler"}

// checkMention checks a command that a text mentions, and the flags after it.
func checkMention(t *testing.T, root *cobra.Command, x text, words []string) {
	t.Helper()
	c := root
	if words[0] == "help" {
		checkHelpMention(t, root, x, words)
		return
	}
	for _, word := range words {
		next := subcommandNamed(c, strings.Trim(word, ",.):?"))
		if next == nil {
			break
		}
		c = next
	}
	if c == root {
		t.Errorf("%s: wps %s is no command", x.at, strings.Join(words, " "))
		return
	}
	for _, m := range flagMention.FindAllStringSubmatch(strings.Join(words, " "), -1) {
		if m[1] != "--help" && !someHasFlag(c, m[1]) && !mentionsOther(root, words, m[1]) {
			t.Errorf("%s: wps %s: %q has no flag %s", x.at, strings.Join(words, " "), c.CommandPath(), m[1])
		}
	}
}

// checkHelpMention checks that "wps help WORD" is for a topic or a command.
func checkHelpMention(t *testing.T, root *cobra.Command, x text, words []string) {
	t.Helper()
	if len(words) == 1 || words[1] == "TOPIC" {
		return
	}
	word := strings.Trim(words[1], ",.):?")
	if _, isTopic := findTopic(word); !isTopic && subcommandNamed(root, word) == nil {
		t.Errorf("%s: wps help %s is for no topic and no command", x.at, word)
	}
}

// mentionsOther reports whether a flag belongs to another command that comes before it
// in the same words.
func mentionsOther(root *cobra.Command, words []string, flag string) bool {
	for _, word := range words {
		if word == flag {
			break
		}
		if c := subcommandNamed(root, strings.Trim(word, ",")); c != nil && someHasFlag(c, flag) {
			return true
		}
	}
	return false
}

// subcommandNamed returns a subcommand, nil if there is none of the name.
func subcommandNamed(c *cobra.Command, name string) *cobra.Command {
	for _, sub := range c.Commands() {
		if sub.Name() == name {
			return sub
		}
	}
	return nil
}
