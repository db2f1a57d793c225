package cmd

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"
)

// settingsReader walks the nodes of a settings file.
type settingsReader struct {
	file   string
	vendor bool // the vendor's form: what is not subscribed to is not sent
	s      emulatorSettings
}

func (r *settingsReader) fail(n *yaml.Node, hint, format string, args ...any) error {
	return &usageError{fmt.Sprintf("%s:%d: %s", r.file, n.Line, fmt.Sprintf(format, args...)), hint}
}

var yamlLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^yaml: line (\d+): (.*)`) })

func (r *settingsReader) parse(text []byte) (*yaml.Node, error) {
	text = bytes.TrimPrefix(text, []byte("\ufeff"))
	if jsonBegin().Match(text) {
		text = withoutComments(text)
	}
	dec := yaml.NewDecoder(bytes.NewReader(text))
	var doc, more yaml.Node
	err := dec.Decode(&doc)
	switch {
	case errors.Is(err, io.EOF):
		return nil, &usageError{r.file + ": is empty", settingsHint}
	case err != nil:
		return nil, r.syntax(err)
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		if err != nil {
			return nil, r.syntax(err)
		}
		return nil, r.fail(&more, "one file holds one document", "a second document begins")
	}
	return doc.Content[0], nil
}

const settingsHint = `"wps emulator --help" shows a settings file`

func (r *settingsReader) syntax(err error) error {
	text, line := strings.TrimPrefix(err.Error(), "yaml: "), 1
	if m := yamlLine().FindStringSubmatch(err.Error()); m != nil {
		line, _ = strconv.Atoi(m[1])
		text = m[2]
	}
	hint := settingsHint
	if strings.Contains(text, "alphabetic or numeric character") {
		hint = `a star must be quoted: "*"`
	}
	return &usageError{fmt.Sprintf("%s:%d: %s", r.file, line, text), hint}
}

// jsonBegin is how JSON begins, and YAML with bare URLs in it does not.
var jsonBegin = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\s*(?://.*\n\s*|/\*[\s\S]*?\*/\s*)*\{\s*["/}]`) })

// withoutComments blanks // and /* */ comments, which JSON of .NET may hold.
func withoutComments(text []byte) []byte {
	out := bytes.Clone(text)
	blank := func(from, to int) {
		for i := from; i < to; i++ {
			if out[i] != '\n' {
				out[i] = ' '
			}
		}
	}
	for i := 0; i < len(out); i++ {
		end := -1
		switch {
		case out[i] == '"':
			for i++; i < len(out) && out[i] != '"'; i++ {
				if out[i] == '\\' {
					i++
				}
			}
		case bytes.HasPrefix(out[i:], []byte("//")):
			end = bytes.IndexByte(out[i:], '\n')
		case bytes.HasPrefix(out[i:], []byte("/*")):
			if end = bytes.Index(out[i+2:], []byte("*/")); end >= 0 {
				end += 4
			}
		default:
			continue
		}
		if i < len(out) && out[i] == '/' {
			if end < 0 {
				end = len(out) - i
			}
			blank(i, i+end)
			i += end - 1
		}
	}
	return out
}

// members gives the members of a mapping by their names in lower case, and
// refuses those that are not known.
func (r *settingsReader) members(n *yaml.Node, what string, known ...string) (map[string]*yaml.Node, error) {
	all, err := r.entries(n, what)
	if err != nil {
		return nil, err
	}
	m := map[string]*yaml.Node{}
	for _, e := range all {
		if !slices.ContainsFunc(known, func(k string) bool { return strings.EqualFold(k, e.key.Value) }) {
			return nil, r.fail(e.key, what+" has "+strings.Join(known, ", "), "unknown member %q", e.key.Value)
		}
		m[strings.ToLower(e.key.Value)] = e.value
	}
	return m, nil
}

type settingsEntry struct{ key, value *yaml.Node }

// entries gives the members of a mapping in their order; null has none. The same
// name twice is refused.
func (r *settingsReader) entries(n *yaml.Node, what string) (all []settingsEntry, err error) {
	if isNull(n) {
		return nil, nil
	}
	if n.Kind != yaml.MappingNode {
		return nil, r.fail(n, settingsHint, "%s must be a mapping of names to values", what)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], target(n.Content[i+1])
		name := strings.ToLower(key.Value)
		if key.Kind != yaml.ScalarNode || seen[name] {
			return nil, r.fail(key, "names differ by more than their case", "%q comes twice in %s", key.Value, what)
		}
		seen[name] = true
		all = append(all, settingsEntry{key, value})
	}
	return all, nil
}

// target follows an alias.
func target(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func isNull(n *yaml.Node) bool { return n == nil || n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// text reads a string; null and absent are "".
func (r *settingsReader) text(n *yaml.Node) (string, error) {
	if isNull(n) {
		return "", nil
	}
	if n.Kind != yaml.ScalarNode {
		return "", r.fail(n, settingsHint, "a text is needed here")
	}
	return n.Value, nil
}

func (r *settingsReader) yes(n *yaml.Node) (bool, error) {
	text, err := r.text(n)
	if err != nil || text == "" {
		return false, err
	}
	b, err := strconv.ParseBool(strings.ToLower(text))
	if err != nil {
		return false, r.fail(n, "use true or false", "%q is neither true nor false", text)
	}
	return b, nil
}

func (r *settingsReader) list(n *yaml.Node, what string) ([]*yaml.Node, error) {
	if isNull(n) {
		return nil, nil
	}
	if n.Kind != yaml.SequenceNode {
		return nil, r.fail(n, settingsHint, "%s must be a list", what)
	}
	return n.Content, nil
}

// texts reads a list of strings, or one string.
func (r *settingsReader) texts(n *yaml.Node, what string) ([]string, error) {
	if !isNull(n) && n.Kind == yaml.ScalarNode {
		return []string{n.Value}, nil
	}
	items, err := r.list(n, what)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, item := range items {
		s, err := r.text(target(item))
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}
