package emulator

import (
	"net/http"
	"sync"

	"github.com/gorilla/websocket"

	"wps/emulator/internal/outbound"
	"wps/protocol"
)

// readBuffer is the size of a connection's read buffer, in bytes: most client
// messages are small, and an idle connection keeps it.
const readBuffer = 1024

// open finishes the handshake and starts the connection's reader. The 101 answer
// goes through the queue like everything else: when the client sees it, the
// connection is already in its hub and groups.
func (s *Server) open(w *responseWriter, r *http.Request, hubName string, c *conn, groups []string) {
	l, answer := s.upgrade(w, r, c.subprotocol, c.kind.format())
	if l == nil { // there was no connection that could end
		c.source.abandon()
		return
	}
	l.conn, c.link, c.since = c, l, s.now()
	hello := c.client.connectedFrame(c)
	s.addConn(hubName, c, groups, func() {
		l.out.Push(outbound.Item{Bytes: answer})
		if hello != nil {
			l.out.Push(outbound.Item{Bytes: hello})
		}
		c.publishConnected(hello)
		c.source.connected(c.userID, c.subprotocol)
	})
	s.log.Info("connection opened", "hub", c.hub.name, "connectionId", c.id, "userId", c.userID)
	s.life.run(l.readLoop)
	s.closeLate(c)
}

// noBuffers makes the WebSocket library hold no write buffer: the queue writes.
var noBuffers sync.Pool

// upgrade makes a WebSocket of a request and returns the 101 answer, which is the
// first frame to queue. A nil link means that the request was answered otherwise.
func (s *Server) upgrade(w *responseWriter, r *http.Request, subprotocol string, f protocol.Format) (l *link, answer []byte) {
	upgrader := websocket.Upgrader{
		ReadBufferSize:  readBuffer,
		WriteBufferPool: &noBuffers,
		CheckOrigin:     func(*http.Request) bool { return true }, // ServeHTTP has checked it
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
		return nil, nil
	}
	l = &link{ws: ws, in: hijack.conn, out: outbound.NewQueue(&s.flusher, hijack.conn.Conn, f, s.clock.elapsed)}
	l.setControlHandlers()
	answer, hijack.conn.answer = hijack.conn.answer, nil
	return l, answer
}

// closeLate closes a connection that Close may have missed because it came into
// its hub while Close was walking.
func (s *Server) closeLate(c *conn) {
	if s.ctx.Err() != nil {
		c.close(ending{code: closeGoingAway, why: reasonEnded}, "", nil)
	}
}
