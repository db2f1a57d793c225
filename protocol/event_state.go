package protocol

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// DecodeState reads the ce-connectionState value of the official Node
// middleware, which is base64 of a JSON object, with or without padding and in
// either alphabet. It gives the object as compact JSON. ok is false for anything
// else, which the state of another kind of handler may well be.
func DecodeState(header string) (object json.RawMessage, ok bool) {
	plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(header, "="))
	text, err := base64.RawStdEncoding.DecodeString(plain)
	if err != nil {
		return nil, false
	}
	members, err := ReadObject(text)
	if err != nil {
		return nil, false
	}
	return members.JSON(), true
}

// MergeState gives the ce-connectionState value after changes, a JSON object,
// are laid over the state of the request: the old members first, then the new
// ones in their order. A state that is not an object counts as empty. The error
// tells that changes is not an object.
//
// Source: the official Node middleware.
func MergeState(header string, changes json.RawMessage) (string, error) {
	added, err := ReadObject(changes)
	if err != nil {
		return "", fmt.Errorf("states: %v", err)
	}
	var merged Object
	if old, ok := DecodeState(header); ok {
		merged, _ = ReadObject(old) // it was just written
	}
	for _, m := range added {
		merged = merged.With(m)
	}
	return base64.StdEncoding.EncodeToString(merged.JSON()), nil
}

// ObjectMember is one member of a JSON object; Value is compact.
type ObjectMember struct {
	Name  string
	Value json.RawMessage
}

// Object is a JSON object, its members in their order.
type Object []ObjectMember

// ReadObject reads a JSON object; of a member given twice the last counts.
// Nothing of it points into text.
func ReadObject(text []byte) (Object, error) {
	if !json.Valid(text) {
		return nil, json.Unmarshal(text, new(json.RawMessage)) // says where
	}
	if text = bytes.Trim(text, blanks); text[0] != '{' {
		return nil, errors.New("not a JSON object")
	}
	all := Object{}
	var places map[string]int // of an object with many members
	for _, one := range split(text) {
		m := ObjectMember{string(one.name), compact(one.raw)}
		if len(all) < 8 {
			all = all.With(m)
		} else {
			all, places = all.withPlaces(m, places)
		}
	}
	return all, nil
}

// withPlaces is With for many members; places are those of the names, nil before
// the first call.
func (s Object) withPlaces(m ObjectMember, places map[string]int) (Object, map[string]int) {
	if places == nil {
		places = make(map[string]int, 2*len(s))
		for i, x := range s {
			places[x.Name] = i
		}
	}
	if i, ok := places[m.Name]; ok {
		s[i].Value = m.Value
		return s, places
	}
	places[m.Name] = len(s)
	return append(s, m), places
}

// With adds a member, or replaces the one of its name.
func (s Object) With(m ObjectMember) Object {
	if i := slices.IndexFunc(s, func(x ObjectMember) bool { return x.Name == m.Name }); i >= 0 {
		s[i].Value = m.Value
		return s
	}
	return append(s, m)
}

// JSON writes the object.
func (s Object) JSON() json.RawMessage {
	b := []byte{'{'}
	for i, m := range s {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, m.Name)
		b = append(b, ':')
		b = append(b, m.Value...)
	}
	return append(b, '}')
}

// compact copies a JSON value without blanks between its parts.
func compact(value []byte) json.RawMessage {
	if bytes.ContainsAny(value, blanks) {
		var b bytes.Buffer
		if json.Compact(&b, value) == nil {
			return b.Bytes()
		}
	}
	return bytes.Clone(value)
}
