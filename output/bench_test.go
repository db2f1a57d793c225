package output_test

import (
	"strings"
	"testing"

	"wps/output"
)

// benchLine is an event object with a message of 128 bytes.
var benchLine = []byte(`{"type":"MessageEvent","targetType":"Users","targetId":"u1","message":"` + strings.Repeat("m", 128) + `","dataType":"text"}` + "\n")

// BenchmarkReader is the cost of one line of a stream: read alone, and read and
// decoded.
func BenchmarkReader(b *testing.B) {
	nested := []byte(`{"targetType":"Users","targetId":"u1","message":` + strings.Repeat(`{"a":[1,2,"x\"y"],"b":`, 20) + "0" + strings.Repeat("}", 20) + `,"dataType":"json"}` + "\n")
	for name, line := range map[string][]byte{"text": benchLine, "json": nested} {
		for _, decode := range []bool{false, true} {
			step := "read"
			if decode {
				step = "decode"
			}
			b.Run(name+"/"+step, func(b *testing.B) {
				b.ReportAllocs()
				b.SetBytes(int64(len(line)))
				r := output.NewReader(&repeated{line: line})
				for b.Loop() {
					raw, _, err := r.Read()
					if err == nil && decode {
						_, err = r.Decode(raw)
					}
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// repeated is a line without end.
type repeated struct {
	line []byte
	at   int
}

func (r *repeated) Read(b []byte) (int, error) {
	n := 0
	for n < len(b) {
		k := copy(b[n:], r.line[r.at:])
		n, r.at = n+k, (r.at+k)%len(r.line)
	}
	return n, nil
}
