package protocol

import (
	"fmt"
	"strings"
)

// Format is the encoding of the frames of a PubSub client. One WebSocket message
// holds one request or one response.
type Format uint8

// The two formats. JSON frames are text messages, protobuf frames binary ones.
const (
	FormatJSON Format = iota
	FormatProtobuf
)

// ParseSubprotocol returns the format of a service-defined subprotocol and whether
// it is reliable. The name is compared without regard to case. ok is false for
// any other name.
func ParseSubprotocol(name string) (f Format, reliable, ok bool) {
	switch strings.ToLower(name) {
	case SubprotocolJSON:
		return FormatJSON, false, true
	case SubprotocolJSONReliable:
		return FormatJSON, true, true
	case SubprotocolProtobuf:
		return FormatProtobuf, false, true
	case SubprotocolProtobufReliable:
		return FormatProtobuf, true, true
	}
	return 0, false, false
}

// DecodeRequest reads one request and keeps nothing of b. An error means that
// the frame breaks the protocol; the service then closes the connection with
// code 1007.
func (f Format) DecodeRequest(b []byte) (*Request, error) {
	decode := decodeJSONRequest
	if f == FormatProtobuf {
		decode = decodeProtobufRequest
	}
	r, err := decode(b)
	if err != nil {
		return nil, fmt.Errorf("invalid frame: %v", err)
	}
	return r, nil
}

// AppendRequest appends the frame of r to dst. Data of type json must be valid
// JSON.
func (f Format) AppendRequest(dst []byte, r *Request) []byte {
	if f == FormatProtobuf {
		return appendProtobufRequest(dst, r)
	}
	return appendJSONRequest(dst, r)
}

// DecodeResponse reads one response and keeps nothing of b. A response of an
// unknown kind is returned without a known Type and without an error, because a
// client must ignore it.
func (f Format) DecodeResponse(b []byte) (*Response, error) {
	decode := decodeJSONResponse
	if f == FormatProtobuf {
		decode = decodeProtobufResponse
	}
	r, err := decode(b)
	if err != nil {
		return nil, fmt.Errorf("invalid frame: %v", err)
	}
	return r, nil
}

// AppendResponse appends the frame of r to dst. Data of type json must be valid
// JSON.
func (f Format) AppendResponse(dst []byte, r *Response) []byte {
	if f == FormatProtobuf {
		return appendProtobufResponse(dst, r)
	}
	return appendJSONResponse(dst, r)
}

// A message to several reliable clients differs only in its sequence id. The next
// three methods write it in parts, so that the shared part is encoded once: head,
// shared part and tail together are what AppendResponse writes.

// AppendShared appends the part of message r that all receivers share. It ignores
// SequenceID.
func (f Format) AppendShared(dst []byte, r *Response) []byte {
	if f == FormatProtobuf {
		return appendDataMessage(dst, r)
	}
	return appendSharedJSON(dst, r)
}

// AppendHead appends the part before a shared part of size bytes.
func (f Format) AppendHead(dst []byte, size int, sequenceID uint64) []byte {
	if f == FormatProtobuf {
		return appendProtobufHead(dst, size, sequenceID)
	}
	return appendSequenceID(append(dst, '{'), sequenceID)
}

// AppendTail appends the part after the shared part.
func (f Format) AppendTail(dst []byte, sequenceID uint64) []byte {
	if f == FormatProtobuf {
		return appendProtobufTail(dst, sequenceID)
	}
	return dst
}
