package protocol

import (
	"errors"
	"strconv"
)

// appendJSONResponse appends the JSON frame of r to dst. Data of type json must be
// valid JSON; it is embedded unchanged. An unknown user is written as null, as
// the vendor's emulator does.
func appendJSONResponse(dst []byte, r *Response) []byte {
	dst = append(dst, '{')
	if r.Type == ResponseMessage {
		if r.SequenceID > 0 {
			dst = appendSequenceID(dst, r.SequenceID)
		}
		return appendSharedJSON(dst, r)
	}
	dst = appendType(dst, r.Type)
	switch r.Type {
	case ResponseAck:
		dst = appendAck(dst, r)
	case ResponseSystem:
		dst = appendSystem(dst, r)
	case ResponseInvoke:
		dst = appendInvokeResponse(dst, r)
	case ResponseStreamAck, ResponseStreamNack, ResponseStreamClosed:
		dst = appendStreamAnswer(dst, r)
	}
	return append(dst, '}')
}

func appendType(dst []byte, t ResponseType) []byte {
	dst = append(dst, `"type":`...)
	return appendString(dst, string(t))
}

// appendSequenceID appends the first member of a message to a reliable client.
func appendSequenceID(dst []byte, id uint64) []byte {
	dst = append(dst, `"sequenceId":`...)
	dst = strconv.AppendUint(dst, id, 10)
	return append(dst, ',')
}

// appendSharedJSON appends the members of a message that do not depend on the
// receiver, and the closing brace.
func appendSharedJSON(dst []byte, r *Response) []byte {
	dst = appendType(dst, ResponseMessage)
	dst = appendMember(dst, "from", r.From)
	if r.From == FromGroup {
		dst = appendMember(dst, "group", r.Group)
		dst = appendUser(dst, "fromUserId", r.FromUserID)
	}
	dst = appendMetadata(dst, r.Metadata)
	dst = appendStreamInfo(dst, r.Stream)
	return append(appendData(dst, r.DataType, r.Data), '}')
}

func appendUser(dst []byte, name, id string) []byte {
	if id != "" {
		return appendMember(dst, name, id)
	}
	dst = append(dst, ',', '"')
	dst = append(dst, name...)
	return append(dst, `":null`...)
}

func appendAck(dst []byte, r *Response) []byte {
	dst = append(dst, `,"ackId":`...)
	dst = strconv.AppendUint(dst, r.AckID, 10)
	return appendOutcome(dst, r)
}

// appendOutcome appends success, and the error of a failure.
func appendOutcome(dst []byte, r *Response) []byte {
	dst = append(dst, `,"success":`...)
	dst = strconv.AppendBool(dst, r.Success)
	if r.Success {
		return dst
	}
	dst = append(dst, `,"error":{"name":`...)
	dst = appendString(dst, r.ErrorName)
	dst = appendMember(dst, "message", r.ErrorMessage)
	return append(dst, '}')
}

func appendSystem(dst []byte, r *Response) []byte {
	dst = appendMember(dst, "event", r.Event)
	if r.Event == SystemDisconnected {
		return appendMember(dst, "message", r.Message)
	}
	dst = appendUser(dst, "userId", r.UserID)
	dst = appendMember(dst, "connectionId", r.ConnectionID)
	if r.ReconnectionToken != "" {
		dst = appendMember(dst, "reconnectionToken", r.ReconnectionToken)
	}
	return dst
}

// decodeJSONResponse reads a JSON frame of the service. A frame of an unknown type
// is returned with that type and nothing else, because a client must ignore it.
// Nothing of b is kept.
func decodeJSONResponse(b []byte) (*Response, error) {
	m, err := decodeMembers(b)
	if err != nil {
		return nil, err
	}
	typ, err := m.str("type")
	if err != nil {
		return nil, err
	}
	r := &Response{Type: ResponseType(typ)}
	switch r.Type {
	case ResponseMessage:
		err = m.message(r)
	case ResponseAck:
		err = m.ack(r)
	case ResponseSystem:
		err = m.system(r)
	case ResponseInvoke:
		err = m.invokeResponse(r)
	case ResponseStreamAck, ResponseStreamNack, ResponseStreamClosed:
		err = m.streamAnswer(r)
	}
	if err != nil {
		return nil, err
	}
	return r, nil
}

// optional is a string member that may be absent or null, and its destination.
type optional struct {
	name string
	into *string
}

func (m members) optional(all ...optional) error {
	for _, o := range all {
		if !m.has(o.name) {
			continue
		}
		s, err := m.str(o.name)
		if err != nil {
			return err
		}
		*o.into = s
	}
	return nil
}

func (m members) message(r *Response) (err error) {
	dataType := string(DataTypeJSON)
	err = m.optional(
		optional{"from", &r.From}, optional{"group", &r.Group}, optional{"fromUserId", &r.FromUserID}, optional{"dataType", &dataType},
	)
	if err != nil {
		return err
	}
	if m.has("sequenceId") {
		if r.SequenceID, err = m.uint("sequenceId", 64); err != nil {
			return err
		}
	}
	if m.has("metadata") {
		if r.Metadata, err = decodeMetadata(m.raw("metadata")); err != nil {
			return err
		}
	}
	if m.has("stream") {
		if err := m.streamInfo(r); err != nil {
			return err
		}
	}
	r.DataType = DataType(dataType)
	raw := m.raw("data")
	if raw == nil {
		return errors.New("data is missing")
	}
	r.Data, err = decodeData(r.DataType, raw)
	return err
}

func (m members) ack(r *Response) (err error) {
	if r.AckID, err = m.uint("ackId", 64); err != nil {
		return err
	}
	return m.outcome(r)
}

func (m members) outcome(r *Response) (err error) {
	if r.Success, err = m.bool("success"); err != nil || r.Success || !m.has("error") {
		return err
	}
	e, err := decodeMembers(m.raw("error"))
	if err != nil {
		return err
	}
	return e.optional(optional{"name", &r.ErrorName}, optional{"message", &r.ErrorMessage})
}

func (m members) system(r *Response) error {
	return m.optional(
		optional{"event", &r.Event}, optional{"userId", &r.UserID}, optional{"connectionId", &r.ConnectionID},
		optional{"reconnectionToken", &r.ReconnectionToken}, optional{"message", &r.Message},
	)
}
