package output

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"wps/internal/reason"
	"wps/protocol"
)

// MessageEvent sends a message. The zero TargetType is All, the zero DataType
// binary.
type MessageEvent struct {
	TargetType TargetType
	TargetID   string
	// Message is sent byte for byte: UTF-8 text, JSON or any bytes, by DataType.
	Message  []byte
	DataType protocol.DataType
	// Excludes are ids of connections that get no message; for All and Groups.
	Excludes []string
	// Filter is an OData expression over connections; not for Connections.
	Filter string
	// TTLSeconds is 0 (never expires) to 300.
	TTLSeconds int
	Metadata   map[string]string

	assumed bool // see DataTypeAssumed
}

// DataTypeAssumed reports whether the event was read from an object with a string
// as message and without dataType, which is binary by the rules of Functions.
// Probably text was meant.
func (e *MessageEvent) DataTypeAssumed() bool { return e.assumed }

// Type implements Event.
func (*MessageEvent) Type() string { return "MessageEvent" }

// Target returns the receivers of the message.
func (e *MessageEvent) Target() protocol.Target { return targetOf(e.TargetType, e.TargetID) }

// Check implements Event.
func (e *MessageEvent) Check() error {
	var f faults
	t := e.TargetType
	if t == "" {
		t = TargetAll
	}
	f.target(t, e.TargetID, TargetAll, TargetUsers, TargetConnections, TargetGroups)
	e.checkMessage(&f)
	f.excludes(e.Excludes)
	m := e.send()
	for _, fault := range m.Faults(e.Target()) {
		f.send(fault)
	}
	return f.err()
}

// send adds a fault of the request under the member of the event object.
func (f *faults) send(fault protocol.SendFault) {
	switch fault.Field {
	case protocol.SendExcluded:
		f.add("excludes", "works with targetType All and Groups only")
	case protocol.SendFilter:
		f.add("filter", "does not work with targetType Connections")
	case protocol.SendTTL:
		f.add("ttlSeconds", fmt.Sprintf("must be from 0 to %.0f", protocol.MaxTTL.Seconds()))
	case protocol.SendMetadata:
		f.check("metadata", fault.Err)
	}
}

func (e *MessageEvent) checkMessage(f *faults) {
	if n := len(e.Message); n > protocol.MaxMessageSize {
		f.add("message", fmt.Sprintf("is larger than %d bytes, which is the most the service accepts", protocol.MaxMessageSize))
		return
	}
	switch e.DataType {
	case "", protocol.DataTypeBinary:
	case protocol.DataTypeText:
		if !utf8.Valid(e.Message) {
			f.add("message", "is not UTF-8 text: use dataType binary")
		}
	case protocol.DataTypeJSON:
		if !protocol.ValidJSON(e.Message) {
			f.add("message", "is not JSON: "+jsonProblem(e.Message))
		} else if !utf8.Valid(e.Message) {
			f.add("message", "is JSON that is not UTF-8")
		}
	default:
		f.add("dataType", given(string(e.DataType))+"use text, json or binary")
	}
}

// jsonProblem returns why b is not JSON.
func jsonProblem(b []byte) string {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return reason.JSON(err)
	}
	return "it cannot be read"
}

// Run implements Event.
func (e *MessageEvent) Run(ctx context.Context, s Service) (Result, error) {
	return done(s.Send(ctx, e.Target(), e.send()))
}

// send returns the request of the message.
func (e *MessageEvent) send() protocol.Send {
	dataType := e.DataType
	if dataType == "" {
		dataType = protocol.DataTypeBinary
	}
	return protocol.Send{
		DataType: dataType, Data: e.Message, Excluded: e.Excludes,
		Filter: e.Filter, TTLSeconds: e.TTLSeconds, Metadata: e.Metadata,
	}
}

// MarshalJSON writes the strict form: targetType and dataType always, a JSON
// message as JSON, a binary one as base64.
func (e *MessageEvent) MarshalJSON() ([]byte, error) {
	t, d := e.TargetType, e.DataType
	if t == "" {
		t = TargetAll
	}
	if d == "" {
		d = protocol.DataTypeBinary
	}
	return marshal(struct {
		Type       string            `json:"type"`
		TargetType TargetType        `json:"targetType"`
		TargetID   string            `json:"targetId,omitempty"`
		Message    any               `json:"message"`
		DataType   protocol.DataType `json:"dataType"`
		Excludes   []string          `json:"excludes,omitempty"`
		Filter     string            `json:"filter,omitempty"`
		TTLSeconds int               `json:"ttlSeconds,omitempty"`
		Metadata   map[string]string `json:"metadata,omitempty"`
	}{e.Type(), t, e.TargetID, messageValue(d, e.Message), d, e.Excludes, e.Filter, e.TTLSeconds, e.Metadata})
}

// messageValue returns the JSON value of a message.
func messageValue(d protocol.DataType, b []byte) any {
	switch d {
	case protocol.DataTypeText:
		return string(b)
	case protocol.DataTypeJSON:
		// A string that holds JSON would be read as that JSON, and a serialised
		// Buffer as its bytes, so these are wrapped in a string.
		trimmed := bytes.TrimSpace(b)
		var s string
		if json.Unmarshal(b, &s) == nil && protocol.ValidJSON([]byte(s)) || protocol.ValidJSON(b) && isBuffer(trimmed) {
			return string(b)
		}
		return json.RawMessage(b)
	default:
		return base64.StdEncoding.EncodeToString(b)
	}
}
