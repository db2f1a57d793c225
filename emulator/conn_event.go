package emulator

import (
	"context"

	"wps/emulator/internal/carrier"
	"wps/protocol"
)

// userEvent sends a user event of the client to its handler and waits for the
// answer; a reply is sent to the client at once. It returns false when the event
// failed. A client that disconnects meanwhile cancels it.
func (c *conn) userEvent(name string, d protocol.DataType, data []byte, metadata map[string]string) bool {
	m, ok := c.ask(name, d, data, metadata)
	if m != nil {
		c.publishSent(&m.response, c.chain)
		if full := c.sendMessage(m); full != "" {
			c.overflow(full)
		}
		c.server.backlog.added(m.size())
	}
	return ok
}

// ask sends a user event and returns the message in its answer, nil for none; ok
// is false when the event failed.
func (c *conn) ask(name string, d protocol.DataType, data []byte, metadata map[string]string) (m *message, ok bool) {
	if c.source == nil {
		c.publishUnhandled(name)
		return nil, false
	}
	ctx, cancel := context.WithTimeout(c.source.ctx, carrier.Timeout)
	defer cancel()
	stop := func() {}
	if l := c.currentLink(); l != nil {
		stop = l.watch(cancel)
	}
	m, ok = c.source.userEvent(ctx, &userEvent{name, d, data, metadata, c.chain, c.kind})
	stop()
	return m, ok
}
