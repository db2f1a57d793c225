package settings

import (
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// section is the section of an appsettings.json that the emulator reads, in lower
// case, and the first word of its environment variables.
const section = "webpubsub"

// Variables returns the names in environ, sorted, that Load reads as settings: those
// that begin with WebPubSub__, where two underscores or a colon stand for what is a
// level of the file, in any case. Indices of a list are numbers:
//
//	WebPubSub__AccessKey
//	WebPubSub__Hubs__chat__EventHandlers__0__UrlTemplate
//
// Source: the configuration of ASP.NET, which the vendor's emulator uses.
func Variables(environ []string) (names []string) {
	for _, pair := range environ {
		if name, _, ok := strings.Cut(pair, "="); ok && len(levels(name)) > 1 {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// levels returns the levels of a variable's name, the section first, or nil if it is
// no setting.
func levels(name string) []string {
	if len(name) <= len(section) || !strings.EqualFold(name[:len(section)], section) {
		return nil
	}
	rest := strings.ReplaceAll(name, "__", ":")
	if rest[len(section)] != ':' || strings.HasSuffix(rest, ":") {
		return nil
	}
	return strings.Split(rest, ":")
}

// variables returns the section that the variables in environ make, nil if there are
// none. What they contradict in each other is an error of the one that comes later.
func (r *reader) variables(environ []string) *yaml.Node {
	values := map[string]string{}
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
	}
	var root *yaml.Node
	for _, name := range Variables(environ) {
		if root == nil {
			root = r.made("$"+name, yaml.MappingNode, "")
		}
		r.insert(root, levels(name)[1:], name, values[name])
	}
	return root
}

// made returns a node that is in no file.
func (r *reader) made(origin string, kind yaml.Kind, value string) *yaml.Node {
	n := &yaml.Node{Kind: kind, Value: value, Tag: "!!str"}
	if kind == yaml.MappingNode {
		n.Tag = "!!map"
	}
	r.origins[n] = origin
	return n
}

// insert puts the value of a variable into a tree of mappings.
func (r *reader) insert(at *yaml.Node, path []string, name, value string) {
	for i, level := range path {
		child := member(at, level)
		if child == nil {
			kind, text := yaml.MappingNode, ""
			if i == len(path)-1 {
				kind, text = yaml.ScalarNode, value
			}
			child = r.made("$"+name, kind, text)
			at.Content = append(at.Content, r.made("$"+name, yaml.ScalarNode, level), child)
		}
		if child.Kind != yaml.MappingNode && i < len(path)-1 {
			*child = *r.made("$"+name, yaml.MappingNode, "") // a section outranks a value, as in .NET
		}
		at = child
	}
}

// member returns the value of a member of a mapping, nil if it has none of that name.
func member(n *yaml.Node, name string) *yaml.Node {
	if i := memberIndex(n, name); i >= 0 {
		return n.Content[i+1]
	}
	return nil
}

// memberIndex returns the index of a member's name in the content of a mapping, -1 if
// it has none of that name.
func memberIndex(n *yaml.Node, name string) int {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if strings.EqualFold(n.Content[i].Value, name) {
			return i
		}
	}
	return -1
}

// over returns base with the values of top in place of its own: members by their
// names, items of a list by their indices, as the configuration of .NET does. Neither
// is changed. top has no aliases.
func (r *reader) over(base, top *yaml.Node) *yaml.Node {
	if base != nil && base.Kind == yaml.AliasNode {
		base = base.Alias
	}
	if base == nil || isNull(base) || base.Kind == yaml.ScalarNode || top.Kind == yaml.ScalarNode && !isNull(top) {
		return top
	}
	out := *base
	out.Content = slices.Clone(base.Content)
	r.origins[&out] = r.originOf(base)
	keys, values := pairs(top)
	for i, key := range keys {
		at := -1
		if base.Kind == yaml.MappingNode {
			if k := memberIndex(&out, key.Value); k >= 0 {
				at = k + 1
			}
		} else if n, err := strconv.Atoi(key.Value); err == nil && n >= 0 && n < len(out.Content) {
			at = n
		}
		switch {
		case at >= 0:
			out.Content[at] = r.over(out.Content[at], values[i])
		case base.Kind == yaml.MappingNode:
			out.Content = append(out.Content, key, values[i])
		default:
			out.Content = append(out.Content, values[i])
		}
	}
	return &out
}

// pairs returns the members of a mapping, or the items of a list with their indices
// as keys.
func pairs(n *yaml.Node) (keys, values []*yaml.Node) {
	if n.Kind == yaml.SequenceNode {
		for i, item := range n.Content {
			keys = append(keys, &yaml.Node{Kind: yaml.ScalarNode, Value: strconv.Itoa(i), Line: item.Line})
		}
		return keys, n.Content
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		keys, values = append(keys, n.Content[i]), append(values, n.Content[i+1])
	}
	return keys, values
}

// indexed returns the items of a list that variables make: a mapping whose names are
// numbers. ok is false if they are not.
func indexed(n *yaml.Node) (items []*yaml.Node, ok bool) {
	keys, values := pairs(n)
	order := make([]int, len(keys))
	at := map[int]*yaml.Node{}
	for i, key := range keys {
		number, err := strconv.Atoi(key.Value)
		if err != nil || number < 0 {
			return nil, false
		}
		order[i], at[number] = number, values[i]
	}
	slices.Sort(order)
	for _, number := range order {
		items = append(items, at[number])
	}
	return items, true
}

// hostURLs reads where to listen from the variables of ASP.NET: Urls is before the
// file, DOTNET_URLS and ASPNETCORE_URLS are after it.
func (r *reader) hostURLs(environ []string) {
	find := func(name string) bool {
		for _, pair := range environ {
			if n, value, _ := strings.Cut(pair, "="); strings.EqualFold(n, name) && value != "" {
				r.out.URLs, r.out.URLsFrom = value, "$"+n
				return true
			}
		}
		return false
	}
	if find("urls") || r.out.URLs != "" || find("DOTNET_URLS") {
		return
	}
	find("ASPNETCORE_URLS")
}
