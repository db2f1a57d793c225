package protocol

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// decodeProtobufRequest reads an UpstreamMessage. Text that must be UTF-8, JSON
// that must be JSON and every name are checked as in the JSON format. Nothing of
// b is kept.
func decodeProtobufRequest(b []byte) (*Request, error) {
	r := &Request{}
	err := eachField(b, func(f field) error {
		if f.typ != protowire.BytesType {
			return nil
		}
		decode := r.protobufDecoder(f.num)
		if decode == nil {
			return nil
		}
		return eachField(f.b, decode)
	})
	if err != nil {
		return nil, err
	}
	if err := r.checkProtobuf(); err != nil {
		return nil, err
	}
	return r, nil
}

// protobufDecoder returns the function that reads the fields of member num of the
// oneof. The last member counts; one that is given twice is merged, as everywhere
// in protobuf.
func (r *Request) protobufDecoder(num protowire.Number) func(field) error {
	switch num {
	case upSendToGroup:
		return r.become(RequestSendToGroup).decodeSendToGroup
	case upEvent:
		return r.become(RequestEvent).decodeEvent
	case upJoinGroup:
		return r.become(RequestJoinGroup).decodeMembership
	case upLeaveGroup:
		return r.become(RequestLeaveGroup).decodeMembership
	case upSequenceAck:
		return r.become(RequestSequenceAck).decodeSequenceAck
	case upPing:
		return r.become(RequestPing).decodePing
	case upInvoke:
		return r.become(RequestInvoke).decodeInvoke
	case upCancelInvocation:
		return r.become(RequestCancelInvocation).decodeCancelInvocation
	case upStreamData:
		return r.become(RequestStreamData).decodeStreamData
	case upStreamEnd:
		return r.become(RequestStreamEnd).decodeStreamEnd
	}
	return nil
}

func (r *Request) become(t RequestType) *Request {
	if r.Type != t {
		*r = Request{Type: t}
	}
	return r
}

func (r *Request) setAckID(n uint64) { r.AckID, r.HasAckID = n, true }

func (r *Request) decodePing(field) error { return nil }

func (r *Request) decodeSequenceAck(f field) error {
	if f.isVarint(1) {
		r.SequenceID = f.n
	}
	return nil
}

func (r *Request) decodeMembership(f field) error {
	switch {
	case f.isBytes(1):
		return f.text(&r.Group)
	case f.isVarint(2):
		r.setAckID(f.n)
	}
	return nil
}

func (r *Request) decodeSendToGroup(f field) error {
	switch {
	case f.isBytes(1):
		return f.text(&r.Group)
	case f.isVarint(2):
		r.setAckID(f.n)
	case f.isBytes(3):
		return decodeDataField(f.b, &r.DataType, &r.Data)
	case f.isVarint(4):
		r.NoEcho = f.n != 0
	case f.isVarint(5):
		r.TTLSeconds = uint32(f.n)
	case f.isBytes(6):
		return decodeMetadataEntry(f.b, &r.Metadata)
	case f.isBytes(sendStream):
		r.stream()
		return eachField(f.b, r.decodeStreamStart)
	}
	return nil
}

func (r *Request) decodeEvent(f field) error {
	switch {
	case f.isBytes(1):
		return f.text(&r.Event)
	case f.isBytes(2):
		return decodeDataField(f.b, &r.DataType, &r.Data)
	case f.isVarint(3):
		r.setAckID(f.n)
	case f.isBytes(4):
		return decodeMetadataEntry(f.b, &r.Metadata)
	case f.isBytes(5):
		return errNoStream
	}
	return nil
}

var errNoStream = errors.New("stream is not supported")

// checkProtobuf makes the checks that the JSON reader makes member by member.
func (r *Request) checkProtobuf() error {
	switch r.Type {
	case "":
		return errors.New("no known member is set")
	case RequestPing, RequestSequenceAck:
		return nil
	case RequestInvoke, RequestCancelInvocation:
		return r.checkInvoke()
	case RequestStreamData, RequestStreamEnd:
		r.stream()
		return r.checkStream()
	case RequestEvent:
		if err := CheckEventName(r.Event); err != nil {
			return err
		}
	default:
		if err := CheckGroup(r.Group); err != nil {
			return err
		}
	}
	if r.Type == RequestJoinGroup || r.Type == RequestLeaveGroup {
		return nil
	}
	return r.checkPayload()
}

func (r *Request) checkPayload() error {
	if r.Stream != nil {
		return r.checkStream()
	}
	if err := CheckMetadata(r.Metadata); err != nil {
		return err
	}
	if err := CheckTTL(int64(r.TTLSeconds)); err != nil {
		return err
	}
	if r.DataType != "" {
		return nil
	}
	if len(r.Metadata) == 0 || r.Data != nil { // MessageData without a value is not the same as none
		return errors.New("data is missing")
	}
	r.DataType, r.Data = DataTypeText, []byte{}
	return nil
}

// appendProtobufRequest appends the UpstreamMessage of r, with its fields in the
// order of their numbers.
func appendProtobufRequest(dst []byte, r *Request) []byte {
	switch r.Type {
	case RequestSendToGroup:
		return appendNested(dst, upSendToGroup, r.appendSendToGroup)
	case RequestEvent:
		return appendNested(dst, upEvent, r.appendEvent)
	case RequestJoinGroup:
		return appendNested(dst, upJoinGroup, r.appendMembership)
	case RequestLeaveGroup:
		return appendNested(dst, upLeaveGroup, r.appendMembership)
	case RequestSequenceAck:
		return appendNested(dst, upSequenceAck, func(dst []byte) []byte {
			if r.SequenceID == 0 {
				return dst
			}
			return appendVarintField(dst, 1, r.SequenceID)
		})
	case RequestPing:
		return appendBytesField(dst, upPing, "")
	case RequestInvoke:
		return appendNested(dst, upInvoke, r.appendInvoke)
	case RequestCancelInvocation:
		return appendNested(dst, upCancelInvocation, r.appendCancelInvocation)
	case RequestStreamData:
		return appendNested(dst, upStreamData, r.appendStreamData)
	case RequestStreamEnd:
		return appendNested(dst, upStreamEnd, r.appendStreamEnd)
	}
	return dst
}

func (r *Request) appendAckID(dst []byte, num protowire.Number) []byte {
	if !r.HasAckID {
		return dst
	}
	return appendVarintField(dst, num, r.AckID)
}

func (r *Request) appendMembership(dst []byte) []byte {
	dst = appendTextField(dst, 1, r.Group)
	return r.appendAckID(dst, 2)
}

func (r *Request) appendSendToGroup(dst []byte) []byte {
	dst = appendTextField(dst, 1, r.Group)
	dst = r.appendAckID(dst, 2)
	if r.Stream == nil {
		dst = appendDataField(dst, 3, r.DataType, r.Data)
	}
	if r.NoEcho {
		dst = appendVarintField(dst, 4, 1)
	}
	if r.TTLSeconds > 0 {
		dst = appendVarintField(dst, 5, uint64(r.TTLSeconds))
	}
	dst = appendMetadataField(dst, 6, r.Metadata)
	if r.Stream == nil {
		return dst
	}
	return appendNested(dst, sendStream, r.appendStreamStart)
}

func (r *Request) appendEvent(dst []byte) []byte {
	dst = appendTextField(dst, 1, r.Event)
	dst = appendDataField(dst, 2, r.DataType, r.Data)
	dst = r.appendAckID(dst, 3)
	return appendMetadataField(dst, 4, r.Metadata)
}
