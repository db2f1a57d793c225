package protocol

import (
	"errors"
	"fmt"
)

// Frames of an invocation: a client sends an event and waits for the answer of
// its handler. An invocation has an id of its own instead of an ack id.
//
// Source: the service's JavaScript client and protobuf schema; what the event
// handler sees is not published.
const (
	RequestInvoke           RequestType  = "invoke"
	RequestCancelInvocation RequestType  = "cancelInvocation"
	ResponseInvoke          ResponseType = "invokeResponse"

	// invokeTargetEvent is the only target.
	invokeTargetEvent = "event"
)

// Field numbers of invocations in the two oneofs.
const (
	upInvoke           = 10
	upCancelInvocation = 11
	downInvoke         = 5
)

// invocation reads invoke and cancelInvocation. Absent data of an invocation is
// an empty text.
func (m members) invocation(r *Request) (err error) {
	if r.InvocationID, err = m.str("invocationId"); err != nil {
		return err
	}
	if r.Type == RequestCancelInvocation {
		return r.checkInvocation()
	}
	target, err := m.str("target")
	if err != nil {
		return err
	}
	if target != invokeTargetEvent {
		return fmt.Errorf("target %q is unknown", target)
	}
	if err := m.event(r); err != nil {
		return err
	}
	if m.raw("data") == nil && !m.has("metadata") {
		r.DataType, r.Data = DataTypeText, []byte{}
		return r.checkInvocation()
	}
	if err := m.payload(r); err != nil {
		return err
	}
	return r.checkInvocation()
}

func (r *Request) checkInvocation() error {
	if r.InvocationID == "" {
		return errors.New("invocationId is empty")
	}
	return nil
}

func appendInvocation(dst []byte, r *Request) []byte {
	dst = appendMember(dst, "invocationId", r.InvocationID)
	if r.Type == RequestCancelInvocation {
		return dst
	}
	dst = appendMember(dst, "target", invokeTargetEvent)
	dst = appendMember(dst, "event", r.Event)
	dst = appendMetadata(dst, r.Metadata)
	return appendData(dst, r.DataType, r.Data)
}

func appendInvokeResponse(dst []byte, r *Response) []byte {
	dst = appendMember(dst, "invocationId", r.InvocationID)
	dst = appendOutcome(dst, r)
	if !r.Success || r.DataType == "" {
		return dst
	}
	dst = appendMetadata(dst, r.Metadata)
	return appendData(dst, r.DataType, r.Data)
}

func (m members) invokeResponse(r *Response) (err error) {
	if r.InvocationID, err = m.str("invocationId"); err != nil {
		return err
	}
	if err := m.outcome(r); err != nil || !r.Success || m.raw("data") == nil {
		return err
	}
	dataType := string(DataTypeJSON)
	if err := m.optional(optional{"dataType", &dataType}); err != nil {
		return err
	}
	if m.has("metadata") {
		if r.Metadata, err = decodeMetadata(m.raw("metadata")); err != nil {
			return err
		}
	}
	r.DataType = DataType(dataType)
	r.Data, err = decodeData(r.DataType, m.raw("data"))
	return err
}

func (r *Request) decodeInvoke(f field) error {
	switch {
	case f.isBytes(1):
		return f.text(&r.Event)
	case f.isBytes(2):
		return f.text(&r.InvocationID)
	case f.isBytes(3):
		return decodeDataField(f.b, &r.DataType, &r.Data)
	case f.isBytes(4):
		return decodeMetadataEntry(f.b, &r.Metadata)
	case f.isBytes(5):
		return errNoStream
	}
	return nil
}

func (r *Request) decodeCancelInvocation(f field) error {
	if f.isBytes(1) {
		return f.text(&r.InvocationID)
	}
	return nil
}

// checkInvoke is checkPayload for invocations, whose data may be absent.
func (r *Request) checkInvoke() error {
	if err := r.checkInvocation(); err != nil || r.Type == RequestCancelInvocation {
		return err
	}
	if err := CheckEventName(r.Event); err != nil {
		return err
	}
	if r.DataType == "" {
		r.DataType, r.Data = DataTypeText, []byte{}
	}
	return r.checkPayload()
}

func (r *Request) appendInvoke(dst []byte) []byte {
	dst = appendTextField(dst, 1, r.Event)
	dst = appendTextField(dst, 2, r.InvocationID)
	dst = appendDataField(dst, 3, r.DataType, r.Data)
	return appendMetadataField(dst, 4, r.Metadata)
}

func (r *Request) appendCancelInvocation(dst []byte) []byte {
	return appendTextField(dst, 1, r.InvocationID)
}

func (r *Response) appendInvoke(dst []byte) []byte {
	dst = appendTextField(dst, 1, r.InvocationID)
	if !r.Success {
		return appendNested(dst, 4, r.appendError)
	}
	dst = appendVarintField(dst, 2, 1)
	if r.DataType == "" {
		return dst
	}
	dst = appendDataField(dst, 3, r.DataType, r.Data)
	return appendMetadataField(dst, 5, r.Metadata)
}

func (r *Response) decodeInvoke(f field) error {
	switch {
	case f.isBytes(1):
		return f.text(&r.InvocationID)
	case f.isVarint(2):
		r.Success = f.n != 0
	case f.isBytes(3):
		return decodeDataField(f.b, &r.DataType, &r.Data)
	case f.isBytes(4):
		return eachField(f.b, r.decodeError)
	case f.isBytes(5):
		return decodeMetadataEntry(f.b, &r.Metadata)
	}
	return nil
}

// tidyInvoke clears the error of a success, and the data of a failure.
func (r *Response) tidyInvoke() {
	if r.Success {
		r.ErrorName, r.ErrorMessage = "", ""
	} else {
		r.DataType, r.Data = "", nil
	}
	if r.DataType == "" {
		r.Metadata = nil
	}
}

// appendError and decodeError write and read the error of an ack or invocation.
func (r *Response) appendError(dst []byte) []byte {
	dst = appendTextField(dst, 1, r.ErrorName)
	return appendTextField(dst, 2, r.ErrorMessage)
}

func (r *Response) decodeError(f field) error {
	switch {
	case f.isBytes(1):
		return f.text(&r.ErrorName)
	case f.isBytes(2):
		return f.text(&r.ErrorMessage)
	}
	return nil
}
