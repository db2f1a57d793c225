// Package tunnel is the service's end of tunnels: it keeps the connections that
// event handlers have opened, sends events over them, and runs the REST requests
// that come from them. Who may open one is left to package emulator.
//
//	t := tunnel.New(tunnel.Options{REST: handler})
//	err := t.Serve(ws, tunnel.Info{ID: id, Hub: "chat"}) // until the connection ends
//	c := t.Carrier("tunnel:///eventhandler/{event}")     // sends events to "chat"
package tunnel

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"

	"wps/emulator/internal/carrier"
	wire "wps/protocol/tunnel"
)

// MaxConnections limits the open tunnel connections of a server.
const MaxConnections = 64

// Limits in time of one connection.
const (
	// writeTimeout limits the write of one frame.
	writeTimeout = 10 * time.Second
	// closeTimeout is how long a closing server waits for its clients.
	closeTimeout = 2 * time.Second
	// silentRounds is how many pings a client may leave without an answer.
	silentRounds = 3
)

// Errors of Serve before the first message.
var (
	ErrTooMany = fmt.Errorf("there are %d tunnel connections already", MaxConnections)
	ErrClosed  = errors.New("the emulator is closing")
)

// Info describes one tunnel connection.
type Info struct {
	// ID is the id of the connection.
	ID string
	// Hub is the hub whose events it receives, in lower case.
	Hub string
	// ClientID is the subject of its token: all connections of one client have the
	// same.
	ClientID string
	// Target is the instance of the service that the client asked for, "" for any.
	Target string
	// Since is when it was opened.
	Since time.Time
}

// Status describes one tunnel connection and what it is doing.
type Status struct {
	Info
	// InFlight is how many events wait for their answers.
	InFlight int
}

// Options configure [Tunnels].
type Options struct {
	// KeepAlive is the time between two pings; none are sent if it is not positive.
	KeepAlive time.Duration
	// Logger logs connections.
	Logger *slog.Logger
	// REST runs the requests of clients, one after another for each connection.
	REST http.Handler
	// Opened and Closed are called when a connection is ready and when it has ended.
	Opened func(Info)
	Closed func(i Info, reason string)
}

// Tunnels are the tunnel connections of a server. All methods may be called
// concurrently.
type Tunnels struct {
	o       Options
	serving sync.WaitGroup

	mu     sync.Mutex
	closed bool
	hubs   map[string]*hub // those with connections
	count  int             // of all connections
}

// hub has the connections of a hub, in the order in which they were opened.
type hub struct {
	conns []*conn
	next  int // the one whose turn it is
}

// New returns Tunnels without connections.
func New(o Options) *Tunnels { return &Tunnels{o: o, hubs: map[string]*hub{}} }

// Serve sends the first message on a new connection and serves it until it ends.
// The error is ErrTooMany or ErrClosed; the connection is closed then, too.
func (t *Tunnels) Serve(ws *websocket.Conn, i Info) error {
	defer ws.Close()
	c := newConn(t, ws, i)
	if err := t.add(c); err != nil {
		c.closeWith(websocket.CloseTryAgainLater, err.Error())
		return err
	}
	defer t.serving.Done()
	c.serve()
	return nil
}

// add admits a connection, which gets no events before it is ready.
func (t *Tunnels) add(c *conn) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.closed:
		return ErrClosed
	case t.count >= MaxConnections:
		return ErrTooMany
	}
	t.count++
	t.serving.Add(1)
	h := t.hubs[c.info.Hub]
	if h == nil {
		h = &hub{}
		t.hubs[c.info.Hub] = h
	}
	h.conns = append(h.conns, c)
	return nil
}

// remove forgets a connection.
func (t *Tunnels) remove(c *conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.count--
	h := t.hubs[c.info.Hub]
	h.conns = slices.DeleteFunc(h.conns, func(x *conn) bool { return x == c })
	if len(h.conns) == 0 {
		delete(t.hubs, c.info.Hub)
	}
}

// pick returns the connection of a hub whose turn it is, nil if none is ready.
func (t *Tunnels) pick(name string) *conn {
	t.mu.Lock()
	defer t.mu.Unlock()
	h := t.hubs[name]
	if h == nil {
		return nil
	}
	for range h.conns {
		h.next = (h.next + 1) % len(h.conns)
		if c := h.conns[h.next]; c.ready.Load() {
			return c
		}
	}
	return nil
}

// List returns the connections, by hub and in the order in which they were opened.
func (t *Tunnels) List() []Status {
	all := []Status{}
	for _, c := range t.all() {
		all = append(all, Status{c.info, c.inFlight()})
	}
	slices.SortStableFunc(all, func(a, b Status) int { return strings.Compare(a.Hub, b.Hub) })
	return all
}

func (t *Tunnels) all() (all []*conn) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, h := range t.hubs {
		all = append(all, h.conns...)
	}
	return all
}

// Ask sends a message about a connection to its client: Reconnect and Close end
// the connection, which gets no more events, Rebalance opens another one. ok is
// false if there is no such connection.
func (t *Tunnels) Ask(id string, m wire.Message) (ok bool) {
	for _, c := range t.all() {
		if c.info.ID != id {
			continue
		}
		if m.Kind() != wire.KindRebalance {
			c.ready.Store(false)
		}
		return c.write(m) == nil
	}
	return false
}

// Close closes every connection as an instance of the service does that restarts, with
// 1001 and without a [wire.Close], so that clients open them again when there is a
// service again. It waits until they have been closed, at most closeTimeout.
func (t *Tunnels) Close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	const ended = "the emulator has ended"
	all := t.all()
	for _, c := range all {
		c.expire(ended)
	}
	for _, c := range all {
		c.closeWith(websocket.CloseGoingAway, ended)
	}
	t.serving.Wait()
}

// Carrier returns the way to an event handler that is reached through the tunnels of
// an event's hub.
func (t *Tunnels) Carrier(template string) carrier.Carrier { return tunnelCarrier{t, template} }
