package emulator

import (
	"encoding/binary"

	"wps/protocol"
)

// WebSocket opcodes, and the bits of a message's last frame and of a masked one.
//
// Source: RFC 6455, section 5.2.
const (
	opText   byte = 1
	opBinary byte = 2
	opClose  byte = 8
	opPing   byte = 9
	opPong   byte = 10

	finBit  byte = 0x80
	maskBit byte = 0x80
)

// maxHeader is the size in bytes of the largest header that a server writes:
// it has no mask.
const maxHeader = 10

// opcode is that of a format's messages.
func opcode(f protocol.Format) byte {
	if f == protocol.FormatProtobuf {
		return opBinary
	}
	return opText
}

// responseFrame is the WebSocket frame of one response. The header goes right
// before the payload, so that a payload is written only once.
func responseFrame(f protocol.Format, r *protocol.Response) []byte {
	b := make([]byte, maxHeader, maxHeader+128+len(r.Data)*4/3)
	b = f.AppendResponse(b, r)
	header := appendHeader(make([]byte, 0, maxHeader), opcode(f), len(b)-maxHeader)
	start := maxHeader - len(header)
	copy(b[start:], header)
	return b[start:]
}

// appendReliableHead appends what stands before the shared part of a reliable
// message: the frame's header and the beginning of its payload.
func appendReliableHead(dst []byte, f protocol.Format, size int, sequenceID uint64) []byte {
	var room [64]byte
	head := f.AppendHead(room[:0], size, sequenceID)
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

// tail is the end of what a client sent: as much as the frame of a close with
// half a code has, that is two bytes of header, a mask of four and one byte.
type tail [7]byte

// note adds what was read.
func (t *tail) note(b []byte) {
	if len(b) < len(t) {
		copy(t[:], t[len(b):])
	}
	n := min(len(b), len(t))
	copy(t[len(t)-n:], b[len(b)-n:])
}

// halfCode tells whether the last frame was a close with one byte, which is
// neither a code nor none (RFC 6455, section 5.5.1). The WebSocket library takes
// it for a close without a code.
func (t *tail) halfCode() bool { return t[0] == finBit|opClose && t[1] == maskBit|1 }
