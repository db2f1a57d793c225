package tunnel_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"wps/client/tunnel"
	"wps/emulator/emulatortest"
	wire "wps/protocol/tunnel"
	"wps/token"
)

func TestMain(m *testing.M) { emulatortest.Main(m) }

var key = token.NewKey("0123456789abcdef0123456789abcdef")

// service is the other end of a tunnel, in a bubble: connections are pipes.
type service struct {
	t        *testing.T
	requests chan *http.Request // handshakes, which wait for an answer
	answers  chan int           // status of the answer to a handshake; 101 accepts
	conns    chan *serviceConn  // accepted
	changes  chan tunnel.Change // of the client
	down     atomic.Bool        // connections are refused
	dials    chan net.Conn
	handler  http.HandlerFunc
	result   chan error
	stop     context.CancelFunc
}

// serviceConn is an accepted connection.
type serviceConn struct {
	t  *testing.T
	ws *websocket.Conn
}

// inBubble runs f with a client that runs against a service.
func inBubble(t *testing.T, handler http.HandlerFunc, f func(t *testing.T, s *service)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &service{
			t: t, requests: make(chan *http.Request, 100), answers: make(chan int), conns: make(chan *serviceConn, 100),
			changes: make(chan tunnel.Change, 100), dials: make(chan net.Conn), handler: handler, result: make(chan error, 1),
		}
		web := &http.Server{Handler: s}
		go web.Serve(s)
		defer web.Close()
		ctx, cancel := context.WithCancel(t.Context())
		s.stop = cancel
		c := s.client("http://svc.test/base/")
		go func() { s.result <- c.Run(ctx) }()
		f(t, s)
		cancel()
		synctest.Wait()
	})
}

func (s *service) client(endpoint string) *tunnel.Client {
	s.t.Helper()
	u, err := url.Parse(endpoint)
	if err != nil {
		s.t.Fatal(err)
	}
	c, err := tunnel.New(tunnel.Options{
		Endpoint: u, Hub: "Chat.1", Token: tunnel.KeyToken(key), Handler: s.handler, NetDial: s.dial,
		OnChange: func(c tunnel.Change) { s.changes <- c },
	})
	if err != nil {
		s.t.Fatal(err)
	}
	return c
}

// The service is a net.Listener whose connections are dialed.
func (s *service) Accept() (net.Conn, error) {
	c, ok := <-s.dials
	if !ok {
		return nil, net.ErrClosed
	}
	return c, nil
}

func (s *service) Close() error   { close(s.dials); return nil }
func (s *service) Addr() net.Addr { return &net.TCPAddr{} }

var errDown = errors.New("connection refused")

func (s *service) dial(context.Context, string, string) (net.Conn, error) {
	if s.down.Load() {
		return nil, errDown
	}
	near, far := net.Pipe()
	s.dials <- far
	return near, nil
}

// ServeHTTP passes a handshake on and answers it with the status that the test has.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.requests <- r
	status, ok := <-s.answers
	if !ok || status != http.StatusSwitchingProtocols {
		w.WriteHeader(status)
		return
	}
	u := websocket.Upgrader{}
	ws, err := u.Upgrade(w, r, nil)
	if err != nil {
		s.t.Error(err)
		return
	}
	s.conns <- &serviceConn{s.t, ws}
}

// accept accepts the next handshake, greets the client and returns the connection and
// the handshake.
func (s *service) accept(id string) (*serviceConn, *http.Request) {
	s.t.Helper()
	s.answers <- http.StatusSwitchingProtocols
	c := <-s.conns
	s.t.Cleanup(func() { c.ws.Close() })
	c.write(&wire.Connected{ConnectionID: id, UserID: "u"})
	if change := <-s.changes; change.ConnectionID != id || change.Err != nil || change.Open == 0 {
		s.t.Errorf("change = %+v, want that %s is open", change, id)
	}
	return c, <-s.requests
}

func (c *serviceConn) write(m wire.Message) {
	c.t.Helper()
	b, err := wire.Append(nil, wire.Service, m)
	if err == nil {
		err = c.ws.WriteMessage(websocket.BinaryMessage, b)
	}
	if err != nil {
		c.t.Fatalf("write %+v: %v", m, err)
	}
}

// response reads a response.
func (c *serviceConn) response() *wire.Response {
	c.t.Helper()
	_, b, err := c.ws.ReadMessage()
	if err != nil {
		c.t.Fatalf("read: %v", err)
	}
	m, err := wire.Parse(b)
	r, ok := m.(*wire.Response)
	if err != nil || !ok {
		c.t.Fatalf("message = %+v, %v, want a response", m, err)
	}
	return r
}

// closed reads until the connection ends, and expects a normal close.
func (c *serviceConn) closed() {
	c.t.Helper()
	_, b, err := c.ws.ReadMessage()
	if !websocket.IsCloseError(err, websocket.CloseNormalClosure) {
		c.t.Errorf("read = %q, %v, want close 1000", b, err)
	}
}

func post(ack int64, body string) *wire.Request {
	return &wire.Request{AckID: ack, Method: "POST", URL: "tunnel:///eh/message?code=s%2F", Header: map[string][]string{"ce-hub": {"chat"}, "x": {"1", "2"}}, ChannelName: "n", Body: []byte(body)}
}

// ends waits for the result of Run.
func (s *service) ends() error {
	s.t.Helper()
	select {
	case err := <-s.result:
		return err
	case <-time.After(time.Hour): // by the bubble's clock
		s.t.Fatal("Run has not returned")
	}
	return nil
}
