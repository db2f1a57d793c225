package settings

import (
	"bytes"
	"fmt"
	"strings"
)

// ReadEnvFile reads a file of lines NAME=VALUE, such as .env. Lines may begin with
// "export", and with # for a comment. A value in single quotes is taken as it is;
// in double quotes \n, \", \\ and \$ are replaced. A quoted value may have several
// lines. Variables in values are not replaced.
func ReadEnvFile(path string) (*Variables, error) {
	path, text, err := readFile(path, ".env")
	if err != nil {
		return nil, err
	}
	p := &envParser{file: path, rest: text, line: 1}
	vars := &Variables{File: path, values: map[string]variable{}}
	for len(p.rest) > 0 {
		name, value, err := p.next()
		if err != nil {
			return nil, err
		}
		if name != "" {
			vars.values[name] = value
		}
	}
	return vars, nil
}

// envParser reads assignments.
type envParser struct {
	file string
	rest []byte
	line int // of rest
}

func (p *envParser) fail(line int, format string, args ...any) error {
	return &Error{File: p.file, Line: line, Text: fmt.Sprintf(format, args...), Hint: "the form is NAME=VALUE, NAME='VALUE' or NAME=\"VALUE\", and # begins a comment"}
}

// cutLine takes a line off the rest.
func (p *envParser) cutLine() string {
	line, rest, _ := bytes.Cut(p.rest, []byte("\n"))
	p.rest = rest
	p.line++
	return strings.TrimSuffix(string(line), "\r")
}

// next reads one assignment; name is "" for a line without one.
func (p *envParser) next() (name string, value variable, err error) {
	at := p.line
	line := strings.TrimSpace(p.cutLine())
	if line == "" || strings.HasPrefix(line, "#") {
		return "", variable{}, nil
	}
	name, text, found := strings.Cut(line, "=")
	name = strings.TrimSpace(name)
	if fields := strings.Fields(name); len(fields) == 2 && fields[0] == "export" {
		name = fields[1]
	}
	switch {
	case !found:
		return "", variable{}, p.fail(at, "no = in the line")
	case !isName(name):
		return "", variable{}, p.fail(at, "what is before = is not the name of a variable")
	}
	text = strings.TrimLeft(text, " \t")
	if text != "" && (text[0] == '"' || text[0] == '\'') {
		text, err = p.quoted(text[1:], text[0], at)
	} else {
		text = unquoted(text)
	}
	return name, variable{text, at}, err
}

// quoted reads a value whose opening quote was read, over several lines if needed.
func (p *envParser) quoted(text string, quote byte, at int) (string, error) {
	var value strings.Builder
	for {
		for i := 0; i < len(text); i++ {
			switch c := text[i]; {
			case c == quote:
				if rest := strings.TrimSpace(text[i+1:]); rest != "" && rest[0] != '#' {
					return "", p.fail(at, "something follows the closing quote")
				}
				return value.String(), nil
			case c == '\\' && quote == '"' && i+1 < len(text) && strings.IndexByte(`n"\$`, text[i+1]) >= 0:
				i++
				value.WriteString(strings.NewReplacer("n", "\n").Replace(text[i : i+1]))
			default:
				value.WriteByte(c)
			}
		}
		if len(p.rest) == 0 {
			return "", p.fail(at, "the quote is not closed")
		}
		value.WriteByte('\n')
		text = p.cutLine()
	}
}

// unquoted returns a value without a comment after it.
func unquoted(text string) string {
	for i := range len(text) {
		if text[i] == '#' && (i == 0 || text[i-1] == ' ' || text[i-1] == '\t') {
			text = text[:i]
			break
		}
	}
	return strings.TrimSpace(text)
}

// isName reports whether s can be the name of a variable.
func isName(s string) bool {
	for i := range len(s) {
		c := s[i]
		letter := c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
		if !letter && (i == 0 || c != '.' && c != '-' && c != ':' && (c < '0' || c > '9')) {
			return false
		}
	}
	return s != ""
}
