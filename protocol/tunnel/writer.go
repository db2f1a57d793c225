package tunnel

import (
	"sync"
	"time"
)

// binaryMessage is the opcode of a binary WebSocket message. Source: RFC 6455,
// section 11.8.
const binaryMessage = 2

// Socket is what a [Writer] needs of a WebSocket connection.
type Socket interface {
	// SetWriteDeadline sets the time by which a message must be written.
	SetWriteDeadline(t time.Time) error
	// WriteMessage writes one message of a kind, which is an opcode of WebSocket.
	WriteMessage(kind int, data []byte) error
	// Close cuts the connection, without a close frame.
	Close() error
}

// Writer writes the messages of one side of a tunnel to its WebSocket connection, one
// at a time. Its methods may be called concurrently.
type Writer struct {
	// Side is the side that writes.
	Side Side
	// Socket is the connection.
	Socket Socket
	// Deadline returns the time by which a message must be written whose turn it is
	// now.
	Deadline func() time.Time

	turn sync.Mutex
}

// Write writes one message. If that fails, the connection is cut, which its reader
// notices. A message that cannot be encoded leaves the connection as it is.
func (w *Writer) Write(m Message) error { return w.WriteAfter(func() {}, m) }

// WriteAfter calls before when it is the turn of a message, then writes it as Write
// does.
func (w *Writer) WriteAfter(before func(), m Message) error {
	frame, err := Append(nil, w.Side, m)
	if err != nil {
		return err
	}
	w.turn.Lock()
	defer w.turn.Unlock()
	before()
	err = w.Socket.SetWriteDeadline(w.Deadline())
	if err == nil {
		err = w.Socket.WriteMessage(binaryMessage, frame)
	}
	if err != nil {
		w.Socket.Close()
	}
	return err
}
