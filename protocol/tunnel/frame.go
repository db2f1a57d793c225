package tunnel

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// Bytes of MessagePack that a frame has.
//
// Source: the MessagePack specification.
const (
	fixArray3       = 0x93
	maxFixInt       = 0x7f
	fixStr, maxFix  = 0xa0, 31
	str8, bin8      = 0xd9, 0xc4
	uint8Byte, null = 0xcc, 0xc0
)

var errShort = errors.New("the frame is cut short")

// Append appends the frame of m to dst. The error is one of properties that are
// larger than MaxProperties.
func Append(dst []byte, side Side, m Message) ([]byte, error) {
	properties, body, err := encode(side, m)
	switch {
	case err != nil:
		return dst, err
	case len(properties) > MaxProperties:
		return dst, fmt.Errorf("the headers and the URL have %d bytes, at most %d are allowed", len(properties), MaxProperties)
	}
	start := len(dst)
	dst = append(dst, 0, 0, 0, 0, fixArray3, byte(m.Kind()))
	dst = append(appendLength(dst, len(properties), str8, true), properties...)
	if body == nil {
		dst = append(dst, null)
	} else {
		dst = append(appendLength(dst, len(body), bin8, false), body...)
	}
	binary.LittleEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst, nil
}

// appendLength appends the header of a string or of bytes; first is the one for
// eight bits, which those for 16 and 32 follow.
func appendLength(dst []byte, n int, first byte, text bool) []byte {
	switch {
	case text && n <= maxFix:
		return append(dst, fixStr|byte(n))
	case n <= 0xff:
		return append(dst, first, byte(n))
	case n <= 0xffff:
		return binary.BigEndian.AppendUint16(append(dst, first+1), uint16(n))
	}
	return binary.BigEndian.AppendUint32(append(dst, first+2), uint32(n))
}

// Parse returns the message of a frame, which is all of a WebSocket message. What
// follows the frame is ignored, as the service's client does. The body of the result
// points into b. A message of an unknown type is an [*Unknown].
func Parse(b []byte) (Message, error) {
	if len(b) < 4 {
		return nil, errShort
	}
	n := binary.LittleEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, errShort
	}
	r := reader{b[4 : 4+n]}
	if err := r.array(); err != nil {
		return nil, err
	}
	kind, err := r.number()
	if err != nil {
		return nil, err
	}
	properties, err := r.bytes(str8, true)
	if err != nil {
		return nil, fmt.Errorf("properties: %w", err)
	}
	body, err := r.bytes(bin8, false)
	switch {
	case err != nil:
		return nil, fmt.Errorf("body: %w", err)
	case len(r.left) > 0:
		return nil, errors.New("something follows the body")
	case len(properties) > MaxProperties:
		return nil, fmt.Errorf("the properties have %d bytes, at most %d are allowed", len(properties), MaxProperties)
	}
	return decode(Kind(kind), properties, body)
}

// reader reads items of MessagePack.
type reader struct{ left []byte }

// array reads the header of the array of three items.
func (r *reader) array() error {
	b, err := r.take(1)
	if err == nil && b[0] != fixArray3 {
		err = fmt.Errorf("it begins with 0x%02x, not with an array of three items", b[0])
	}
	return err
}

// number reads an integer that is not negative.
func (r *reader) number() (uint64, error) {
	b, err := r.take(1)
	if err != nil {
		return 0, err
	}
	switch first := b[0]; {
	case first <= maxFixInt:
		return uint64(first), nil
	case first < uint8Byte || first > uint8Byte+3:
		return 0, fmt.Errorf("the type is 0x%02x, not an unsigned integer", first)
	default:
		return r.bigEndian(1 << (first - uint8Byte))
	}
}

// bigEndian reads an unsigned integer of up to 8 bytes.
func (r *reader) bigEndian(size int) (n uint64, err error) {
	b, err := r.take(size)
	for _, x := range b {
		n = n<<8 | uint64(x)
	}
	return n, err
}

// bytes reads a string, or bytes or null. The header for eight bits is first.
func (r *reader) bytes(first byte, text bool) ([]byte, error) {
	b, err := r.take(1)
	if err != nil {
		return nil, err
	}
	switch head := b[0]; {
	case !text && head == null:
		return nil, nil
	case text && head&^maxFix == fixStr:
		return r.take(int(head & maxFix))
	case head < first || head > first+2:
		return nil, fmt.Errorf("it begins with 0x%02x, which is of another kind", head)
	default:
		n, err := r.bigEndian(1 << (head - first))
		if err != nil || n > uint64(len(r.left)) {
			return nil, errShort
		}
		return r.take(int(n))
	}
}

// take takes the next n bytes.
func (r *reader) take(n int) ([]byte, error) {
	if n > len(r.left) {
		return nil, errShort
	}
	b := r.left[:n:n]
	r.left = r.left[n:]
	return b, nil
}
