package cli

import (
	"strings"
	"testing"

	"github.com/spf13/pflag"
)

// TestFlagList checks that no line is wider than the terminal, that a list of values
// is shown once, and that a long placeholder is shortened.
func TestFlagList(t *testing.T) {
	t.Parallel()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	flags.String("addr", "", "listen on `host:port`; 0 picks a free port")
	flags.BoolP("follow", "f", false, "continue with new events, until Ctrl-C or until the emulator itself has stopped")
	flags.String("kind", "a", "the kind: `a|b`")
	flags.StringArray("rule", nil, "apply a rule:\n`NAME=VALUE [first=LIST] [last=LIST]`")
	for _, width := range []int{60, 80, 90} {
		for line := range strings.Lines(flagList(flags, width)) {
			if n := len(strings.TrimRight(line, "\n")); n > width {
				t.Errorf("width %d: a line of %d columns: %s", width, n, line)
			}
		}
	}
	const want = `      --addr host:port       listen on host:port; 0 picks a free port
  -f, --follow               continue with new events, until Ctrl-C or until the emulator itself has stopped
      --kind a|b             the kind (default a)
      --rule NAME=VALUE...   apply a rule:
                             NAME=VALUE [first=LIST] [last=LIST]
`
	if got := flagList(flags, 0); got != want {
		t.Errorf("without a width:\n%swant\n%s", got, want)
	}
}

// TestWrapWords checks that a word that is too wide has a line of its own.
func TestWrapWords(t *testing.T) {
	t.Parallel()
	if got, want := wrapWords("wps a bb ccccccccccccc d", 8, 2, 4), "wps a\n    bb\n    ccccccccccccc\n    d"; got != want {
		t.Errorf("wrapWords = %q, want %q", got, want)
	}
}
