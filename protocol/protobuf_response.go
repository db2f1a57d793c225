package protocol

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// appendProtobufResponse appends the DownstreamMessage of r, with its fields in
// the order of their numbers except for the sequence id, which is last. The
// format has no field for the user who sent a message.
func appendProtobufResponse(dst []byte, r *Response) []byte {
	switch r.Type {
	case ResponseMessage:
		return appendNested(dst, downData, func(dst []byte) []byte {
			dst = appendDataMessage(dst, r)
			if r.SequenceID > 0 {
				dst = appendProtobufTail(dst, r.SequenceID)
			}
			return dst
		})
	case ResponseAck:
		return appendNested(dst, downAck, r.appendAck)
	case ResponseSystem:
		return appendNested(dst, downSystem, r.appendSystem)
	case ResponsePong:
		return appendBytesField(dst, downPong, "")
	case ResponseInvoke:
		return appendNested(dst, downInvoke, r.appendInvoke)
	case ResponseStreamAck:
		return appendNested(dst, downStreamAck, r.appendStreamAck)
	case ResponseStreamNack:
		return appendNested(dst, downStreamNack, r.appendStreamNack)
	case ResponseStreamClosed:
		return appendNested(dst, downStreamClosed, r.appendStreamClosed)
	}
	return dst
}

// appendDataMessage appends the fields of a DataMessage without its sequence id.
// JSON is written as json_data, as in the vendor's emulator; the documentation
// says text_data.
func appendDataMessage(dst []byte, r *Response) []byte {
	dst = appendTextField(dst, messageFrom, r.From)
	if r.From == FromGroup {
		dst = appendBytesField(dst, messageGroup, r.Group)
	}
	dst = appendDataField(dst, messageData, r.DataType, r.Data)
	dst = appendMetadataField(dst, messageMetadata, r.Metadata)
	return r.Stream.appendInfo(dst)
}

// appendProtobufHead appends the part of a DataMessage before its shared fields of
// size bytes, which a sequence id follows.
func appendProtobufHead(dst []byte, size int, sequenceID uint64) []byte {
	dst = protowire.AppendTag(dst, downData, protowire.BytesType)
	return protowire.AppendVarint(dst, uint64(size+protowire.SizeTag(messageSequence)+protowire.SizeVarint(sequenceID)))
}

func appendProtobufTail(dst []byte, sequenceID uint64) []byte {
	return appendVarintField(dst, messageSequence, sequenceID)
}

func (r *Response) appendAck(dst []byte) []byte {
	if r.AckID > 0 {
		dst = appendVarintField(dst, 1, r.AckID)
	}
	if r.Success {
		return appendVarintField(dst, 2, 1)
	}
	return appendNested(dst, 3, r.appendError)
}

func (r *Response) appendSystem(dst []byte) []byte {
	if r.Event == SystemDisconnected {
		return appendNested(dst, 2, func(dst []byte) []byte { return appendTextField(dst, 2, r.Message) })
	}
	return appendNested(dst, 1, func(dst []byte) []byte {
		dst = appendTextField(dst, 1, r.ConnectionID)
		dst = appendTextField(dst, 2, r.UserID)
		return appendTextField(dst, 3, r.ReconnectionToken)
	})
}

// decodeProtobufResponse reads a DownstreamMessage. Nothing of b is kept.
func decodeProtobufResponse(b []byte) (*Response, error) {
	r := &Response{}
	err := eachField(b, func(f field) error {
		if f.typ != protowire.BytesType {
			return nil
		}
		switch f.num {
		case downAck:
			return eachField(f.b, r.become(ResponseAck).decodeAck)
		case downData:
			return eachField(f.b, r.become(ResponseMessage).decodeMessage)
		case downSystem:
			return eachField(f.b, r.become(ResponseSystem).decodeSystem)
		case downPong:
			r.become(ResponsePong)
		case downInvoke:
			return eachField(f.b, r.become(ResponseInvoke).decodeInvoke)
		case downStreamAck:
			r.become(ResponseStreamAck).stream()
			return eachField(f.b, r.decodeStreamAck)
		case downStreamNack:
			r.become(ResponseStreamNack).stream()
			return eachField(f.b, r.decodeStreamNack)
		case downStreamClosed:
			r.become(ResponseStreamClosed).stream()
			return eachField(f.b, r.decodeStreamClosed)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if r.Type == ResponseInvoke {
		r.tidyInvoke()
	}
	if r.Type == ResponseMessage && r.DataType == "" {
		return nil, errors.New("data is missing")
	}
	return r, nil
}

func (r *Response) become(t ResponseType) *Response {
	if r.Type != t {
		*r = Response{Type: t}
	}
	return r
}

func (r *Response) decodeMessage(f field) error {
	switch {
	case f.isBytes(messageFrom):
		return f.text(&r.From)
	case f.isBytes(messageGroup):
		return f.text(&r.Group)
	case f.isBytes(messageData):
		return decodeDataField(f.b, &r.DataType, &r.Data)
	case f.isVarint(messageSequence):
		r.SequenceID = f.n
	case f.isBytes(messageMetadata):
		return decodeMetadataEntry(f.b, &r.Metadata)
	case f.isBytes(messageStream):
		return eachField(f.b, r.stream().decodeInfo)
	}
	return nil
}

func (r *Response) decodeAck(f field) error {
	switch {
	case f.isVarint(1):
		r.AckID = f.n
	case f.isVarint(2):
		r.Success = f.n != 0
	case f.isBytes(3):
		return eachField(f.b, r.decodeError)
	}
	return nil
}

func (r *Response) decodeSystem(f field) error {
	switch {
	case f.isBytes(1):
		r.Event = SystemConnected
		return eachField(f.b, r.decodeConnected)
	case f.isBytes(2):
		r.Event = SystemDisconnected
		return eachField(f.b, func(f field) error {
			if f.isBytes(2) {
				return f.text(&r.Message)
			}
			return nil
		})
	}
	return nil
}

func (r *Response) decodeConnected(f field) error {
	switch {
	case f.isBytes(1):
		return f.text(&r.ConnectionID)
	case f.isBytes(2):
		return f.text(&r.UserID)
	case f.isBytes(3):
		return f.text(&r.ReconnectionToken)
	}
	return nil
}
