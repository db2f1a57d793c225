package emulator

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"wps/protocol"
)

const (
	// streamIdle is how long a stream may be silent unless its start says otherwise.
	//
	// Source: client specification of the service.
	streamIdle = 300 * time.Second
	// maxStreams limits the open streams of one connection. It is our choice: the
	// limit of the service is not published.
	maxStreams = 1000
	// maxStreamIdle is the longest idle time that a start may ask for, and
	// maxRequestID the longest id that a client may choose for a stream or an
	// invocation, in bytes. Both are our choice too: a stream is kept for as long
	// as its client wants.
	maxStreamIdle = 24 * time.Hour
	maxRequestID  = 1024
)

// stream is a message to a group that a client publishes in fragments.
type stream struct {
	id, group string
	noEcho    bool
	next      uint64 // sequence id of the fragment expected
	idle      time.Duration
	touched   int // how often the time of silence began again
	stop      func() bool
}

// streams are the open streams of one connection. They belong to the connection,
// not to its transport, so that they outlast a recovery.
type streams struct {
	mu   sync.Mutex
	open map[string]*stream
	over bool // the connection has ended
}

// streamRequest executes a request about a stream and returns the answer, nil for
// none. An answer is not an ack: it has no ack id.
func (c *conn) streamRequest(r *protocol.Request) *protocol.Response {
	switch r.Type {
	case protocol.RequestSendToGroup:
		return c.openStream(r)
	case protocol.RequestStreamData:
		return c.streamData(r)
	}
	return c.endStream(r)
}

// openStream needs the permission to send to the group. A repeated start is
// answered with the sequence id that is expected next.
func (c *conn) openStream(r *protocol.Request) *protocol.Response {
	id, group, idle := r.Stream.ID, r.Group, streamIdle
	if r.Stream.HasIdleTimeout {
		idle = time.Duration(r.Stream.IdleTimeout) * time.Millisecond
	}
	if id == "" || idle == 0 || idle > maxStreamIdle {
		return streamClosed(id, protocol.StreamBadRequest, "The stream needs an id and an idle timeout from 1 to 86400000 ms.")
	}
	if !c.rights.May(protocol.PermissionSendToGroup, group) {
		_, text := forbidden("send to", group)
		return streamClosed(id, protocol.StreamForbidden, text)
	}
	c.streams.mu.Lock()
	defer c.streams.mu.Unlock()
	if s := c.streams.open[id]; s != nil && s.group == group {
		return streamAck(s)
	} else if s != nil || len(c.streams.open) >= maxStreams || c.streams.over {
		return streamClosed(id, protocol.StreamBadRequest, "The stream id is in use, or too many streams are open.")
	}
	s := &stream{id: id, group: group, noEcho: r.NoEcho, next: 1, idle: idle}
	if c.streams.open == nil {
		c.streams.open = map[string]*stream{}
	}
	c.streams.open[id] = s
	c.touch(s)
	return streamAck(s)
}

// touch restarts the idle time of s; streams.mu is held.
func (c *conn) touch(s *stream) {
	if s.stop != nil {
		s.stop()
	}
	s.touched++
	now := s.touched
	s.stop = c.server.clock.afterFunc(s.idle, func() { c.streamSilent(s, now) })
}

// streamSilent ends a stream that was not touched meanwhile.
func (c *conn) streamSilent(s *stream, touched int) {
	c.streams.mu.Lock()
	silent := c.streams.open[s.id] == s && s.touched == touched
	if silent {
		delete(c.streams.open, s.id)
	}
	c.streams.mu.Unlock()
	if !silent {
		return
	}
	const text = "The stream was idle for too long."
	c.publishEnd(s, protocol.StreamInfo{ErrorName: protocol.StreamIdleTimeout, ErrorMessage: text})
	c.sendResponse(streamClosed(s.id, protocol.StreamIdleTimeout, text), 0)
}

// streamData publishes the fragment that is expected. An earlier one is
// acknowledged again, a later one is not.
func (c *conn) streamData(r *protocol.Request) *protocol.Response {
	s, answer := c.takeFragment(r)
	if answer != nil || s == nil {
		return answer
	}
	if !c.rights.May(protocol.PermissionSendToGroup, s.group) {
		c.dropStream(s.id)
		_, text := forbidden("send to", s.group)
		c.publishEnd(s, protocol.StreamInfo{ErrorName: protocol.StreamForbidden, ErrorMessage: text})
		return streamClosed(s.id, protocol.StreamForbidden, text)
	}
	m := newMessage(protocol.FromGroup, r.DataType, r.Data)
	m.response.Metadata, m.chain = r.Metadata, c.chain
	m.response.Stream = &protocol.StreamInfo{ID: s.id, SequenceID: r.Stream.SequenceID}
	c.publishTo(s.group, s.noEcho, m)
	return streamAckOf(s.id, r.Stream.SequenceID+1)
}

// takeFragment returns the stream of a fragment to be published, or the answer to
// one that is not; neither for a keep-alive.
func (c *conn) takeFragment(r *protocol.Request) (*stream, *protocol.Response) {
	c.streams.mu.Lock()
	defer c.streams.mu.Unlock()
	s := c.streams.open[r.Stream.ID]
	if s == nil {
		return nil, streamNotFound(r.Stream.ID)
	}
	c.touch(s)
	switch n := r.Stream.SequenceID; {
	case r.Stream.KeepAlive:
		return nil, nil
	case n < s.next:
		return nil, streamAck(s)
	case n > s.next:
		return nil, &protocol.Response{Type: protocol.ResponseStreamNack, Stream: &protocol.StreamInfo{
			ID: s.id, SequenceID: s.next, ErrorName: protocol.StreamInvalidSequenceID,
			ErrorMessage: fmt.Sprintf("The sequence id %d is expected, not %d.", s.next, n),
		}}
	}
	s.next++
	return s, nil
}

func (c *conn) endStream(r *protocol.Request) *protocol.Response {
	s := c.dropStream(r.Stream.ID)
	if s == nil {
		return streamNotFound(r.Stream.ID)
	}
	var end protocol.StreamInfo
	if r.Stream.Failed {
		end.ErrorName, end.ErrorMessage, end.UserErrorCode = protocol.StreamUserError, r.Stream.Message, r.Stream.UserErrorCode
	}
	c.publishEnd(s, end)
	return streamClosed(s.id, "", "")
}

// dropStream removes an open stream and returns it; nil when there is none.
func (c *conn) dropStream(id string) *stream {
	c.streams.mu.Lock()
	defer c.streams.mu.Unlock()
	s := c.streams.open[id]
	if s != nil {
		s.stop()
		delete(c.streams.open, id)
	}
	return s
}

// publishEnd sends the last fragment of s, with the next sequence id and no data.
// It is not sent to simple clients, which would see an empty message.
func (c *conn) publishEnd(s *stream, end protocol.StreamInfo) {
	end.ID, end.SequenceID, end.End = s.id, s.next, true
	m := newMessage(protocol.FromGroup, protocol.DataTypeText, []byte{})
	m.response.Stream = &end
	c.publishTo(s.group, s.noEcho, m)
}

func (c *conn) publishesStreams() bool {
	c.streams.mu.Lock()
	defer c.streams.mu.Unlock()
	return len(c.streams.open) > 0
}

// endStreams ends every stream of a connection that has ended.
func (c *conn) endStreams() {
	c.streams.mu.Lock()
	open := slices.Collect(maps.Values(c.streams.open))
	c.streams.open, c.streams.over = nil, true
	for _, s := range open {
		s.stop()
	}
	c.streams.mu.Unlock()
	for _, s := range open {
		c.publishEnd(s, protocol.StreamInfo{ErrorName: protocol.StreamCancelled, ErrorMessage: "The connection of the publisher has ended."})
	}
}

func streamAck(s *stream) *protocol.Response { return streamAckOf(s.id, s.next) }

func streamAckOf(id string, next uint64) *protocol.Response {
	return &protocol.Response{Type: protocol.ResponseStreamAck, Stream: &protocol.StreamInfo{ID: id, SequenceID: next}}
}

func streamNotFound(id string) *protocol.Response {
	return streamClosed(id, protocol.StreamNotFound, "There is no open stream of this id.")
}

// streamClosed returns the answer that a stream has ended; name is "" when it
// ended without an error.
func streamClosed(id, name, message string) *protocol.Response {
	return &protocol.Response{Type: protocol.ResponseStreamClosed, Stream: &protocol.StreamInfo{ID: id, ErrorName: name, ErrorMessage: message}}
}
