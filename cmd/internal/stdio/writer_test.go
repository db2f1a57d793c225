package stdio

import (
	"errors"
	"strings"
	"testing"
)

// TestHold checks that held writes become one, that what is over the limit does not
// wait, and that the order is kept.
func TestHold(t *testing.T) {
	t.Parallel()
	var to counted
	w := NewWriter(&to)
	hold := func(on bool) {
		t.Helper()
		if err := w.Hold(on); err != nil {
			t.Fatal(err)
		}
	}
	write := func(text string) {
		t.Helper()
		if n, err := w.Write([]byte(text)); n != len(text) || err != nil {
			t.Fatalf("Write() = %d, %v", n, err)
		}
	}
	write("a")
	hold(true)
	write("b")
	write("c")
	hold(true)
	if to.text.String() != "a" {
		t.Errorf("wrote %q while it held", to.text.String())
	}
	hold(false)
	hold(false)
	if to.text.String() != "abc" || to.writes != 2 {
		t.Errorf("wrote %q in %d writes", to.text.String(), to.writes)
	}
	hold(true)
	large := strings.Repeat("x", maxHeld)
	write("d")
	write(large)
	write("e")
	if to.text.String() != "abcd"+large || to.writes != 3 {
		t.Errorf("wrote %d bytes in %d writes", to.text.Len(), to.writes)
	}
	to.err = errors.New("disk full")
	if err := w.Hold(false); !errors.Is(err, to.err) {
		t.Errorf("Hold(false) = %v, want %v", err, to.err)
	}
	if err := w.Hold(false); err != nil {
		t.Errorf("Hold(false) = %v after nothing was written", err)
	}
}

// counted is a stream that counts its writes.
type counted struct {
	text   strings.Builder
	writes int
	err    error
}

func (c *counted) Write(b []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	c.writes++
	return c.text.Write(b)
}
