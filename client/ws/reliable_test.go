package ws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"wps/client/ws"
	"wps/protocol"
)

// line is a wire that can be cut: each dial of a client sends the service's end
// of a new connection to dials. While deaf is set, what the client writes fails.
type line struct {
	t     testing.TB
	dials chan net.Conn
	deaf  atomic.Bool
}

// lineConn is the client's end of a connection on a line.
type lineConn struct {
	net.Conn
	l *line
}

var errDeaf = errors.New("the line is deaf")

func (c lineConn) Write(b []byte) (int, error) {
	if c.l.deaf.Load() {
		return 0, errDeaf
	}
	return c.Conn.Write(b)
}

// dialLine connects a reliable client, greeted as u1 on c1, without a keep-alive
// unless o has one.
func dialLine(t testing.TB, o ws.Options) (*ws.Conn, *line, *peer) {
	t.Helper()
	l := &line{t: t, dials: make(chan net.Conn)}
	o.URL, o.Subprotocol = "ws://h.example/client/hubs/chat?x=1&access_token=secret", protocol.SubprotocolJSONReliable
	o.NetDial = func(ctx context.Context, _, _ string) (net.Conn, error) {
		near, far := net.Pipe()
		select {
		case l.dials <- far:
			return lineConn{near, l}, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	if o.PingInterval == 0 {
		o.PingInterval = -1
	}
	greeted := make(chan *peer, 1)
	go func() {
		uri, p := l.accept()
		if want := "/client/hubs/chat?x=1&access_token=secret"; uri != want {
			t.Errorf("asked for %s, want %s", uri, want)
		}
		p.greet(o.Subprotocol)
		greeted <- p
	}()
	c, err := ws.Dial(t.Context(), o)
	if err != nil {
		t.Fatalf("Dial: %v", err)
	}
	p := <-greeted
	t.Cleanup(func() {
		p.raw.Close()
		_ = c.Close(context.Background()) // its goroutines end in any case
	})
	if r := next1(t, c); r.Event != protocol.SystemConnected {
		t.Fatalf("first frame = %+v, want connected", r)
	}
	return c, l, p
}

// accept answers the next dial.
func (l *line) accept() (uri string, p *peer) {
	l.t.Helper()
	raw := <-l.dials
	uri, ws, err := upgradeRequest(raw, protocol.SubprotocolJSONReliable)
	if err != nil {
		l.t.Errorf("upgrade: %v", err)
	}
	return uri, &peer{l.t, ws, raw, make(chan struct{}, 1)}
}

// recoveryURI is what a recovering client requests.
const recoveryURI = "/client/hubs/chat?awps_connection_id=c1&awps_reconnection_token=right+to+come+back&x=1"

func numbered(id int) string {
	return fmt.Sprintf(`{"type":"message","from":"server","sequenceId":%d,"dataType":"text","data":"%d"}`, id, id)
}

func wantData(t testing.TB, c *ws.Conn, ids ...int) {
	t.Helper()
	for _, id := range ids {
		if r := next1(t, c); r.Type != protocol.ResponseMessage || string(r.Data) != fmt.Sprint(id) {
			t.Errorf("Receive = %+v, want message %d", r, id)
		}
	}
}

func wantEvent(t testing.TB, c *ws.Conn, event string) {
	t.Helper()
	if r := next1(t, c); r.Type != protocol.ResponseSystem || r.Event != event {
		t.Errorf("Receive = %+v, want %s", r, event)
	}
}

// TestSequenceAcks: the largest sequence id is acknowledged, not the latest, once
// a second while there is news, and at once when it has grown by more than 100.
//
// Source: client specification, section 3.2.
func TestSequenceAcks(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _, p := dialLine(t, ws.Options{})
		start := time.Now()
		for _, id := range []int{1, 2, 4, 5, 3, 5} {
			p.send(numbered(id))
		}
		p.expectText(`{"type":"sequenceAck","sequenceId":5}`)
		if took := time.Since(start); took != time.Second {
			t.Errorf("acknowledged after %v, want 1 s", took)
		}
		wantData(t, c, 1, 2, 4, 5)
		time.Sleep(time.Minute + 300*time.Millisecond) // no news
		p.send(numbered(6))
		p.expectText(`{"type":"sequenceAck","sequenceId":6}`)
		if took := time.Since(start); took != 62*time.Second {
			t.Errorf("acknowledged after %v, want the second after the message", took)
		}
		go func() {
			for id := 7; id <= 101; id++ {
				p.send(numbered(id))
			}
		}()
		p.expectText(`{"type":"sequenceAck","sequenceId":101}`)
		if took := time.Since(start); took != 62*time.Second {
			t.Errorf("the 101st acknowledged after %v, want at once", took)
		}
	})
}

// TestRecovery: the client recovers with only its reconnection token, first
// acknowledges what it has, sends again what was not answered, and drops messages
// that come twice.
func TestRecovery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, l, p := dialLine(t, ws.Options{})
		p.send(numbered(1))
		p.send(numbered(2))
		calls := map[string]chan error{}
		call := func(name string, do func() error, frame string) {
			done := make(chan error, 1)
			calls[name] = done
			go func() { done <- do() }()
			p.expectText(frame)
		}
		call("join", func() error { return c.JoinGroup(t.Context(), "g") }, `{"type":"joinGroup","group":"g","ackId":1}`)
		call("leave", func() error { return c.LeaveGroup(t.Context(), "h") }, `{"type":"leaveGroup","group":"h","ackId":2}`)
		call("ping", func() error { return c.Ping(t.Context()) }, `{"type":"ping"}`)
		call("answered", func() error { return c.JoinGroup(t.Context(), "i") }, `{"type":"joinGroup","group":"i","ackId":3}`)
		p.send(`{"type":"ack","ackId":3,"success":true}`)
		if err := <-calls["answered"]; err != nil {
			t.Errorf("JoinGroup = %v", err)
		}
		p.raw.Close()
		wantData(t, c, 1, 2)
		wantEvent(t, c, ws.EventRecovering)

		uri, p := l.accept()
		if uri != recoveryURI {
			t.Errorf("asked for %s, want %s", uri, recoveryURI)
		}
		for _, frame := range []string{
			`{"type":"sequenceAck","sequenceId":2}`,
			`{"type":"joinGroup","group":"g","ackId":1}`, `{"type":"leaveGroup","group":"h","ackId":2}`,
			`{"type":"ping"}`, `{"type":"ping"}`, // the caller's, and the connection's own
		} {
			p.expectText(frame)
		}
		for _, frame := range []string{
			numbered(2), numbered(3),
			`{"type":"ack","ackId":1,"success":false,"error":{"name":"Duplicate","message":"Message with ack-id: 1 has been processed"}}`,
			`{"type":"ack","ackId":2,"success":true}`, `{"type":"pong"}`, `{"type":"pong"}`,
		} {
			p.send(frame)
		}
		wantEvent(t, c, ws.EventRecovered)
		wantData(t, c, 3)
		for _, name := range []string{"join", "leave", "ping"} {
			if err := <-calls[name]; err != nil {
				t.Errorf("%s = %v", name, err)
			}
		}
		closeFrom(t, c, p)
	})
}

// closeFrom closes a connection, which the peer answers.
func closeFrom(t testing.TB, c *ws.Conn, p *peer) {
	t.Helper()
	closed := make(chan error, 1)
	go func() { closed <- c.Close(t.Context()) }()
	p.expectClose(websocket.CloseNormalClosure)
	if err := <-closed; err != nil {
		t.Errorf("Close = %v", err)
	}
}

// TestRecoveryRenewed: a reconnection token that comes with a recovery replaces
// the old one, and Receive does not return the connected message with it.
//
// Source: client specification, section 3.3.
func TestRecoveryRenewed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, l, p := dialLine(t, ws.Options{})
		p.raw.Close()
		wantEvent(t, c, ws.EventRecovering)
		_, p = l.accept()
		p.expectText(`{"type":"ping"}`)
		p.send(`{"type":"system","event":"connected","userId":"u1","connectionId":"c1","reconnectionToken":"another"}`)
		p.send(numbered(1))
		wantEvent(t, c, ws.EventRecovered)
		wantData(t, c, 1)
		p.raw.Close()
		wantEvent(t, c, ws.EventRecovering)
		uri, p := l.accept()
		if want := strings.ReplaceAll(recoveryURI, "right+to+come+back", "another"); uri != want {
			t.Errorf("asked for %s, want %s", uri, want)
		}
		go p.drain()
	})
}

// TestWriteFailsAfterRecovery: when a recovered transport can no longer be
// written to, the client recovers again, although the service still sends.
func TestWriteFailsAfterRecovery(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, l, p := dialLine(t, ws.Options{})
		p.raw.Close()
		wantEvent(t, c, ws.EventRecovering)
		_, p = l.accept()
		p.expectText(`{"type":"ping"}`)
		l.deaf.Store(true)
		joined := make(chan error, 1)
		go func() { joined <- c.JoinGroup(t.Context(), "g") }()
		synctest.Wait() // the write has failed
		p.send(numbered(1))
		wantEvent(t, c, ws.EventRecovered)
		wantData(t, c, 1)

		failed := time.Now()
		synctest.Wait()
		l.deaf.Store(false)
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		defer cancel()
		if r, err := c.Receive(ctx); err != nil || r.Event != ws.EventRecovering {
			t.Fatalf("Receive = %+v, %v after %v, want %s", r, err, time.Since(failed), ws.EventRecovering)
		}
		_, p = l.accept()
		for _, frame := range []string{
			`{"type":"sequenceAck","sequenceId":1}`, `{"type":"joinGroup","group":"g","ackId":1}`, `{"type":"ping"}`,
		} {
			p.expectText(frame)
		}
		p.send(`{"type":"ack","ackId":1,"success":true}`)
		if err := <-joined; err != nil {
			t.Errorf("JoinGroup = %v", err)
		}
		wantEvent(t, c, ws.EventRecovered)
		closeFrom(t, c, p)
	})
}

// TestRecoveryTriesAgain: after a handshake that is refused, silent or broken the
// client tries again, with growing delays, for 30 seconds.
func TestRecoveryTriesAgain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, l, p := dialLine(t, ws.Options{HandshakeTimeout: 2 * time.Second})
		p.raw.Close()
		wantEvent(t, c, ws.EventRecovering)
		start := time.Now()
		raw := <-l.dials
		go io.Copy(io.Discard, raw) // silent
		raw = <-l.dials
		if took := time.Since(start); took < 2*time.Second || took > 3*time.Second {
			t.Errorf("second attempt after %v, want 2 s and a pause", took)
		}
		raw.Close() // broken
		raw = <-l.dials
		go io.Copy(io.Discard, raw)
		if _, err := io.WriteString(raw, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"); err != nil {
			t.Error(err)
		}
		_, p = l.accept()
		p.expectText(`{"type":"ping"}`)
		p.raw.Close() // broken after the handshake
		_, p = l.accept()
		p.expectText(`{"type":"ping"}`)
		p.send(`{"type":"pong"}`)
		wantEvent(t, c, ws.EventRecovered)
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("recovered after %v", took)
		}
		closeFrom(t, c, p)
	})
}

// TestRecoveryGivenUp: the connection is lost when it could not recover for 30
// seconds, and the error contains no secret.
func TestRecoveryGivenUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, l, p := dialLine(t, ws.Options{AckTimeout: time.Hour})
		joined := make(chan error, 1)
		go func() { joined <- c.JoinGroup(t.Context(), "g") }()
		p.expectText(`{"type":"joinGroup","group":"g","ackId":1}`)
		start := time.Now()
		p.raw.Close()
		go func() {
			for raw := range l.dials {
				raw.Close()
			}
		}()
		defer close(l.dials)
		wantEvent(t, c, ws.EventRecovering)
		wantEvent(t, c, ws.EventLost)
		_, err := c.Receive(t.Context())
		if took := time.Since(start); took != 30*time.Second {
			t.Errorf("lost after %v, want 30 s", took)
		}
		for _, err := range []error{err, <-joined} {
			isClosed(t, err, websocket.CloseAbnormalClosure, "", "")
			if !strings.Contains(err.Error(), "not recovered within 30s") || strings.Contains(err.Error(), "right") || strings.Contains(err.Error(), "secret") {
				t.Errorf("ended with %v, want what was tried and no secret", err)
			}
		}
	})
}

// TestWhatIsRecovered: a broken transport and a service that goes away are
// recovered; a connection that was ended on purpose is not.
func TestWhatIsRecovered(t *testing.T) {
	t.Parallel()
	for code, again := range map[int]bool{
		1000: false, 1002: false, 1003: false, 1007: false, 1008: false, 1009: false,
		1001: true, 1011: true, 1012: true, 4000: true,
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, l, p := dialLine(t, ws.Options{})
				p.close(code, "why")
				if !again {
					_, err := c.Receive(t.Context())
					isClosed(t, err, code, "why", "")
					return
				}
				wantEvent(t, c, ws.EventRecovering)
				_, p = l.accept()
				p.expectText(`{"type":"ping"}`)
				p.send(`{"type":"pong"}`)
				wantEvent(t, c, ws.EventRecovered)
				closeFrom(t, c, p)
			})
		})
	}
}

// TestRecoveryRefused: after 1008 on the new transport the connection cannot be
// recovered, and no further attempt is made.
func TestRecoveryRefused(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, l, p := dialLine(t, ws.Options{})
		p.raw.Close()
		wantEvent(t, c, ws.EventRecovering)
		_, p = l.accept()
		p.close(websocket.ClosePolicyViolation, "The connection could not be recovered.")
		wantEvent(t, c, ws.EventLost)
		_, err := c.Receive(t.Context())
		isClosed(t, err, 1008, "The connection could not be recovered.", "")
		if err := c.JoinGroup(t.Context(), "g"); !errors.As(err, new(*ws.CloseError)) {
			t.Errorf("JoinGroup = %v, want the reason of the end", err)
		}
	})
}
