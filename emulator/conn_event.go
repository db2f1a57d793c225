package emulator

import (
	"context"

	"wps/protocol"
)

// userEvent runs a user event of the client and waits for its answer; a reply
// goes to the client at once. False means that the event failed. A client that
// goes away meanwhile cancels it.
func (c *conn) userEvent(name string, d protocol.DataType, data []byte, metadata map[string]string) bool {
	m, ok := c.ask(name, d, data, metadata)
	if m != nil {
		if full := c.sendMessage(m); full != "" {
			c.overflow(full)
		}
	}
	return ok
}

// ask sends a user event and gives the answer, nil for none; not ok when the
// event failed.
func (c *conn) ask(name string, d protocol.DataType, data []byte, metadata map[string]string) (m *message, ok bool) {
	if c.source == nil {
		c.notice(Notice{Type: NoticeEvent, Reason: errNoHandler.Error(), NoticeHandled: &NoticeHandled{Event: name}})
		return nil, false
	}
	ctx, cancel := context.WithTimeout(c.source.ctx, upstreamTimeout)
	defer cancel()
	stop := func() {}
	if l := c.currentLink(); l != nil {
		stop = l.watch(cancel)
	}
	m, ok = c.source.userEvent(ctx, name, d, data, metadata)
	stop()
	return m, ok
}
