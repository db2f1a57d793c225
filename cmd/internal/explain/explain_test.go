package explain

import (
	"errors"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/output/apply"
)

// TestUnreachable checks that the hint depends on the source of the endpoint. It is
// a test of the function, because the default endpoint has a fixed port.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	for env, want := range map[string]string{
		"":                          "start the emulator with \"wps emulator\", or set WPS_CONNECTION_STRING",
		"WPS_CONNECTION_STRING":     "check the Endpoint in $WPS_CONNECTION_STRING, and that this machine can reach it",
		"WebPubSubConnectionString": "check the Endpoint in $WebPubSubConnectionString, and that this machine can reach it",
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

// TestTooManyFiles checks the hint for a limit of this machine.
func TestTooManyFiles(t *testing.T) {
	t.Parallel()
	e := cli.NewEnv(nil, nil, nil, func(string) (string, bool) { return "", false })
	err := Service(e.Settings, &client.UnreachableError{Endpoint: "https://h.example", Cause: &net.OpError{Op: "dial", Err: os.NewSyscallError("socket", syscall.EMFILE)}})
	if got := cli.Hint(err); !strings.Contains(got, "ulimit -n") {
		t.Errorf("hint %q, want one about open files", got)
	}
}

// TestJournalHints: every error of a journal has a next step, and says whether
// something was sent.
func TestJournalHints(t *testing.T) {
	t.Parallel()
	for err, want := range map[error]string{
		apply.ErrForeignJournal: "nothing was sent", apply.ErrJournalInUse: "nothing was sent", apply.ErrNoJournal: "nothing was sent",
		apply.ErrDamagedJournal: "nothing was sent", apply.ErrLargeJournal: "nothing was sent", apply.ErrFullJournal: "split the input",
		errors.New("no space left on device"): "free space",
	} {
		if got := cli.Hint(Journal(&apply.JournalError{Path: "j", Err: err})); !strings.Contains(got, want) {
			t.Errorf("hint for %q: %q, want one with %q", err, got, want)
		}
	}
}
