package protocol

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
)

// ObjectMember is a member of a JSON object; Value is compact.
type ObjectMember struct {
	Name  string
	Value json.RawMessage
}

// Object is a JSON object that keeps the order of its members. Unlike with
// encoding/json, names are compared with regard to case.
type Object []ObjectMember

// ReadObject reads a JSON object. Of members with the same name the last one
// counts, in the place of the first. The result does not point into text.
func ReadObject(text []byte) (Object, error) {
	split, ok := split(text)
	switch {
	case !ok && json.Valid(text):
		return nil, errors.New("not a JSON object")
	case !ok:
		return nil, json.Unmarshal(text, new(json.RawMessage)) // the error says where
	}
	all := Object{}
	var places map[string]int // used for an object with many members
	for _, one := range split {
		m := ObjectMember{string(one.name), compact(one.raw)}
		if len(all) < 8 {
			all = all.With(m)
		} else {
			all, places = all.withPlaces(m, places)
		}
	}
	return all, nil
}

// withPlaces is With for many members. places maps names to indexes and is nil
// before the first call.
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

// With returns the object with m added, or with m in place of the member of the
// same name. It may change s.
func (s Object) With(m ObjectMember) Object {
	if i := slices.IndexFunc(s, func(x ObjectMember) bool { return x.Name == m.Name }); i >= 0 {
		s[i].Value = m.Value
		return s
	}
	return append(s, m)
}

// JSON returns the object as JSON text.
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

// compact returns a copy of a JSON value without insignificant white space.
func compact(value []byte) json.RawMessage {
	if bytes.ContainsAny(value, blanks) {
		var b bytes.Buffer
		if json.Compact(&b, value) == nil {
			return b.Bytes()
		}
	}
	return bytes.Clone(value)
}
