package emulator

import (
	"bytes"
	"cmp"
	"errors"
	"io"
	"math"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"wps/emulator/internal/outbound"
	"wps/protocol"
)

// link is one WebSocket of a connection. Its reader goroutine handles one message
// at a time; everything sent goes through its queue.
type link struct {
	conn         *conn           // nil for one that is only refused
	ws           *websocket.Conn // read only; writing is the queue's
	in           *captureConn    // what ws reads from
	out          *outbound.Queue
	silentRounds atomic.Int32 // keep-alive rounds in which nothing was received
}

// Close codes that the service uses.
//
// Source: RFC 6455, section 7.4; which one when: the vendor's emulator.
const (
	closeNormal      = 1000
	closeGoingAway   = 1001
	closeProtocol    = 1002
	closeUnsupported = 1003
	closeInvalid     = 1007
	closePolicy      = 1008
	closeTooBig      = 1009
	closeInternal    = 1011

	closeAbnormal = 1006 // never in a frame: the transport ended without one
)

// Reasons of closes for faults that the link itself finds.
//
// Source: the vendor's emulator.
const (
	tooBig   = "The client message is too large."
	badFrame = "The client frame is invalid."
)

var errTooBig = errors.New("message too large")

// readLoop handles the client's messages until the transport ends, then cleans up.
func (l *link) readLoop() {
	for {
		op, data, err := l.nextMessage()
		if err != nil {
			l.handleReadError(err)
			break
		}
		l.silentRounds.Store(0)
		l.conn.framesIn.Add(1)
		l.conn.bytesIn.Add(uint64(len(data)))
		if end := l.conn.handleMessage(l, op, data); end != nil {
			l.conn.closeWith(end)
			l.drain()
			break
		}
	}
	l.conn.linkEnded(l)
	l.out.ReadEnded()
}

func (l *link) nextMessage() (int, []byte, error) {
	op, r, err := l.ws.NextReader()
	if err != nil {
		return 0, nil, err
	}
	var buf bytes.Buffer
	n, err := buf.ReadFrom(io.LimitReader(r, protocol.MaxMessageSize+1))
	if err == nil && n > protocol.MaxMessageSize {
		err = errTooBig
	}
	return op, buf.Bytes(), err
}

// handleReadError closes the connection in answer to what ended the reading.
func (l *link) handleReadError(err error) {
	var peer *websocket.CloseError
	var network net.Error
	switch {
	case errors.As(err, &peer) && peer.Code == websocket.CloseNoStatusReceived && l.in.tail.hasHalfCode():
		l.conn.close(ending{code: closeProtocol, why: badFrame}, badFrame, nil)
	case errors.As(err, &peer) && peer.Code == websocket.CloseAbnormalClosure: // the transport ended
	case errors.As(err, &peer):
		l.answerClose(peer)
	case errors.As(err, &network), errors.Is(err, net.ErrClosed), errors.Is(err, io.EOF):
	case errors.Is(err, errTooBig):
		l.conn.close(ending{code: closeTooBig, why: tooBig}, tooBig, nil)
		l.drain()
	default:
		l.conn.close(ending{code: closeProtocol, why: badFrame}, badFrame, nil)
	}
}

// answerClose answers the close frame of a client with the same code, as RFC 6455,
// section 5.5.1, demands. A reliable connection has ended only if the code is a
// normal one; else it may be recovered, and gets its messages then.
func (l *link) answerClose(peer *websocket.CloseError) {
	code := peer.Code
	if code == websocket.CloseNoStatusReceived {
		// A close frame without a code, as a browser's close() sends, is a
		// normal one to the service's web server.
		code = closeNormal
	}
	if l.conn.replay != nil && code != closeNormal {
		l.out.EndNow(outbound.CloseFrame(code, peer.Text))
		return
	}
	l.conn.close(ending{code: code, why: cmp.Or(peer.Text, reasonEnded)}, peer.Text, nil)
}

// drain reads until the client closes or the deadline of the close has passed, so
// that the close frame is not lost to a reset.
func (l *link) drain() {
	for {
		_, r, err := l.ws.NextReader()
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, r); err != nil {
			return
		}
	}
}

// closeRefused closes a link that belongs to no connection.
func (l *link) closeRefused(answer []byte, code int, reason string) {
	l.out.Push(outbound.Item{Bytes: answer})
	l.out.End(outbound.CloseFrame(code, reason))
	l.drain()
	l.out.ReadEnded()
}

// setControlHandlers replaces the answers of the library to control frames: the
// queue writes.
func (l *link) setControlHandlers() {
	l.ws.SetPingHandler(func(text string) error {
		l.silentRounds.Store(0)
		if l.out.Push(outbound.Item{Bytes: outbound.Frame(outbound.OpPong, []byte(text))}) == outbound.Full && l.conn != nil {
			l.conn.overflow(queueFull)
		}
		return nil
	})
	l.ws.SetPongHandler(func(string) error { l.silentRounds.Store(0); return nil })
}

// watchAfter is how long an event is being handled before watch reads ahead: most
// events are over by then.
const watchAfter = 10 * time.Millisecond

// watch reads ahead while the link's reader waits for an event handler, so that a
// client which disconnects is noticed and one that answers pings counts as alive.
// disconnected is called at most once. The reader calls stop before it reads on.
func (l *link) watch(disconnected func()) (stop func()) {
	done := make(chan struct{})
	var stopping atomic.Bool
	timer := time.AfterFunc(watchAfter, func() {
		defer close(done)
		err := l.in.readAhead(func() { l.silentRounds.Store(0) })
		switch {
		case err == nil:
			l.silentRounds.Store(math.MinInt32) // it is not read, so its silence means nothing
		case !stopping.Load() || !errors.Is(err, os.ErrDeadlineExceeded):
			l.in.failed = err
			disconnected()
		}
	})
	return func() {
		if timer.Stop() {
			return // it has not begun
		}
		stopping.Store(true)
		l.out.SetReading(false)
		<-done
		l.out.SetReading(true)
		l.silentRounds.Store(0)
	}
}
