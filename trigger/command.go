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

// ParseCommand gives the program and arguments of a hook's command line. A line
// that names a file is that program; a line of plain and quoted words is split
// as a shell splits it; one that needs a shell becomes sh -c. The program is
// looked up: one that is missing or not executable is an error, and so is a line
// that no shell could read.
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

// lookUp replaces the program's name by its path.
func lookUp(argv []string) ([]string, error) {
	path, err := exec.LookPath(argv[0])
	if err != nil {
		if e, ok := errors.AsType[*exec.Error](err); ok {
			err = e.Err
		}
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			err = e.Err // the path stands in front
		}
		return nil, fmt.Errorf("command %s: %w", argv[0], err)
	}
	return append([]string{path}, argv[1:]...), nil
}

// shellWords are commands that only a shell has.
var shellWords = []string{
	".", ":", "alias", "break", "cd", "command", "continue", "eval", "exec", "exit", "export", "getopts",
	"hash", "jobs", "read", "readonly", "return", "set", "shift", "source", "times", "trap", "type", "ulimit",
	"umask", "unalias", "unset", "wait",
}

// splitWords splits a line of plain words; plain is false for one that needs a
// shell.
func splitWords(line string) (words []string, plain bool, err error) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(line), "")
	if err != nil {
		if e, ok := errors.AsType[syntax.ParseError](err); ok {
			err = errors.New(e.Text)
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

// plainWord gives a word without its quotes; ok is false when a shell would put
// something else in its place.
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

// unescape drops backslashes that quote one of the given bytes, or any byte for
// "".
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
