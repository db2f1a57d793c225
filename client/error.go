package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net"
	"net/http"
	"strings"
	"syscall"
	"unicode"

	"wps/protocol"
)

// Errors that [errors.Is] finds in the errors of this package.
var (
	// ErrNotFound is a refusal with 404.
	ErrNotFound = errors.New("not found")
	// ErrUnauthorized is a refusal with 401 or 403, of a request or a handshake.
	ErrUnauthorized = errors.New("not authorised")
	// ErrTooLarge is a message over the service's limit: found before sending,
	// or a refusal with 413.
	ErrTooLarge = errors.New("message is too large")
)

var errTryTimeout = errors.New("no answer in time")

// Error is an answer of the service that is not 2xx.
//
// Source: recorded answers of the real service; it has two JSON bodies, and
// answers without any.
type Error struct {
	// Status is the HTTP status.
	Status int
	// Code is the service's own, such as Error.Connection.NotExisted; "" when it
	// gave none.
	Code string
	// Message and Target are the service's words; "" when it gave none. A HEAD
	// request never gets any.
	Message, Target string
	// RequestID is the x-ms-client-request-id of the request.
	RequestID string

	fromService bool // the answer has headers that only the service writes
}

// Error is "404 Not Found: message (code)", without what is not known.
func (e *Error) Error() string {
	s := statusLine(e.Status)
	if e.Message != "" {
		s += ": " + e.Message
	}
	if e.Code != "" {
		s += " (" + e.Code + ")"
	}
	return s
}

// Is reports whether target is the sentinel of e's status.
func (e *Error) Is(target error) bool { return isStatus(e.Status, target) }

func isStatus(status int, target error) bool {
	switch target {
	case ErrNotFound:
		return status == http.StatusNotFound
	case ErrUnauthorized:
		return status == http.StatusUnauthorized || status == http.StatusForbidden
	case ErrTooLarge:
		return status == http.StatusRequestEntityTooLarge
	}
	return false
}

func statusLine(status int) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", status, http.StatusText(status)))
}

// UnreachableError is an endpoint that gives no answer.
type UnreachableError struct {
	// Endpoint is scheme, host and port.
	Endpoint string
	// Cause is why, from the network.
	Cause error
}

// wsaConnRefused is what Windows says instead of the number that package syscall
// has under the name ECONNREFUSED there; no other system has it.
const wsaConnRefused syscall.Errno = 10061

func connRefused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, wsaConnRefused)
}

// Error names the endpoint and the cause.
func (e *UnreachableError) Error() string {
	var name *net.DNSError
	switch {
	case connRefused(e.Cause):
		return e.Endpoint + " does not answer: connection refused"
	case errors.As(e.Cause, &name) && name.IsNotFound:
		return e.Endpoint + " does not answer: there is no host of that name"
	}
	return fmt.Sprintf("%s does not answer: %v", e.Endpoint, e.Cause)
}

// Unwrap returns the cause.
func (e *UnreachableError) Unwrap() error { return e.Cause }

// BrokenAnswerError is a good answer that broke off after its headers, or is
// larger than any should be.
type BrokenAnswerError struct {
	err  error
	asks bool // the request changes nothing
}

// Error names the cause, and what it means when the request was to change
// something.
func (e *BrokenAnswerError) Error() string {
	if e.asks {
		return fmt.Sprintf("read answer: %v", e.err)
	}
	return fmt.Sprintf("read answer: %v; the service may have done it", e.err)
}

// Unwrap returns the cause.
func (e *BrokenAnswerError) Unwrap() error { return e.err }

// maxMessage bounds the text of an error, in bytes.
const maxMessage = 2048

// newError reads an answer that is not 2xx.
func newError(resp *http.Response, body []byte, requestID string) *Error {
	e := parseErrorBody(resp.Header.Get("Content-Type"), body)
	e.Status, e.RequestID = resp.StatusCode, requestID
	e.fromService = resp.Header.Get(protocol.HeaderErrorCode) != "" ||
		resp.Header.Get(protocol.HeaderSupportedVersions) != ""
	if code := oneLine(resp.Header.Get(protocol.HeaderErrorCode)); code != "" {
		e.Code = code
	}
	return e
}

// parseErrorBody finds code, message and target in whatever a refusal carries:
// one of the service's two JSON bodies, the one other Azure services use, plain
// text, a proxy's page (of which nothing is kept), or nothing.
func parseErrorBody(contentType string, body []byte) *Error {
	e := &Error{}
	if inner := readErrorJSON(e, body); inner != nil {
		readErrorJSON(e, inner)
	}
	if e.Code != "" || e.Message != "" {
		return e
	}
	media, _, err := mime.ParseMediaType(contentType)
	if err == nil && media != "text/plain" && !strings.HasSuffix(media, "json") {
		return e
	}
	e.Message = oneLine(string(body))
	return e
}

// readErrorJSON reads what a JSON object says. When it says nothing itself it
// gives its member error, which says it in the form of other Azure services.
func readErrorJSON(e *Error, body []byte) (inner json.RawMessage) {
	var m map[string]json.RawMessage
	if json.Unmarshal(body, &m) != nil {
		return nil
	}
	text := func(name string) string {
		var s string
		if json.Unmarshal(m[name], &s) != nil {
			return ""
		}
		return oneLine(s)
	}
	e.Code, e.Message, e.Target = text("code"), text("message"), text("target")
	for _, name := range []string{"detail", "title"} {
		if e.Message == "" {
			e.Message = text(name)
		}
	}
	if e.Code != "" || e.Message != "" {
		return nil
	}
	return m["error"]
}

// oneLine makes one line of foreign text: blanks for control characters, valid
// UTF-8, cut after maxMessage bytes.
func oneLine(s string) string {
	if len(s) > maxMessage {
		s = strings.ToValidUTF8(s[:maxMessage], "") + "…"
	}
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
	return strings.Join(strings.Fields(s), " ")
}
