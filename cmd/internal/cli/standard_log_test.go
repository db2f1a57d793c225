package cli_test

import (
	"io"
	"log"
	"log/slog"
	"strings"
	"testing"

	"wps/cmd/internal/cli"
)

// TestStandardLog checks that a message of a library is one line of the log, in its
// form, and nothing without -v.
func TestStandardLog(t *testing.T) {
	t.Parallel()
	for level, want := range map[slog.Level]string{slog.LevelWarn: "", slog.LevelInfo: `msg="a library reports" message="Unsolicited response �[2J"`} {
		var text strings.Builder
		env := cli.NewEnv(strings.NewReader(""), io.Discard, io.Discard, func(string) (string, bool) { return "", false })
		l := log.New(cli.StandardLog{Env: env}, "", 0)
		env.Log = slog.New(slog.NewTextHandler(&text, &slog.HandlerOptions{Level: level}))
		l.Print("Unsolicited response \x1b[2J")
		if got := strings.TrimSuffix(text.String(), "\n"); !strings.HasSuffix(got, want) || (got == "") != (want == "") {
			t.Errorf("at level %v the log is %q, want %q", level, got, want)
		}
	}
}
