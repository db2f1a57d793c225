package protocol

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

func TestWireRefusals(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("\x0b", maxGroupDepth) + strings.Repeat("\x0c", maxGroupDepth)
	for name, tt := range map[string]struct {
		in   string
		want error
	}{
		"nothing":                      {"", nil},
		"every wire type":              {"\x08\x01\x11\x00\x00\x00\x00\x00\x00\x00\x00\x1a\x01x\x25\x00\x00\x00\x00\x2b\x2c", nil},
		"a longer number than needed":  {"\x08\x81\x80\x00", nil},
		"groups as deep as may be":     {deep, nil},
		"groups deeper than may be":    {"\x0b" + deep + "\x0c", errDepth},
		"tag cut":                      {"\x88", errTruncated},
		"varint cut":                   {"\x08\x80", errTruncated},
		"varint of 64 bits":            {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", nil},
		"varint of 65 bits":            {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", errOverflow},
		"bytes cut":                    {"\x0a\x02x", errTruncated},
		"length of bytes cut":          {"\x0a", errTruncated},
		"length of more than 63 bits":  {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x", errTruncated},
		"fixed64 cut":                  {"\x09\x00\x00\x00\x00\x00\x00\x00", errTruncated},
		"fixed32 cut":                  {"\x0d\x00\x00\x00", errTruncated},
		"group cut":                    {"\x0b\x08\x01", errTruncated},
		"end of another group":         {"\x0b\x14", errEndGroup},
		"end of a group from outside":  {"\x0c", errEndGroup},
		"field number 0":               {"\x00\x01", errNumber},
		"field number of 31 bits":      {"\xf8\xff\xff\xff\x3f\x01", nil},
		"field number of 32 bits":      {"\xf8\xff\xff\xff\x7f\x01", errNumber},
		"wire type 6":                  {"\x0e", errWireType},
		"wire type 7, inside a group ": {"\x0b\x0f\x0c", errWireType},
	} {
		err := eachField([]byte(tt.in), func(field) error { return nil })
		if !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
		if err != nil && !errors.Is(err, ErrFrame) {
			t.Errorf("%s: %v is not ErrFrame", name, err)
		}
	}
}

// FuzzWire holds that a message has the same fields for us as for the library of
// protobuf itself, or is refused by both.
func FuzzWire(f *testing.F) {
	for _, seed := range []string{
		"\x0a\x0b\x0a\x01g\x10\x01\x1a\x04\x0a\x02hi", "\x08\x96\x01", "\x0b\x08\x01\x0c", "\x0b\x14", "\x0d\x00\x00\x00\x00",
		"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\xf8\xff\xff\xff\x3f\x01",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var again []byte // what was read, in the shortest form
		err := eachField(b, func(one field) error {
			if one.wire == wireVarint {
				again = appendVarintField(again, one.num, one.n)
			} else {
				again = appendBytesField(again, one.num, one.b)
			}
			return nil
		})
		if errors.Is(err, errDepth) {
			return // the library goes deeper
		}
		want, ok := theirs(b)
		if ok != (err == nil) {
			t.Fatalf("%x: %v, and the library accepts it: %t", b, err, ok)
		}
		if err == nil && !bytes.Equal(again, want) {
			t.Fatalf("%x was read as %x, want %x", b, again, want)
		}
	})
}

// theirs does with the library what FuzzWire does with ours.
func theirs(b []byte) (again []byte, ok bool) {
	for len(b) > 0 {
		num, wire, n := protowire.ConsumeField(b)
		if n < 0 {
			return nil, false
		}
		_, _, tag := protowire.ConsumeTag(b)
		value := b[tag:n]
		switch wire {
		case protowire.VarintType:
			v, _ := protowire.ConsumeVarint(value)
			again = protowire.AppendVarint(protowire.AppendTag(again, num, wire), v)
		case protowire.BytesType:
			v, _ := protowire.ConsumeBytes(value)
			again = protowire.AppendBytes(protowire.AppendTag(again, num, wire), v)
		}
		b = b[n:]
	}
	return again, true
}

func TestWireSizes(t *testing.T) {
	t.Parallel()
	for shift := range 64 {
		for _, v := range []uint64{1 << shift, 1<<shift - 1} {
			if got, want := sizeVarint(v), protowire.SizeVarint(v); got != want {
				t.Errorf("sizeVarint(%d) = %d, want %d", v, got, want)
			}
		}
	}
	for _, num := range []fieldNumber{1, 15, 16, 2047, 2048, math.MaxInt32} {
		if got, want := sizeTag(num), len(appendTag(nil, num, wireBytes)); got != want {
			t.Errorf("sizeTag(%d) = %d, want %d", num, got, want)
		}
	}
}
