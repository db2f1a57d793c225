package trigger

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"slices"
	"strings"

	"mvdan.cc/sh/v3/syntax"
)

// ParseCommand returns the program and arguments of a hook's command line. A line
// that is the path of a file is that program. A line of plain and quoted words is
// split as a shell splits it. Any other line is run with sh -c. A program that
// does not exist or is not executable is an error, and so is a line that a shell
// cannot parse.
func ParseCommand(line string) ([]string, error) {
	if info, err := os.Stat(line); err == nil && info.Mode().IsRegular() {
		return lookUp([]string{line})
	}
	words, plain, err := splitWords(line)
	switch {
	case err != nil:
		return nil, fmt.Errorf("command %q: %v", line, err)
	case !plain || slices.Contains(shellWords, words[0]):
		return lookUp(shell(line))
	}
	return lookUp(words)
}

// lookUp replaces the name of the program with its path.
func lookUp(argv []string) ([]string, error) {
	path, err := exec.LookPath(argv[0])
	if err != nil {
		if e, ok := errors.AsType[*exec.Error](err); ok {
			err = e.Err
		}
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err // the message below names the path
		}
		return nil, fmt.Errorf("command %s: %w", argv[0], err)
	}
	if err := checkProgram(path); err != nil {
		return nil, err
	}
	return append([]string{path}, argv[1:]...), nil
}

// shellWords are commands that are built into a shell.
var shellWords = []string{
	".", ":", "alias", "break", "cd", "command", "continue", "eval", "exec", "exit", "export", "getopts",
	"hash", "jobs", "read", "readonly", "return", "set", "shift", "source", "times", "trap", "type", "ulimit",
	"umask", "unalias", "unset", "wait",
}

// splitWords splits a line of plain words. plain is false for a line that needs a
// shell.
func splitWords(line string) (words []string, plain bool, err error) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(line), "")
	if err != nil {
		if e, ok := errors.AsType[syntax.ParseError](err); ok {
			err = errors.New(strings.Replace(e.Text, "reached EOF without", "it ends without", 1))
		}
		return nil, false, err
	}
	if len(file.Stmts) == 0 {
		return nil, false, errors.New("it is empty")
	}
	if len(file.Stmts) > 1 || len(file.Last) > 0 {
		return nil, false, nil
	}
	s := file.Stmts[0]
	call, ok := s.Cmd.(*syntax.CallExpr)
	if !ok || s.Negated || s.Background || s.Semicolon.IsValid() || len(s.Redirs)+len(call.Assigns)+len(s.Comments) > 0 {
		return nil, false, nil
	}
	for _, w := range call.Args {
		word, ok := plainWord(w.Parts)
		if !ok {
			return nil, false, nil
		}
		words = append(words, word)
	}
	return words, true, nil
}

// plainWord returns a word without its quotes. ok is false for a word that a
// shell would expand.
func plainWord(parts []syntax.WordPart) (word string, ok bool) {
	var b strings.Builder
	for _, part := range parts {
		switch p := part.(type) {
		case *syntax.Lit:
			if strings.ContainsAny(p.Value, "*?[~{}") {
				return "", false
			}
			b.WriteString(unescape(p.Value, ""))
		case *syntax.SglQuoted:
			b.WriteString(p.Value)
		case *syntax.DblQuoted:
			for _, inner := range p.Parts {
				lit, ok := inner.(*syntax.Lit)
				if !ok {
					return "", false
				}
				b.WriteString(unescape(lit.Value, "$`\"\\\n"))
			}
		default:
			return "", false
		}
	}
	return b.String(), true
}

// unescape removes backslashes before one of the given bytes, or before any byte
// if quotable is "".
func unescape(s, quotable string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && (quotable == "" || strings.IndexByte(quotable, s[i+1]) >= 0) {
			i++
			if s[i] == '\n' {
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
