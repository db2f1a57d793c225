package settings

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// document returns the root of the one document in text, which is never null.
func (r *reader) document(text []byte) (*yaml.Node, error) {
	text, err := r.plainText(text)
	if err != nil {
		return nil, err
	}
	parse := r.yaml
	if jsonBegin().Match(text) {
		parse = r.json
	}
	root, err := parse(text)
	if err != nil {
		return nil, err
	}
	if root, err = r.resolve(root); err == nil && isNull(root) {
		err = r.failAt(0, "", "is empty")
	}
	return root, err
}

// jsonDocument is document for JSON.
func (r *reader) jsonDocument(text []byte) (*yaml.Node, error) {
	text, err := r.plainText(text)
	if err != nil {
		return nil, err
	}
	return r.json(text)
}

// jsonBegin matches how JSON begins, and YAML with unquoted names does not.
var jsonBegin = sync.OnceValue(func() *regexp.Regexp {
	const skipped = `(?:\s|//[^\n]*\n|/\*[\s\S]*?\*/)*`
	return regexp.MustCompile(`^` + skipped + `(?:\[` + skipped + `)?\{\s*["/}]`)
})

// plainText returns text without a byte order mark, and refuses what is no UTF-8
// text of bounded size.
func (r *reader) plainText(text []byte) ([]byte, error) {
	if len(text) > MaxSize {
		return nil, r.failAt(0, "is it the right file?", "is larger than %d bytes", MaxSize)
	}
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) || bytes.IndexByte(text[:min(2, len(text))], 0) >= 0 {
		return nil, r.failAt(0, "save it as UTF-8; in PowerShell, with Out-File -Encoding utf8", "is UTF-16 text, not UTF-8")
	}
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	line := 1
	for rest := text; len(rest) > 0; {
		c, size := utf8.DecodeRune(rest)
		switch {
		case c == '\n':
			line++
		case c == utf8.RuneError && size == 1:
			return nil, r.failAt(line, "save the file as UTF-8", "the text is not UTF-8")
		case c < ' ' && c != '\t' && c != '\r', c == 0x7f:
			return nil, r.failAt(line, "is it the right file?", "the text has a control character (%U)", c)
		}
		rest = rest[size:]
	}
	return text, nil
}

// yaml parses the text of one YAML document.
func (r *reader) yaml(text []byte) (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	err := dec.Decode(&doc)
	switch {
	case errors.Is(err, io.EOF):
		return nil, r.failAt(0, "", "is empty")
	case err != nil:
		return nil, r.notYAML(err)
	}
	switch err := dec.Decode(&more); {
	case errors.Is(err, io.EOF):
		return doc.Content[0], nil
	case err != nil:
		return nil, r.notYAML(err)
	}
	return nil, r.fail(&more, "a file holds one document", "a second document begins")
}

// yamlError takes apart the library's error. It counts the lines of the errors of
// its parser, which are named here, from 0, and those of its scanner from 1; it
// leaves out the first line, and every line where it knows none.
var yamlError = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^yaml: (?:line (\d+): )?((did not find expected (?:<|node content|'-' indicator|key|',')|found (?:undefined tag handle|duplicate|incompatible))?.*)`)
})

func (r *reader) notYAML(err error) error {
	m := yamlError().FindStringSubmatch(err.Error())
	if m == nil || strings.Contains(m[2], "anchor") {
		return r.failAt(0, "", "not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
	}
	line := 1
	if m[1] != "" {
		line, _ = strconv.Atoi(m[1])
		if m[3] != "" {
			line++
		}
	}
	hint := ""
	switch {
	case strings.Contains(m[2], "alphabetic or numeric character"):
		hint = `quote a star: "*"`
	case strings.Contains(m[2], "cannot start any token"):
		hint = "indent with spaces, not with tabs; quote a text that begins with a special character"
	}
	return r.failAt(line, hint, "not YAML: %s", m[2])
}

// fail returns an error about a node.
func (r *reader) fail(n *yaml.Node, hint, format string, args ...any) error {
	return &Error{File: r.originOf(n), Line: n.Line, Err: fmt.Errorf(format, args...), Hint: hint}
}

// warn notes what is read and has no effect.
func (r *reader) warn(n *yaml.Node, format string, args ...any) {
	place := Error{File: r.originOf(n), Line: n.Line, Err: fmt.Errorf(format, args...)}
	if len(r.out.Warnings) < maxWarnings {
		r.out.Warnings = append(r.out.Warnings, place.Error())
	}
}

// maxWarnings is how many warnings are kept of one reading.
const maxWarnings = 20

// failAt returns an error about a line; 0 is the file as a whole.
func (r *reader) failAt(line int, hint, format string, args ...any) error {
	return &Error{File: r.file, Line: line, Err: fmt.Errorf(format, args...), Hint: hint}
}
