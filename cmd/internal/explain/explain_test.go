package explain

import (
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"wps/client"
	"wps/cmd/internal/cli"
)

// TestNobodyThere: the next step depends on where the endpoint came from. Only
// from within can the default be looked at without a fixed port.
func TestNobodyThere(t *testing.T) {
	t.Parallel()
	for env, want := range map[string]string{
		"":                          "start the emulator with \"wps emulator\", or set WPS_CONNECTION_STRING",
		"WPS_CONNECTION_STRING":     "check the Endpoint in $WPS_CONNECTION_STRING, and that this machine reaches it",
		"WebPubSubConnectionString": "check the Endpoint in $WebPubSubConnectionString, and that this machine reaches it",
	} {
		e := cli.NewEnv(nil, nil, nil, func(name string) (string, bool) {
			return map[string]string{env: "Endpoint=https://h.example;AccessKey=k"}[name], name == env
		})
		err := Service(e.Settings, &client.UnreachableError{Endpoint: "https://h.example", Cause: syscall.ECONNREFUSED})
		if got := cli.Hint(err); got != want {
			t.Errorf("with %q: hint %q, want %q", env, got, want)
		}
	}
}

// TestTooManyFiles: what stands in the way is on this machine.
func TestTooManyFiles(t *testing.T) {
	t.Parallel()
	e := cli.NewEnv(nil, nil, nil, func(string) (string, bool) { return "", false })
	err := Service(e.Settings, &client.UnreachableError{Endpoint: "https://h.example", Cause: &net.OpError{Op: "dial", Err: os.NewSyscallError("socket", syscall.EMFILE)}})
	if got := cli.Hint(err); !strings.Contains(got, "ulimit -n") {
		t.Errorf("hint %q, want one about open files", got)
	}
}
