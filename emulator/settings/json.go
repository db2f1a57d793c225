package settings

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/tailscale/hujson"
	"go.yaml.in/yaml/v3"
)

// maxBrackets is how many "{" and "[" JSON may have. It bounds how deep the
// library, which has no limit of its own, descends. MaxHandlers need about half.
const maxBrackets = 10_000

// json parses JSON with comments and trailing commas, which the configuration
// reader of .NET accepts too. It does not go through the YAML parser, because
// YAML reads some JSON differently: escaped surrogates, line separators in text,
// a colon on a line of its own.
//
// Source: dotnet/runtime, JsonConfigurationFileParser.cs.
func (r *reader) json(text []byte) (*yaml.Node, error) {
	if bytes.Count(text, []byte("{"))+bytes.Count(text, []byte("[")) > maxBrackets {
		return nil, r.failAt(0, "is it the right file?", "has more than %d objects and lists", maxBrackets)
	}
	lines := 1 + bytes.Count(text, []byte("\n"))
	text = append(bytes.Clone(text), '\n') // the library wants one after a comment
	root, err := hujson.Parse(text)
	if err != nil {
		return nil, r.notJSON(err, lines)
	}
	return (&jsonNodes{text: text, line: 1}).node(&root), nil
}

var jsonError = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^hujson: line (\d+), column \d+: (invalid literal|.*)`)
})

// notJSON takes apart the library's error about a text of some lines.
func (r *reader) notJSON(err error, lines int) error {
	line, text := 0, err.Error()
	if m := jsonError().FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1])
		line = min(line, lines)
		text = m[2] // without the literal, which may be a secret
	}
	hint := ""
	if text == "invalid literal" || strings.HasSuffix(text, "at start of object name") {
		hint = "put names and texts in double quotes"
	}
	return r.failAt(line, hint, "not JSON: %s", text)
}

// jsonNodes makes the nodes of a YAML parser of JSON values.
type jsonNodes struct {
	text []byte
	at   int // offset of what was converted last
	line int // line of at
}

// node converts a value and what is in it. Values come in the order of the text.
func (j *jsonNodes) node(v *hujson.Value) *yaml.Node {
	j.line += bytes.Count(j.text[j.at:v.StartOffset], []byte("\n"))
	j.at = v.StartOffset
	n := &yaml.Node{Line: j.line}
	switch v := v.Value.(type) {
	case *hujson.Object:
		n.Kind, n.Tag = yaml.MappingNode, "!!map"
		for i := range v.Members {
			n.Content = append(n.Content, j.node(&v.Members[i].Name), j.node(&v.Members[i].Value))
		}
	case *hujson.Array:
		n.Kind, n.Tag = yaml.SequenceNode, "!!seq"
		for i := range v.Elements {
			n.Content = append(n.Content, j.node(&v.Elements[i]))
		}
	case hujson.Literal:
		n.Kind, n.Tag, n.Value = yaml.ScalarNode, "!!str", v.String()
		if v.Kind() == 'n' {
			n.Tag = "!!null"
		}
	}
	return n
}
