package cmd_test

import (
	"io"
	"net"
	"strings"
	"testing"

	"wps/cmd"
	"wps/cmd/internal/cli"
)

// TestHalfOfLocalhost starts each server on a port of localhost that another program
// uses on IPv6.
func TestHalfOfLocalhost(t *testing.T) {
	t.Parallel()
	other, err := net.Listen("tcp", "[::1]:0")
	if err != nil {
		t.Skip("no IPv6: ", err)
	}
	defer other.Close()
	_, port, _ := net.SplitHostPort(other.Addr().String())
	addr := "localhost:" + port
	for flag, args := range map[string][]string{
		"--addr":  {"emulator", "--addr", addr},
		"--addr ": {"listen", "--on", "connect", ":accept", "--addr", addr},
		"--serve": {"negotiate", "-q", "--hub", "chat", "--serve", addr},
		// A number alone is a port of localhost.
		"--addr  ": {"listen", "--on", "connect", ":accept", "--addr", port},
		"--serve ": {"negotiate", "-q", "--hub", "chat", "--serve", port},
	} {
		var stderr strings.Builder
		env := cli.NewEnv(strings.NewReader(""), io.Discard, &stderr, func(string) (string, bool) { return "", false })
		code := cmd.Run(t.Context(), args, env)
		want := "wps: listen on " + addr + ": [::1]:" + port + ": address already in use\n" +
			"hint: stop the program that listens there, or listen on the other half of localhost with " + strings.TrimSpace(flag) + " 127.0.0.1:" + port + "\n"
		if got := stderr.String(); got != want || code != 1 {
			t.Errorf("%s = %d %q, want 1 %q", args[0], code, got, want)
		}
	}
}
