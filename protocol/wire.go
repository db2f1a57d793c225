package protocol

import (
	"encoding/binary"
	"math"
	"math/bits"
)

// The wire format of protobuf: a message is a row of fields, a field a tag and a
// value. It is read and written here and not by a library, because those bring
// 0.1 ms of start with them, which every command would pay.
//
// Source: protobuf.dev/programming-guides/encoding.

// fieldNumber names a field of a message: 1 to 1<<31-1, of which a schema uses no
// more than 1<<29-1.
type fieldNumber int32

// wireType says how long the value of a field is.
type wireType uint8

const (
	wireVarint     wireType = 0
	wireFixed64    wireType = 1
	wireBytes      wireType = 2
	wireStartGroup wireType = 3
	wireEndGroup   wireType = 4
	wireFixed32    wireType = 5
)

// maxGroupDepth bounds groups within groups. Nothing that we read has any.
const maxGroupDepth = 100

var (
	errTruncated = frameError("not protobuf: it ends in the middle of a field")
	errOverflow  = frameError("not protobuf: a number of more than 64 bits")
	errNumber    = frameError("not protobuf: a field number that cannot be")
	errWireType  = frameError("not protobuf: a wire type that there is not")
	errEndGroup  = frameError("not protobuf: the end of a group that did not begin")
	errDepth     = frameError("not protobuf: more than %d groups within each other", maxGroupDepth)
)

// field is one field of a protobuf message: n holds a varint, b anything with a
// length.
type field struct {
	num  fieldNumber
	wire wireType
	n    uint64
	b    []byte
}

// is tells whether f is field num with wire type w. A field of another wire type
// counts as unknown, as everywhere in protobuf.
func (f *field) is(num fieldNumber, w wireType) bool { return f.num == num && f.wire == w }

// eachField calls f with the fields of message b in order. What is neither a
// varint nor of a stated length is checked and passed over.
func eachField(b []byte, f func(field) error) error {
	for len(b) > 0 {
		one, rest, err := readField(b, 0)
		if err != nil {
			return err
		}
		b = rest
		if one.wire != wireVarint && one.wire != wireBytes {
			continue
		}
		if err := f(one); err != nil {
			return err
		}
	}
	return nil
}

// readField reads one field and gives what follows it. depth counts the groups
// around it; the end of a group is a field only there.
func readField(b []byte, depth int) (f field, rest []byte, err error) {
	tag, b, err := readVarint(b)
	if err != nil {
		return f, nil, err
	}
	if tag>>3 == 0 || tag>>3 > math.MaxInt32 {
		return f, nil, errNumber
	}
	f.num, f.wire = fieldNumber(tag>>3), wireType(tag&7)
	switch f.wire {
	case wireVarint:
		f.n, b, err = readVarint(b)
	case wireBytes:
		f.b, b, err = readBytes(b)
	case wireFixed64:
		_, b, err = cut(b, 8)
	case wireFixed32:
		_, b, err = cut(b, 4)
	case wireStartGroup:
		b, err = skipGroup(b, f.num, depth+1)
	case wireEndGroup:
		if depth == 0 {
			err = errEndGroup
		}
	default:
		err = errWireType
	}
	return f, b, err
}

// skipGroup passes over group num, whose start has been read.
func skipGroup(b []byte, num fieldNumber, depth int) ([]byte, error) {
	if depth > maxGroupDepth {
		return nil, errDepth
	}
	for {
		f, rest, err := readField(b, depth)
		switch {
		case err != nil:
			return nil, err
		case f.wire != wireEndGroup:
			b = rest
		case f.num != num:
			return nil, errEndGroup
		default:
			return rest, nil
		}
	}
}

func readVarint(b []byte) (uint64, []byte, error) {
	v, n := binary.Uvarint(b)
	switch {
	case n == 0:
		return 0, nil, errTruncated
	case n < 0:
		return 0, nil, errOverflow
	}
	return v, b[n:], nil
}

// readBytes gives a part of b, not a copy.
func readBytes(b []byte) (value, rest []byte, err error) {
	n, b, err := readVarint(b)
	if err != nil {
		return nil, nil, err
	}
	return cut(b, n)
}

func cut(b []byte, n uint64) (value, rest []byte, err error) {
	if n > uint64(len(b)) {
		return nil, nil, errTruncated
	}
	return b[:n:n], b[n:], nil
}

func appendTag(dst []byte, num fieldNumber, w wireType) []byte {
	return binary.AppendUvarint(dst, uint64(num)<<3|uint64(w))
}

// sizeVarint is how many bytes v takes.
func sizeVarint(v uint64) int { return (bits.Len64(v|1) + 6) / 7 }

func sizeTag(num fieldNumber) int { return sizeVarint(uint64(num) << 3) }

// sizeBytes is the size of n bytes with their length before them.
func sizeBytes(n int) int { return sizeVarint(uint64(n)) + n }

// appendBytesField appends a field of a stated length.
func appendBytesField[T string | []byte](dst []byte, num fieldNumber, b T) []byte {
	dst = appendTag(dst, num, wireBytes)
	dst = binary.AppendUvarint(dst, uint64(len(b)))
	return append(dst, b...)
}

// appendTextField leaves out an empty string, as proto3 does.
func appendTextField(dst []byte, num fieldNumber, s string) []byte {
	if s == "" {
		return dst
	}
	return appendBytesField(dst, num, s)
}

func appendVarintField(dst []byte, num fieldNumber, n uint64) []byte {
	return binary.AppendUvarint(appendTag(dst, num, wireVarint), n)
}

// appendNumberField leaves out 0, as proto3 does.
func appendNumberField(dst []byte, num fieldNumber, n uint64) []byte {
	if n == 0 {
		return dst
	}
	return appendVarintField(dst, num, n)
}

// appendNested appends a message as field num. Its length is known only when it
// is written, so it is moved up behind it.
func appendNested(dst []byte, num fieldNumber, message func([]byte) []byte) []byte {
	dst = appendTag(dst, num, wireBytes)
	start := len(dst)
	dst = message(dst)
	size := len(dst) - start
	var length [binary.MaxVarintLen64]byte
	prefix := binary.AppendUvarint(length[:0], uint64(size))
	dst = append(dst, prefix...)
	copy(dst[start+len(prefix):], dst[start:start+size])
	copy(dst[start:], prefix)
	return dst
}
