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

// members are the members of a JSON object by their exact names: the protocol is
// case-sensitive where encoding/json is not. Of members with the same name the
// last one counts. They point into the frame that they were read from.
//
// encoding/json says whether a frame is JSON; taking it apart is done here, in
// one pass and without an allocation for each member.
type members []member

// member is a name, decoded, and the bytes of its value without blanks around.
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

// split takes an object apart that is known to be valid JSON, blanks trimmed.
func split(b []byte) members {
	m := make(members, 0, 8)
	for i := skipBlanks(b, 1); b[i] != '}'; {
		end := valueEnd(b, i)
		name := stringBytes(b[i:end])
		i = skipBlanks(b, skipBlanks(b, end)+1) // over the colon
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

// valueEnd gives where the value ends that begins at i.
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

// quoteEnd gives the closing quote of the string that opens at i.
func quoteEnd(b []byte, i int) int {
	for i++; b[i] != '"'; i++ {
		if b[i] == '\\' {
			i++
		}
	}
	return i
}

// literalEnd gives where a number, true, false or null ends.
func literalEnd(b []byte, i int) int {
	for i < len(b) && bytes.IndexByte([]byte(",]} \t\r\n"), b[i]) < 0 {
		i++
	}
	return i
}

// stringBytes decodes a JSON string that is known to be valid. It may give a part
// of raw itself.
func stringBytes(raw []byte) []byte {
	inner := raw[1 : len(raw)-1]
	if bytes.IndexByte(inner, '\\') < 0 && utf8.Valid(inner) {
		return inner
	}
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return nil // a valid JSON string is always read
	}
	return []byte(s)
}

// raw gives the value of a member; nil when there is none.
func (m members) raw(name string) []byte {
	for i := len(m) - 1; i >= 0; i-- {
		if string(m[i].name) == name {
			return m[i].raw
		}
	}
	return nil
}

// has tells whether a member is there and not null.
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

// decodeData turns the data member of a frame into the bytes it stands for, of
// which the frame keeps none.
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

// decodeMetadata reads a metadata object; a key written twice is refused.
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
