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
	"wps/protocol"
)

// Faults of the syntax of an object.
const (
	notObjectText = "not a JSON object"
	cutOffText    = "the JSON object is cut off"
	moreAfterText = "there is more after the object"
)

const blanks = " \t\r\n"

// readObject reads exactly one JSON object.
func readObject(b []byte) (*object, error) {
	o := newObject()
	text := bytes.TrimLeft(b, blanks)
	end, ok := protocol.ScanObject(text, o.read)
	switch {
	case !utf8.Valid(b):
		return nil, errNotUTF8
	case !ok || len(bytes.TrimLeft(text[end:], blanks)) > 0:
		return nil, syntaxError(b)
	}
	o.resolveAction()
	return o, nil
}

// objectOf returns the object b, which has been split into its members.
func objectOf(b []byte, members []jsonMember) (*object, error) {
	if !utf8.Valid(b) {
		return nil, errNotUTF8
	}
	o := newObject()
	for _, m := range members {
		o.read(m.name, m.value)
	}
	o.resolveAction()
	return o, nil
}

// errNotUTF8 is an object that encoding/json would read with other characters in
// the place of some bytes.
var errNotUTF8 = faultText("not UTF-8 text")

// syntaxError returns what is wrong with bytes that are not one JSON object.
func syntaxError(b []byte) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	if start, err := dec.Token(); err != nil || start != json.Delim('{') {
		return syntaxFault(err, notObjectText)
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
	return faultText(moreAfterText)
}

// syntaxFault returns the fault for an error of encoding/json, or text for none.
func syntaxFault(err error, text string) error {
	switch {
	case errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF):
		text = cutOffText
	case err != nil:
		text = "not JSON: " + err.Error()
	}
	return faultText(text)
}

// eachMember calls f with the name and the value of each member of a valid JSON
// object.
func eachMember(object []byte, f func(name string, value []byte)) {
	protocol.ScanObject(object, func(name, value []byte) { f(plainString(name), value) })
}

// plainBytes returns the text of a JSON string without escapes; ok is false for
// one with escapes. That it is UTF-8 was checked for the whole object.
func plainBytes(raw []byte) (text []byte, ok bool) {
	text = raw[1 : len(raw)-1]
	return text, bytes.IndexByte(text, '\\') < 0
}

// plainString returns the text of a JSON string.
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

// memberNames maps every member name that is read, in lower case, to the one that
// is written. The spec itself spells TagetType once, and calls groupAction "action"
// in its sample; operation and operationKind are what actionName was called in the
// first previews of the binding.
var memberNames = map[string]string{
	"type": "type", "actionname": "actionName", "operation": "actionName", "operationkind": "actionName",
	"targettype": "targetType", "tagettype": "targetType", "targetid": "targetId",
	"message": "message", "data": "message", "datatype": "dataType",
	"excludes": "excludes", "excluded": "excludes",
	"filter": "filter", "ttlseconds": "ttlSeconds", "messagettlseconds": "ttlSeconds", "metadata": "metadata",
	"groupaction": "groupAction", "action": "action",
	"groupid": "groupId", "group": "groupId", "groupids": "groupIds", "groups": "groupIds",
	"connectionid": "connectionId", "userid": "userId", "reason": "reason",
	"permissionaction": "permissionAction", "permission": "permission", "targetname": "targetName",
}

// writtenNames are the names that are written, which are found without a copy in
// lower case.
var writtenNames = func() map[string]string {
	m := map[string]string{}
	for _, name := range memberNames {
		m[name] = name
	}
	return m
}()

// read adds one member by its name in JSON. The usual names are found without a
// copy of them.
func (o *object) read(name, value []byte) {
	if text, ok := plainBytes(name); ok {
		if known, ok := writtenNames[string(text)]; ok {
			o.put(known, known, value)
			return
		}
	}
	o.readOther(plainString(name), value)
}

// readOther adds a member by a name that is not the one that is written.
func (o *object) readOther(name string, value []byte) {
	known, ok := memberNames[strings.ToLower(name)]
	if !ok {
		o.add(name, "is not a member of an event object"+didYouMean(name))
		return
	}
	o.put(known, name, value)
}

// put adds a member that the object calls name. null counts as absent, except for
// a message, where it may be JSON.
func (o *object) put(known, name string, value []byte) {
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

// didYouMean returns the end of a fault of an unknown member that proposes a known
// one, "" when none is near.
func didYouMean(name string) string {
	near := suggest.Nearest(strings.ToLower(name), maps.Keys(memberNames))
	if len(near) == 0 {
		return ""
	}
	for i, known := range near {
		near[i] = memberNames[known]
	}
	return `: did you mean "` + slices.Min(near) + `"?`
}

// resolveAction renames the member "action" to the one that it stands for.
func (o *object) resolveAction() {
	action := o.find("action")
	if action == nil {
		return
	}
	value := action.value
	action.name = "" // it is not found again
	name := "groupAction"
	if o.has("permission") || strings.EqualFold(o.peek("type"), (*PermissionEvent)(nil).Type()) {
		name = "permissionAction"
	}
	o.put(name, name, value)
}
