package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Limits on what aliases can make of a small document.
const (
	maxYAMLDepth    = 100
	maxYAMLObject   = MaxObjectSize
	maxYAMLDocument = 2 * MaxObjectSize
)

var (
	errYAMLDepth = fmt.Errorf("the object is nested more than %d deep", maxYAMLDepth)
	errYAMLSize  = fmt.Errorf("the object is larger than %d bytes", maxYAMLObject)
	errYAMLWhole = fmt.Errorf("the document makes more than %d bytes of JSON: divide it into several", maxYAMLDocument)
)

// yamlWriter writes a YAML value as JSON.
type yamlWriter struct {
	out  *bytes.Buffer
	room int // left for the whole document
}

// value writes a value that is nested depth deep; the object itself has depth 0.
func (w *yamlWriter) value(n *yaml.Node, depth int) error {
	switch {
	case depth > maxYAMLDepth:
		return errYAMLDepth
	case w.out.Len() > w.room:
		return errYAMLWhole
	case w.out.Len() > maxYAMLObject:
		return errYAMLSize
	}
	switch n.Kind {
	case yaml.AliasNode:
		return w.value(n.Alias, depth+1)
	case yaml.MappingNode:
		return w.mapping(n, depth)
	case yaml.SequenceNode:
		return w.sequence(n, depth)
	}
	return w.scalar(n)
}

func (w *yamlWriter) sequence(n *yaml.Node, depth int) error {
	w.out.WriteByte('[')
	for i, item := range n.Content {
		if i > 0 {
			w.out.WriteByte(',')
		}
		if err := w.value(item, depth+1); err != nil {
			return err
		}
	}
	w.out.WriteByte(']')
	return nil
}

// resolve returns the node of an alias, or n itself.
func resolve(n *yaml.Node) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		return n.Alias
	}
	return n
}

func (w *yamlWriter) mapping(n *yaml.Node, depth int) error {
	w.out.WriteByte('{')
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := resolve(n.Content[i])
		switch {
		case key.Kind != yaml.ScalarNode:
			return errors.New("the name of a member must be text")
		case key.Tag == "!!merge":
			return errors.New("the merge key << is not supported: write the members out")
		case i > 0:
			w.out.WriteByte(',')
		}
		w.text(key.Value)
		w.out.WriteByte(':')
		if err := w.member(n.Content[i+1], depth); err != nil {
			return err
		}
	}
	w.out.WriteByte('}')
	return nil
}

// member writes the value of a member of a mapping at depth. Bytes in the object
// itself become a serialised Buffer, so that they are bytes for every data type.
func (w *yamlWriter) member(n *yaml.Node, depth int) error {
	value := resolve(n)
	if depth > 0 || value.Kind != yaml.ScalarNode || value.Tag != "!!binary" {
		return w.value(n, depth+1)
	}
	w.out.WriteString(`{"type":"Buffer","data":`)
	err := w.scalar(value)
	w.out.WriteByte('}')
	return err
}

// scalar writes numbers, booleans and null as such and anything else as a string of
// its text: event objects have no dates, and !!binary is base64.
func (w *yamlWriter) scalar(n *yaml.Node) error {
	var v any
	switch n.Tag {
	case "!!null", "!!bool", "!!int", "!!float":
		if err := n.Decode(&v); err != nil {
			return errors.New(strings.TrimPrefix(err.Error(), "yaml: "))
		}
		if json.Valid([]byte(n.Value)) && n.Tag != "!!null" && n.Tag != "!!bool" {
			v = json.RawMessage(n.Value)
		}
	case "!!binary":
		v = strings.Join(strings.Fields(n.Value), "")
	default:
		w.text(n.Value)
		return nil
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("%s cannot be written as JSON", n.Value)
	}
	w.out.Write(b)
	return nil
}

func (w *yamlWriter) text(s string) {
	b, err := marshal(s)
	if err != nil {
		panic(err) // a string is always JSON
	}
	w.out.Write(b)
}
