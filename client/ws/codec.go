package ws

import (
	"github.com/gorilla/websocket"

	"wps/protocol"
)

// codec is the frame format of a subprotocol. A simple client has none.
type codec struct {
	format   protocol.Format
	reliable bool
}

// codecFor returns the codec of a subprotocol, nil for a simple client.
func codecFor(subprotocol string) *codec {
	format, reliable, ok := protocol.ParseSubprotocol(subprotocol)
	if !ok {
		return nil
	}
	return &codec{format, reliable}
}

// messageType is the type of the WebSocket messages of both directions.
func (c *codec) messageType() int {
	if c.format == protocol.FormatProtobuf {
		return websocket.BinaryMessage
	}
	return websocket.TextMessage
}

// reliable reports whether the connection can be recovered.
func (c *Conn) reliable() bool { return c.codec != nil && c.codec.reliable }
