package outbound

import (
	"encoding/binary"

	"wps/protocol"
)

// Opcodes of WebSocket frames.
//
// Source: RFC 6455, section 5.2.
const (
	OpText   byte = 1
	OpBinary byte = 2
	OpClose  byte = 8
	OpPing   byte = 9
	OpPong   byte = 10
)

// finBit marks the last frame of a message (RFC 6455, section 5.2).
const finBit byte = 0x80

// maxHeader is the size in bytes of the largest header of a server's frame,
// which has no mask.
const maxHeader = 10

// opcode returns the opcode of a format's messages.
func opcode(f protocol.Format) byte {
	if f == protocol.FormatProtobuf {
		return OpBinary
	}
	return OpText
}

// ResponseFrame returns the WebSocket frame of one response. The header is put
// right before the payload, so that a payload is written only once.
func ResponseFrame(f protocol.Format, r *protocol.Response) []byte {
	b := make([]byte, maxHeader, maxHeader+128+len(r.Data)*4/3)
	b = f.AppendResponse(b, r)
	header := appendHeader(make([]byte, 0, maxHeader), opcode(f), len(b)-maxHeader)
	start := maxHeader - len(header)
	copy(b[start:], header)
	return b[start:]
}

// appendReliableHead appends what precedes the shared part of a reliable
// message: the frame's header and the beginning of its payload.
func appendReliableHead(dst []byte, f protocol.Format, size int, sequenceID uint64) []byte {
	var scratch [64]byte
	head := f.AppendHead(scratch[:0], size, sequenceID)
	tail := f.AppendTail(head, sequenceID)[len(head):]
	dst = appendHeader(dst, opcode(f), len(head)+size+len(tail))
	return append(dst, head...)
}

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

// Frame returns the WebSocket frame of a payload.
func Frame(op byte, payload []byte) []byte {
	b := appendHeader(make([]byte, 0, maxHeader+len(payload)), op, len(payload))
	return append(b, payload...)
}

// maxCloseReason is the size in bytes that a close frame has for its reason.
const maxCloseReason = 123

// CloseFrame returns a close frame; a reason that is too long is cut.
func CloseFrame(code int, reason string) []byte {
	reason = reason[:min(len(reason), maxCloseReason)]
	payload := binary.BigEndian.AppendUint16(make([]byte, 0, 2+len(reason)), uint16(code))
	return Frame(OpClose, append(payload, reason...))
}
