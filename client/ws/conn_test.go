package ws_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/gorilla/websocket"

	"wps/client"
	"wps/client/ws"
	"wps/protocol"
)

// TestReceive: messages and system frames are received in order with all their
// members; frames that this client does not know are skipped, as the client specification says.
func TestReceive(t *testing.T) {
	t.Parallel()
	c, p := dialPeer(t, jsonOptions())
	go func() {
		for _, frame := range []string{
			`{"type":"message","from":"group","group":"g","fromUserId":"u2","dataType":"text","data":"hi","metadata":{"k":"v"}}`,
			`{"type":"later","x":1}`,
			`{"type":"system","event":"later"}`,
			`{"type":"message","from":"later","dataType":"text","data":"x"}`,
			`{"type":"message","from":"server","dataType":"later","data":"x"}`,
			`{"type":"message","from":"server","dataType":"binary","data":"*"}`,
			`{"type":"pong"}`,
			`not JSON`,
			`{"type":"ack","ackId":7,"success":true}`,
			`{"type":"system","event":"connected","connectionId":"other","userId":"other"}`,
			`{"type":"message","from":"server","data": {"a": 1} }`,
			`{"type":"system","event":"disconnected","message":"bye"}`,
		} {
			p.send(frame)
		}
		if err := p.ws.WriteMessage(websocket.BinaryMessage, []byte("\x00")); err != nil {
			t.Error(err)
		}
		p.send(`{"type":"message","from":"server","dataType":"binary","data":"AQID"}`)
	}()
	for _, want := range []*protocol.Response{
		{Type: "message", From: "group", Group: "g", FromUserID: "u2", DataType: "text", Data: []byte("hi"), Metadata: map[string]string{"k": "v"}},
		{Type: "system", Event: "connected", ConnectionID: "other", UserID: "other"},
		{Type: "message", From: "server", DataType: "json", Data: []byte(`{"a": 1}`)},
		{Type: "system", Event: "disconnected", Message: "bye"},
		{Type: "message", From: "server", DataType: "binary", Data: []byte{1, 2, 3}},
	} {
		if got := next1(t, c); !reflect.DeepEqual(got, want) {
			t.Errorf("Receive = %+v, want %+v", got, want)
		}
	}
	if c.ConnectionID() != "c1" || c.UserID() != "u1" {
		t.Errorf("the connection is %q of %q, want c1 of u1 as it was named first", c.ConnectionID(), c.UserID())
	}
}

// TestReceiveEndsLast: what came before the close is received before it.
func TestReceiveEndsLast(t *testing.T) {
	t.Parallel()
	c, p := dialPeer(t, jsonOptions())
	for i := range 100 {
		p.send(fmt.Sprintf(`{"type":"message","from":"server","dataType":"text","data":"%d"}`, i))
	}
	p.close(websocket.CloseNormalClosure, "")
	for i := range 100 {
		if r := next1(t, c); string(r.Data) != fmt.Sprint(i) {
			t.Fatalf("message %d = %q", i, r.Data)
		}
	}
	isClosed(t, ended(t, c), 1000, "", "")
}

// TestSimple: a simple client sends and gets bare messages, text or binary.
func TestSimple(t *testing.T) {
	t.Parallel()
	c, p := dialPeer(t, ws.Options{PingInterval: -1})
	if c.ConnectionID() != "" || c.UserID() != "" {
		t.Errorf("the connection is %q of %q, want unknown", c.ConnectionID(), c.UserID())
	}
	data := []byte("é{}")
	if err := c.SendRaw(within(t), protocol.DataTypeText, data); err != nil {
		t.Fatal(err)
	}
	copy(data, "XXXX") // the connection has its own copy
	p.expectText("é{}")
	if err := c.SendRaw(within(t), protocol.DataTypeBinary, []byte("\x00\xff")); err != nil {
		t.Fatal(err)
	}
	p.expect(websocket.BinaryMessage, "\x00\xff")
	p.send(`{"type":"pong"}`)
	if r := next1(t, c); !reflect.DeepEqual(r, &protocol.Response{Type: "message", DataType: "text", Data: []byte(`{"type":"pong"}`)}) {
		t.Errorf("Receive = %+v", r)
	}
	if err := p.ws.WriteMessage(websocket.BinaryMessage, nil); err != nil {
		t.Fatal(err)
	}
	if r := next1(t, c); r.DataType != protocol.DataTypeBinary || len(r.Data) != 0 {
		t.Errorf("Receive = %+v, want no bytes", r)
	}
}

// TestRefusedRequests: what would break the frame, or the service's rules, is
// never sent.
func TestRefusedRequests(t *testing.T) {
	t.Parallel()
	ctx := within(t)
	c, p := dialPeer(t, jsonOptions())
	simple, q := dialPeer(t, ws.Options{PingInterval: -1})
	send := func(g string, o ws.SendOptions, data string) error { return c.SendToGroup(ctx, g, o, []byte(data)) }
	event := func(name string, o ws.EventOptions, data string) error {
		return c.SendEvent(ctx, name, o, []byte(data))
	}
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"join nothing", c.JoinGroup(ctx, " "), "group name is empty"},
		{"leave too long", c.LeaveGroup(ctx, strings.Repeat("g", 1025)), "group name has 1025"},
		{"send to nothing", send("", ws.SendOptions{}, "x"), "group name is empty"},
		{"ttl", send("g", ws.SendOptions{TTLSeconds: 301}, "x"), "it must be 0 to 300"},
		{"metadata", send("g", ws.SendOptions{Metadata: map[string]string{"a b": ""}}, "x"), `metadata key "a b"`},
		{"text that is none", send("g", ws.SendOptions{}, "\xff"), "text is not valid UTF-8"},
		{"JSON that is none", send("g", ws.SendOptions{DataType: protocol.DataTypeJSON}, "{"), "data is not valid JSON"},
		{"no JSON", send("g", ws.SendOptions{DataType: protocol.DataTypeJSON}, ""), "data is not valid JSON"},
		{"null", send("g", ws.SendOptions{DataType: protocol.DataTypeJSON}, " null\n"), "null cannot be sent"},
		{"two values", send("g", ws.SendOptions{DataType: protocol.DataTypeJSON}, `1,"ackId":2`), "data is not valid JSON"},
		{"data type", send("g", ws.SendOptions{DataType: "xml"}, "x"), `unknown data type "xml"`},
		{"too large", send("g", ws.SendOptions{}, strings.Repeat("x", protocol.MaxMessageSize)), client.ErrTooLarge.Error()},
		{"too large in base64", send("g", ws.SendOptions{DataType: protocol.DataTypeBinary}, strings.Repeat("x", 800<<10)), client.ErrTooLarge.Error()},
		{"event name", event("9", ws.EventOptions{}, "x"), `event name "9"`},
		{"event data", event("e", ws.EventOptions{DataType: protocol.DataTypeJSON}, "{"), "data is not valid JSON"},
		{"raw", c.SendRaw(ctx, protocol.DataTypeText, []byte("x")), "raw messages are for simple clients"},
		{"simple join", simple.JoinGroup(ctx, "g"), "a simple client can send only raw messages"},
		{"simple send", simple.SendToGroup(ctx, "g", ws.SendOptions{}, []byte("x")), "a simple client can send only raw"},
		{"simple event", simple.SendEvent(ctx, "e", ws.EventOptions{}, []byte("x")), "a simple client can send only raw"},
		{"raw text that is none", simple.SendRaw(ctx, protocol.DataTypeText, []byte("\xff")), "text is not valid UTF-8"},
		{"raw JSON", simple.SendRaw(ctx, protocol.DataTypeJSON, []byte("1")), `a raw message is text or binary, not "json"`},
		{"raw too large", simple.SendRaw(ctx, protocol.DataTypeBinary, make([]byte, protocol.MaxMessageSize+1)), client.ErrTooLarge.Error()},
	}
	for _, tt := range tests {
		if tt.err == nil || !strings.Contains(tt.err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, tt.err, tt.want)
		}
	}
	// Nothing went before these.
	for conn, far := range map[*ws.Conn]*peer{c: p, simple: q} {
		closed := make(chan error, 1)
		go func() { closed <- conn.Close(within(t)) }()
		if _, b, err := far.ws.ReadMessage(); !websocket.IsCloseError(err, 1000) {
			t.Errorf("got %.100q, %v, want nothing but the close", b, err)
		}
		if err := <-closed; err != nil {
			t.Errorf("Close = %v", err)
		}
	}
}

// TestLargestFrame: a frame of exactly 1 MiB goes, in pieces.
func TestLargestFrame(t *testing.T) {
	t.Parallel()
	c, p := dialPeer(t, ws.Options{PingInterval: -1})
	want := strings.Repeat("0123456789abcdef", protocol.MaxMessageSize/16)
	done := make(chan error, 1)
	go func() { done <- c.SendRaw(within(t), protocol.DataTypeText, []byte(want)) }()
	p.expectText(want)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestSlowReceiver: what is not received waits, up to QueueSize; then the
// connection is not read, and nothing is lost or out of order.
func TestSlowReceiver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := jsonOptions()
		o.QueueSize = 3
		c, p := dialPeer(t, o)
		const n = 10
		sent := 0
		go func() {
			for i := range n {
				p.send(fmt.Sprintf(`{"type":"message","from":"server","dataType":"text","data":"%d"}`, i))
				sent = i + 1
			}
		}()
		synctest.Wait()
		// Three wait, the reader holds one, and the library may hold one more.
		if sent < 3 || sent > 6 {
			t.Errorf("%d messages were taken in, want about 4", sent)
		}
		for i := range n {
			if r := next1(t, c); string(r.Data) != fmt.Sprint(i) {
				t.Errorf("message %d = %q", i, r.Data)
			}
		}
	})
}

// TestAckPastSlowReceiver: an ack follows the messages sent before it. While a call
// waits for one, up to 1,000 more messages are read; after more than that the ack
// is not read in time, but no message is lost.
func TestAckPastSlowReceiver(t *testing.T) {
	t.Parallel()
	for n, want := range map[int]error{900: nil, 1100: ws.ErrAckTimeout} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o := jsonOptions()
				o.QueueSize = 2
				c, p := dialPeer(t, o)
				go func() {
					p.expectText(`{"type":"joinGroup","group":"g","ackId":1}`)
					for i := range n {
						p.send(fmt.Sprintf(`{"type":"message","from":"server","dataType":"text","data":"%d"}`, i))
					}
					_ = p.try(`{"type":"ack","ackId":1,"success":true}`) // the test may be over
				}()
				if err := c.JoinGroup(t.Context(), "g"); !errors.Is(err, want) {
					t.Errorf("JoinGroup after %d messages = %v, want %v", n, err, want)
				}
				for i := range n {
					if r := next1(t, c); string(r.Data) != fmt.Sprint(i) {
						t.Fatalf("message %d = %q", i, r.Data)
					}
				}
			})
		})
	}
}

// TestKeepAliveOfSlowReceiver: while Receive is not called, silence does not end
// the connection.
func TestKeepAliveOfSlowReceiver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := jsonOptions()
		o.QueueSize, o.PingInterval = 1, time.Second
		c, p := dialPeer(t, o)
		go p.pongs()
		const n = 2000 // more than are read while a ping of the keep-alive is open
		go func() {
			for i := range n {
				p.send(fmt.Sprintf(`{"type":"message","from":"server","dataType":"text","data":"%d"}`, i))
			}
		}()
		time.Sleep(time.Minute)
		for i := range n {
			if r := next1(t, c); string(r.Data) != fmt.Sprint(i) {
				t.Fatalf("message %d = %q", i, r.Data)
			}
		}
		if err := c.Ping(t.Context()); err != nil {
			t.Errorf("Ping after that = %v", err)
		}
	})
}

// TestSlowService: calls wait for a service that does not read, no longer than
// their contexts, and memory stays bounded by the queue.
func TestSlowService(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, p := dialPeer(t, jsonOptions())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		queued := 0
		for ctx.Err() == nil {
			if err := c.SendToGroup(ctx, "g", ws.SendOptions{NoAck: true}, fmt.Append(nil, queued)); err == nil {
				queued++
			} else if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("SendToGroup = %v, want the end of the context", err)
			}
		}
		if queued < 64 || queued > 66 {
			t.Errorf("%d messages were queued, want 64 and the one that is being written", queued)
		}
		for i := range queued {
			p.expectText(fmt.Sprintf(`{"type":"sendToGroup","group":"g","dataType":"text","data":"%d"}`, i))
		}
	})
}

// TestConcurrentConn: every method at once, for the race detector, and every
// call gets its answer.
func TestConcurrentConn(t *testing.T) {
	t.Parallel()
	c, p := dialPeer(t, ws.Options{Subprotocol: protocol.SubprotocolJSON})
	go p.answer()
	var calls, receivers sync.WaitGroup
	for i := range 4 {
		receivers.Go(func() { _ = ended(t, c) })
		calls.Go(func() {
			for j := range 25 {
				group := fmt.Sprintf("g%d-%d", i, j)
				for _, err := range []error{
					c.JoinGroup(within(t), group), c.SendToGroup(within(t), group, ws.SendOptions{}, []byte("x")),
					c.SendToGroup(within(t), group, ws.SendOptions{NoAck: true}, []byte("x")),
					c.SendEvent(within(t), "e", ws.EventOptions{}, []byte("x")), c.Ping(within(t)), c.LeaveGroup(within(t), group),
				} {
					if err != nil {
						t.Errorf("%s: %v", group, err)
					}
				}
				_, _ = c.ConnectionID(), c.UserID()
			}
		})
	}
	calls.Wait()
	for range 3 {
		receivers.Go(func() {
			if err := c.Close(within(t)); err != nil {
				t.Errorf("Close = %v", err)
			}
		})
	}
	receivers.Wait()
}

// answer acknowledges each request, after a message, until the client leaves.
func (p *peer) answer() {
	for {
		_, b, err := p.ws.ReadMessage()
		if err != nil {
			return
		}
		r, err := protocol.FormatJSON.DecodeRequest(b)
		switch {
		case err != nil:
			p.t.Errorf("request %s: %v", b, err)
		case r.Type == protocol.RequestPing:
			p.send(`{"type":"pong"}`)
		case r.HasAckID:
			p.send(`{"type":"message","from":"server","dataType":"text","data":"x"}`)
			p.send(fmt.Sprintf(`{"type":"ack","ackId":%d,"success":true}`, r.AckID))
		}
	}
}

// FuzzService: whatever bytes the service sends on a connection of any kind, Receive
// returns only messages and system frames, and then an error of one line of valid
// UTF-8.
func FuzzService(f *testing.F) {
	kinds := []string{
		"", protocol.SubprotocolJSON, protocol.SubprotocolProtobuf, protocol.SubprotocolJSONReliable, protocol.SubprotocolProtobufReliable,
	}
	f.Add(1, []byte("\x88\x02\x03\xe8"))
	f.Add(1, []byte("\x81\x0f{\"type\":\"pong\"}\x88\x12\x03\xf0a\x1b[31m\r\nbye\x00\xc3\xa9xyz"))
	f.Add(0, []byte("\x01\x02hi\x89\x00\x80\x02ho\x82\x01\xff"))
	f.Add(1, []byte("\x81\x7e\x00\x7f"+`{"type":"system","event":"disconnected","message":"a\u001b[2J\r\nb"}`))
	f.Add(0, []byte("\xc1\x00"))
	f.Add(2, []byte("\x82\x09\x1a\x07\x12\x05\x12\x03bye\x82\x02\x22\x00\x82\x0a\x0a\x04\x08\x05\x10\x01\xff\xff\xff\xff"))
	f.Add(4, []byte("\x82\x18\x12\x16\x0a\x05group\x12\x05lobby\x1a\x04\x0a\x02hi\x20\x03"))
	f.Fuzz(func(t *testing.T, kind int, b []byte) {
		o := ws.Options{
			Subprotocol: kinds[uint(kind)%uint(len(kinds))], PingInterval: -1, RecoveryTimeout: -1,
		}
		c, p := dialPeer(t, o)
		go p.drain()
		go func() {
			p.raw.Write(b) // the client may leave in the middle
			p.raw.Close()
		}()
		for {
			r, err := c.Receive(within(t))
			if err == nil {
				if r.Type != protocol.ResponseMessage && r.Type != protocol.ResponseSystem {
					t.Fatalf("Receive = %+v", r)
				}
				continue
			}
			var e *ws.CloseError
			text := err.Error()
			if !errors.As(err, &e) || e.Code < 1000 || e.Code > 4999 || !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
				t.Fatalf("%q ended with %q (%+v)", b, text, e)
			}
			return
		}
	})
}

// TestSendWithoutReceive: a connection whose Receive is not called is not read, so
// only a failed write reveals the end of its transport. Sends must fail then, and
// not wait for space in a queue without a writer.
func TestSendWithoutReceive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		o := jsonOptions()
		o.QueueSize = 1
		c, p := dialPeer(t, o)
		go func() {
			for p.try(`{"type":"message","from":"server","dataType":"text","data":"x"}`) == nil {
			}
		}()
		synctest.Wait()
		p.raw.Close()
		for {
			if err := c.SendToGroup(t.Context(), "g", ws.SendOptions{NoAck: true}, []byte("x")); err != nil {
				isClosed(t, err, websocket.CloseAbnormalClosure, "", "")
				break
			}
		}
		isClosed(t, ended(t, c), websocket.CloseAbnormalClosure, "", "")
	})
}
