package emulator

import (
	"fmt"

	"wps/protocol"
)

// execute does what a request asks for and returns the error of its ack, "" for
// success.
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

func (c *conn) changeGroup(group, verb string, change func(*conn, string, uint64) bool) (name, message string) {
	if !c.rights.May(protocol.PermissionJoinLeaveGroup, group) {
		return forbidden(verb, group)
	}
	fits := true
	c.hub.update(protocol.Target{Kind: protocol.TargetConnection, ID: c.id}, func(c *conn) { fits = change(c, group, c.chain) })
	if !fits {
		return protocol.AckBadRequest, tooManyGroups
	}
	return "", ""
}

// publish sends a client's message to a group. It returns false when the client
// has no permission.
func (c *conn) publish(r *protocol.Request) bool {
	if !c.rights.May(protocol.PermissionSendToGroup, r.Group) {
		return false
	}
	m := newMessage(protocol.FromGroup, r.DataType, r.Data)
	m.response.Metadata = r.Metadata
	m.expireIn(c.server.clock.elapsed(), r.TTLSeconds)
	m.chain = c.chain
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
	c.server.publishMessage(c.hub.name, to, m, c.hub.send(to, m, excluded))
}

// internalError is all that a client learns of a failed event.
const internalError = "Internal server error"

func forbidden(verb, group string) (name, message string) {
	return protocol.AckForbidden, fmt.Sprintf("The client does not have permission to %s group '%s'.", verb, group)
}
