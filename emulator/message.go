package emulator

import (
	"time"

	"wps/emulator/internal/outbound"
	"wps/protocol"
)

// kind is a way of writing messages on the wire.
type kind uint8

const (
	kindSimple kind = iota
	kindJSON
	kindProtobuf
	kindReliableJSON
	kindReliableProtobuf
	kindCount
)

// kindOf is the kind of a PubSub client.
func kindOf(f protocol.Format, reliable bool) kind {
	switch {
	case reliable && f == protocol.FormatProtobuf:
		return kindReliableProtobuf
	case reliable:
		return kindReliableJSON
	case f == protocol.FormatProtobuf:
		return kindProtobuf
	}
	return kindJSON
}

// format is how clients of kind k are written to; it has no meaning for simple
// ones.
func (k kind) format() protocol.Format {
	if k == kindProtobuf || k == kindReliableProtobuf {
		return protocol.FormatProtobuf
	}
	return protocol.FormatJSON
}

// message is one message for any number of connections. It is encoded once for
// each kind of client, by the one goroutine that sends it.
type message struct {
	response protocol.Response
	expires  time.Duration // as outbound.Item has it
	sender   string        // connection id; "" for the server
	chain    uint64        // of its traffic objects
	frames   [kindCount][]byte
}

func newMessage(from string, d protocol.DataType, data []byte) *message {
	return &message{response: protocol.Response{
		Type: protocol.ResponseMessage, From: from, DataType: d, Data: data,
	}}
}

// expireIn sets the time to live of m, in seconds; 0 is no limit.
func (m *message) expireIn(elapsed time.Duration, seconds uint32) {
	if seconds > 0 {
		m.expires = elapsed + time.Duration(seconds)*time.Second
	}
}

// item returns m as it waits for a client of kind k. Its bytes are shared and may
// not be changed.
func (m *message) item(k kind) outbound.Item {
	if m.frames[k] == nil {
		m.frames[k] = m.encode(k)
	}
	return outbound.Item{Bytes: m.frames[k], Expires: m.expires}
}

// size returns how many bytes m takes while it waits.
func (m *message) size() (bytes int) {
	for _, f := range m.frames {
		bytes += len(f)
	}
	return bytes
}

// encode returns the whole WebSocket frame of m or, for a reliable kind, the part
// of its payload that all clients share.
func (m *message) encode(k kind) []byte {
	switch k {
	case kindJSON, kindProtobuf:
		return outbound.ResponseFrame(k.format(), &m.response)
	case kindReliableJSON, kindReliableProtobuf:
		return k.format().AppendShared(nil, &m.response)
	}
	op := outbound.OpText
	if d := m.response.DataType; d == protocol.DataTypeBinary || d == protocol.DataTypeProtobuf {
		op = outbound.OpBinary
	}
	return outbound.Frame(op, m.response.Data)
}
