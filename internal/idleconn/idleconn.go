// Package idleconn closes the connections of a stopping HTTP server on which no
// request was ever sent.
//
// Browsers open such connections in advance. http.Server.Shutdown waits five seconds
// for a request on them, so that Ctrl-C seems not to work while a page is open.
//
//	web := &http.Server{Handler: h}
//	idleconn.CloseAtShutdown(web)
package idleconn

import (
	"net"
	"net/http"
	"sync"
)

// conns holds the connections of a server that have sent nothing yet. At most one
// entry for each open connection.
type conns struct {
	mu      sync.Mutex
	unused  map[net.Conn]struct{}
	stopped bool
}

// CloseAtShutdown makes Shutdown of the server close the connections that have sent
// nothing. It sets ConnState and must be called before the server serves.
func CloseAtShutdown(web *http.Server) {
	c := &conns{unused: map[net.Conn]struct{}{}}
	web.ConnState = c.track
	web.RegisterOnShutdown(c.close)
}

// track is the ConnState of the server.
func (c *conns) track(conn net.Conn, state http.ConnState) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case state != http.StateNew:
		delete(c.unused, conn)
	case c.stopped:
		conn.Close()
	default:
		c.unused[conn] = struct{}{}
	}
}

// close closes what is open and unused, and every connection that is new after it.
func (c *conns) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	for conn := range c.unused {
		conn.Close()
	}
}
