package ws_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"wps/client"
	"wps/client/ws"
	"wps/protocol"
)

// TestRequestFrames has the bytes of each request and the ack ids, which count
// from 1.
func TestRequestFrames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		do   func(ctx context.Context, c *ws.Conn) error
		want string // "" for no ack
		ack  bool
	}{
		{"join", func(ctx context.Context, c *ws.Conn) error { return c.JoinGroup(ctx, `a"b`) }, `{"type":"joinGroup","group":"a\"b","ackId":1}`, true},
		{"leave", func(ctx context.Context, c *ws.Conn) error { return c.LeaveGroup(ctx, "g") }, `{"type":"leaveGroup","group":"g","ackId":1}`, true},
		{"send", func(ctx context.Context, c *ws.Conn) error {
			return c.SendToGroup(ctx, "g", ws.SendOptions{}, []byte("hi"))
		}, `{"type":"sendToGroup","group":"g","ackId":1,"dataType":"text","data":"hi"}`, true},
		{"send with all", func(ctx context.Context, c *ws.Conn) error {
			return c.SendToGroup(ctx, "g", ws.SendOptions{
				DataType: protocol.DataTypeJSON, NoEcho: true, TTLSeconds: 300, Metadata: map[string]string{"k": "v"},
			}, []byte(`{"a": 1}`))
		}, `{"type":"sendToGroup","group":"g","noEcho":true,"ttlSeconds":300,"ackId":1,"metadata":{"k":"v"},"dataType":"json","data":{"a": 1}}`, true},
		{"send without ack", func(ctx context.Context, c *ws.Conn) error {
			return c.SendToGroup(ctx, "g", ws.SendOptions{NoAck: true, DataType: protocol.DataTypeBinary}, []byte{1, 2, 3})
		}, `{"type":"sendToGroup","group":"g","dataType":"binary","data":"AQID"}`, false},
		{"event", func(ctx context.Context, c *ws.Conn) error {
			return c.SendEvent(ctx, "echo", ws.EventOptions{DataType: protocol.DataTypeText}, []byte(""))
		}, `{"type":"event","event":"echo","ackId":1,"dataType":"text","data":""}`, true},
		{"event without ack", func(ctx context.Context, c *ws.Conn) error {
			return c.SendEvent(ctx, "echo", ws.EventOptions{NoAck: true, Metadata: map[string]string{"k": "v"}}, []byte("x"))
		}, `{"type":"event","event":"echo","metadata":{"k":"v"},"dataType":"text","data":"x"}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, p := dialPeer(t, jsonOptions())
			done := make(chan error, 1)
			go func() { done <- tt.do(within(t), c) }()
			p.expectText(tt.want)
			if tt.ack {
				p.send(`{"type":"ack","ackId":1,"success":true}`)
			}
			if err := <-done; err != nil {
				t.Errorf("error = %v", err)
			}
		})
	}
}

// TestAcks: a call returns what the ack of its request says, and the connection
// stays open.
func TestAcks(t *testing.T) {
	t.Parallel()
	tests := []struct{ ack, want string }{
		{`"success":true`, "<nil>"},
		{`"success":false,"error":{"name":"Duplicate","message":"Message with ack-id: 1 has been processed"}`, "<nil>"},
		{`"success":false,"error":{"name":"Forbidden","message":"The client does not have permission to join group 'g'."}`, "Forbidden: The client does not have permission to join group 'g'."},
		{`"success":false,"error":{"name":"InternalServerError","message":"Internal server error"}`, "InternalServerError: Internal server error"},
		{`"success":false,"error":{"name":"NewName","message":null}`, "NewName"},
		{`"success":false,"error":{"message":"a\u001b[31m\nb"}`, "a [31m b"},
		{`"success":false`, "refused by the service"},
	}
	c, p := dialPeer(t, jsonOptions())
	for i, tt := range tests {
		done := make(chan error, 1)
		go func() { done <- c.JoinGroup(within(t), "g") }()
		p.expectText(fmt.Sprintf(`{"type":"joinGroup","group":"g","ackId":%d}`, i+1))
		p.send(`{"type":"ack","ackId":9999,"success":false}`) // no call waits for it
		p.send(fmt.Sprintf(`{"type":"ack","ackId":%d,%s}`, i+1, tt.ack))
		err := <-done
		if fmt.Sprint(err) != tt.want {
			t.Errorf("JoinGroup with %s = %v, want %q", tt.ack, err, tt.want)
		}
		var e *ws.AckError
		if errors.As(err, &e) && e.AckID != uint64(i+1) {
			t.Errorf("AckID = %d, want %d", e.AckID, i+1)
		}
		if got, want := errors.Is(err, client.ErrUnauthorized), strings.Contains(tt.ack, "Forbidden"); got != want {
			t.Errorf("errors.Is(%v, ErrUnauthorized) = %v", err, got)
		}
	}
}

// TestAcksOutOfOrder: each caller gets the answer to its own request.
func TestAcksOutOfOrder(t *testing.T) {
	t.Parallel()
	c, p := dialPeer(t, jsonOptions())
	const n = 20
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			name := fmt.Sprintf("g%d", i)
			var e *ws.AckError
			if err := c.JoinGroup(within(t), name); !errors.As(err, &e) || e.Message != name {
				t.Errorf("JoinGroup(%q) = %v, want its own refusal", name, err)
			}
		})
	}
	var acks []string
	for range n {
		_, b, err := p.ws.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		r, err := protocol.FormatJSON.DecodeRequest(b)
		if err != nil {
			t.Fatal(err)
		}
		acks = append(acks, fmt.Sprintf(`{"type":"ack","ackId":%d,"success":false,"error":{"name":"N","message":%q}}`, r.AckID, r.Group))
	}
	for i := range acks {
		p.send(acks[n-1-i])
	}
	wg.Wait()
}

// TestAckDeadline: a request without an ack fails exactly after AckTimeout; a late
// ack has no effect.
func TestAckDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, p := dialPeer(t, jsonOptions())
		go p.drain()
		start := time.Now()
		err := c.JoinGroup(t.Context(), "g")
		if took := time.Since(start); !errors.Is(err, ws.ErrAckTimeout) || err.Error() != "no answer from the service within 10s" || took != 10*time.Second {
			t.Errorf("JoinGroup = %v after %v, want no answer within 10 s", err, took)
		}
		p.send(`{"type":"ack","ackId":1,"success":true}`)
		time.AfterFunc(time.Second, func() { p.send(`{"type":"ack","ackId":2,"success":true}`) })
		if err := c.JoinGroup(t.Context(), "g"); err != nil {
			t.Errorf("second JoinGroup = %v", err)
		}
	})
}

// TestAckContext: the caller's context also ends a wait, and is the error.
func TestAckContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, p := dialPeer(t, jsonOptions())
		go p.drain()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		for name, do := range map[string]func() error{
			"JoinGroup": func() error { return c.JoinGroup(ctx, "g") },
			"Ping":      func() error { return c.Ping(ctx) },
			"Receive":   func() error { _, err := c.Receive(ctx); return err },
		} {
			if err := do(); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ws.ErrAckTimeout) {
				t.Errorf("%s = %v, want the end of the context", name, err)
			}
		}
	})
}

// TestEndWhileWaiting: a call that waits for an ack returns why the connection
// ended, unless the ack came before.
func TestEndWhileWaiting(t *testing.T) {
	t.Parallel()
	c, p := dialPeer(t, jsonOptions())
	done := make(chan error, 2)
	go func() { done <- c.JoinGroup(within(t), "g") }()
	p.expectText(`{"type":"joinGroup","group":"g","ackId":1}`)
	go func() { done <- c.Ping(within(t)) }()
	p.expectText(`{"type":"ping"}`)
	p.close(websocket.ClosePolicyViolation, "The outbound message queue is full.")
	for range 2 {
		isClosed(t, <-done, 1008, "The outbound message queue is full.", "")
	}
	for _, err := range []error{
		c.JoinGroup(within(t), "g"), c.Ping(within(t)), c.SendToGroup(within(t), "g", ws.SendOptions{NoAck: true}, []byte("x")), ended(t, c), ended(t, c),
	} {
		isClosed(t, err, 1008, "The outbound message queue is full.", "")
	}
	if err := c.Close(within(t)); err != nil {
		t.Errorf("Close = %v, want nil", err)
	}

	c, p = dialPeer(t, jsonOptions())
	go func() { done <- c.JoinGroup(within(t), "g") }()
	p.expectText(`{"type":"joinGroup","group":"g","ackId":1}`)
	p.send(`{"type":"ack","ackId":1,"success":true}`)
	p.close(websocket.CloseGoingAway, "")
	if err := <-done; err != nil {
		t.Errorf("JoinGroup = %v, want the ack that came before the end", err)
	}
}

// TestPing: a client with a subprotocol has a ping of its own, a simple one
// uses control frames.
func TestPing(t *testing.T) {
	t.Parallel()
	t.Run("json", func(t *testing.T) {
		t.Parallel()
		c, p := dialPeer(t, jsonOptions())
		done := make(chan error, 1)
		for range 2 {
			go func() { done <- c.Ping(within(t)) }()
			p.expectText(`{"type":"ping"}`)
			p.send(`{"type":"pong"}`)
			if err := <-done; err != nil {
				t.Errorf("Ping = %v", err)
			}
		}
		p.send(`{"type":"pong"}`) // without a ping
	})
	t.Run("simple", func(t *testing.T) {
		t.Parallel()
		c, p := dialPeer(t, ws.Options{PingInterval: -1})
		go p.drain() // the library answers
		if err := c.Ping(within(t)); err != nil {
			t.Errorf("Ping = %v", err)
		}
	})
	t.Run("no answer", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			o := jsonOptions()
			o.AckTimeout = time.Second
			c, p := dialPeer(t, o)
			go p.drain()
			if err := c.Ping(t.Context()); !errors.Is(err, ws.ErrAckTimeout) || err.Error() != "no answer from the service within 1s" {
				t.Errorf("Ping = %v, want no answer", err)
			}
		})
	})
}

// TestPongsInOrder: pongs have no id, so a late one answers the ping whose caller
// has given up, not the next one.
func TestPongsInOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := jsonOptions()
		o.AckTimeout = time.Second
		c, p := dialPeer(t, o)
		go p.drain()
		first := c.Ping(t.Context())
		second := make(chan error, 1)
		go func() { second <- c.Ping(t.Context()) }()
		synctest.Wait()
		p.send(`{"type":"pong"}`) // of the first
		synctest.Wait()
		select {
		case err := <-second:
			t.Errorf("second Ping = %v by the pong of the first (%v)", err, first)
		default:
		}
		p.send(`{"type":"pong"}`)
		if err := <-second; err != nil || !errors.Is(first, ws.ErrAckTimeout) {
			t.Errorf("Pings = %v, %v, want no answer, then one", first, err)
		}
	})
}

// TestAnswersServicePing: a ping of the service is answered with its payload.
func TestAnswersServicePing(t *testing.T) {
	t.Parallel()
	for _, subprotocol := range []string{"", protocol.SubprotocolJSON} {
		_, p := dialPeer(t, ws.Options{Subprotocol: subprotocol, PingInterval: -1})
		pong := make(chan string, 1)
		p.ws.SetPongHandler(func(s string) error { pong <- s; return nil })
		if err := p.ws.WriteControl(websocket.PingMessage, []byte("are you there"), time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		go p.drain()
		if got := <-pong; got != "are you there" {
			t.Errorf("pong = %q", got)
		}
	}
}
