package ws

import (
	"fmt"
	"net"
	"sync/atomic"
)

// maxHandshake limits what a server may send during the handshake, in bytes: the
// handshake of TLS, the header of the answer, and what follows it at once. The
// WebSocket library reads a header of any size.
const maxHandshake = 256 << 10

// errLongHandshake is the error of a server that sends more.
var errLongHandshake = fmt.Errorf("the answer to the handshake has more than %d bytes", maxHandshake)

// handshakeConn is a network connection from which only so much can be read until
// the handshake is done.
type handshakeConn struct {
	net.Conn
	left int // used by the goroutine of the handshake
	done atomic.Bool
}

func (c *handshakeConn) Read(b []byte) (int, error) {
	if c.done.Load() {
		return c.Conn.Read(b)
	}
	if c.left <= 0 {
		return 0, errLongHandshake
	}
	n, err := c.Conn.Read(b[:min(len(b), c.left)])
	c.left -= n
	return n, err
}
