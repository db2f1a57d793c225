package cmd

import (
	"strings"
	"testing"
)

const flagsOfATest = `      --addr host:port                       listen on host:port; port 0 is a free one
  -f, --follow                               go on with new events, until Ctrl-C or until all of it has ended by itself
      --handler [HUB=]URL [user=LIST]        send events to this event handler. {hub} and
                                             {event} in the URL stand for their names
`

// TestWrapFlags: no line is wider than the terminal, and every word is there.
func TestWrapFlags(t *testing.T) {
	t.Parallel()
	for _, width := range []int{40, 60, 80, 90} {
		got := wrapFlags(flagsOfATest, width)
		if widest(got) > width {
			t.Errorf("width %d: a line of %d columns in\n%s", width, widest(got), got)
		}
		if a, b := strings.Fields(got), strings.Fields(flagsOfATest); strings.Join(a, " ") != strings.Join(b, " ") {
			t.Errorf("width %d: words changed:\n%s", width, got)
		}
	}
	for _, width := range []int{0, 200} {
		if got := wrapFlags(flagsOfATest, width); got != flagsOfATest {
			t.Errorf("width %d: changed to\n%s", width, got)
		}
	}
	const beside = `      --addr host:port                       listen on host:port; port 0 is a
                                             free one
`
	if got := wrapFlags(flagsOfATest, 80); !strings.HasPrefix(got, beside) {
		t.Errorf("width 80 gives\n%s", got)
	}
	const below = `      --addr host:port
          listen on host:port; port 0 is a free one
`
	if got := wrapFlags(flagsOfATest, 60); !strings.HasPrefix(got, below) {
		t.Errorf("width 60 gives\n%s", got)
	}
}

// TestWrapWords: a word wider than the room stands alone.
func TestWrapWords(t *testing.T) {
	t.Parallel()
	if got, want := wrapWords("wps a bb ccccccccccccc d", 8, 2, 4), "wps a\n    bb\n    ccccccccccccc\n    d"; got != want {
		t.Errorf("wrapWords = %q, want %q", got, want)
	}
}
