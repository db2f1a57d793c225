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

// Answer is what a hook says to an event. The zero Answer accepts it and says
// nothing. To an event that does not block, only Output matters.
type Answer struct {
	// Error refuses the event and outranks everything else.
	Error *Error
	// Connect answers connect: a compact JSON object of the members userId,
	// groups, roles, subprotocol and mqtt. Nil changes nothing.
	Connect json.RawMessage
	// Message answers a user event, as data of DataType; "" is binary.
	Message  []byte
	DataType protocol.DataType
	// Metadata go with the message.
	Metadata map[string]string
	// States is a JSON object laid over the connection state; nil leaves it.
	States json.RawMessage
	// Ignored are members that do not fit the event.
	Ignored []string
	// Output is a stream of event objects, run before the event is answered.
	Output []byte
	// Verbatim is the whole answer, already in HTTP.
	Verbatim *Verbatim
}

// Verbatim is an HTTP answer that is passed on as it is.
type Verbatim struct {
	Status int
	Header http.Header
	Body   []byte
}

// Error refuses an event.
type Error struct {
	// Status is the HTTP status, 400 to 599.
	Status int
	// Text goes to the service.
	Text string
	// Detail is for the log, where "" stands for Text.
	Detail string
	// MQTT, when set, is the body to an MQTT client: {"mqtt":{...}}.
	MQTT json.RawMessage
}

// The words of the spec for errors, and their statuses.
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

// NotRun wraps an error of an event that never reached its hook, so that it may
// be tried again.
func NotRun(err error) error { return &notRunError{err} }

type notRunError struct{ err error }

func (e *notRunError) Error() string { return e.err.Error() }
func (e *notRunError) Unwrap() error { return e.err }

func wasNotRun(err error) bool {
	_, ok := errors.AsType[*notRunError](err)
	return ok
}

// reply is an answer in HTTP: what is written, and remembered for a repetition.
// Headers keep the spelling of the service; a Content-Type that is nil is not
// made up by net/http.
type reply struct {
	status  int
	header  http.Header
	body    []byte
	problem string // for the log
}

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

// reply makes the HTTP form of an answer.
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

// noHook is the answer to an event that nobody asked for.
func (ev *Event) noHook() *reply {
	if ev.MQTT() && ev.Kind == protocol.EventSystem && ev.Event == protocol.EventConnect {
		return &reply{status: http.StatusNoContent}
	}
	return &reply{status: http.StatusOK}
}

// errorReply refuses; the state is left alone, whatever the hook said of it. To
// an event that does not block, a refusal changes nothing.
func (ev *Event) errorReply(e *Error) *reply {
	r := &reply{status: e.Status, header: http.Header{headerContentType: nil}, body: []byte(e.Text)}
	r.problem = cmp.Or(e.Detail, e.Text, http.StatusText(e.Status))
	switch {
	case !ev.Blocking():
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
	header := w.Header()
	for name, values := range r.header {
		header[name] = values
	}
	w.WriteHeader(r.status)
	if len(r.body) > 0 {
		_, _ = w.Write(r.body) // the service has gone: nobody to tell
	}
}
