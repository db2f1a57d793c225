package output

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"wps/protocol"
)

// MessageEvent sends a message. The zero TargetType is All, the zero DataType
// binary.
type MessageEvent struct {
	TargetType TargetType
	TargetID   string
	// Message is what is sent, byte for byte: text, JSON text or anything.
	Message  []byte
	DataType protocol.DataType
	// Excludes are connection ids left out; for All and Groups.
	Excludes []string
	// Filter is an OData expression over connections; not for Connections.
	Filter string
	// TTLSeconds is 0 (never expires) to 300.
	TTLSeconds int
	Metadata   map[string]string
}

// Type implements Event.
func (*MessageEvent) Type() string { return "MessageEvent" }

// Target is whom the message goes to.
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
	if len(e.Excludes) > 0 && (t == TargetUsers || t == TargetConnections) {
		f.add("excludes", "works with targetType All and Groups only")
	}
	f.excludes(e.Excludes)
	if e.Filter != "" && t == TargetConnections {
		f.add("filter", "does not work with targetType Connections")
	}
	if e.TTLSeconds < 0 || e.TTLSeconds > int(protocol.MaxTTL.Seconds()) {
		f.add("ttlSeconds", fmt.Sprintf("must be from 0 to %.0f", protocol.MaxTTL.Seconds()))
	}
	f.check("metadata", protocol.CheckMetadata(e.Metadata))
	return f.err()
}

func (e *MessageEvent) checkMessage(f *faults) {
	if n := len(e.Message); n > protocol.MaxMessageSize {
		f.add("message", fmt.Sprintf("is larger than %d bytes, which is the most the service takes", protocol.MaxMessageSize))
		return
	}
	switch e.DataType {
	case "", protocol.DataTypeBinary:
	case protocol.DataTypeText:
		if !utf8.Valid(e.Message) {
			f.add("message", "is not UTF-8 text: use dataType binary")
		}
	case protocol.DataTypeJSON:
		if !json.Valid(e.Message) {
			f.add("message", "is not JSON: "+jsonProblem(e.Message))
		} else if !utf8.Valid(e.Message) {
			f.add("message", "is JSON that is not UTF-8")
		}
	default:
		f.add("dataType", given(string(e.DataType))+"use text, json or binary")
	}
}

// jsonProblem says why b is not JSON.
func jsonProblem(b []byte) string {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return err.Error()
	}
	return "it cannot be read"
}

// Run implements Event.
func (e *MessageEvent) Run(ctx context.Context, s Service) (Result, error) {
	dataType := e.DataType
	if dataType == "" {
		dataType = protocol.DataTypeBinary
	}
	return Result{}, s.Send(ctx, e.Target(), protocol.Send{
		DataType: dataType, Data: e.Message, Excluded: e.Excludes,
		Filter: e.Filter, TTLSeconds: e.TTLSeconds, Metadata: e.Metadata,
	})
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

// messageValue gives the JSON value that stands for a message.
func messageValue(d protocol.DataType, b []byte) any {
	switch d {
	case protocol.DataTypeText:
		return string(b)
	case protocol.DataTypeJSON:
		// A string that holds JSON would be read as that JSON, and a serialised
		// Buffer as its bytes, so these are wrapped in a string.
		trimmed := bytes.TrimSpace(b)
		var s string
		if json.Unmarshal(b, &s) == nil && json.Valid([]byte(s)) || json.Valid(b) && isBuffer(trimmed) {
			return string(b)
		}
		return json.RawMessage(b)
	default:
		return base64.StdEncoding.EncodeToString(b)
	}
}
