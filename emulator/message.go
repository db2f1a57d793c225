package emulator

import (
	"encoding/binary"

	"wps/protocol"
)

// kind is a way of writing messages on the wire.
type kind uint8

const (
	kindSimple kind = iota
	kindJSON
	kindCount
)

// message is one message on its way to any number of connections. It is encoded
// once for each kind of client, by the one goroutine that sends it.
type message struct {
	response protocol.Response
	frames   [kindCount][]byte
}

func newMessage(from string, d protocol.DataType, data []byte) *message {
	return &message{response: protocol.Response{
		Type: protocol.ResponseMessage, From: from, DataType: d, Data: data,
	}}
}

// frame gives the whole WebSocket frame of m for clients of kind k. It is
// shared: nobody may change it.
func (m *message) frame(k kind) []byte {
	if m.frames[k] == nil {
		m.frames[k] = m.encode(k)
	}
	return m.frames[k]
}

func (m *message) encode(k kind) []byte {
	if k == kindJSON {
		return textFrame(&m.response)
	}
	op := opText
	if d := m.response.DataType; d == protocol.DataTypeBinary || d == protocol.DataTypeProtobuf {
		op = opBinary
	}
	return appendFrame(make([]byte, 0, maxHeader+len(m.response.Data)), op, m.response.Data)
}

// textFrame is the WebSocket frame of one JSON response. The header goes right
// before the payload, so that a payload is written only once.
func textFrame(r *protocol.Response) []byte {
	b := make([]byte, maxHeader, maxHeader+128+len(r.Data)*4/3)
	b = protocol.AppendResponse(b, r)
	header := appendHeader(make([]byte, 0, maxHeader), opText, len(b)-maxHeader)
	start := maxHeader - len(header)
	copy(b[start:], header)
	return b[start:]
}

// WebSocket opcodes, and the bit of a message's last frame.
//
// Source: RFC 6455, section 5.2.
const (
	opText   byte = 1
	opBinary byte = 2
	opClose  byte = 8
	opPing   byte = 9
	opPong   byte = 10

	finBit byte = 0x80
)

// maxHeader is the size in bytes of the largest header that a server writes:
// it has no mask.
const maxHeader = 10

func appendHeader(dst []byte, op byte, size int) []byte {
	switch {
	case size < 126:
		return append(dst, finBit|op, byte(size))
	case size < 1<<16:
		dst = append(dst, finBit|op, 126)
		return binary.BigEndian.AppendUint16(dst, uint16(size))
	}
	dst = append(dst, finBit|op, 127)
	return binary.BigEndian.AppendUint64(dst, uint64(size))
}

func appendFrame(dst []byte, op byte, payload []byte) []byte {
	return append(appendHeader(dst, op, len(payload)), payload...)
}

// Close codes that the service uses.
//
// Source: RFC 6455, section 7.4; which one when: the vendor's emulator.
const (
	closeNormal      = 1000
	closeGoingAway   = 1001
	closeProtocol    = 1002
	closeUnsupported = 1003
	closeInvalid     = 1007
	closePolicy      = 1008
	closeTooBig      = 1009
	closeInternal    = 1011
)

// maxCloseReason is what a close frame holds beside the code, in bytes.
const maxCloseReason = 123

func closeFrame(code int, reason string) []byte {
	reason = reason[:min(len(reason), maxCloseReason)]
	payload := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(reason)), uint16(code))
	return appendFrame(nil, opClose, append(payload, reason...))
}
