package protocol

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// members are the members of a JSON object. Names are compared with regard to
// case, as the protocol does and encoding/json does not. Of members with the same
// name the last one counts. They point into the frame.
//
// encoding/json validates a frame; it is split here, in one pass and without an
// allocation for each member.
type members []member

// member is a decoded name and the bytes of its value without blanks around it.
type member struct {
	name, raw []byte
}

func decodeMembers(b []byte) (members, error) {
	if !json.Valid(b) {
		return nil, fmt.Errorf("not a JSON object: %v", json.Unmarshal(b, new(json.RawMessage)))
	}
	b = bytes.Trim(b, blanks)
	if b[0] != '{' {
		return nil, errors.New("not a JSON object")
	}
	return split(b), nil
}

const blanks = " \t\r\n"

// split returns the members of an object, which must be valid JSON without blanks
// around it.
func split(b []byte) members {
	m := make(members, 0, 8)
	for i := skipBlanks(b, 1); b[i] != '}'; {
		end := valueEnd(b, i)
		name := stringBytes(b[i:end])
		i = skipBlanks(b, skipBlanks(b, end)+1) // after the colon
		end = valueEnd(b, i)
		m = append(m, member{name, b[i:end]})
		if i = skipBlanks(b, end); b[i] == ',' {
			i = skipBlanks(b, i+1)
		}
	}
	return m
}

func skipBlanks(b []byte, i int) int {
	for b[i] == ' ' || b[i] == '\t' || b[i] == '\r' || b[i] == '\n' {
		i++
	}
	return i
}

// valueEnd returns the end of the value that begins at i.
func valueEnd(b []byte, i int) int {
	depth := 0
	for ; ; i++ {
		switch b[i] {
		case '"':
			i = quoteEnd(b, i)
		case '{', '[':
			depth++
			continue
		case '}', ']':
			depth--
		default:
			if depth == 0 {
				return literalEnd(b, i)
			}
			continue
		}
		if depth == 0 {
			return i + 1
		}
	}
}

// quoteEnd returns the position of the closing quote of the string that begins at
// i.
func quoteEnd(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i
}

// literalEnd returns the end of a number, true, false or null.
func literalEnd(b []byte, i int) int {
	for i < len(b) && bytes.IndexByte([]byte(",]} \t\r\n"), b[i]) < 0 {
		i++
	}
	return i
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
	for _, m := range split(raw) {
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
