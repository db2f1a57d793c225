package protocol

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// members are the members of a JSON object by their exact names: the protocol is
// case-sensitive where encoding/json is not. Of members with the same name the
// last one counts. They point into the frame that they were read from.
type members []member

// member is a decoded name and the bytes of its value without blanks around it.
type member struct {
	name, raw []byte
}

func decodeMembers(b []byte) (members, error) {
	m, ok := split(b)
	switch {
	case ok:
		return m, nil
	case json.Valid(b):
		return nil, errors.New("not a JSON object")
	}
	return nil, fmt.Errorf("not a JSON object: %s", syntaxProblem(b))
}

// syntaxProblem returns why b is not JSON.
func syntaxProblem(b []byte) string {
	err := json.Unmarshal(b, new(json.RawMessage))
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok && syntax.Offset >= int64(len(b)) && strings.Contains(err.Error(), "unexpected end") {
		return "it ends too early"
	}
	return err.Error()
}

const blanks = " \t\r\n"

// split takes a JSON object apart; ok is false if b is anything else.
func split(b []byte) (m members, ok bool) {
	m = make(members, 0, 8)
	b = bytes.TrimLeft(b, blanks)
	end, ok := ScanObject(b, func(name, value []byte) { m = append(m, member{stringBytes(name), value}) })
	return m, ok && len(bytes.TrimLeft(b[end:], blanks)) == 0
}

// stringBytes decodes a valid JSON string. The result may point into raw.
func stringBytes(raw []byte) []byte {
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return inner
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return nil // a valid JSON string can always be decoded
	}
	return []byte(s)
}

// raw returns the value of a member; nil if there is none.
func (m members) raw(name string) []byte {
	for i := len(m) - 1; i >= 0; i-- {
		if string(m[i].name) == name {
			return m[i].raw
		}
	}
	return nil
}

// has reports whether a member exists and is not null.
func (m members) has(name string) bool {
	raw := m.raw(name)
	return raw != nil && raw[0] != 'n'
}

func (m members) str(name string) (string, error) {
	raw := m.raw(name)
	switch {
	case raw == nil:
		return "", fmt.Errorf("%s is missing", name)
	case raw[0] != '"':
		return "", fmt.Errorf("%s is not a string", name)
	}
	return string(stringBytes(raw)), nil
}

func (m members) uint(name string, bits int) (uint64, error) {
	n, err := strconv.ParseUint(string(m.raw(name)), 10, bits)
	if err != nil {
		return 0, fmt.Errorf("%s is not an unsigned %d-bit number", name, bits)
	}
	return n, nil
}

func (m members) bool(name string) (bool, error) {
	if !m.has(name) {
		return false, nil
	}
	switch string(m.raw(name)) {
	case "true":
		return true, nil
	case "false":
		return false, nil
	}
	return false, fmt.Errorf("%s is not true or false", name)
}

// decodeData returns the bytes of the data member of a frame. They do not point
// into the frame.
func decodeData(d DataType, raw []byte) ([]byte, error) {
	if d == DataTypeJSON {
		return bytes.Clone(raw), nil
	}
	if raw[0] != '"' {
		return nil, errors.New("data is not a string")
	}
	s := stringBytes(raw)
	switch d {
	case DataTypeText:
		return append([]byte{}, s...), nil
	case DataTypeBinary, DataTypeProtobuf:
		b := make([]byte, base64.StdEncoding.DecodedLen(len(s)))
		n, err := base64.StdEncoding.Strict().Decode(b, s)
		if err != nil || bytes.ContainsAny(s, "\r\n") {
			return nil, errors.New("data is not base64")
		}
		return b[:n], nil
	}
	return nil, fmt.Errorf("unknown dataType %q", d)
}

// decodeMetadata reads a metadata object. A key that is given twice is refused.
func decodeMetadata(raw []byte) (map[string]string, error) {
	if raw[0] != '{' {
		return nil, errors.New("metadata is not an object")
	}
	out := map[string]string{}
	all, _ := split(raw) // an object within a frame that was read
	for _, m := range all {
		key := string(m.name)
		if m.raw[0] != '"' {
			return nil, fmt.Errorf("metadata value of %q is not a string", key)
		}
		if _, twice := out[key]; twice {
			return nil, fmt.Errorf("metadata key %q comes twice", key)
		}
		out[key] = string(stringBytes(m.raw))
	}
	if err := CheckMetadata(out); err != nil {
		return nil, err
	}
	return out, nil
}
