package emulator

import (
	"fmt"

	"github.com/gorilla/websocket"

	"wps/protocol"
)

// jsonClient speaks json.webpubsub.azure.v1.
type jsonClient struct{ acks ackMemory }

func (*jsonClient) greeting(c *conn) []byte {
	return textFrame(&protocol.Response{
		Type: protocol.ResponseSystem, Event: protocol.SystemConnected,
		UserID: c.userID, ConnectionID: c.id,
	})
}

func (*jsonClient) farewell(text string) []byte {
	return textFrame(&protocol.Response{
		Type: protocol.ResponseSystem, Event: protocol.SystemDisconnected, Message: text,
	})
}

var pongFrame = textFrame(&protocol.Response{Type: protocol.ResponsePong})

func (j *jsonClient) handle(c *conn, op int, data []byte) *closing {
	if op != websocket.TextMessage {
		return &closing{closeUnsupported, "The JSON subprotocol requires text messages."}
	}
	if !validText(op, data) {
		return invalidJSON
	}
	r, err := protocol.DecodeRequest(data)
	if err != nil {
		c.server.log.Info("invalid client message", "connectionId", c.id, "error", err)
		return invalidJSON
	}
	switch r.Type {
	case protocol.RequestPing:
		c.reply(pongFrame)
	case protocol.RequestSequenceAck: // of use to reliable connections only
	default:
		j.act(c, r)
	}
	return nil
}

var invalidJSON = &closing{closeInvalid, "The client message is not a valid JSON protocol message."}

// act runs one request and acknowledges it: only success is remembered, so that
// a failed request may come again with the same id.
func (j *jsonClient) act(c *conn, r *protocol.Request) {
	if r.HasAckID && j.acks.has(r.AckID) {
		c.ack(r, protocol.AckDuplicate, fmt.Sprintf("Message with ack-id: %d has been processed", r.AckID))
		return
	}
	name, message := c.execute(r)
	if !r.HasAckID {
		return
	}
	if name == "" {
		j.acks.add(r.AckID)
	}
	c.ack(r, name, message)
}

func (c *conn) ack(r *protocol.Request, name, message string) {
	c.reply(textFrame(&protocol.Response{
		Type: protocol.ResponseAck, AckID: r.AckID,
		Success: name == "", ErrorName: name, ErrorMessage: message,
	}))
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
		// No event handler is configured for this hub.
		return protocol.AckInternalServerError, "Internal server error"
	}
	return "", ""
}

func forbidden(verb, group string) (name, message string) {
	return protocol.AckForbidden, fmt.Sprintf("The client does not have permission to %s group '%s'.", verb, group)
}

func (c *conn) changeGroup(group, verb string, change func(*conn, string)) (name, message string) {
	if !c.rights.may(protocol.PermissionJoinLeaveGroup, group) {
		return forbidden(verb, group)
	}
	c.hub.change(protocol.Target{Kind: protocol.TargetConnection, ID: c.id}, func(c *conn) { change(c, group) })
	return "", ""
}

// publish sends a client's message to a group; false when it may not.
func (c *conn) publish(r *protocol.Request) bool {
	if !c.rights.may(protocol.PermissionSendToGroup, r.Group) {
		return false
	}
	m := newMessage(protocol.FromGroup, r.DataType, r.Data)
	m.response.Group, m.response.FromUserID, m.response.Metadata = r.Group, c.userID, r.Metadata
	var excluded []string
	if r.NoEcho {
		excluded = []string{c.id}
	}
	c.hub.send(protocol.Target{Kind: protocol.TargetGroup, ID: r.Group}, m, excluded)
	return true
}
