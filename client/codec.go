package client

import (
	"fmt"

	"github.com/gorilla/websocket"

	"wps/protocol"
)

// codec writes the requests and reads the responses of one subprotocol. A simple
// client has none.
type codec interface {
	// messageType is websocket.TextMessage or websocket.BinaryMessage.
	messageType() int
	appendRequest(dst []byte, r *protocol.Request) []byte
	// decodeResponse keeps nothing of b.
	decodeResponse(b []byte) (*protocol.Response, error)
}

// codecFor returns the codec of a subprotocol, nil for a simple client.
func codecFor(subprotocol string) (codec, error) {
	switch subprotocol {
	case protocol.SubprotocolJSON:
		return jsonCodec{}, nil
	case protocol.SubprotocolJSONReliable, protocol.SubprotocolProtobuf, protocol.SubprotocolProtobufReliable:
		return nil, fmt.Errorf("subprotocol %s is not supported", subprotocol)
	}
	return nil, nil
}

type jsonCodec struct{}

func (jsonCodec) messageType() int { return websocket.TextMessage }

func (jsonCodec) appendRequest(dst []byte, r *protocol.Request) []byte {
	return protocol.AppendRequest(dst, r)
}

func (jsonCodec) decodeResponse(b []byte) (*protocol.Response, error) {
	return protocol.DecodeResponse(b)
}
