package emulator

import (
	"fmt"
	"strings"

	"github.com/gorilla/websocket"

	"wps/emulator/internal/outbound"
	"wps/protocol"
)

// pubsubClient speaks one of the service-defined subprotocols.
type pubsubClient struct {
	format protocol.Format
	acks   ackMemory
}

func (p *pubsubClient) connectedFrame(c *conn) []byte {
	r := &protocol.Response{
		Type: protocol.ResponseSystem, Event: protocol.SystemConnected,
		UserID: c.userID, ConnectionID: c.id,
	}
	if c.replay != nil {
		r.ReconnectionToken = c.reconnectionToken()
	}
	return outbound.ResponseFrame(p.format, r)
}

func (p *pubsubClient) disconnectedFrame(text string) []byte {
	return outbound.ResponseFrame(p.format, &protocol.Response{
		Type: protocol.ResponseSystem, Event: protocol.SystemDisconnected, Message: text,
	})
}

// messageType returns the type of WebSocket message that holds a request.
func (p *pubsubClient) messageType() int {
	if p.format == protocol.FormatProtobuf {
		return websocket.BinaryMessage
	}
	return websocket.TextMessage
}

// wrongType and invalid end a connection that breaks its subprotocol.
//
// Source of the texts: the vendor's emulator.
func (p *pubsubClient) wrongType() *closeStatus {
	if p.format == protocol.FormatProtobuf {
		return &closeStatus{code: closeUnsupported, reason: "The protobuf.webpubsub.azure.v1 subprotocol requires binary messages."}
	}
	return &closeStatus{code: closeUnsupported, reason: "The JSON subprotocol requires text messages."}
}

// invalid is the close of a client whose message breaks the protocol: cause says how.
func (p *pubsubClient) invalid(cause string) *closeStatus {
	if p.format == protocol.FormatProtobuf {
		return &closeStatus{code: closeInvalid, reason: "The client message is not a valid protobuf.webpubsub.azure.v1 protocol message.", cause: cause}
	}
	return &closeStatus{code: closeInvalid, reason: "The client message is not a valid JSON protocol message.", cause: cause}
}

func (p *pubsubClient) handleMessage(c *conn, op int, data []byte) *closeStatus {
	if op != p.messageType() {
		return p.wrongType()
	}
	if !validText(op, data) {
		return p.invalid("it is not UTF-8 text")
	}
	r, err := p.format.DecodeRequest(data)
	if err != nil {
		c.publishInvalid(data, err)
		return p.invalid(strings.TrimPrefix(oneLine(err), "invalid frame: "))
	}
	c.publishReceived(r)
	if len(r.InvocationID) > maxRequestID || r.Stream != nil && len(r.Stream.ID) > maxRequestID {
		return p.invalid(fmt.Sprintf("an id is longer than %d bytes", maxRequestID))
	}
	switch r.Type {
	case protocol.RequestPing:
		c.sendResponse(&protocol.Response{Type: protocol.ResponsePong}, c.chain)
	case protocol.RequestSequenceAck: // ignored outside the reliable subprotocols
		if c.replay != nil {
			c.replay.acknowledge(r.SequenceID)
		}
	case protocol.RequestInvoke:
		p.invoke(c, r)
	case protocol.RequestCancelInvocation: // requests are handled in order: the invocation is over
	default:
		if r.Stream == nil {
			p.runRequest(c, r)
		} else if answer := c.streamRequest(r); answer != nil {
			c.sendResponse(answer, c.chain)
		}
	}
	return nil
}

// runRequest executes one request and acknowledges it. Only success is remembered,
// so that a failed request may be repeated with the same id.
func (p *pubsubClient) runRequest(c *conn, r *protocol.Request) {
	if r.HasAckID && p.acks.has(r.AckID) {
		p.sendAck(c, r, protocol.AckDuplicate, fmt.Sprintf("Message with ack-id: %d has been processed", r.AckID))
		return
	}
	name, message := c.execute(r)
	c.publishRefused(r, name, message)
	if !r.HasAckID {
		return
	}
	if name == "" {
		p.acks.add(r.AckID)
	}
	p.sendAck(c, r, name, message)
}

func (p *pubsubClient) sendAck(c *conn, r *protocol.Request, name, message string) {
	c.sendResponse(&protocol.Response{
		Type: protocol.ResponseAck, AckID: r.AckID,
		Success: name == "", ErrorName: name, ErrorMessage: message,
	}, c.chain)
}

// invoke sends a user event to its handler; the answer is put into the response
// and is not a message. That the handler sees a user event is assumed.
func (p *pubsubClient) invoke(c *conn, r *protocol.Request) {
	answer := &protocol.Response{Type: protocol.ResponseInvoke, InvocationID: r.InvocationID}
	m, ok := c.ask(r.Event, r.DataType, r.Data, r.Metadata)
	switch {
	case !ok:
		answer.ErrorName, answer.ErrorMessage = protocol.AckInternalServerError, internalError
	case m != nil:
		answer.DataType, answer.Data, answer.Metadata = m.response.DataType, m.response.Data, m.response.Metadata
	}
	answer.Success = ok
	c.sendResponse(answer, c.chain)
}
