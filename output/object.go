package output

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
)

// object is an event object as it was read: its members by the names that are
// written, and what is wrong with it so far.
type object struct {
	members []member
	// alias holds the names that faults use for some members, as the object or its
	// action calls them.
	alias  map[string]string
	faults faults
}

// member is one member of an object. Its value points into the bytes that were
// read.
type member struct {
	name  string
	value json.RawMessage
	used  bool // the event has it
}

func newObject() *object { return &object{members: make([]member, 0, 8)} }

// find returns a member, nil for none.
func (o *object) find(name string) *member {
	for i := range o.members {
		if o.members[i].name == name {
			return &o.members[i]
		}
	}
	return nil
}

// setAlias makes faults of a member use another name.
func (o *object) setAlias(member, shown string) {
	if o.alias == nil {
		o.alias = map[string]string{}
	}
	o.alias[member] = shown
}

// add adds a fault under the name that the reader of the object knows.
func (o *object) add(member, text string) { o.faults.add(o.shown(member), text) }

func (o *object) shown(member string) string {
	for range 2 { // targetId, userId: at most two steps
		if a, ok := o.alias[member]; ok {
			member = a
		}
	}
	return member
}

// hasFault reports whether a fault of member was added.
func (o *object) hasFault(member string) bool {
	member = o.shown(member)
	return slices.ContainsFunc(o.faults, func(f Fault) bool { return f.Member == member })
}

func (o *object) has(name string) bool { return o.find(name) != nil }

// peek returns a member's text without using the member, "" if it is no string.
func (o *object) peek(name string) (s string) {
	if m := o.find(name); m != nil && m.value[0] == '"' {
		return plainString(m.value)
	}
	return ""
}

// decode reads a member into v; must is what it must be.
func (o *object) decode(name string, v any, must string) {
	m := o.find(name)
	if m == nil {
		return
	}
	if m.used = true; json.Unmarshal(m.value, v) != nil {
		o.add(name, "must be "+must)
	}
}

// text returns a member that must be a string, "" if it is absent.
func (o *object) text(name string) string {
	m := o.find(name)
	if m == nil {
		return ""
	}
	if m.used = true; m.value[0] != '"' {
		o.add(name, "must be a string")
		return ""
	}
	return plainString(m.value)
}

// list returns a member that must be an array of strings, nil if it is absent or
// empty.
func (o *object) list(name string) []string {
	if !o.has(name) {
		return nil
	}
	var l []string
	o.decode(name, &l, "an array of strings")
	if len(l) == 0 {
		return nil
	}
	return l
}

// enum returns a member that must be one of some words, compared without regard to
// case, as it is written; another word is returned as it is. The usual words are
// found without a copy of what was read.
func enum[T ~string](o *object, name string, words ...T) T {
	if m := o.find(name); m != nil && m.value[0] == '"' {
		if text, ok := plainBytes(m.value); ok {
			if w, ok := foldedWord(string(text), words); ok {
				m.used = true
				return w
			}
		}
	}
	s := o.text(name)
	if w, ok := foldedWord(s, words); ok {
		return w
	}
	return T(s)
}

func foldedWord[T ~string](s string, words []T) (T, bool) {
	for _, w := range words {
		if strings.EqualFold(s, string(w)) {
			return w, true
		}
	}
	return "", false
}

// refuseUnused adds a fault for each member that an event of this kind does not
// have.
func (o *object) refuseUnused(kind string) {
	for _, name := range unusedOrder {
		if m := o.find(name); m != nil && !m.used {
			o.add(name, "does not belong to "+kind)
		}
	}
}

// unusedOrder is the order of the faults of members that are not used.
var unusedOrder = []string{
	"groupAction", "permissionAction", "targetType", "targetId", "connectionId", "userId", "groupId", "groupIds",
	"message", "dataType", "excludes", "filter", "ttlSeconds", "metadata", "reason", "permission", "targetName",
}

// marshal writes v on one line without escaping HTML.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
