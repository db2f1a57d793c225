package ws

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"wps/client"
	"wps/internal/oneline"
	"wps/protocol"
)

// ErrAckTimeout is returned when the service did not answer within
// Options.AckTimeout. The request may have been carried out nevertheless.
var ErrAckTimeout = errors.New("no answer from the service")

// AckError is a refusal of one request; the connection stays open.
type AckError struct {
	// Name is Forbidden, InternalServerError, or another name of the service.
	Name string
	// Message is the service's text.
	Message string
	// AckID is the id of the request on its connection.
	AckID uint64
}

// Error names the refusal and its text.
func (e *AckError) Error() string {
	name, text := oneline.Of(e.Name), oneline.Of(e.Message)
	switch {
	case name == "" && text == "":
		return "refused by the service"
	case text == "":
		return name
	case name == "":
		return text
	}
	return name + ": " + text
}

// Is reports a Forbidden as [client.ErrUnauthorized].
func (e *AckError) Is(target error) bool {
	return target == client.ErrUnauthorized && e.Name == protocol.AckForbidden
}

// Pending is a request that was queued and not yet answered. Wait must be called
// exactly once.
type Pending struct {
	c     *Conn
	id    uint64
	ack   chan *protocol.Response
	until time.Time // when Options.AckTimeout is over
}

// request sends r and waits for its ack.
func (c *Conn) request(ctx context.Context, r *protocol.Request) error {
	p, err := c.start(ctx, r)
	if err != nil {
		return err
	}
	return p.Wait(ctx)
}

// start queues r and returns without waiting for its ack.
func (c *Conn) start(ctx context.Context, r *protocol.Request) (*Pending, error) {
	p := &Pending{c: c, ack: make(chan *protocol.Response, 1), until: time.Now().Add(c.ackTimeout)}
	within, cancel := p.within(ctx)
	defer cancel()
	f := c.expectAck(p.ack, r)
	p.id = f.ackID
	if err := c.enqueue(within, f); err != nil {
		c.forgetAck(p.id)
		return nil, c.ackDeadline(within, err)
	}
	return p, nil
}

// Wait waits for the answer. Its errors are those of the call that waits itself,
// such as [Conn.SendToGroup].
func (p *Pending) Wait(ctx context.Context) error {
	c := p.c
	defer c.forgetAck(p.id)
	within, cancel := p.within(ctx)
	defer cancel()
	select {
	case a := <-p.ack:
		return ackResult(a)
	case <-within.Done():
		return c.ackDeadline(within, within.Err())
	case <-c.ended.Done():
	}
	select {
	case a := <-p.ack: // received before the end
		return ackResult(a)
	default:
		return context.Cause(c.ended)
	}
}

func (p *Pending) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithDeadlineCause(ctx, p.until, ErrAckTimeout)
}

// ackResult returns the error of an ack. A Duplicate is none: the request was
// carried out before.
func ackResult(a *protocol.Response) error {
	if a.Success || a.ErrorName == protocol.AckDuplicate {
		return nil
	}
	return &AckError{Name: a.ErrorName, Message: a.ErrorMessage, AckID: a.AckID}
}

func (c *Conn) withAckTimeout(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(ctx, c.ackTimeout, ErrAckTimeout)
}

// ackDeadline replaces err when ctx ended because of Options.AckTimeout.
func (c *Conn) ackDeadline(ctx context.Context, err error) error {
	if ctx.Err() != nil && errors.Is(err, ctx.Err()) && errors.Is(context.Cause(ctx), ErrAckTimeout) {
		return fmt.Errorf("%w within %v", ErrAckTimeout, c.ackTimeout)
	}
	return err
}

// awaited is a request that waits for its ack.
type awaited struct {
	ack     chan *protocol.Response
	frame   frame
	written bool // by this or a former transport
}

// expectAck assigns an ack id to r and makes its frame.
func (c *Conn) expectAck(ack chan *protocol.Response, r *protocol.Request) frame {
	c.inbox.await(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.lastAckID++
	r.AckID, r.HasAckID = c.lastAckID, true
	f := c.encode(r)
	f.ackID = r.AckID
	c.acks[r.AckID] = &awaited{ack: ack, frame: f}
	return f
}

// noteWritten marks a request as written, so that it is written again after a
// recovery.
func (c *Conn) noteWritten(ackID uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if a := c.acks[ackID]; a != nil {
		a.written = true
	}
}

func (c *Conn) forgetAck(id uint64) {
	c.inbox.await(-1)
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.acks, id)
}

// acked delivers an ack to the call that waits for it.
func (c *Conn) acked(r *protocol.Response) {
	c.mu.Lock()
	a := c.acks[r.AckID]
	delete(c.acks, r.AckID)
	c.mu.Unlock()
	if a == nil {
		c.log.Debug("ack without a waiting call", "ackId", r.AckID)
		return
	}
	a.ack <- r
}

// Ping sends a ping to the service and waits for the pong, at most
// Options.AckTimeout. A simple client uses WebSocket control frames.
func (c *Conn) Ping(ctx context.Context) error {
	within, cancel := c.withAckTimeout(ctx)
	defer cancel()
	pong := make(chan struct{}, 1)
	c.expectPong(pong)
	if err := c.enqueue(within, c.pingFrame()); err != nil {
		c.forgetPing(pong)
		return c.ackDeadline(within, err)
	}
	select {
	case <-pong:
		return nil
	case <-within.Done():
		return c.ackDeadline(within, within.Err())
	case <-c.ended.Done():
	}
	select {
	case <-pong: // received before the end
		return nil
	default:
		return context.Cause(c.ended)
	}
}

// expectPong records a ping. Pongs have no id, so each answers the oldest ping; a
// ping stays recorded when its caller has given up.
func (c *Conn) expectPong(pong chan struct{}) {
	c.inbox.await(1)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pings = append(c.pings, pong)
}

// forgetPing removes a ping that was never sent.
func (c *Conn) forgetPing(pong chan struct{}) {
	c.inbox.await(-1)
	c.mu.Lock()
	defer c.mu.Unlock()
	if i := slices.Index(c.pings, pong); i >= 0 {
		c.pings = slices.Delete(c.pings, i, i+1)
	}
}

func (c *Conn) openPings() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.pings)
}

// pongSeen delivers a pong to the oldest ping.
func (c *Conn) pongSeen() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.pings) == 0 {
		return
	}
	if c.pings[0] != nil {
		c.pings[0] <- struct{}{}
	}
	c.pings = c.pings[1:]
	c.inbox.await(-1)
}
