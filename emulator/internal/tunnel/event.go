package tunnel

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"wps/emulator/internal/carrier"
	"wps/protocol"
	wire "wps/protocol/tunnel"
)

// maxHeader bounds the header of an answer, in bytes, as it does over HTTP.
const maxHeader = 64 << 10

// tunnelCarrier sends the events of a handler through the tunnels of their hub.
type tunnelCarrier struct {
	tunnels  *Tunnels
	template string
}

// Local implements [carrier.Carrier].
func (tunnelCarrier) Local() bool { return false }

// Trusted implements [carrier.Carrier]: who opens a tunnel wants its events, and has
// proved it with a token of the service.
func (tunnelCarrier) Trusted() bool { return true }

// Address implements [carrier.Carrier].
func (c tunnelCarrier) Address(hub, event string) string {
	return carrier.Resolve(c.template, hub, event)
}

// errCut is the error of an event whose connection ended before its answer.
var errCut = errors.New("the tunnel was cut before the event was answered")

// Attempt implements [carrier.Carrier]. An event without a tunnel, and one whose
// connection ends before the answer, are like one whose handler cannot be reached.
func (c tunnelCarrier) Attempt(ctx context.Context, r *carrier.Request) (*carrier.Answer, error) {
	conn := c.tunnels.pick(r.Hub)
	if conn == nil {
		return nil, fmt.Errorf("no tunnel is connected for hub %q", r.Hub)
	}
	id, p := conn.begin()
	if p == nil {
		return nil, errCut
	}
	defer conn.forget(id)
	body := r.Body
	if len(body) == 0 {
		body = nil
	}
	if err := conn.write(&wire.Request{AckID: id, Method: r.Method, URL: r.URL, Header: sent(r.Header), Body: body}); err != nil {
		return nil, errCut
	}
	select {
	case <-p.done:
		return p.answer, p.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// sent returns the lines of a header that are sent.
func sent(h http.Header) map[string][]string {
	lines := make(map[string][]string, len(h))
	for name, values := range h {
		if len(values) > 0 {
			lines[name] = values
		}
	}
	return lines
}

// pending is a request that waits for its answer. Answer and err are set before done
// is closed; until then only the reader of the connection changes it.
type pending struct {
	done   chan struct{}
	answer *carrier.Answer
	err    error
}

// begin registers a request. The pending is nil if the connection has ended.
func (c *conn) begin() (int64, *pending) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.waiting == nil {
		return 0, nil
	}
	c.lastID++
	p := &pending{done: make(chan struct{})}
	c.waiting[c.lastID] = p
	return c.lastID, p
}

// inFlight returns how many requests wait for their answers.
func (c *conn) inFlight() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.waiting)
}

// forget drops a request; an answer that comes later is ignored.
func (c *conn) forget(id int64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.waiting, id)
}

// fail ends all requests that wait.
func (c *conn) fail() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.waiting {
		p.err = errCut
		close(p.done)
	}
	c.waiting = nil
}

// answered adds a part of an answer to its request, and ends the request with the
// last part or the first that is wrong.
func (c *conn) answered(m *wire.Response) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.waiting[m.AckID]
	if p == nil {
		return // it was given up, or is not ours
	}
	if err := p.add(m); err != nil {
		p.answer, p.err = nil, err
	} else if m.NotCompleted {
		return
	}
	delete(c.waiting, m.AckID)
	close(p.done)
}

// add joins a part to the answer.
func (p *pending) add(m *wire.Response) error {
	if p.answer == nil {
		header, size := http.Header{}, 0
		carrier.AddCanonical(header, m.Header)
		for name, values := range header {
			size += len(name)
			for _, v := range values {
				size += len(v)
			}
		}
		switch {
		case m.Status < 100 || m.Status > 999:
			return carrier.Unusable("the answer has the status %d", m.Status)
		case size > maxHeader:
			return carrier.Unusable("the header of the answer is larger than %d bytes", maxHeader)
		}
		p.answer = &carrier.Answer{Status: m.Status, Header: header}
	}
	if len(p.answer.Body)+len(m.Body) > protocol.MaxUpstreamResponse {
		return carrier.Unusable("the answer is larger than %d bytes", protocol.MaxUpstreamResponse)
	}
	if p.answer.Body == nil && !m.NotCompleted {
		p.answer.Body = m.Body // the only part is not copied
	} else {
		p.answer.Body = append(p.answer.Body, m.Body...)
	}
	if m.NotCompleted {
		return nil
	}
	return p.answer.CutRefusal()
}
