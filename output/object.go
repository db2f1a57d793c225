package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
)

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

// names maps every member name that is read, in lower case, to the one that is
// written. The spec itself spells TagetType once, and calls groupAction "action"
// in its sample.
var names = map[string]string{
	"type": "type", "actionname": "actionName",
	"targettype": "targetType", "tagettype": "targetType", "targetid": "targetId",
	"message": "message", "data": "message", "datatype": "dataType",
	"excludes": "excludes", "excluded": "excludes",
	"filter": "filter", "ttlseconds": "ttlSeconds", "messagettlseconds": "ttlSeconds", "metadata": "metadata",
	"groupaction": "groupAction", "action": "action",
	"groupid": "groupId", "group": "groupId", "groupids": "groupIds", "groups": "groupIds",
	"connectionid": "connectionId", "userid": "userId", "reason": "reason",
	"permissionaction": "permissionAction", "permission": "permission", "targetname": "targetName",
}

// object is an event object as it was written: members by the name that is
// written, and what is wrong with it so far.
type object struct {
	members map[string]json.RawMessage
	// used are the members that were asked for; the others do not belong.
	used map[string]bool
	// alias gives the names under which faults are told, where they differ.
	alias  map[string]string
	faults faults
}

// add notes a fault under the name that its reader knows.
func (o *object) add(member, text string) { o.faults.add(o.shown(member), text) }

func (o *object) shown(member string) string {
	for range 2 { // targetId, userId: at most two steps
		if a, ok := o.alias[member]; ok {
			member = a
		}
	}
	return member
}

// told tells whether a fault of member was noted.
func (o *object) told(member string) bool {
	member = o.shown(member)
	return slices.ContainsFunc(o.faults, func(f Fault) bool { return f.Member == member })
}

// readObject reads exactly one JSON object.
func readObject(b []byte) (*object, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	start, err := dec.Token()
	if err != nil || start != json.Delim('{') {
		return nil, syntaxFault(err, "not a JSON object")
	}
	o := &object{members: map[string]json.RawMessage{}, used: map[string]bool{}, alias: map[string]string{}}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, syntaxFault(err, "")
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, syntaxFault(err, "")
		}
		o.put(name.(string), value)
	}
	if _, err := dec.Token(); err != nil {
		return nil, syntaxFault(err, "")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, syntaxFault(nil, "there is more behind the object")
	}
	o.settleAction()
	return o, nil
}

func syntaxFault(err error, text string) error {
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		text = "the JSON object is cut off"
	case err != nil:
		text = "not JSON: " + err.Error()
	}
	return &FaultError{[]Fault{{"", text}}}
}

// put keeps one member. null counts as absent, but for a message, where it may
// be JSON.
func (o *object) put(name string, value json.RawMessage) {
	known, ok := names[strings.ToLower(name)]
	if !ok {
		o.add(name, "is not a member of an event object"+didYouMean(name))
		return
	}
	if string(value) == "null" && known != "message" {
		return
	}
	if _, twice := o.members[known]; twice {
		o.add(known, "is given twice, also as "+quoted(name))
		return
	}
	if !strings.EqualFold(name, known) {
		o.alias[known] = name
	}
	o.members[known] = value
}

// settleAction makes "action" the member that it stands for here.
func (o *object) settleAction() {
	value, ok := o.members["action"]
	if !ok {
		return
	}
	delete(o.members, "action")
	name := "groupAction"
	if o.has("permission") || strings.EqualFold(o.peek("type"), (*PermissionEvent)(nil).Type()) {
		name = "permissionAction"
	}
	o.put(name, value)
}

func (o *object) has(name string) bool { _, ok := o.members[name]; return ok }

// peek gives a member's text, or "" when it is not a string.
func (o *object) peek(name string) (s string) {
	if json.Unmarshal(o.members[name], &s) != nil {
		return ""
	}
	return s
}

// take reads a member into v; what says what it must be.
func (o *object) take(name string, v any, what string) {
	o.used[name] = true
	if raw, ok := o.members[name]; ok && json.Unmarshal(raw, v) != nil {
		o.add(name, "must be "+what)
	}
}

func (o *object) text(name string) (s string) {
	o.take(name, &s, "a string")
	return s
}

func (o *object) list(name string) (l []string) {
	o.take(name, &l, "an array of strings")
	if len(l) == 0 {
		return nil
	}
	return l
}

// enum reads a word without regard to case and gives it as it is written.
func enum[T ~string](o *object, name string, words ...T) T {
	s := o.text(name)
	for _, w := range words {
		if strings.EqualFold(s, string(w)) {
			return w
		}
	}
	return T(s)
}

// leftovers adds a fault for every member that the event has no use for.
func (o *object) leftovers(of string) {
	for _, name := range order {
		if o.has(name) && !o.used[name] {
			o.add(name, "does not belong to "+of)
		}
	}
}

// order is the order in which leftover members are told.
var order = []string{
	"groupAction", "permissionAction", "targetType", "targetId", "connectionId", "userId", "groupId", "groupIds",
	"message", "dataType", "excludes", "filter", "ttlSeconds", "metadata", "reason", "permission", "targetName",
}
