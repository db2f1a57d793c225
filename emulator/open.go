package emulator

import (
	"bufio"
	"net"
	"net/http"
	"time"

	"github.com/gorilla/websocket"
)

// readBuffer is the size of a connection's read buffer, in bytes: most client
// messages are small, and an idle connection keeps it.
const readBuffer = 1024

// open finishes the handshake and starts the connection's reader. The 101 answer
// goes through the queue like everything else: when the client sees it, the
// connection is already in its hub and groups. False means it was not opened.
func (s *Server) open(w http.ResponseWriter, r *http.Request, c *conn, subprotocol string, groups []string) bool {
	if !s.admit() {
		w.WriteHeader(http.StatusServiceUnavailable)
		return false
	}
	upgrader := websocket.Upgrader{
		ReadBufferSize: readBuffer,
		CheckOrigin:    func(*http.Request) bool { return true },
		Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
			http.Error(w, reason.Error(), status)
		},
	}
	header := http.Header{}
	if subprotocol != "" {
		header["Sec-Websocket-Protocol"] = []string{subprotocol}
	}
	hijack := &captureWriter{ResponseWriter: w}
	ws, err := upgrader.Upgrade(hijack, r, header)
	if err != nil {
		s.wg.Done()
		return false
	}
	ws.SetPingHandler(func(text string) error {
		c.seen.Store(0)
		c.reply(appendFrame(nil, opPong, []byte(text)))
		return nil
	})
	ws.SetPongHandler(func(string) error { c.seen.Store(0); return nil })
	c.ws = ws
	c.out.wg, c.out.transport = &s.wg, hijack.conn.Conn
	c.hub.add(c, groups, func() {
		c.out.push(hijack.conn.answer)
		if hello := c.client.greeting(c); hello != nil {
			c.out.push(hello)
		}
	})
	hijack.conn.answer = nil
	s.log.Info("connection opened", "hub", c.hub.name, "connectionId", c.id, "userId", c.userID)
	go func() {
		defer s.wg.Done()
		c.read()
	}()
	s.closeLate(c)
	return true
}

// admit counts a coming reader goroutine, unless the server is closing.
func (s *Server) admit() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.wg.Add(1)
	if !s.pinging && s.keepAlive > 0 {
		s.pinging = true
		s.wg.Go(s.pingClients)
	}
	return true
}

// closeLate closes a connection that Close may have missed because it came into
// its hub while Close was walking.
func (s *Server) closeLate(c *conn) {
	if s.ctx.Err() != nil {
		c.close(closeGoingAway, "", nil)
	}
}

// captureWriter hands the WebSocket library a transport that it can read from
// but not write to: its 101 answer is kept for the queue, and control frames
// that it would send by itself are dropped, because the queue owns writing.
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
}

func (c *captureConn) Write(b []byte) (int, error) {
	if !c.open {
		c.answer = append([]byte(nil), b...)
		c.open = true
	}
	return len(b), nil
}

// defaultKeepAlive is the service's default; a client that stays silent for
// silentRounds of it is cut off.
//
// Source: product documentation, hub setting webSocketKeepAliveIntervalInSeconds.
const (
	defaultKeepAlive = 20 * time.Second
	silentRounds     = 3
)

// pingClients pings every client at each interval until the server closes or
// has no connection left.
func (s *Server) pingClients() {
	tick := time.NewTicker(s.keepAlive)
	defer tick.Stop()
	ping := appendFrame(nil, opPing, nil)
	for {
		select {
		case <-s.ctx.Done():
			return
		case <-tick.C:
		}
		if s.pingRound(ping) == 0 && s.stopPinging() {
			return
		}
	}
}

// pingRound pings all clients and gives their number.
func (s *Server) pingRound(ping []byte) int {
	n := 0
	for _, h := range s.everyHub() {
		for _, c := range h.members(everyone) {
			n++
			if c.seen.Add(1) > silentRounds {
				s.log.Warn("connection silent, closed", "hub", h.name, "connectionId", c.id, "userId", c.userID)
				h.remove(c)             // gone before the client can notice
				c.out.transport.Close() // ends the reader
				continue
			}
			c.reply(ping)
		}
	}
	return n
}

// stopPinging ends the pinging unless a connection has come meanwhile.
func (s *Server) stopPinging() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range s.hubs {
		if h.exists(everyone) {
			return false
		}
	}
	s.pinging = false
	return true
}
