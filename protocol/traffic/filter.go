package traffic

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"wps/protocol"
)

// Filter selects objects. The zero value selects all. Dropped and Sampled objects
// are always selected, because they stand for any.
type Filter struct {
	Hub   string // in any case
	User  string // of the connection, or the target of a message
	Group string // of the object, or the target of a message
	Types []Type // any of these
	// Grep is a text, in any case, that one of the object's texts contains.
	Grep string
}

// ParseTypes reads names of types, several with commas between.
func ParseTypes(text string) (types []Type, err error) {
	for name := range strings.SplitSeq(text, ",") {
		t := Type(strings.ToLower(strings.TrimSpace(name)))
		if !slices.Contains(Types(), t) {
			return nil, fmt.Errorf("type %q is unknown: use %s", name, typeList())
		}
		types = append(types, t)
	}
	return types, nil
}

func typeList() string {
	var names []string
	for _, t := range Types() {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}

// Query returns the filter as query parameters, as ParseQuery reads them.
func (f *Filter) Query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"hub": f.Hub, "user": f.User, "group": f.Group, "grep": f.Grep} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for _, t := range f.Types {
		q.Add("type", string(t))
	}
	return q
}

// ParseQuery reads query parameters. Unknown types select nothing.
func ParseQuery(q url.Values) Filter {
	f := Filter{Hub: q.Get("hub"), User: q.Get("user"), Group: q.Get("group"), Grep: q.Get("grep")}
	for _, t := range q["type"] {
		f.Types = append(f.Types, Type(t))
	}
	return f
}

// Empty reports whether f selects all objects.
func (f *Filter) Empty() bool {
	return f.Hub == "" && f.User == "" && f.Group == "" && f.Grep == "" && len(f.Types) == 0
}

// Match reports whether f selects o.
func (f *Filter) Match(o *Object) bool {
	switch {
	case o.Type == Dropped || o.Type == Sampled || f.Empty():
		return true
	case f.Hub != "" && !strings.EqualFold(f.Hub, o.Hub):
		return false
	case len(f.Types) > 0 && !slices.Contains(f.Types, o.Type):
		return false
	case f.User != "" && o.UserID != f.User && !o.targets(protocol.TargetUser, f.User):
		return false
	case f.Group != "" && o.Group != f.Group && !o.targets(protocol.TargetGroup, f.Group):
		return false
	}
	return f.Grep == "" || o.contains(strings.ToLower(f.Grep))
}

func (o *Object) targets(kind protocol.TargetKind, id string) bool {
	return o.Fanout != nil && o.Target == kind && o.TargetID == id
}

// contains reports whether a text of o contains text, which is in lower case.
func (o *Object) contains(text string) bool {
	has := func(s string) bool { return s != "" && strings.Contains(strings.ToLower(s), text) }
	for _, s := range o.texts() {
		if s != nil && has(*s) {
			return true
		}
	}
	return has(string(o.Type)) || o.Status != 0 && has(strconv.Itoa(o.Status)) ||
		o.Payload != nil && has(o.Data) || o.Handling != nil && has(o.Reply)
}
