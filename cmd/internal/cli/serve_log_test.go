package cli

import (
	"log/slog"
	"regexp"
	"strings"
	"testing"
)

// TestServeLogger checks that a record is one line with its time, whatever is in it.
func TestServeLogger(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	log := newServeLogger(&out, slog.LevelInfo)
	log.Debug("not shown")
	log.Info("opened", "hub", "chat")
	log.With("a", 1).Warn("re\x1bfused", "reason", "two\nlines", "b", "c d")
	log.WithGroup("g").Error("failed", "time", "now")
	want := regexp.MustCompile(`^\d\d:\d\d:\d\d\.\d{3} opened hub=chat
\d\d:\d\d:\d\d\.\d{3} warning: re�fused a=1 reason="two\\nlines" b="c d"
\d\d:\d\d:\d\d\.\d{3} error: failed g\.time=now
$`)
	if !want.MatchString(out.String()) {
		t.Errorf("log\n%s\nwant\n%s", out.String(), want)
	}
}
