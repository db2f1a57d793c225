package trigger

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"wps/internal/reason"
	"wps/output"
	"wps/protocol"
)

// ParseAnswer reads a ConnectResponse for connect or a MessageResponse for a user
// event. Empty text and null are the zero Answer. Member names are compared
// without regard to case.
//
// The members are those of the specification (error, groups, roles, userId,
// subprotocol; error, dataType, message), those of the shipped bindings (states,
// data, code with errorMessage), metadata, an object of strings that the client
// gets with the message, outputs, an array of event objects, and retry: if it is
// true, the service is asked to send the event again (503). The object may
// be the only element of an array, as in the samples of the specification. A
// member that does not apply to the event is ignored. A member that does and has
// a wrong value is an error.
func ParseAnswer(ev *Event, text []byte) (Answer, error) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || string(text) == "null" {
		return Answer{}, nil
	}
	object, err := onlyElement(text)
	if err != nil {
		return Answer{}, err
	}
	members, err := protocol.ReadObject(object)
	if err != nil {
		return Answer{}, fmt.Errorf("the answer cannot be read: %s: %s", reason.JSON(err), shorten(string(text)))
	}
	return parseMembers(ev, members)
}

// onlyElement returns the only element of an array, which the JavaScript sample
// of the specification puts around the answer.
func onlyElement(text []byte) ([]byte, error) {
	if text[0] != '[' {
		return text, nil
	}
	var all []json.RawMessage
	switch err := json.Unmarshal(text, &all); {
	case err != nil:
		return nil, fmt.Errorf("the answer is not JSON: %s: %s", reason.JSON(err), shorten(string(text)))
	case len(all) != 1:
		return nil, fmt.Errorf("the answer is an array of %d elements, it must be one object", len(all))
	}
	return all[0], nil
}

// parsing is an answer that is being read.
type parsing struct {
	ev      *Event
	a       Answer
	connect protocol.Object
	message json.RawMessage
	typ     json.RawMessage
	failure failure
}

func parseMembers(ev *Event, members protocol.Object) (Answer, error) {
	p := &parsing{ev: ev}
	var wrong error // counts unless the answer is an error, which takes precedence
	for _, m := range members {
		if err := p.member(strings.ToLower(m.Name), m); err != nil && wrong == nil {
			wrong = fmt.Errorf("member %s of the answer %v", m.Name, err)
		}
	}
	switch err := p.failure.resolve(); {
	case err != nil:
		return Answer{}, err
	case p.failure.err != nil:
		return Answer{Error: p.failure.err, Ignored: p.a.Ignored}, nil
	case wrong != nil:
		return Answer{}, wrong
	}
	if p.connect != nil || len(members) == 0 && p.isConnect() {
		p.a.Connect = p.connect.JSON()
	}
	return p.a, p.resolveMessage()
}

func (p *parsing) isConnect() bool {
	return p.ev.Kind == protocol.EventSystem && p.ev.EventContext.Event == protocol.EventConnect
}

func (p *parsing) isUser() bool { return p.ev.Kind == protocol.EventUser }

// connectMembers are the members of a ConnectResponse by their names in lower
// case.
var connectMembers = map[string]string{
	"userid": "userId", "groups": "groups", "roles": "roles", "subprotocol": "subprotocol", "mqtt": "mqtt",
}

func (p *parsing) member(name string, m protocol.ObjectMember) error {
	null := string(m.Value) == "null"
	switch {
	case name == "error" || name == "code" || name == "errormessage" || name == "retry":
		return p.failure.member(name, m.Value)
	case null && !p.isConnect():
		return nil
	case name == "states" && p.ev.Blocking():
		return p.states(m.Value)
	case name == "outputs":
		return p.outputs(m.Value)
	case p.isConnect() && connectMembers[name] != "":
		return p.connectMember(connectMembers[name], m.Value)
	case p.isUser() && (name == "message" || name == "data"):
		p.message = m.Value
	case p.isUser() && name == "datatype":
		p.typ = m.Value
	case p.isUser() && name == "metadata":
		return p.metadata(m.Value)
	case !null:
		p.a.Ignored = append(p.a.Ignored, shorten(m.Name))
	}
	return nil
}

func (p *parsing) states(value json.RawMessage) error {
	members, err := protocol.ReadObject(value)
	if string(value) == "null" || err == nil && len(members) == 0 {
		return nil
	}
	if err != nil {
		return errors.New("must be an object")
	}
	p.a.States = value
	return nil
}

// outputs appends the event objects to the output, one a line as in $WPS_OUTPUT.
func (p *parsing) outputs(value json.RawMessage) error {
	var all []json.RawMessage
	if json.Unmarshal(value, &all) != nil {
		return errors.New("must be an array of event objects")
	}
	for _, one := range all {
		p.a.Output = append(append(p.a.Output, one...), '\n')
	}
	return nil
}

// metadata reads the metadata of the message, which may then be absent.
func (p *parsing) metadata(value json.RawMessage) error {
	if json.Unmarshal(value, &p.a.Metadata) != nil {
		return errors.New("must be an object of strings")
	}
	if err := protocol.CheckMetadata(p.a.Metadata); err != nil {
		return fmt.Errorf("cannot be used: %v", err)
	}
	return nil
}

// connectMember checks one member of a ConnectResponse and keeps it unchanged.
func (p *parsing) connectMember(name string, value json.RawMessage) error {
	var text *string
	var list []*string
	var err error
	switch name {
	case "mqtt":
		p.failure.mqtt(mqttError(value))
	case "userId", "subprotocol":
		err = json.Unmarshal(value, &text)
	default:
		err = json.Unmarshal(value, &list)
	}
	switch {
	case err != nil && (name == "userId" || name == "subprotocol"):
		return errors.New("must be a string")
	case err != nil || slices.Contains(list, nil):
		return errors.New("must be an array of strings")
	case name == "subprotocol" && text != nil && *text == "":
		p.a.Ignored = append(p.a.Ignored, `subprotocol ""`) // the service refuses a blank one
		return nil
	case name == "groups":
		for _, group := range list {
			if err := protocol.CheckGroup(*group); err != nil {
				return fmt.Errorf("cannot be used: %v", err)
			}
		}
	}
	p.connect = p.connect.With(protocol.ObjectMember{Name: name, Value: value})
	return nil
}

// resolveMessage reads the message by the rules of a MessageEvent, where no
// dataType means binary. A protobuf message is written as a binary one.
func (p *parsing) resolveMessage() error {
	if p.message == nil || p.plainText() {
		return nil
	}
	typ := p.typ
	protobuf := strings.EqualFold(string(typ), `"`+string(protocol.DataTypeProtobuf)+`"`)
	if protobuf {
		typ = json.RawMessage(`"` + protocol.DataTypeBinary + `"`)
	}
	object := protocol.Object{{Name: "type", Value: json.RawMessage(`"MessageEvent"`)}, {Name: "message", Value: p.message}}
	if typ != nil {
		object = append(object, protocol.ObjectMember{Name: "dataType", Value: typ})
	}
	ev, err := output.Decode(object.JSON())
	if err != nil {
		return fmt.Errorf("the answer cannot be sent: %v", err)
	}
	m := ev.(*output.MessageEvent)
	p.a.Message, p.a.DataType = m.Message, m.DataType
	if protobuf {
		p.a.DataType = protocol.DataTypeProtobuf
	}
	return nil
}

// plainText reads a message that is a string of type text, the usual case, and
// reports whether it was one.
func (p *parsing) plainText() bool {
	var text string
	if string(p.typ) != `"text"` || p.message[0] != '"' || len(p.message) > protocol.MaxMessageSize || json.Unmarshal(p.message, &text) != nil {
		return false
	}
	p.a.Message, p.a.DataType = []byte(text), protocol.DataTypeText
	return true
}

// failure collects an error from its two forms: a member error with the members
// code and error (or errorMessage), or these as members of the answer.
type failure struct {
	code  json.RawMessage
	text  *string
	retry bool
	err   *Error
}

func (f *failure) member(name string, value json.RawMessage) error {
	switch {
	case string(value) == "null":
		return nil
	case name == "code":
		f.code = value
		return nil
	case name == "retry":
		if json.Unmarshal(value, &f.retry) != nil {
			return errors.New("must be true or false")
		}
		return nil
	case name == "error" && value[0] == '{':
		members, err := protocol.ReadObject(value)
		for _, m := range members {
			inner := strings.ToLower(m.Name)
			if inner == "error" && len(m.Value) > 0 && m.Value[0] == '{' {
				return errors.New("contains another error object")
			}
			if err == nil && (inner == "code" || inner == "error" || inner == "errormessage" || inner == "retry") {
				err = f.member(inner, m.Value)
			}
		}
		if f.code == nil {
			f.code = json.RawMessage(`"` + CodeServerError + `"`)
		}
		return err
	}
	var text string
	if json.Unmarshal(value, &text) != nil {
		return errors.New("must be a string, or an object with code and error")
	}
	f.text = &text
	return nil
}

// mqtt sets the refusal of an MQTT client.
func (f *failure) mqtt(e *Error) {
	if e != nil {
		f.err = e
	}
}

// successCode is the code that means no error.
const successCode = "success"

// resolve sets err if the members describe an error.
func (f *failure) resolve() error {
	if f.err != nil || f.code == nil && f.text == nil && !f.retry {
		return nil
	}
	e := &Error{Status: http.StatusInternalServerError}
	if f.text != nil {
		e.Text = *f.text
	}
	switch {
	case f.retry:
		e.Status, e.Retry = tryAgain, true
	case f.code != nil:
		status, err := statusOf(f.code)
		if err != nil {
			return err
		}
		if status == 0 {
			return nil
		}
		e.Status, e.Retry = status, status == tryAgain || status == http.StatusRequestTimeout
	}
	f.err = e
	return nil
}

// statusOf reads an error code: a word of the specification, its number in the
// shipped bindings, or an HTTP status from 400. 0 means success.
func statusOf(code json.RawMessage) (int, error) {
	var word string
	var n int
	switch {
	case json.Unmarshal(code, &word) == nil && strings.EqualFold(word, successCode):
		return 0, nil
	case word != "" && codeStatus[strings.ToLower(word)] != 0:
		return codeStatus[strings.ToLower(word)], nil
	case json.Unmarshal(code, &n) == nil && n >= 400 && n <= 599:
		return n, nil
	case word == "" && n >= -1 && n < len(numberedCodes) && json.Unmarshal(code, &n) == nil:
		if n == -1 {
			return 0, nil
		}
		return codeStatus[strings.ToLower(numberedCodes[n])], nil
	}
	return 0, fmt.Errorf("the code %s of the answer's error is not one of unauthorized, userError, serverError", shorten(string(code)))
}

// numberedCodes are the codes by their numbers in the shipped bindings.
var numberedCodes = []string{CodeUnauthorized, CodeUserError, CodeServerError}
