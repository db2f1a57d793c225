package settings

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"wps/internal/shownurl"
)

// maxRead is how much is read of a file, in bytes of its texts and one for each
// value. Only aliases, which are read wherever they are used, can exceed it.
const maxRead = 4 * MaxSize

// reader reads the nodes of files and variables.
type reader struct {
	file string
	left int // of maxRead
	// origins are the files or $VARIABLES of nodes that are not in file.
	origins map[*yaml.Node]string
	// selective is set in the forms of the vendor, in which an event handler gets
	// only the events that it names.
	selective bool
	hubs      map[string]bool // those that were read, in lower case
	out       Settings
}

func newReader() *reader {
	return &reader{left: maxRead, hubs: map[string]bool{}, origins: map[*yaml.Node]string{}}
}

// originOf returns the file or the $VARIABLE of a node.
func (r *reader) originOf(n *yaml.Node) string {
	if origin := r.origins[n]; origin != "" {
		return origin
	}
	return r.file
}

// fromVariable reports whether a node is of a variable.
func (r *reader) fromVariable(n *yaml.Node) bool { return strings.HasPrefix(r.origins[n], "$") }

// own notes that a node and all below it, which has no aliases, are in r.file.
func (r *reader) own(n *yaml.Node) {
	r.origins[n] = r.file
	for _, child := range n.Content {
		r.own(child)
	}
}

// resolve returns a node, or that which it is an alias of. An explicit tag is
// refused: it could turn a text into null.
func (r *reader) resolve(n *yaml.Node) (*yaml.Node, error) {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	if n.Style&yaml.TaggedStyle != 0 {
		return nil, r.fail(n, "leave the tag out, and put text in quotes", "the tag %s has no meaning here", n.Tag)
	}
	if r.left -= 1 + len(n.Value); r.left < 0 {
		return nil, r.fail(n, "use fewer aliases", "aliases make more than %d bytes of the file", maxRead)
	}
	return n, nil
}

// entry is a member of a mapping.
type entry struct{ key, value *yaml.Node }

// entries returns the members of a mapping in their order; null has none. The same
// name twice is refused.
func (r *reader) entries(n *yaml.Node, what string) (all []entry, err error) {
	if isNull(n) {
		return nil, nil
	}
	if n.Kind != yaml.MappingNode {
		return nil, r.fail(n, "", "%s must be a mapping of names to values", what)
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, err := r.resolve(n.Content[i])
		if err != nil {
			return nil, err
		}
		name := strings.ToLower(key.Value)
		switch {
		case key.Kind != yaml.ScalarNode:
			return nil, r.fail(key, "", "a name in %s must be a text", what)
		case seen[name]:
			return nil, r.fail(key, "names must differ by more than their case", "%q comes twice in %s", key.Value, what)
		}
		seen[name] = true
		value, err := r.resolve(n.Content[i+1])
		if err != nil {
			return nil, err
		}
		all = append(all, entry{key, value})
	}
	return all, nil
}

// members returns the members of a mapping by their known names, and refuses those
// that are not known.
func (r *reader) members(n *yaml.Node, what string, known ...string) (map[string]*yaml.Node, error) {
	all, err := r.entries(n, what)
	if err != nil {
		return nil, err
	}
	m := map[string]*yaml.Node{}
	for _, e := range all {
		name := strings.ToLower(e.key.Value)
		i := slices.IndexFunc(known, func(k string) bool { return strings.ToLower(k) == name })
		if i < 0 {
			return nil, r.fail(e.key, what+" has "+strings.Join(known, ", "), "unknown member %q", shownurl.In(e.key.Value))
		}
		m[known[i]] = e.value
	}
	return m, nil
}

// isNull reports whether a value is null or absent.
func isNull(n *yaml.Node) bool { return n == nil || n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// text reads a string; null and absent are "".
func (r *reader) text(n *yaml.Node, what string) (string, error) {
	if isNull(n) {
		return "", nil
	}
	if n.Kind != yaml.ScalarNode {
		return "", r.fail(n, "", "%s must be a text", what)
	}
	return n.Value, nil
}

// flag reads true or false; null and absent are false.
func (r *reader) flag(n *yaml.Node, what string) (bool, error) {
	text, err := r.text(n, what)
	if err != nil || isNull(n) {
		return false, err
	}
	b, err := strconv.ParseBool(strings.ToLower(text))
	if err != nil {
		return false, r.fail(n, "use true or false", "%s: %q is neither true nor false", what, text)
	}
	return b, nil
}

// list reads the items of a list; null and absent have none.
func (r *reader) list(n *yaml.Node, what string) ([]*yaml.Node, error) {
	if isNull(n) {
		return nil, nil
	}
	content := n.Content
	if n.Kind == yaml.MappingNode && r.fromVariable(n) {
		var ok bool
		if content, ok = indexed(n); !ok {
			return nil, r.fail(n, "give each item a number: ...__0, ...__1", "%s must be a list", what)
		}
	} else if n.Kind != yaml.SequenceNode {
		return nil, r.fail(n, "", "%s must be a list", what)
	}
	items := make([]*yaml.Node, 0, min(len(content), r.left))
	for _, item := range content {
		item, err := r.resolve(item)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

// texts reads a list of strings, or one string.
func (r *reader) texts(n *yaml.Node, what string) ([]string, error) {
	if !isNull(n) && n.Kind == yaml.ScalarNode {
		return []string{n.Value}, nil
	}
	items, err := r.list(n, what)
	if err != nil {
		return nil, err
	}
	var all []string
	for _, item := range items {
		s, err := r.text(item, "an item of "+what)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
}
