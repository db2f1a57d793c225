package emulator

import (
	"fmt"

	"github.com/gorilla/websocket"

	"wps/emulator/internal/outbound"
	"wps/protocol"
)

// pubsubClient speaks one of the service-defined subprotocols.
type pubsubClient struct {
	format protocol.Format
	acks   ackMemory
}

func (p *pubsubClient) greeting(c *conn) []byte {
	r := &protocol.Response{
		Type: protocol.ResponseSystem, Event: protocol.SystemConnected,
		UserID: c.userID, ConnectionID: c.id,
	}
	if c.replay != nil {
		r.ReconnectionToken = c.reconnectionToken()
	}
	return outbound.ResponseFrame(p.format, r)
}

func (p *pubsubClient) farewell(text string) []byte {
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
func (p *pubsubClient) wrongType() *closing {
	if p.format == protocol.FormatProtobuf {
		return &closing{closeUnsupported, "The protobuf.webpubsub.azure.v1 subprotocol requires binary messages."}
	}
	return &closing{closeUnsupported, "The JSON subprotocol requires text messages."}
}

func (p *pubsubClient) invalid() *closing {
	if p.format == protocol.FormatProtobuf {
		return &closing{closeInvalid, "The client message is not a valid protobuf.webpubsub.azure.v1 protocol message."}
	}
	return &closing{closeInvalid, "The client message is not a valid JSON protocol message."}
}

func (p *pubsubClient) handle(c *conn, op int, data []byte) *closing {
	if op != p.messageType() {
		return p.wrongType()
	}
	if !validText(op, data) {
		return p.invalid()
	}
	r, err := p.format.DecodeRequest(data)
	if err != nil {
		c.server.log.Info("invalid client message", "connectionId", c.id, "error", oneLine(err))
		return p.invalid()
	}
	switch r.Type {
	case protocol.RequestPing:
		c.reply(outbound.ResponseFrame(p.format, &protocol.Response{Type: protocol.ResponsePong}))
	case protocol.RequestSequenceAck: // ignored outside the reliable subprotocols
		if c.replay != nil {
			c.replay.acknowledge(r.SequenceID)
		}
	case protocol.RequestInvoke:
		p.invoke(c, r)
	case protocol.RequestCancelInvocation: // requests come in order: it is answered
	default:
		if r.Stream == nil {
			p.act(c, r)
		} else if answer := c.streamRequest(r); answer != nil {
			c.answerStream(answer)
		}
	}
	return nil
}

// act runs one request and acknowledges it: only success is remembered, so that
// a failed request may come again with the same id.
func (p *pubsubClient) act(c *conn, r *protocol.Request) {
	if r.HasAckID && p.acks.has(r.AckID) {
		p.ack(c, r, protocol.AckDuplicate, fmt.Sprintf("Message with ack-id: %d has been processed", r.AckID))
		return
	}
	name, message := c.execute(r)
	if !r.HasAckID {
		return
	}
	if name == "" {
		p.acks.add(r.AckID)
	}
	p.ack(c, r, name, message)
}

func (p *pubsubClient) ack(c *conn, r *protocol.Request, name, message string) {
	c.reply(outbound.ResponseFrame(p.format, &protocol.Response{
		Type: protocol.ResponseAck, AckID: r.AckID,
		Success: name == "", ErrorName: name, ErrorMessage: message,
	}))
}

// invoke asks the event handler of a user event; the answer goes into the
// response and is no message. That the handler sees a user event is assumed.
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
	c.reply(outbound.ResponseFrame(p.format, answer))
}

// execute does what a request asks and gives the ack's error, "" for success.
func (c *conn) execute(r *protocol.Request) (name, message string) {
	switch r.Type {
	case protocol.RequestJoinGroup:
		return c.changeGroup(r.Group, "join", c.hub.join)
	case protocol.RequestLeaveGroup:
		return c.changeGroup(r.Group, "leave", c.hub.leave)
	case protocol.RequestSendToGroup:
		if !c.publish(r) {
			return forbidden("send to", r.Group)
		}
	case protocol.RequestEvent:
		if !c.userEvent(r.Event, r.DataType, r.Data, r.Metadata) {
			return protocol.AckInternalServerError, internalError
		}
	}
	return "", ""
}

// internalError is all that a client learns of a failed event.
const internalError = "Internal server error"

func forbidden(verb, group string) (name, message string) {
	return protocol.AckForbidden, fmt.Sprintf("The client does not have permission to %s group '%s'.", verb, group)
}

func (c *conn) changeGroup(group, verb string, change func(*conn, string)) (name, message string) {
	if !c.rights.May(protocol.PermissionJoinLeaveGroup, group) {
		return forbidden(verb, group)
	}
	c.hub.change(protocol.Target{Kind: protocol.TargetConnection, ID: c.id}, func(c *conn) { change(c, group) })
	return "", ""
}

// publish sends a client's message to a group; false when it may not.
func (c *conn) publish(r *protocol.Request) bool {
	if !c.rights.May(protocol.PermissionSendToGroup, r.Group) {
		return false
	}
	m := newMessage(protocol.FromGroup, r.DataType, r.Data)
	m.response.Metadata = r.Metadata
	m.expireIn(c.server.now(), r.TTLSeconds)
	c.publishTo(r.Group, r.NoEcho, m)
	return true
}

// publishTo sends a message of c to a group.
func (c *conn) publishTo(group string, noEcho bool, m *message) {
	m.response.Group, m.response.FromUserID = group, c.userID
	m.sender = c.id
	var excluded []string
	if noEcho {
		excluded = []string{c.id}
	}
	to := protocol.Target{Kind: protocol.TargetGroup, ID: group}
	c.server.noticeMessage(c.hub.name, to, m, c.hub.send(to, m, excluded))
}
