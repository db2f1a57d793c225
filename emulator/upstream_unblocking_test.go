package emulator_test

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"wps/emulator"
	"wps/protocol"
)

// TestDisconnectedDoesNotWait has a handler that does not answer connected: after
// the client has gone, disconnected comes all the same, and second.
func TestDisconnectedDoesNotWait(t *testing.T) {
	t.Parallel()
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	local := func(h http.Handler) emulator.EventHandler {
		return emulator.EventHandler{Handler: h, SystemEvents: emulator.AllSystemEvents()}
	}
	for name, reach := range map[string]func(http.Handler) emulator.EventHandler{"over HTTP": everything, "in process": local} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &handler{reply: on(protocol.EventConnected, hang)}
			inBubble(t, emulator.Options{Hubs: hubs(reach(h))}, func(t *testing.T, b *bubble) {
				c := b.dial(clientOptions{})
				c.ws.Close()
				time.Sleep(time.Second)
				synctest.Wait()
				if got := names(h.events()); got != "connect connected disconnected" {
					t.Errorf("events = %q, want all three", got)
				}
				if took := h.events()[2].at.Sub(h.events()[1].at); took > 100*time.Millisecond {
					t.Errorf("disconnected came %s after connected, want at most 100 ms", took)
				}
			})
		})
	}
}

// TestConnectedComesFirst has a client that sends a user event while the connection
// for connected is not open yet: the event is sent after it. It does not wait for the
// answer to connected.
func TestConnectedComesFirst(t *testing.T) {
	t.Parallel()
	const third = 3 // after validation and connect
	h := &handler{reply: on(protocol.EventConnected, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })}
	w := &slowDial{handler: h, held: third}
	o := everything(h)
	o.Transport = &http.Transport{DialContext: w.dial, DisableKeepAlives: true}
	inBubble(t, emulator.Options{Hubs: hubs(o)}, func(t *testing.T, b *bubble) {
		c := b.dial(clientOptions{})
		defer w.close()
		c.send("hello")
		synctest.Wait()
		if got := names(h.events()); got != "connect" || w.count != third {
			t.Errorf("events = %q over %d connections, want connect alone, while connected is on its way", got, w.count)
		}
		close(w.release)
		synctest.Wait()
		if got := strings.Join(w.written, " "); got != "connect connected message" {
			t.Errorf("requests = %q, want connected, and the user event without its answer", got)
		}
		if got := h.events(); len(got) != 3 { // in any order: the handler has a goroutine for each
			t.Errorf("events = %q, want three", names(got))
		}
	})
}

// slowDial connects to a handler over pipes, and holds one connection up until
// release is closed. It is made in the bubble of its first connection.
type slowDial struct {
	handler http.Handler
	held    int

	mu      sync.Mutex
	count   int
	written []string // events, in the order in which their requests were written
	release chan struct{}
	pipes   *pipes
	web     *http.Server
}

func (d *slowDial) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	d.mu.Lock()
	if d.count++; d.count == 1 {
		d.release = make(chan struct{})
		d.pipes = &pipes{conns: make(chan net.Conn), done: make(chan struct{})}
		d.web = &http.Server{Handler: d.handler}
		go d.web.Serve(d.pipes)
	}
	held := d.count == d.held
	d.mu.Unlock()
	if held {
		<-d.release
	}
	c, err := d.pipes.dial(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	return &watchedConn{c, d}, nil
}

// watchedConn notes the event of the request that is written to it.
type watchedConn struct {
	net.Conn
	of *slowDial
}

func (c *watchedConn) Write(b []byte) (int, error) {
	if _, rest, found := strings.Cut(strings.ToLower(string(b)), "\r\nce-eventname: "); found {
		name, _, _ := strings.Cut(rest, "\r\n")
		c.of.mu.Lock()
		c.of.written = append(c.of.written, name)
		c.of.mu.Unlock()
	}
	return c.Conn.Write(b)
}

func (d *slowDial) close() { d.web.Close() }
