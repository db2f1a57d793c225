package protocol

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

// maxGroupDepth limits groups within groups, as the protobuf library of the
// service does. No message of the service has a group.
const maxGroupDepth = 100

var errGroupDepth = fmt.Errorf("not protobuf: more than %d nested groups", maxGroupDepth)

// field is one field of a protobuf message: n holds a varint, b the bytes of a
// length-delimited value. b points into the message.
type field struct {
	num protowire.Number
	typ protowire.Type
	n   uint64
	b   []byte
}

// isBytes and isVarint report whether f is field num. A field of another wire
// type counts as unknown, as everywhere in protobuf.
func (f *field) isBytes(num protowire.Number) bool {
	return f.num == num && f.typ == protowire.BytesType
}

func (f *field) isVarint(num protowire.Number) bool {
	return f.num == num && f.typ == protowire.VarintType
}

// eachField calls f with the varint and length-delimited fields of message b in
// order. Other fields are checked and skipped.
func eachField(b []byte, f func(field) error) error {
	for len(b) > 0 {
		one, rest, err := readField(b)
		if err != nil {
			return err
		}
		b = rest
		if one.typ != protowire.VarintType && one.typ != protowire.BytesType {
			continue
		}
		if err := f(one); err != nil {
			return err
		}
	}
	return nil
}

// readField reads one field and returns what follows it.
func readField(b []byte) (f field, rest []byte, err error) {
	num, typ, n := protowire.ConsumeTag(b)
	if n < 0 {
		return f, nil, wireError(n)
	}
	f.num, f.typ, b = num, typ, b[n:]
	switch typ {
	case protowire.VarintType:
		f.n, n = protowire.ConsumeVarint(b)
	case protowire.BytesType:
		f.b, n = protowire.ConsumeBytes(b)
	case protowire.StartGroupType:
		rest, err = skipGroup(b, num)
		return f, rest, err
	default:
		n = protowire.ConsumeFieldValue(num, typ, b)
	}
	if n < 0 {
		return f, nil, wireError(n)
	}
	return f, b[n:], nil
}

// skipGroup returns what follows group num, whose start tag has been read.
func skipGroup(b []byte, num protowire.Number) ([]byte, error) {
	open := []protowire.Number{num}
	for len(open) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return nil, wireError(n)
		}
		b = b[n:]
		switch {
		case typ == protowire.StartGroupType && len(open) == maxGroupDepth:
			return nil, errGroupDepth
		case typ == protowire.StartGroupType:
			open = append(open, num)
			continue
		case typ == protowire.EndGroupType && num == open[len(open)-1]:
			open = open[:len(open)-1]
			continue
		}
		if n = protowire.ConsumeFieldValue(num, typ, b); n < 0 {
			return nil, wireError(n)
		}
		b = b[n:]
	}
	return b, nil
}

// wireError returns the error for a negative length that protowire returned.
func wireError(n int) error { return fmt.Errorf("not protobuf: %v", protowire.ParseError(n)) }

// appendBytesField appends a length-delimited field.
func appendBytesField[T string | []byte](dst []byte, num protowire.Number, b T) []byte {
	dst = protowire.AppendTag(dst, num, protowire.BytesType)
	dst = protowire.AppendVarint(dst, uint64(len(b)))
	return append(dst, b...)
}

// appendTextField omits an empty string, as proto3 does.
func appendTextField(dst []byte, num protowire.Number, s string) []byte {
	if s == "" {
		return dst
	}
	return appendBytesField(dst, num, s)
}

func appendVarintField(dst []byte, num protowire.Number, n uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(dst, num, protowire.VarintType), n)
}

// appendNumberField omits 0, as proto3 does.
func appendNumberField(dst []byte, num protowire.Number, n uint64) []byte {
	if n == 0 {
		return dst
	}
	return appendVarintField(dst, num, n)
}

// appendNested appends a message as field num. The length is known only after
// the message is written, so the message is then moved to make room for it.
func appendNested(dst []byte, num protowire.Number, message func([]byte) []byte) []byte {
	dst = protowire.AppendTag(dst, num, protowire.BytesType)
	start := len(dst)
	dst = message(dst)
	size := len(dst) - start
	var length [10]byte // the longest varint
	prefix := protowire.AppendVarint(length[:0], uint64(size))
	dst = append(dst, prefix...)
	copy(dst[start+len(prefix):], dst[start:start+size])
	copy(dst[start:], prefix)
	return dst
}
