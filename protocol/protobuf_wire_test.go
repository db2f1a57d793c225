package protocol

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"
)

func TestWireRefusals(t *testing.T) {
	t.Parallel()
	deep := strings.Repeat("\x0b", maxGroupDepth) + strings.Repeat("\x0c", maxGroupDepth)
	for name, tt := range map[string]struct {
		in      string
		refused bool
	}{
		"nothing":                      {"", false},
		"every wire type":              {"\x08\x01\x11\x00\x00\x00\x00\x00\x00\x00\x00\x1a\x01x\x25\x00\x00\x00\x00\x2b\x2c", false},
		"a longer number than needed":  {"\x08\x81\x80\x00", false},
		"groups as deep as allowed":    {deep, false},
		"groups deeper than allowed":   {"\x0b" + deep + "\x0c", true},
		"tag cut":                      {"\x88", true},
		"varint cut":                   {"\x08\x80", true},
		"varint of 64 bits":            {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", false},
		"varint of 65 bits":            {"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", true},
		"bytes cut":                    {"\x0a\x02x", true},
		"length of bytes cut":          {"\x0a", true},
		"length of more than 63 bits":  {"\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01x", true},
		"fixed64 cut":                  {"\x09\x00\x00\x00\x00\x00\x00\x00", true},
		"fixed32 cut":                  {"\x0d\x00\x00\x00", true},
		"group cut":                    {"\x0b\x08\x01", true},
		"end of another group":         {"\x0b\x14", true},
		"end of a group from outside":  {"\x0c", true},
		"field number 0":               {"\x00\x01", true},
		"field number of 31 bits":      {"\xf8\xff\xff\xff\x3f\x01", false},
		"field number of 32 bits":      {"\xf8\xff\xff\xff\x7f\x01", true},
		"wire type 6":                  {"\x0e", true},
		"wire type 7, inside a group ": {"\x0b\x0f\x0c", true},
	} {
		err := eachField([]byte(tt.in), func(field) error { return nil })
		if (err != nil) != tt.refused {
			t.Errorf("%s: eachField(%x) = %v, want an error: %t", name, tt.in, err, tt.refused)
		}
	}
}

// FuzzWire checks that eachField passes every field of a message on once and in
// order, and refuses what protowire refuses.
func FuzzWire(f *testing.F) {
	for _, seed := range []string{
		"\x0a\x0b\x0a\x01g\x10\x01\x1a\x04\x0a\x02hi", "\x08\x96\x01", "\x0b\x08\x01\x0c", "\x0b\x14", "\x0d\x00\x00\x00\x00",
		"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "\xf8\xff\xff\xff\x3f\x01",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var again []byte // the fields read, with the shortest varints
		err := eachField(b, func(one field) error {
			if one.typ == protowire.VarintType {
				again = appendVarintField(again, one.num, one.n)
			} else {
				again = appendBytesField(again, one.num, one.b)
			}
			return nil
		})
		if errors.Is(err, errGroupDepth) {
			return // protowire allows more
		}
		want, ok := reencode(b)
		if ok != (err == nil) {
			t.Fatalf("eachField(%x) = %v, accepted by protowire: %t", b, err, ok)
		}
		if err == nil && !bytes.Equal(again, want) {
			t.Fatalf("fields of %x = %x, want %x", b, again, want)
		}
	})
}

// reencode returns the varint and length-delimited fields of b.
func reencode(b []byte) (again []byte, ok bool) {
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
