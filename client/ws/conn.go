// Package ws is a WebSocket client of Azure Web PubSub: it dials, sends requests
// and waits for their acks, keeps the connection alive, and recovers a reliable
// one when its transport breaks. Client URLs come from package token, or from a
// negotiate endpoint; reconnecting as a new client is left to the caller.
//
//	c, err := ws.Dial(ctx, ws.Options{URL: url, Subprotocol: protocol.SubprotocolJSON})
//	err = c.JoinGroup(ctx, "g")
//	r, err := c.Receive(ctx)
//	err = c.Close(ctx)
package ws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"wps/protocol"
)

// ErrClosed is returned after [Conn.Close].
var ErrClosed = errors.New("connection is closed")

// ErrKeepAlive is the cause of a [CloseError] when the service sent nothing for
// three intervals of the keep-alive.
var ErrKeepAlive = errors.New("no sign of life from the service")

const (
	// readLimit limits one message from the service, in bytes. The largest known
	// is an event handler's answer of 16 MiB, which base64 makes a third larger.
	readLimit = 24 << 20
	// sendQueue is how many frames may wait to be written; then calls wait.
	sendQueue = 64
	// writeTimeout limits the writing of one frame.
	writeTimeout = 30 * time.Second
	// closeTimeout limits the wait for the service's half of a close handshake.
	closeTimeout = 5 * time.Second
	// closeFrameWait is how long a transport is still read after a write has
	// failed, because a close frame with the reason may be on its way.
	closeFrameWait = 2 * time.Second
	// silentIntervals is after how many intervals of the keep-alive without a sign
	// of life a transport is closed.
	silentIntervals = 3
)

// Conn is a client's WebSocket connection. All its methods may be called
// concurrently.
//
// A reliable one recovers by itself when its transport breaks: no message is lost
// or received twice, and calls that wait for an answer continue to wait, because
// their requests are sent again with the same ack id. Receive reports it by
// system responses of the events [EventRecovering], [EventRecovered] and
// [EventLost].
//
// Messages wait for [Conn.Receive] in order, up to Options.QueueSize of them or
// 16 MiB. Beyond that the connection is not read, which slows the service down
// until it closes the connection. Acks and pongs arrive after the messages sent
// before them, so while a call or the keep-alive waits for one, up to 1000
// messages and 16 MiB more are read.
type Conn struct {
	codec   *codec // nil for a simple client
	log     *slog.Logger
	address *url.URL
	options Options

	ackTimeout      time.Duration
	pingInterval    time.Duration // 0: no keep-alive
	recoveryTimeout time.Duration // 0: no recovery

	inbox     *inbox
	out       chan frame
	pong      chan string   // payload of the last ping to be answered
	connected chan struct{} // closed when the service has named the connection
	finished  chan struct{} // closed when both goroutines have ended

	ended   context.Context // done when the connection has ended; its cause is why
	end     context.CancelCauseFunc
	closing context.Context // done when Close is called, and with ended
	close   context.CancelFunc

	sequence sequence
	brief    int // transports in a row that broke soon after a recovery; of run only

	started  time.Time    // origin of lastSeen
	lastSeen atomic.Int64 // nanoseconds from started to the last sign of life
	paused   atomic.Bool  // the reader waits for Receive

	mu                sync.Mutex
	ws                *websocket.Conn // set by run only, while no writer runs
	writeErr          error
	lastAckID         uint64
	acks              map[uint64]*awaited
	pings             []chan struct{} // in the order sent; nil for the keep-alive's own
	connectionID      string
	userID            string
	reconnectionToken string
	disconnectMessage string // text of the disconnected message
}

// frame is one message to be written. The ack id is that of a request for whose
// ack a call waits, else 0.
type frame struct {
	messageType int
	data        []byte
	ackID       uint64
}

func newConn(address *url.URL, codec *codec, o Options) *Conn {
	c := &Conn{
		codec:           codec,
		log:             o.Logger,
		address:         address,
		options:         o,
		ackTimeout:      cmp.Or(o.AckTimeout, defaultAckTimeout),
		pingInterval:    max(cmp.Or(o.PingInterval, defaultPingInterval), 0),
		recoveryTimeout: max(cmp.Or(o.RecoveryTimeout, defaultRecoveryTimeout), 0),
		inbox:           newInbox(cmp.Or(o.QueueSize, defaultQueueSize)),
		out:             make(chan frame, sendQueue),
		pong:            make(chan string, 1),
		connected:       make(chan struct{}),
		finished:        make(chan struct{}),
		sequence:        sequence{due: make(chan struct{}, 1)},
		acks:            map[uint64]*awaited{},
		started:         time.Now(),
	}
	if c.log == nil {
		c.log = slog.New(slog.DiscardHandler)
	}
	c.ended, c.end = context.WithCancelCause(context.Background())
	c.closing, c.close = context.WithCancel(c.ended)
	return c
}

// attach makes ws the transport, and closes it when the connection has ended in
// the meantime.
func (c *Conn) attach(ws *websocket.Conn) {
	ws.SetReadLimit(readLimit)
	ws.SetPingHandler(c.handlePing)
	ws.SetPongHandler(c.handlePong)
	c.seen()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ws, c.writeErr, c.disconnectMessage = ws, nil, ""
	if c.ended.Err() != nil {
		ws.Close()
	}
}

// run is the goroutine of a connection from its first transport to its end.
func (c *Conn) run() {
	_, err := c.serve(false)
	for recovered := true; recovered && c.mayRecover(err); {
		recovered, err = c.runRecovery(err)
	}
	c.fail(err)
	close(c.finished)
}

// serve runs one transport until it ends: the writer goroutine, and itself as
// reader. It reports whether the service has sent anything, which shows that a
// recovery has succeeded, and why the transport ended.
func (c *Conn) serve(recovering bool) (heard bool, err error) {
	var writer sync.WaitGroup
	ended := make(chan struct{})
	writer.Go(func() { c.write(ended, recovering) })
	heard, err = c.read(recovering)
	close(ended)
	c.ws.Close()
	writer.Wait()
	return heard, err
}

// ConnectionID is the id of the connection; "" for a simple client, to which the
// service does not send it.
func (c *Conn) ConnectionID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.connectionID
}

// UserID is the user of the connection; "" for an anonymous one, and for a simple
// client, to which the service does not send it.
func (c *Conn) UserID() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.userID
}

// Receive returns the next message or system frame, in the order of arrival. A
// simple client receives messages of which only DataType and Data are set. After
// the last one it returns why the connection ended, on every call: a
// [*CloseError], or [ErrClosed] after Close.
func (c *Conn) Receive(ctx context.Context) (*protocol.Response, error) {
	for {
		if r := c.inbox.pop(); r != nil {
			return r, nil
		}
		select {
		case <-c.inbox.ready:
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-c.finished:
			if r := c.inbox.pop(); r != nil {
				return r, nil
			}
			return nil, context.Cause(c.ended)
		}
	}
}

// Waiting returns how many messages and system frames Receive would return without
// waiting.
func (c *Conn) Waiting() int { return c.inbox.len() }

// Close writes what is queued, closes the connection with code 1000, and returns
// when its goroutines have ended. The service has 5 seconds to answer, or until
// ctx ends; without its answer the connection is cut, which the error reports. It
// is no error to close again, or after the service has closed. A connection that
// is recovering ends at once, without a close frame.
func (c *Conn) Close(ctx context.Context) error {
	c.close()
	within, cancel := context.WithTimeout(ctx, closeTimeout)
	defer cancel()
	select {
	case <-c.finished:
		return nil
	case <-within.Done():
	}
	c.fail(ErrClosed)
	<-c.finished
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("the service did not answer the close within %v", closeTimeout)
}

// fail ends the connection; the reason of the first call counts.
func (c *Conn) fail(err error) {
	c.end(err)
	c.mu.Lock()
	ws := c.ws
	c.mu.Unlock()
	ws.Close()
}

// closeReason returns why nothing can be sent once closing is done: why the
// connection has ended, or ErrClosed.
func (c *Conn) closeReason() error { return cmp.Or(context.Cause(c.ended), ErrClosed) }

// waitConnected waits until the service has named the connection.
func (c *Conn) waitConnected(ctx context.Context) error {
	if c.codec == nil {
		return nil
	}
	select {
	case <-c.connected:
		return nil
	case <-c.ended.Done():
		return context.Cause(c.ended)
	case <-ctx.Done():
		return ctx.Err()
	}
}

// seen records a sign of life. Its time is that of the monotonic clock, so that
// a step of the wall clock does not look like silence.
func (c *Conn) seen() { c.lastSeen.Store(int64(time.Since(c.started))) }

// silence returns the time since the last sign of life.
func (c *Conn) silence() time.Duration {
	return time.Since(c.started) - time.Duration(c.lastSeen.Load())
}
