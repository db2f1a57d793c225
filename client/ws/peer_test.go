package ws_test

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"wps/client/ws"
	"wps/protocol"
)

// peer is the service's end of a connection in memory. It uses raw frames, so
// that a test has every byte that is sent and received. With synctest, time passes
// only when both ends wait.
type peer struct {
	t    testing.TB
	ws   *websocket.Conn
	raw  net.Conn
	turn chan struct{} // of writing; synctest knows a wait for a channel, not for a mutex
}

// upgrade answers the handshake on raw. It picks subprotocol, when it is not "".
func upgrade(raw net.Conn, subprotocol string) (*websocket.Conn, error) {
	_, ws, err := upgradeRequest(raw, subprotocol)
	return ws, err
}

// upgradeRequest is upgrade that also returns the requested URI.
func upgradeRequest(raw net.Conn, subprotocol string) (uri string, ws *websocket.Conn, err error) {
	r := bufio.NewReader(raw)
	req, err := http.ReadRequest(r)
	if err != nil {
		return "", nil, err
	}
	u := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	h := http.Header{}
	if subprotocol != "" {
		h.Set("Sec-Websocket-Protocol", subprotocol)
	}
	ws, err = u.Upgrade(&hijacker{raw, r}, req, h)
	return req.RequestURI, ws, err
}

// hijacker is a ResponseWriter that can only be hijacked.
type hijacker struct {
	net.Conn
	r *bufio.Reader
}

func (h *hijacker) Header() http.Header { return http.Header{} }
func (h *hijacker) WriteHeader(int)     {}
func (h *hijacker) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	return h.Conn, bufio.NewReadWriter(h.r, bufio.NewWriter(h.Conn)), nil
}

// pipeOptions make a dialled connection end in memory at the other.
func pipeOptions(o ws.Options) (ws.Options, net.Conn) {
	near, far := net.Pipe()
	o.URL = "ws://h.example/client/hubs/chat?access_token=secret"
	o.NetDial = func(context.Context, string, string) (net.Conn, error) { return near, nil }
	return o, far
}

// dialPeer connects a client in memory. A client with a subprotocol is greeted
// as u1 on c1.
func dialPeer(t testing.TB, o ws.Options) (*ws.Conn, *peer) {
	t.Helper()
	o, far := pipeOptions(o)
	ready := make(chan *peer, 1)
	go func() {
		ws, err := upgrade(far, o.Subprotocol)
		if err != nil {
			t.Errorf("upgrade: %v", err)
			far.Close()
			ready <- nil
			return
		}
		p := &peer{t, ws, far, make(chan struct{}, 1)}
		p.greet(o.Subprotocol)
		ready <- p
	}()
	c, err := ws.Dial(t.Context(), o)
	if err != nil {
		t.Fatalf("Dial: %v", err)
	}
	p := <-ready
	t.Cleanup(func() {
		far.Close()
		_ = c.Close(context.Background()) // its goroutines end in any case
	})
	if o.Subprotocol != "" {
		if r := next1(t, c); r.Event != protocol.SystemConnected {
			t.Fatalf("first frame = %+v, want connected", r)
		}
	}
	return c, p
}

// greet names the connection of a client with a subprotocol.
func (p *peer) greet(subprotocol string) {
	p.t.Helper()
	format, reliable, ok := protocol.ParseSubprotocol(subprotocol)
	if !ok {
		return
	}
	hello := &protocol.Response{Type: protocol.ResponseSystem, Event: protocol.SystemConnected, UserID: "u1", ConnectionID: "c1"}
	if reliable {
		hello.ReconnectionToken = reconnectionToken
	}
	messageType := websocket.TextMessage
	if format == protocol.FormatProtobuf {
		messageType = websocket.BinaryMessage
	}
	if err := p.ws.WriteMessage(messageType, format.AppendResponse(nil, hello)); err != nil {
		p.t.Errorf("greet: %v", err)
	}
}

const reconnectionToken = "right to come back"

// next1 returns the next response.
func next1(t testing.TB, c *ws.Conn) *protocol.Response {
	t.Helper()
	r, err := c.Receive(t.Context())
	if err != nil {
		t.Fatalf("Receive: %v", err)
	}
	return r
}

func (p *peer) send(frame string) {
	p.t.Helper()
	if err := p.try(frame); err != nil {
		p.t.Errorf("send %.100s: %v", frame, err)
	}
}

// try is send to a client that may leave at any time.
func (p *peer) try(frame string) error {
	p.turn <- struct{}{}
	defer func() { <-p.turn }()
	return p.ws.WriteMessage(websocket.TextMessage, []byte(frame))
}

// expect reads one message and compares it to the byte.
func (p *peer) expect(messageType int, want string) {
	p.t.Helper()
	got, b, err := p.ws.ReadMessage()
	if err != nil || got != messageType || string(b) != want {
		p.t.Errorf("got frame %d %.200q, %v, want %d %.200q", got, b, err, messageType, want)
	}
}

func (p *peer) expectText(want string) { p.t.Helper(); p.expect(websocket.TextMessage, want) }

// expectClose reads to the end, which must be a close frame with this code. The
// library answers it.
func (p *peer) expectClose(code int) {
	p.t.Helper()
	for {
		if _, _, err := p.ws.ReadMessage(); err != nil {
			if !websocket.IsCloseError(err, code) {
				p.t.Errorf("ended with %v, want close %d", err, code)
			}
			return
		}
	}
}

// close sends a close frame and ends the transport when the client has answered
// or left.
func (p *peer) close(code int, reason string) {
	p.t.Helper()
	if err := p.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason), time.Now().Add(patience)); err != nil {
		p.t.Errorf("close: %v", err)
	}
	p.drain()
	p.raw.Close()
}

// drain reads until the connection ends.
func (p *peer) drain() {
	for {
		if _, _, err := p.ws.ReadMessage(); err != nil {
			return
		}
	}
}

// jsonOptions are those of a JSON client without a keep-alive.
func jsonOptions() ws.Options {
	return ws.Options{Subprotocol: protocol.SubprotocolJSON, PingInterval: -1}
}

// ended receives until the connection ends and returns why.
func ended(t testing.TB, c *ws.Conn) error {
	t.Helper()
	for {
		if _, err := c.Receive(t.Context()); err != nil {
			return err
		}
	}
}

// isClosed compares the close of a connection.
func isClosed(t testing.TB, err error, code int, reason, message string) {
	t.Helper()
	var e *ws.CloseError
	if !errors.As(err, &e) || e.Code != code || e.Reason != reason || e.Message != message {
		t.Errorf("ended with %v (%+v), want close %d %q %q", err, e, code, reason, message)
	}
}
