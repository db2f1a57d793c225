package tunnel

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"

	"wps/internal/oneline"
	wire "wps/protocol/tunnel"
)

// conn is one tunnel connection. Its reader runs in Serve.
type conn struct {
	tunnels *Tunnels
	info    Info
	ws      *websocket.Conn
	ready   atomic.Bool // it may get events
	ended   chan struct{}
	out     wire.Writer

	mu      sync.Mutex
	lastID  int64
	waiting map[int64]*pending // nil when the connection has ended
	ending  string             // why it is about to end; "" if it is not
}

func newConn(t *Tunnels, ws *websocket.Conn, i Info) *conn {
	deadline := func() time.Time { return time.Now().Add(writeTimeout) }
	return &conn{
		tunnels: t, info: i, ws: ws, ended: make(chan struct{}), waiting: map[int64]*pending{},
		out: wire.Writer{Side: wire.Service, Socket: ws, Deadline: deadline},
	}
}

// errNotBinary ends a connection with a text message.
var errNotBinary = errors.New("a tunnel has binary messages only")

// serve greets the client and reads until the connection ends.
func (c *conn) serve() {
	var pinging sync.WaitGroup
	var err error
	if err = c.greet(); err == nil {
		c.tunnels.o.Opened(c.info)
		pinging.Go(c.ping)
		err = c.read()
		c.ready.Store(false)
		c.tunnels.remove(c)
		c.tunnels.o.Closed(c.info, c.reason(err))
	} else {
		c.tunnels.remove(c)
	}
	c.fail()
	close(c.ended)
	c.ws.Close()
	pinging.Wait()
}

// read handles messages until one cannot be read.
func (c *conn) read() error {
	c.ws.SetPongHandler(func(string) error { return c.extend() })
	c.ws.SetReadLimit(wire.MaxResponse)
	for {
		if err := c.extend(); err != nil {
			return err
		}
		kind, r, err := c.ws.NextReader()
		if err != nil {
			return err
		}
		if kind != websocket.BinaryMessage {
			c.closeWith(websocket.CloseUnsupportedData, errNotBinary.Error())
			return errNotBinary
		}
		var frame bytes.Buffer
		if _, err := io.Copy(&frame, r); err != nil {
			return err
		}
		m, err := wire.Parse(frame.Bytes())
		if err != nil {
			c.closeWith(websocket.CloseInvalidFramePayloadData, "the frame is invalid: "+err.Error())
			return err
		}
		c.handle(m)
	}
}

// extend moves the time by which something must be read, unless the connection is
// ending.
func (c *conn) extend() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.tunnels.o.KeepAlive <= 0 || c.ending != "" {
		return nil
	}
	return c.ws.SetReadDeadline(time.Now().Add((silentRounds + 1) * c.tunnels.o.KeepAlive))
}

// expire ends the connection after closeTimeout, for a reason.
func (c *conn) expire(why string) {
	c.ready.Store(false)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ending = why
	_ = c.ws.SetReadDeadline(time.Now().Add(closeTimeout)) // fails when it has ended
}

// handle handles one message. A request is run before the next message is read, so
// that REST requests are run in the order in which they were sent.
func (c *conn) handle(m wire.Message) {
	switch m := m.(type) {
	case *wire.Response:
		c.answered(m)
	case *wire.Request:
		for _, part := range c.tunnels.run(m) {
			if c.write(part) != nil {
				return // reading fails, too
			}
		}
	default:
		c.tunnels.o.Logger.Debug("tunnel message ignored", "hub", c.info.Hub, "connectionId", c.info.ID, "type", m.Kind())
	}
}

// ping pings the client until the connection ends.
func (c *conn) ping() {
	if c.tunnels.o.KeepAlive <= 0 {
		return
	}
	tick := time.NewTicker(c.tunnels.o.KeepAlive)
	defer tick.Stop()
	for {
		select {
		case <-c.ended:
			return
		case <-tick.C:
		}
		if c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout)) != nil {
			return // the reader notices it
		}
	}
}

// greet writes the first message. The connection may get events from now on, which
// are written after it.
func (c *conn) greet() error {
	return c.out.WriteAfter(func() { c.ready.Store(true) }, &wire.Connected{ConnectionID: c.info.ID, UserID: c.info.ClientID})
}

// write writes one message. After an error the connection is cut.
func (c *conn) write(m wire.Message) error { return c.out.Write(m) }

// closeWith sends a close frame.
func (c *conn) closeWith(code int, reason string) {
	const most = 123 // RFC 6455, section 5.5
	reason = strings.ToValidUTF8(reason[:min(len(reason), most)], "")
	frame := websocket.FormatCloseMessage(code, reason)
	_ = c.ws.WriteControl(websocket.CloseMessage, frame, time.Now().Add(writeTimeout)) // it is closed anyway
}

// reason returns why reading ended, for a notice.
func (c *conn) reason(err error) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ending != "" {
		return c.ending
	}
	return reasonOf(err)
}

// reasonOf returns why reading ended, for a notice.
func reasonOf(err error) string {
	var closed *websocket.CloseError
	switch {
	case errors.As(err, &closed) && closed.Code == websocket.CloseAbnormalClosure:
		return "the connection was cut"
	case errors.As(err, &closed):
		return "closed by the client with " + strconv.Itoa(closed.Code) + strings.TrimRight(" "+oneline.Of(closed.Text), " ")
	case errors.Is(err, errNotBinary):
		return err.Error()
	case errors.Is(err, websocket.ErrReadLimit):
		return "the client sent a frame that is too large"
	}
	return "the connection was cut: " + oneline.Of(err.Error())
}
