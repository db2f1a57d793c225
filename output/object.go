package output

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"

	"wps/internal/suggest"
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

// written are the names that are written, which need no lower case to be found.
var written = func() map[string]string {
	m := map[string]string{}
	for _, name := range names {
		m[name] = name
	}
	return m
}()

// object is an event object as it was written: members by the name that is
// written, and what is wrong with it so far.
type object struct {
	members []member
	// alias gives the names under which faults are told, where they differ.
	alias  map[string]string
	faults faults
}

// member is one member of an object. Its value lies in the bytes that were read.
type member struct {
	name  string
	value json.RawMessage
	used  bool // it was asked for; the others do not belong
}

// find gives a member, or nil.
func (o *object) find(name string) *member {
	for i := range o.members {
		if o.members[i].name == name {
			return &o.members[i]
		}
	}
	return nil
}

// setAlias has faults of a member told under another name.
func (o *object) setAlias(member, shown string) {
	if o.alias == nil {
		o.alias = map[string]string{}
	}
	o.alias[member] = shown
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
	o := &object{members: make([]member, 0, 8)}
	if !utf8.Valid(b) { // encoding/json takes it, and puts other characters in its place
		return nil, syntaxFault(nil, "not UTF-8 text")
	}
	if !json.Valid(b) {
		if err := findSyntaxFault(b); err != nil {
			return nil, err
		}
		return nil, syntaxFault(nil, "not a JSON object")
	}
	if bytes.TrimLeft(b, " \t\r\n")[0] != '{' {
		return nil, syntaxFault(nil, "not a JSON object")
	}
	splitMembers(b, o.read)
	o.settleAction()
	return o, nil
}

// didYouMean returns the end of a fault of an unknown member that proposes a known
// one, "" when none is near.
func didYouMean(name string) string {
	near := suggest.Nearest(strings.ToLower(name), maps.Keys(names))
	if len(near) == 0 {
		return ""
	}
	for i, known := range near {
		near[i] = names[known]
	}
	return `: did you mean "` + slices.Min(near) + `"?`
}

// findSyntaxFault tells what is wrong with bytes that are no JSON.
func findSyntaxFault(b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	start, err := dec.Token()
	if err != nil || start != json.Delim('{') {
		return syntaxFault(err, "not a JSON object")
	}
	for dec.More() {
		if _, err := dec.Token(); err != nil {
			return syntaxFault(err, "")
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return syntaxFault(err, "")
		}
	}
	if _, err := dec.Token(); err != nil {
		return syntaxFault(err, "")
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return syntaxFault(nil, "there is more behind the object")
	}
	return nil
}

// splitMembers calls f with the name, as JSON, and the value of each member of a
// valid JSON object.
func splitMembers(b []byte, f func(name, value json.RawMessage)) {
	s := splitter{rest: b}
	s.next()
	for s.skip(); s.next() != '}'; {
		name := s.value()
		s.next()
		s.skip() // the colon
		s.next()
		f(name, s.value())
		if s.next() == ',' {
			s.skip()
		}
	}
}

// eachMember calls f with the name and the value of each member of a valid JSON
// object.
func eachMember(object []byte, f func(name string, value []byte)) {
	splitMembers(object, func(name, value json.RawMessage) { f(plainString(name), value) })
}

// splitter takes valid JSON apart.
type splitter struct{ rest []byte }

// next goes over white space and gives the byte behind it.
func (s *splitter) next() byte {
	for s.rest[0] == ' ' || s.rest[0] == '\t' || s.rest[0] == '\r' || s.rest[0] == '\n' {
		s.skip()
	}
	return s.rest[0]
}

func (s *splitter) skip() { s.rest = s.rest[1:] }

// value takes the value that begins here.
func (s *splitter) value() json.RawMessage {
	end := valueEnd(s.rest)
	v := s.rest[:end:end]
	s.rest = s.rest[end:]
	return v
}

func valueEnd(b []byte) int {
	switch b[0] {
	case '"':
		return stringEnd(b)
	case '{', '[':
	default:
		if i := bytes.IndexAny(b, ",}] \t\r\n"); i >= 0 {
			return i
		}
		return len(b)
	}
	depth := 0
	for i := 0; ; i++ {
		switch b[i] {
		case '"':
			i += stringEnd(b[i:]) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
}

func stringEnd(b []byte) int {
	for i := 1; ; i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
}

// plainBytes gives the text of a JSON string where nothing in it is escaped. That
// it is UTF-8 was found out for the whole object.
func plainBytes(raw []byte) (text []byte, ok bool) {
	text = raw[1 : len(raw)-1]
	return text, bytes.IndexByte(text, '\\') < 0
}

// plainString gives the text of a JSON string.
func plainString(raw []byte) string {
	if text, ok := plainBytes(raw); ok {
		return string(text)
	}
	var s string
	if err := json.Unmarshal(raw, &s); err != nil {
		panic(err) // it is a valid string
	}
	return s
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

// read keeps one member by its name in JSON. The usual names are found without a
// copy of them.
func (o *object) read(name, value json.RawMessage) {
	if text, ok := plainBytes(name); ok {
		if known, ok := written[string(text)]; ok {
			o.put(known, value)
			return
		}
	}
	o.put(plainString(name), value)
}

// put keeps one member. null counts as absent, but for a message, where it may
// be JSON.
func (o *object) put(name string, value json.RawMessage) {
	known, ok := written[name]
	if !ok {
		known, ok = names[strings.ToLower(name)]
	}
	if !ok {
		o.add(name, "is not a member of an event object"+didYouMean(name))
		return
	}
	if string(value) == "null" && known != "message" {
		return
	}
	if o.has(known) {
		o.add(known, "is given twice, also as "+quoted(name))
		return
	}
	if !strings.EqualFold(name, known) {
		o.setAlias(known, name)
	}
	o.members = append(o.members, member{name: known, value: value})
}

// settleAction makes "action" the member that it stands for here.
func (o *object) settleAction() {
	action := o.find("action")
	if action == nil {
		return
	}
	value := action.value
	action.name = "" // nobody asks for it
	name := "groupAction"
	if o.has("permission") || strings.EqualFold(o.peek("type"), (*PermissionEvent)(nil).Type()) {
		name = "permissionAction"
	}
	o.put(name, value)
}

func (o *object) has(name string) bool { return o.find(name) != nil }

// peek gives a member's text, or "" when it is not a string.
func (o *object) peek(name string) (s string) {
	if m := o.find(name); m != nil && m.value[0] == '"' {
		return plainString(m.value)
	}
	return ""
}

// take reads a member into v; what says what it must be.
func (o *object) take(name string, v any, what string) {
	m := o.find(name)
	if m == nil {
		return
	}
	if m.used = true; json.Unmarshal(m.value, v) != nil {
		o.add(name, "must be "+what)
	}
}

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

func (o *object) list(name string) []string {
	if !o.has(name) {
		return nil
	}
	var l []string
	o.take(name, &l, "an array of strings")
	if len(l) == 0 {
		return nil
	}
	return l
}

// enum reads a word without regard to case and gives it as it is written. The
// usual words are found without a copy of what was read.
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

// leftovers adds a fault for every member that the event has no use for.
func (o *object) leftovers(of string) {
	for _, name := range order {
		if m := o.find(name); m != nil && !m.used {
			o.add(name, "does not belong to "+of)
		}
	}
}

// order is the order in which leftover members are told.
var order = []string{
	"groupAction", "permissionAction", "targetType", "targetId", "connectionId", "userId", "groupId", "groupIds",
	"message", "dataType", "excludes", "filter", "ttlSeconds", "metadata", "reason", "permission", "targetName",
}
