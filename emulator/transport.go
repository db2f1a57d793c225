package emulator

import (
	"bufio"
	"net"
	"net/http"

	"wps/emulator/internal/outbound"
)

// captureWriter hands the WebSocket library a transport that it can read from
// but not write to: its 101 answer is kept for the queue, and control frames
// that it would send are dropped, because the queue owns writing.
type captureWriter struct {
	http.ResponseWriter
	conn *captureConn
}

// Hijack takes the connection over from the HTTP server.
func (w *captureWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	nc, rw, err := http.NewResponseController(w.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	w.conn = &captureConn{Conn: nc}
	return w.conn, rw, nil
}

type captureConn struct {
	net.Conn
	answer []byte
	open   bool
	ahead  []byte // read while an event was being handled
	failed error  // how that reading ended
	tail   tail   // of what the WebSocket library read
}

func (c *captureConn) Write(b []byte) (int, error) {
	if !c.open {
		c.answer = append([]byte(nil), b...)
		c.open = true
	}
	return len(b), nil
}

// maxAhead is how much watch reads ahead, in bytes. A client that sends more
// while its event is being handled has to wait.
const maxAhead = 64 << 10

// readAhead reads until maxAhead bytes wait or reading fails.
func (c *captureConn) readAhead(alive func()) error {
	buf := make([]byte, readBuffer)
	for len(c.ahead) < maxAhead {
		n, err := c.Conn.Read(buf)
		c.ahead = append(c.ahead, buf[:n]...)
		if err != nil {
			return err
		}
		alive()
	}
	return nil
}

// Read returns what was read ahead, then the error that ended that, then reads.
func (c *captureConn) Read(b []byte) (int, error) {
	n, err := c.readNext(b)
	c.tail.note(b[:n])
	return n, err
}

func (c *captureConn) readNext(b []byte) (int, error) {
	switch {
	case len(c.ahead) > 0:
		n := copy(b, c.ahead)
		if c.ahead = c.ahead[n:]; len(c.ahead) == 0 {
			c.ahead = nil
		}
		return n, nil
	case c.failed != nil:
		return 0, c.failed
	}
	return c.Conn.Read(b)
}

// tail is the end of what a client sent: as much as the frame of a close with
// half a code has, that is two bytes of header, a mask of four and one byte.
type tail [7]byte

// note adds what was read.
func (t *tail) note(b []byte) {
	if len(b) < len(t) {
		copy(t[:], t[len(b):])
	}
	n := min(len(b), len(t))
	copy(t[len(t)-n:], b[len(b)-n:])
}

// hasHalfCode reports whether the last frame was a close with one byte, which is
// neither a code nor none (RFC 6455, section 5.5.1). The WebSocket library reads
// it as a close without a code.
func (t *tail) hasHalfCode() bool {
	const fin, mask = 0x80, 0x80
	return t[0] == fin|outbound.OpClose && t[1] == mask|1
}
