// Package reason words errors of the standard library for the reader of a message:
// without the names of Go functions and types, and without addresses that the message
// names already. What is to be done about them is left to the commands.
//
//	fmt.Errorf("%s does not answer: %s", address, reason.Network(err))
package reason

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"runtime"
	"strings"
	"syscall"
)

// wsaConnRefused is the error number of Windows for a refused connection, which
// syscall.ECONNREFUSED is not there. No other system uses it.
const wsaConnRefused syscall.Errno = 10061

// Network returns why a request got no answer.
func Network(err error) string {
	var name *net.DNSError
	var op *net.OpError
	var address *net.AddrError
	switch {
	case errors.As(err, &address):
		return addressFault(address)
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, wsaConnRefused):
		return "connection refused"
	case errors.As(err, &name) && name.Err == "unknown port":
		return strings.TrimPrefix(name.Name, "tcp/") + " is not a port from 0 to 65535"
	case errors.As(err, &name) && name.IsNotFound:
		return "no such host"
	case errors.Is(err, context.Canceled):
		return "it was no longer wanted"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "the connection was reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the connection was closed before an answer"
	case errors.As(err, &op):
		return System(op.Err)
	}
	return err.Error()
}

// addressFault returns what is wrong with an address.
func addressFault(err *net.AddrError) string {
	switch err.Err {
	case "missing port in address":
		return "the port is missing"
	case "invalid port":
		return err.Addr + " is not a port from 0 to 65535"
	case "too many colons in address":
		return "it has too many colons; an IPv6 address needs brackets"
	}
	return err.Err
}

// System returns the words of the system for an error of a file, a process or a
// socket. Those of the most frequent ones are the same on every system.
func System(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	var call *os.SyscallError
	switch {
	case errors.As(err, &path):
		return System(path.Err)
	case errors.As(err, &link):
		return System(link.Err)
	case errors.As(err, &call):
		return System(call.Err)
	}
	if number, ok := err.(syscall.Errno); ok { //nolint:errorlint // a wrapped one has words of its own
		return wordsOf(number)
	}
	return err.Error()
}

// sharingViolation is the error number of Windows for a file that another program has
// open, and does not share.
const sharingViolation syscall.Errno = 32

// wordsOf returns the words for an error number.
func wordsOf(number syscall.Errno) string {
	switch {
	case errors.Is(number, fs.ErrNotExist):
		return "no such file or directory"
	case errors.Is(number, fs.ErrPermission) && runtime.GOOS == "windows":
		return "permission denied"
	case number == sharingViolation && runtime.GOOS == "windows":
		return "another program uses it"
	}
	return number.Error()
}

// Worded returns an error that has the words of System, and wraps the given one; nil
// for nil.
func Worded(err error) error {
	if err == nil {
		return nil
	}
	return worded{err}
}

type worded struct{ err error }

// Error and Unwrap implement an error that wraps another.
func (w worded) Error() string { return System(w.err) }
func (w worded) Unwrap() error { return w.err }

// JSON returns what is wrong with text that could not be read as JSON.
func JSON(err error) string {
	var syntax *json.SyntaxError
	var wrong *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "it ends too early"
	case errors.As(err, &syntax) && strings.Contains(syntax.Error(), "unexpected end"):
		return "it ends too early"
	case errors.As(err, &wrong) && wrong.Field == "":
		return fmt.Sprintf("%s is not what is expected there", withArticle(wrong.Value))
	case errors.As(err, &wrong):
		return fmt.Sprintf("its member %s cannot be %s", wrong.Field, withArticle(wrong.Value))
	}
	return err.Error()
}

// withArticle returns a kind of JSON value, such as "string" or "number 1.5", with its
// article.
func withArticle(kind string) string {
	word, _, isNumber := strings.Cut(kind, " ")
	switch {
	case isNumber && word == "number":
		return "the " + kind
	case word == "array" || word == "object":
		return "an " + kind
	case word == "bool":
		return "true or false"
	}
	return "a " + kind
}
