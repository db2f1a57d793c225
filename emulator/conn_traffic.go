package emulator

import (
	"maps"

	"wps/emulator/internal/outbound"
	"wps/protocol"
	"wps/protocol/traffic"
)

// newObject returns an object about c, which is in a hub.
func (c *conn) newObject(t traffic.Type) *traffic.Object {
	o := c.server.newObject(t)
	o.Hub, o.ConnectionID, o.UserID = c.hub.name, c.id, c.userID
	return o
}

func (c *conn) publishObject(o *traffic.Object) { c.server.feed.Publish(o) }

// publishOpened publishes that c is open, with the groups and roles of its token.
func (c *conn) publishOpened(groups []string) {
	o := c.newObject(traffic.Opened)
	o.Subprotocol, o.Chain = c.subprotocol, c.chain
	if len(groups) > 0 || len(c.roles) > 0 {
		o.Opening = &traffic.Opening{Groups: groups, Roles: c.roles}
	}
	c.publishObject(o)
}

// publishClosed publishes that c has ended, and returns the chain: that of the
// cause, or a new one.
func (c *conn) publishClosed(e ending) uint64 {
	if e.chain == 0 {
		e.chain = c.server.feed.NewChain()
	}
	o := c.newObject(traffic.Closed)
	o.CloseCode, o.Reason, o.Chain = e.code, e.text(), e.chain
	c.publishObject(o)
	return e.chain
}

func (c *conn) publishMembership(t traffic.Type, group string, chain uint64) {
	o := c.newObject(t)
	o.Group, o.Chain = group, chain
	c.publishObject(o)
}

// publishPermission publishes that a permission of c was granted or revoked.
func (c *conn) publishPermission(p permissionQuery, granted bool, chain uint64) {
	o := c.newObject(traffic.Permission)
	o.Group, o.Chain = p.group, chain
	o.Grant = &traffic.Grant{Permission: p.permission, Granted: granted}
	c.publishObject(o)
}

// publishFault publishes why the service has given c up.
func (c *conn) publishFault(reason string) {
	o := c.newObject(traffic.Fault)
	o.Reason = reason
	c.publishObject(o)
}

// publishUnhandled publishes that a user event of c has no handler.
func (c *conn) publishUnhandled(event string) {
	o := c.newObject(traffic.Handled)
	o.Event, o.Reason, o.Chain = event, errNoHandler.Error(), c.chain
	o.Handling = &traffic.Handling{EventType: protocol.EventUser}
	c.publishObject(o)
}

// publishReceived begins a new chain with a frame of the client.
func (c *conn) publishReceived(r *protocol.Request) {
	if c.chain = c.server.feed.NewChain(); c.chain == 0 {
		return
	}
	o := c.requestObject(traffic.Received, r)
	o.Detail = true
	c.publishObject(o)
}

// requestObject returns an object about a request of c.
func (c *conn) requestObject(t traffic.Type, r *protocol.Request) *traffic.Object {
	o := c.newObject(t)
	o.Chain = c.chain
	o.SetRequest(r)
	if r.Data != nil || r.DataType != "" {
		c.server.setPayload(o, r.DataType, r.Data, maps.Clone(r.Metadata))
	}
	return o
}

// publishRefused publishes that a request of c was refused, and why. Failed events
// have an object of their own.
func (c *conn) publishRefused(r *protocol.Request, code, reason string) {
	if code == "" || r.Type == protocol.RequestEvent {
		return
	}
	o := c.requestObject(traffic.Refused, r)
	o.Code, o.Reason = code, reason
	c.publishObject(o)
}

// publishInvalid publishes why a frame of c is not valid.
func (c *conn) publishInvalid(frame []byte, err error) {
	c.chain = c.server.feed.NewChain()
	o := c.newObject(traffic.Refused)
	o.Chain, o.Reason = c.chain, oneLine(err)
	c.server.setPayload(o, "", frame, nil)
	c.publishObject(o)
}

// sendResponse queues a frame for the transport in use. chain is that of its cause.
func (c *conn) sendResponse(r *protocol.Response, chain uint64) {
	c.publishSent(r, chain)
	c.sendFrame(outbound.ResponseFrame(c.kind.format(), r))
}

// publishConnected publishes the first frame for c, if there is one.
func (c *conn) publishConnected(frame []byte) {
	if frame != nil {
		c.publishSent(&protocol.Response{Type: protocol.ResponseSystem, Event: protocol.SystemConnected}, c.chain)
	}
}

// publishSent publishes a frame for c that is no fan-out.
func (c *conn) publishSent(r *protocol.Response, chain uint64) {
	if !c.server.feed.Watched() {
		return
	}
	o := c.newObject(traffic.Sent)
	o.Detail, o.Chain = true, chain
	o.SetResponse(r)
	c.publishObject(o)
}
