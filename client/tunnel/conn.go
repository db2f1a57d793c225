package tunnel

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"wps/internal/oneline"
	wire "wps/protocol/tunnel"
)

// conn is one connection of a tunnel. Its reader runs in serve.
type conn struct {
	client       *Client
	run          *run
	ws           *websocket.Conn
	connectionID string

	out    wire.Writer
	opened time.Time

	mu        sync.Mutex
	answering int           // how many requests
	finishing bool          // no further request is answered
	idle      chan struct{} // closed when finishing and answering none
	closing   bool          // a close frame was sent: the deadline of reading stays
}

var errText = errors.New("the service sent a text message, which a tunnel does not have")

func newConn(c *Client, ws *websocket.Conn) *conn {
	deadline := func() time.Time { return time.Now().Add(writeTimeout) }
	return &conn{client: c, ws: ws, out: wire.Writer{Side: wire.Client, Socket: ws, Deadline: deadline}, idle: make(chan struct{})}
}

// next reads one message.
func (c *conn) next() (wire.Message, error) {
	kind, r, err := c.ws.NextReader()
	if err != nil {
		return nil, err
	}
	if kind != websocket.BinaryMessage {
		return nil, errText
	}
	var frame bytes.Buffer
	if _, err := io.Copy(&frame, r); err != nil {
		return nil, err
	}
	return wire.Parse(frame.Bytes())
}

// serve handles the messages of the service until the connection ends. When ctx ends,
// it finishes what is being answered and closes.
func (c *conn) serve(ctx context.Context) *ending {
	living, lost := context.WithCancel(context.WithoutCancel(ctx))
	var helpers sync.WaitGroup
	helpers.Go(func() { c.ping(living) })
	helpers.Go(func() {
		select {
		case <-ctx.Done():
			c.finish()
		case <-living.Done():
		}
	})
	c.setControlHandlers()
	end := c.read(ctx, living)
	end.connectionID = c.connectionID
	lost()
	c.ws.Close()
	helpers.Wait()
	return end
}

// read handles messages until one cannot be read or ends the connection.
func (c *conn) read(ctx, living context.Context) *ending {
	for {
		if err := c.extend(); err != nil {
			return &ending{err: err}
		}
		m, err := c.next()
		if err != nil {
			return &ending{err: explain(err, silence)}
		}
		if end := c.handle(ctx, living, m); end != nil {
			return end
		}
	}
}

// handle handles one message. The result is nil unless it ends the connection.
func (c *conn) handle(ctx, living context.Context, m wire.Message) *ending {
	log := c.client.o.Logger.With("hub", c.client.o.Hub, "connectionId", c.connectionID)
	switch m := m.(type) {
	case *wire.Request:
		c.request(living, m)
	case *wire.Rebalance:
		log.Info("the service asks for another tunnel connection", "reason", oneline.Of(m.Text), "target", oneline.Of(m.TargetID))
		if at, err := c.client.moved(m.Endpoint, m.TargetID); err != nil {
			log.Warn("no further tunnel connection", "error", err)
		} else {
			c.run.begin(ctx, at)
		}
	case *wire.Reconnect:
		log.Info("the service moves the tunnel connection", "reason", oneline.Of(m.Text), "target", oneline.Of(m.TargetID))
		return c.move(ctx, m)
	case *wire.Close:
		c.finish()
		return &ending{err: closedError(oneline.Of(m.Text)), final: true}
	case *wire.Status:
		log.Info("message of the service", "text", oneline.Of(m.Text))
	default:
		log.Debug("tunnel message ignored", "type", m.Kind())
	}
	return nil
}

// move opens another connection in place of this one, and finishes this one. One that
// was moved as soon as it was open waits, so that two instances of the service
// cannot pass it to and fro.
func (c *conn) move(ctx context.Context, m *wire.Reconnect) *ending {
	at, err := c.client.moved(m.Endpoint, m.TargetID)
	if err != nil {
		c.finish()
		return &ending{err: err}
	}
	delay := time.Duration(0)
	if time.Since(c.opened) < retry.First {
		delay = retry.Delay(0)
	}
	c.run.replace(ctx, at, delay)
	c.finish()
	return &ending{final: true}
}

// finish refuses further requests, waits until those that are being answered have
// been, at most finishTimeout, and sends a close frame.
func (c *conn) finish() {
	c.mu.Lock()
	if !c.finishing && c.answering == 0 {
		close(c.idle)
	}
	c.finishing = true
	c.mu.Unlock()
	late := time.NewTimer(finishTimeout)
	defer late.Stop()
	select {
	case <-c.idle:
	case <-late.C:
	}
	c.mu.Lock()
	c.closing = true
	_ = c.ws.SetReadDeadline(time.Now().Add(closeTimeout)) // fails when it has ended
	c.mu.Unlock()
	frame := websocket.FormatCloseMessage(websocket.CloseNormalClosure, "")
	_ = c.ws.WriteControl(websocket.CloseMessage, frame, time.Now().Add(closeTimeout)) // the same
}

// begin counts a request. It returns false when none is answered any more.
func (c *conn) begin() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.finishing {
		c.answering++
	}
	return !c.finishing
}

// end ends what begin has counted.
func (c *conn) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.answering--; c.finishing && c.answering == 0 {
		close(c.idle)
	}
}

// setControlHandlers makes every ping and pong a sign of life.
func (c *conn) setControlHandlers() {
	c.ws.SetPongHandler(func(string) error { return c.extend() })
	c.ws.SetPingHandler(func(text string) error {
		err := c.ws.WriteControl(websocket.PongMessage, []byte(text), time.Now().Add(writeTimeout))
		if errors.Is(err, websocket.ErrCloseSent) {
			return nil
		}
		return errors.Join(err, c.extend())
	})
}

// extend moves the time by which something must be read.
func (c *conn) extend() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closing {
		return nil
	}
	return c.ws.SetReadDeadline(time.Now().Add(silence))
}

// ping pings the service until the connection ends.
func (c *conn) ping(living context.Context) {
	tick := time.NewTicker(pingInterval)
	defer tick.Stop()
	for {
		select {
		case <-living.Done():
			return
		case <-tick.C:
		}
		if c.ws.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout)) != nil {
			return // the reader notices it
		}
	}
}

// write writes one message. After an error the connection is cut.
func (c *conn) write(m wire.Message) error { return c.out.Write(m) }
