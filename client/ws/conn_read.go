package ws

import (
	"bytes"
	"errors"
	"io"
	"slices"

	"github.com/gorilla/websocket"

	"wps/protocol"
)

// keepBuffer is the largest buffer that the reader keeps between messages, in
// bytes.
const keepBuffer = 64 << 10

// read reads from the transport. It reports whether a message came, and returns
// why the transport ended.
func (c *Conn) read(recovering bool) (heard bool, err error) {
	var buf bytes.Buffer
	for {
		messageType, r, err := c.ws.NextReader()
		if err != nil {
			return heard, c.readError(err)
		}
		buf.Reset()
		if _, err := buf.ReadFrom(seenReader{r, c}); err != nil {
			return heard, c.readError(err)
		}
		c.seen()
		if recovering && !heard {
			c.recovered()
		}
		heard = true
		c.handle(messageType, buf.Bytes())
		if buf.Cap() > keepBuffer {
			buf = bytes.Buffer{}
		}
	}
}

// seenReader records each piece of a long message as a sign of life.
type seenReader struct {
	r io.Reader
	c *Conn
}

func (w seenReader) Read(b []byte) (int, error) {
	n, err := w.r.Read(b)
	if n > 0 {
		w.c.seen()
	}
	return n, err
}

// handle processes one message; b is valid only during the call.
func (c *Conn) handle(messageType int, b []byte) {
	if c.codec == nil {
		r := &protocol.Response{Type: protocol.ResponseMessage, DataType: protocol.DataTypeText, Data: slices.Clone(b)}
		if messageType == websocket.BinaryMessage {
			r.DataType = protocol.DataTypeBinary
		}
		c.trace(false, messageType, b, "")
		c.deliver(r, len(b))
		return
	}
	if messageType != c.codec.messageType() {
		c.trace(false, messageType, b, "")
		c.log.Debug("frame of the wrong type", "bytes", len(b))
		return
	}
	r, err := c.codec.format.DecodeResponse(b)
	if err != nil {
		c.trace(false, messageType, b, "")
		// A data type that this client does not know is such an error, too. The
		// message is skipped; it must not end the connection.
		c.log.Warn("frame cannot be read", "bytes", len(b), "error", err)
		return
	}
	c.trace(false, messageType, b, r.ReconnectionToken)
	c.dispatch(r, len(b))
}

// trace calls Options.OnFrame, without the secret in the frame.
func (c *Conn) trace(sent bool, messageType int, b []byte, secret string) {
	if c.options.OnFrame == nil {
		return
	}
	if secret != "" {
		b = bytes.ReplaceAll(b, []byte(secret), []byte("***"))
	}
	c.options.OnFrame(sent, messageType == websocket.TextMessage, b)
}

func (c *Conn) dispatch(r *protocol.Response, size int) {
	switch {
	case r.Type == protocol.ResponseAck:
		c.acked(r)
	case r.Type == protocol.ResponsePong:
		c.pongSeen()
	case r.Type == protocol.ResponseMessage && c.reliable() && !c.sequence.advance(r.SequenceID):
		c.log.Debug("message received twice", "sequenceId", r.SequenceID)
	case r.Type == protocol.ResponseSystem && c.system(r),
		r.Type == protocol.ResponseMessage && (r.From == protocol.FromGroup || r.From == protocol.FromServer):
		c.deliver(r, size)
	default:
		c.log.Debug("unknown frame", "type", r.Type, "event", r.Event, "from", r.From)
	}
}

// system processes a system frame. It returns false for an unknown one, and for
// one that only renews the reconnection token, which Receive does not return.
func (c *Conn) system(r *protocol.Response) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch r.Event {
	case protocol.SystemConnected:
		if r.ReconnectionToken != "" {
			c.reconnectionToken = r.ReconnectionToken
		}
		if c.connectionID != "" {
			return !c.reliable()
		}
		c.connectionID, c.userID = r.ConnectionID, r.UserID
		c.markConnected()
	case protocol.SystemDisconnected:
		c.disconnectMessage = r.Message
	default:
		return false
	}
	return true
}

// markConnected lets Dial return.
func (c *Conn) markConnected() {
	select {
	case <-c.connected:
	default:
		close(c.connected)
	}
}

// deliver queues r for Receive, waiting for space. After Close, what does not fit
// is dropped, because the service's close frame must be read.
func (c *Conn) deliver(r *protocol.Response, size int) {
	if c.inbox.push(r, size) {
		return
	}
	c.paused.Store(true)
	defer func() {
		c.seen()
		c.paused.Store(false)
	}()
	for !c.inbox.push(r, size) {
		select {
		case <-c.inbox.space:
		case <-c.closing.Done():
			return
		}
	}
}

// readError returns why the transport ended, as a CloseError.
func (c *Conn) readError(err error) error {
	if c.closing.Err() != nil {
		return ErrClosed
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	e := &CloseError{Code: websocket.CloseAbnormalClosure, Message: c.disconnectMessage}
	var closed *websocket.CloseError
	switch {
	case errors.As(err, &closed) && closed.Code != websocket.CloseAbnormalClosure:
		e.Code, e.Reason = closed.Code, closed.Text
	case errors.As(err, &closed):
		e.cause = io.ErrUnexpectedEOF
	case errors.Is(err, websocket.ErrReadLimit):
		e.Code, e.cause = websocket.CloseMessageTooBig, errReadLimit
	default:
		e.cause = err
	}
	if c.writeErr != nil && e.Code == websocket.CloseAbnormalClosure {
		e.cause = c.writeErr
	}
	return e
}
