package bench

import (
	"testing"
	"time"
)

// FuzzStamp: what is read is what would be written.
func FuzzStamp(f *testing.F) {
	f.Add(stamp{3, 17, time.Second}.message(100))
	f.Add([]byte("wps-bench:00000003:"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := readStamp(b)
		if err != nil {
			return
		}
		again, err := readStamp(s.message(len(b)))
		if err != nil || again != s {
			t.Errorf("%q: %+v, then %+v, %v", b, s, again, err)
		}
	})
}
