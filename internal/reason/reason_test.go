package reason_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"syscall"
	"testing"

	"wps/internal/reason"
)

func TestNetwork(t *testing.T) {
	t.Parallel()
	dial := func(err error) error {
		return fmt.Errorf("x: %w", &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{Port: 1}, Err: err})
	}
	for _, tt := range []struct {
		err  error
		want string
	}{
		{dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), "connection refused"},
		{dial(&net.DNSError{Name: "h", IsNotFound: true}), "no such host"},
		{dial(os.NewSyscallError("connect", syscall.EHOSTUNREACH)), syscall.EHOSTUNREACH.Error()},
		{dial(os.NewSyscallError("socket", syscall.EMFILE)), syscall.EMFILE.Error()},
		{context.DeadlineExceeded, "no answer in time"},
		{fmt.Errorf("read: %w", os.ErrDeadlineExceeded), "no answer in time"},
		{context.Canceled, "it was no longer wanted"},
		{syscall.ECONNRESET, "the connection was reset"},
		{io.ErrUnexpectedEOF, "the connection was closed before an answer"},
		{dial(&net.AddrError{Err: "invalid port", Addr: "99999"}), "99999 is not a port from 0 to 65535"},
		{dial(&net.DNSError{Name: "tcp/http8", Err: "unknown port", IsNotFound: true}), "http8 is not a port from 0 to 65535"},
		{splitError("9000"), "the port is missing"},
		{splitError("a:b:c"), "it has too many colons; an IPv6 address needs brackets"},
		{errors.New("other"), "other"},
	} {
		if got := reason.Network(tt.err); got != tt.want {
			t.Errorf("Network(%v) = %q, want %q", tt.err, got, tt.want)
		}
	}
}

func splitError(addr string) error {
	_, _, err := net.SplitHostPort(addr)
	return err
}

func TestJSON(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`{"name":`:           "it ends too early",
		``:                   "it ends too early",
		`{"name":5}`:         "its member name cannot be a number",
		`{"name":[1]}`:       "its member name cannot be an array",
		`{"name":true}`:      "its member name cannot be true or false",
		`{"count":"x"}`:      "its member count cannot be a string",
		`{"count":1.5}`:      "its member count cannot be the number 1.5",
		`{"inner":{"a":{}}}`: "its member inner.a cannot be an object",
		`[1]`:                "an array is not what is expected there",
		`{"name":'x'}`:       "invalid character '\\'' looking for beginning of value",
	} {
		var v struct {
			Name  string `json:"name"`
			Count int    `json:"count"`
			Inner struct {
				A string `json:"a"`
			} `json:"inner"`
		}
		if got := reason.JSON(json.Unmarshal([]byte(text), &v)); got != want {
			t.Errorf("JSON of %s = %q, want %q", text, got, want)
		}
	}
}

func TestSystem(t *testing.T) {
	t.Parallel()
	_, err := os.Open(t.TempDir() + "/none")
	if got := reason.System(err); got != "no such file or directory" {
		t.Errorf("System(%v) = %q", err, got)
	}
	if got := reason.System(fmt.Errorf("the folder: %w", fs.ErrNotExist)); got != "the folder: file does not exist" {
		t.Errorf("System of an error with words of its own = %q", got)
	}
	worded := reason.Worded(err)
	if worded.Error() != "no such file or directory" || !errors.Is(worded, fs.ErrNotExist) || reason.Worded(nil) != nil {
		t.Errorf("Worded(%v) = %v", err, worded)
	}
}
