package ws

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/gorilla/websocket"

	"wps/internal/wait"
	"wps/protocol"
)

// Events of a reliable connection that [Conn.Receive] returns as system responses,
// although the service does not send them. After EventLost the connection ends.
const (
	EventRecovering = "recovering"
	EventRecovered  = "recovered"
	EventLost       = "lost"
)

// recoveryBackoff is the delay before an attempt to recover. It is half random, so
// that many clients do not come back at once.
var recoveryBackoff = wait.Backoff{First: 50 * time.Millisecond, Max: 5 * time.Second, Jitter: 0.5}

// steadyAfter is how long a transport must last after a recovery, if it brings no
// message, for the next recovery not to wait longer than this one did.
const steadyAfter = 5 * time.Second

// mayRecover reports whether the connection can go on with another transport.
func (c *Conn) mayRecover(err error) bool {
	if !c.reliable() || c.recoveryTimeout == 0 || c.closing.Err() != nil || isFinal(err) {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.connectionID != "" && c.reconnectionToken != ""
}

// isFinal reports whether err ends a connection for good, which a broken transport
// and a service that goes away do not.
//
// Source: client specification; the codes of protocol violations as the vendor's
// emulator uses them.
func isFinal(err error) bool {
	var closed *CloseError
	if !errors.As(err, &closed) {
		return true
	}
	switch closed.Code {
	case websocket.CloseNormalClosure, websocket.ClosePolicyViolation, websocket.CloseProtocolError,
		websocket.CloseUnsupportedData, websocket.CloseInvalidFramePayloadData, websocket.CloseMessageTooBig:
		return true
	}
	return false
}

// runRecovery opens transports until the service sends something on one, the time
// is over, or the service refuses for good. It reports whether the connection
// recovered, and returns why that transport ended, or why there was none.
func (c *Conn) runRecovery(cause error) (recovered bool, err error) {
	c.notify(EventRecovering)
	within, cancel := context.WithTimeout(c.closing, c.recoveryTimeout)
	defer cancel()
	last := cause
	for n := c.brief; wait.For(within, min(recoveryBackoff.Delay(n), c.recoveryTimeout/4)) == nil; n++ {
		ws, err := c.reopen(within)
		if err != nil {
			c.log.Info("recovery failed", "attempt", n-c.brief+1, "error", err)
			last = err
			continue
		}
		c.attach(ws)
		since, largest := time.Now(), c.sequence.largest.Load()
		recovered, err = c.serve(true)
		if recovered {
			c.countBrief(time.Since(since), c.sequence.largest.Load() > largest)
			return true, err
		}
		if last = err; isFinal(err) {
			break
		}
	}
	if c.closing.Err() != nil {
		return false, c.closeReason()
	}
	c.notify(EventLost)
	if isFinal(last) && errors.As(last, new(*CloseError)) {
		return false, last
	}
	return false, &CloseError{
		Code:  websocket.CloseAbnormalClosure,
		cause: fmt.Errorf("not recovered within %v: %w", c.recoveryTimeout, last),
	}
}

// countBrief counts the transports in a row that broke soon after a recovery without
// a new message, so that the waits grow as those between failed attempts do: a
// service that accepts every recovery and ends it is not asked without pause.
func (c *Conn) countBrief(lasted time.Duration, heard bool) {
	if c.brief++; heard || lasted >= steadyAfter {
		c.brief = 0
	}
}

// reopen opens a transport for the same connection. Its read deadline limits the
// wait for the first message of the service; recovered removes it.
func (c *Conn) reopen(ctx context.Context) (*websocket.Conn, error) {
	limit := cmp.Or(c.options.HandshakeTimeout, defaultHandshakeTimeout)
	within, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	u := c.recoveryURL()
	ws, err := handshake(within, u, c.options)
	if err != nil {
		return nil, explainDial(ctx, within, u, c.options, err)
	}
	if err := ws.SetReadDeadline(time.Now().Add(limit)); err != nil {
		ws.Close()
		return nil, err
	}
	return ws, nil
}

// recoveryURL is the client URL with the reconnection token in place of the
// access token, which is not needed and may have expired.
func (c *Conn) recoveryURL() *url.URL {
	c.mu.Lock()
	defer c.mu.Unlock()
	q := c.address.Query()
	q.Del("access_token")
	q.Set("awps_connection_id", c.connectionID)
	q.Set("awps_reconnection_token", c.reconnectionToken)
	u := *c.address
	u.RawQuery = q.Encode()
	return &u
}

// resume writes the first frames of a new transport: the sequence ack, every
// request that may not have arrived, and a ping, so that the service has to
// answer. The service recognises a request that did arrive by its ack id and does
// not carry it out twice.
func (c *Conn) resume() error {
	c.sequence.acked = 0
	if err := c.acknowledge(); err != nil {
		return err
	}
	for _, f := range c.unanswered() {
		if err := c.writeFrame(f); err != nil {
			return err
		}
	}
	for range c.restartPings() {
		if err := c.writeFrame(c.pingFrame()); err != nil {
			return err
		}
	}
	return nil
}

// unanswered returns the requests that were written and not answered, in order.
func (c *Conn) unanswered() []frame {
	c.mu.Lock()
	defer c.mu.Unlock()
	var list []frame
	for _, a := range c.acks {
		if a.written {
			list = append(list, a.frame)
		}
	}
	slices.SortFunc(list, func(a, b frame) int { return cmp.Compare(a.ackID, b.ackID) })
	return list
}

// restartPings keeps the pings of callers, whose pongs were lost with the former
// transport, adds one of the connection itself, and returns their number.
func (c *Conn) restartPings() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	old := len(c.pings)
	c.pings = slices.DeleteFunc(c.pings, func(p chan struct{}) bool { return p == nil })
	c.pings = append(c.pings, nil)
	c.inbox.await(len(c.pings) - old)
	return len(c.pings)
}

// recovered removes the read deadline of a transport on which the service has sent
// something, and reports the event.
func (c *Conn) recovered() {
	if err := c.ws.SetReadDeadline(time.Time{}); err != nil {
		c.log.Debug("read deadline", "error", err)
	}
	c.notify(EventRecovered)
}

func (c *Conn) notify(event string) {
	c.log.Info("connection "+event, "connectionId", c.ConnectionID())
	c.inbox.note(&protocol.Response{Type: protocol.ResponseSystem, Event: event})
}
