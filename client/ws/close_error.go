package ws

import (
	"fmt"

	"github.com/gorilla/websocket"

	"wps/internal/oneline"
)

var errReadLimit = fmt.Errorf("the service sent a message over %d bytes", readLimit)

// CloseError is the end of a connection that was not closed by Close.
type CloseError struct {
	// Code is the WebSocket close code; 1006 when the connection broke without a
	// close frame, 1005 when the frame had no code.
	Code int
	// Reason is the text of the close frame, often "".
	Reason string
	// Message is the text of the service's disconnected message, "" without one.
	// A close by REST has its reason there.
	Message string

	cause error
}

// closeNames are the meanings of the close codes, without 1000 for a normal
// closure.
//
// Source: RFC 6455, section 7.4.1, and its registry.
var closeNames = map[int]string{
	websocket.CloseGoingAway: "going away", websocket.CloseProtocolError: "protocol error",
	websocket.CloseUnsupportedData: "unsupported data", websocket.CloseNoStatusReceived: "no code",
	websocket.CloseInvalidFramePayloadData: "invalid data", websocket.ClosePolicyViolation: "policy violation",
	websocket.CloseMessageTooBig: "message too big", websocket.CloseInternalServerErr: "internal error",
	websocket.CloseServiceRestart: "service restart", websocket.CloseTryAgainLater: "try again later",
}

// Error names the code and the texts, or the meaning of the code without any.
func (e *CloseError) Error() string {
	s := fmt.Sprintf("connection closed with code %d", e.Code)
	if name := closeNames[e.Code]; name != "" && e.Reason+e.Message == "" {
		s += " (" + name + ")"
	}
	if e.Code == websocket.CloseAbnormalClosure {
		s = "connection lost"
	}
	for _, text := range []string{oneline.Of(e.Reason), oneline.Of(e.Message)} {
		if text != "" {
			s += ": " + text
		}
	}
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// Unwrap returns what broke the connection: an error of the network,
// [ErrKeepAlive], or nil.
func (e *CloseError) Unwrap() error { return e.cause }
