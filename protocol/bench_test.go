package protocol_test

import (
	"fmt"
	"testing"
)

// encodeDecode measures both directions of one frame.
func encodeDecode(b *testing.B, size int, frame []byte, encode func([]byte) []byte, decode func([]byte) error) {
	b.Helper()
	b.Run(fmt.Sprintf("encode/bytes=%d", size), func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(frame)))
		var buf []byte
		for b.Loop() {
			buf = encode(buf[:0])
		}
	})
	b.Run(fmt.Sprintf("decode/bytes=%d", size), func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(frame)))
		for b.Loop() {
			if err := decode(frame); err != nil {
				b.Fatal(err)
			}
		}
	})
}
