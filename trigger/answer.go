package trigger

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"wps/protocol"
)

// Answer is a hook's answer to an event. The zero Answer accepts the event and
// sends nothing. For an event that does not block, only Output and the Retry of
// Error matter.
type Answer struct {
	// Error refuses the event and takes precedence over everything else.
	Error *Error
	// Connect answers connect: a compact JSON object of the members userId,
	// groups, roles, subprotocol and mqtt. Nil changes nothing.
	Connect json.RawMessage
	// Message answers a user event, as data of DataType; "" is binary.
	Message  []byte
	DataType protocol.DataType
	// Metadata go with the message.
	Metadata map[string]string
	// States is a JSON object that is merged into the connection state; nil leaves
	// the state unchanged.
	States json.RawMessage
	// Ignored are members that do not apply to the event.
	Ignored []string
	// Omitted are variables that were too large for the environment of a command,
	// with their sizes.
	Omitted []string
	// Output is a stream of event objects, which are run before the answer is sent.
	Output []byte
	// Verbatim is the whole HTTP answer; nil builds one from the other members.
	Verbatim *Verbatim
}

// Verbatim is an HTTP answer that is sent unchanged.
type Verbatim struct {
	Status int
	Header http.Header
	Body   []byte
}

// Error refuses an event.
type Error struct {
	// Status is the HTTP status, 400 to 599.
	Status int
	// Text is sent to the service.
	Text string
	// Detail is logged instead of Text; "" logs Text.
	Detail string
	// MQTT, when set, is the body for an MQTT client: {"mqtt":{...}}.
	MQTT json.RawMessage
	// Retry reports that the event may succeed when it is sent again; the hook has
	// not decided. Status must be 408 or 5xx then, after which the service sends it
	// again. Without Retry a caller in this process does not (see Handler).
	Retry bool
}

// tryAgain is the status of a hook that asks for the event again.
const tryAgain = http.StatusServiceUnavailable

// Error codes of the specification. They stand for the statuses 401, 400 and 500.
//
// Source: the Functions extension.
const (
	CodeUnauthorized = "unauthorized"
	CodeUserError    = "userError"
	CodeServerError  = "serverError"
)

var codeStatus = map[string]int{
	strings.ToLower(CodeUnauthorized): http.StatusUnauthorized,
	strings.ToLower(CodeUserError):    http.StatusBadRequest,
	strings.ToLower(CodeServerError):  http.StatusInternalServerError,
}

// NotRun wraps the error of an event that did not reach its hook, so that the
// event is run when the service sends it again.
func NotRun(err error) error { return &notRunError{err} }

type notRunError struct{ err error }

func (e *notRunError) Error() string { return e.err.Error() }
func (e *notRunError) Unwrap() error { return e.err }

func wasNotRun(err error) bool {
	_, ok := errors.AsType[*notRunError](err)
	return ok
}

// interrupted wraps the error of a hook that ended before it answered, so that the
// event may succeed when it is sent again.
func interrupted(err error) error { return &interruptedError{err} }

type interruptedError struct{ err error }

func (e *interruptedError) Error() string { return e.err.Error() }
func (e *interruptedError) Unwrap() error { return e.err }

func wasInterrupted(err error) bool {
	_, ok := errors.AsType[*interruptedError](err)
	return ok
}

// reply is an HTTP answer, as it is written and kept for a repeated event.
// Headers keep the spelling of the service. A nil Content-Type stops net/http
// from setting one.
type reply struct {
	status  int
	header  http.Header
	body    []byte
	problem string // for the log
	final   bool   // the event would fail again
}

// finalWriter is the ResponseWriter of a caller that sends an event again after a
// failure. Final is called before a failure that would only be repeated. HTTP has
// no word for that; a carrier in this process does without the retries.
type finalWriter interface{ Final() }

// retried reports whether the service sends an event again after this answer.
//
// Source: the vendor's emulator, for 408 and 5xx.
func (r *reply) retried() bool { return r.status == http.StatusRequestTimeout || r.status >= 500 }

const headerContentType = "Content-Type"

// contentTypes are those that the official Node middleware writes, which has no
// protobuf; the vendor's emulator reads that.
var contentTypes = map[protocol.DataType][]string{
	protocol.DataTypeText:     {"text/plain; charset=utf-8"},
	protocol.DataTypeJSON:     {"application/json; charset=utf-8"},
	protocol.DataTypeBinary:   {"application/octet-stream"},
	protocol.DataTypeProtobuf: {"application/x-protobuf"},
	"":                        {"application/octet-stream"},
}

// reply returns the HTTP form of an answer.
//
// Source: the official Node middleware, byte by byte.
func (ev *Event) reply(a Answer) (*reply, error) {
	switch {
	case a.Verbatim != nil:
		return a.Verbatim.reply(), nil
	case a.Error != nil:
		return ev.errorReply(a.Error), nil
	case !ev.Blocking():
		return &reply{status: http.StatusOK}, nil
	}
	header := http.Header{}
	if len(a.States) > 0 {
		state, err := protocol.MergeState(ev.State, a.States)
		if err != nil {
			return nil, err
		}
		header[protocol.HeaderConnectionState] = []string{state}
	}
	switch {
	case ev.Kind == protocol.EventUser:
		header[headerContentType] = contentTypes[a.DataType]
		for key, value := range a.Metadata {
			header[strings.ToLower(protocol.MetadataHeader+key)] = []string{value}
		}
		return &reply{status: http.StatusOK, header: header, body: a.Message}, nil
	case a.Connect == nil:
		return &reply{status: http.StatusNoContent, header: header}, nil
	}
	header[headerContentType] = contentTypes[protocol.DataTypeJSON]
	return &reply{status: http.StatusOK, header: header, body: a.Connect}, nil
}

func (v *Verbatim) reply() *reply {
	r := &reply{status: v.Status, header: v.Header, body: v.Body}
	if v.Status < 200 || v.Status > 299 {
		r.problem = fmt.Sprintf("answered %d %s", v.Status, http.StatusText(v.Status))
	}
	return r
}

// unhandled returns the answer to an event that has no hook.
func (ev *Event) unhandled() *reply {
	if ev.MQTT() && ev.Kind == protocol.EventSystem && ev.Event == protocol.EventConnect {
		return &reply{status: http.StatusNoContent}
	}
	return &reply{status: http.StatusOK}
}

// errorReply returns the answer that refuses an event. It never changes the
// connection state. An event that does not block is answered with success, unless
// it is to be sent again.
func (ev *Event) errorReply(e *Error) *reply {
	r := &reply{status: e.Status, header: http.Header{headerContentType: nil}, body: []byte(e.Text)}
	r.problem = cmp.Or(e.Detail, e.Text, http.StatusText(e.Status))
	r.final = !e.Retry && r.retried()
	if e.Retry && e.Status == tryAgain {
		r.header["Retry-After"] = []string{retryAfter}
	}
	switch {
	case !ev.Blocking() && !e.Retry:
		return &reply{status: http.StatusOK, problem: r.problem}
	case ev.MQTT() && ev.Kind == protocol.EventSystem:
		r.body = e.MQTT
		if r.body == nil {
			r.body = ev.mqttRefusal(e)
		}
		r.header[headerContentType] = contentTypes[protocol.DataTypeJSON]
	}
	return r
}

func (r *reply) write(w http.ResponseWriter) {
	if f, ok := w.(finalWriter); ok && r.final {
		f.Final()
	}
	header := w.Header()
	for name, values := range r.header {
		header[name] = values
	}
	w.WriteHeader(r.status)
	if len(r.body) > 0 {
		_, _ = w.Write(r.body) // the connection is broken: nothing else to do
	}
}
