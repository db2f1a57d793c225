package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"os"
	"slices"
	"strings"
	"syscall"

	"wps/internal/oneline"
	"wps/internal/reason"
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
	// ErrLongAddress is a request, such as one with a thousand excluded
	// connections, whose address is too long. It is not sent.
	ErrLongAddress = errors.New("the address of the request is too long")
)

var errTryTimeout = errors.New("no answer in time")

// Error is an answer of the service that is not 2xx.
//
// Source: recorded answers of the real service; it has two JSON bodies, and
// answers without any.
type Error struct {
	// Status is the HTTP status.
	Status int
	// Code is the service's own, such as Error.Connection.NotExisted; "" when
	// there was none.
	Code string
	// Message and Target are the service's words; "" when there were none, as
	// for every HEAD request.
	Message, Target string
	// RequestID is the x-ms-client-request-id of the request.
	RequestID string

	fromService bool // the answer has headers that only the service sends
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
	case ErrNotFound: //nolint:errorlint // the target of errors.Is, not the error it unwraps
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

// UnreachableError is an endpoint that does not answer.
type UnreachableError struct {
	// Endpoint is scheme, host and port.
	Endpoint string
	// Cause is the error of the network.
	Cause error
	// Proxy is the address of the proxy on the way, "" if there is none. Its name
	// or port may be what does not answer.
	Proxy string
}

// wsaConnRefused is the error number of Windows for a refused connection, which
// syscall.ECONNREFUSED is not there. No other system uses it.
const wsaConnRefused syscall.Errno = 10061

func connRefused(err error) bool {
	return errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, wsaConnRefused)
}

// Error names the endpoint and the cause.
func (e *UnreachableError) Error() string {
	text := e.Endpoint + " does not answer"
	if e.Proxy != "" {
		text += " through the proxy " + e.Proxy
	}
	return text + ": " + e.cause()
}

// cause returns the cause in the words of its reader.
func (e *UnreachableError) cause() string {
	if errors.Is(e.Cause, context.DeadlineExceeded) || errors.Is(e.Cause, os.ErrDeadlineExceeded) {
		return errTryTimeout.Error()
	}
	return reason.Network(e.Cause)
}

// Unwrap returns the cause.
func (e *UnreachableError) Unwrap() error { return e.Cause }

// BrokenAnswerError is a 2xx answer that broke off after its headers or that is
// too large, or an answer with status 101, which changes the protocol unasked.
type BrokenAnswerError struct {
	err  error
	asks bool // the request changes nothing, so it can be repeated
}

// Error names the cause, and warns when the request changes something.
func (e *BrokenAnswerError) Error() string {
	if e.asks {
		return fmt.Sprintf("read answer: %v", e.err)
	}
	return fmt.Sprintf("read answer: %v; the service may have carried out the request", e.err)
}

// Unwrap returns the cause.
func (e *BrokenAnswerError) Unwrap() error { return e.err }

// NewError returns the error of an answer that is not 2xx, with what its headers
// and its body say. The body may be cut short.
func NewError(status int, header http.Header, body []byte) *Error {
	e := parseErrorBody(header.Get("Content-Type"), body)
	e.Status = status
	e.fromService = header.Get(protocol.HeaderErrorCode) != "" ||
		header.Get(protocol.HeaderSupportedVersions) != ""
	if code := oneline.Of(header.Get(protocol.HeaderErrorCode)); code != "" {
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
	e.Message = oneline.Of(string(body))
	return e
}

// readErrorJSON fills e from a JSON object. When that has neither a code nor a
// message, it returns the member error, which has them in the form of other Azure
// services.
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
		return oneline.Of(s)
	}
	e.Code, e.Message, e.Target = text("code"), text("message"), text("target")
	for _, name := range []string{"detail", "title"} {
		if e.Message == "" {
			e.Message = text(name)
		}
	}
	e.addCauses(m["errors"])
	if e.Code != "" || e.Message != "" {
		return nil
	}
	return m["error"]
}

// addCauses adds to the message what the member errors says and the message does
// not: a list of texts for each faulty input.
func (e *Error) addCauses(raw json.RawMessage) {
	var inputs map[string]json.RawMessage
	if json.Unmarshal(raw, &inputs) != nil {
		return
	}
	var causes []string
	for _, input := range slices.Sorted(maps.Keys(inputs)) {
		var texts []string
		if json.Unmarshal(inputs[input], &texts) != nil {
			texts = make([]string, 1)
			_ = json.Unmarshal(inputs[input], &texts[0]) // stays "" when it is no text
		}
		for _, text := range texts {
			if text = oneline.Of(text); text != "" && !strings.Contains(e.Message, text) {
				causes = append(causes, strings.TrimPrefix(oneline.Of(input)+": "+text, ": "))
			}
		}
	}
	if len(causes) == 0 {
		return
	}
	all := strings.Join(causes, "; ")
	if e.Message != "" {
		all = strings.TrimSuffix(e.Message, ".") + ": " + all
	}
	e.Message = oneline.Of(all)
}
