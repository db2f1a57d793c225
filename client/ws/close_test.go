package ws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"wps/client/ws"
	"wps/protocol"
)

// TestCloseByService: the error has the code, the reason and the text of the
// disconnected message, on one line.
func TestCloseByService(t *testing.T) {
	t.Parallel()
	tests := []struct {
		message string // of a disconnected message before
		code    int
		reason  string
		want    string
	}{
		{"", 1000, "", "connection closed with code 1000"},
		{"Application server closed the connection. Reason: maintenance", 1000, "", "connection closed with code 1000: Application server closed the connection. Reason: maintenance"},
		{"", 1001, "", "connection closed with code 1001 (going away)"},
		{"", 1003, "The JSON subprotocol requires text messages.", "connection closed with code 1003: The JSON subprotocol requires text messages."},
		{"", 1007, "The client message is not a valid JSON protocol message.", "connection closed with code 1007: The client message is not a valid JSON protocol message."},
		{"", 1008, "The outbound message queue is full.", "connection closed with code 1008: The outbound message queue is full."},
		{"", 1009, "The client message is too large.", "connection closed with code 1009: The client message is too large."},
		{"bye", 1011, "Internal server error", "connection closed with code 1011: Internal server error: bye"},
		{"", 4001, "own words", "connection closed with code 4001: own words"},
		{"a\\u001b[2J\\r\\nb", 1000, "x\x1b]0;t\x07", "connection closed with code 1000: x ]0;t: a [2J b"},
	}
	for _, tt := range tests {
		t.Run(fmt.Sprintf("%d %s", tt.code, tt.reason), func(t *testing.T) {
			t.Parallel()
			c, p := dialPeer(t, jsonOptions())
			if tt.message != "" {
				p.send(`{"type":"system","event":"disconnected","message":"` + tt.message + `"}`)
			}
			p.close(tt.code, tt.reason)
			if tt.message != "" {
				if r := next1(t, c); r.Event != protocol.SystemDisconnected {
					t.Errorf("Receive = %+v, want disconnected", r)
				}
			}
			err := ended(t, c)
			var e *ws.CloseError
			if !errors.As(err, &e) || e.Code != tt.code || e.Reason != tt.reason || err.Error() != tt.want {
				t.Errorf("ended with %q (%+v), want %q", err, e, tt.want)
			}
		})
	}
}

// TestCloseWithoutCode: an empty close frame is 1005.
func TestCloseWithoutCode(t *testing.T) {
	t.Parallel()
	c, p := dialPeer(t, jsonOptions())
	if err := p.ws.WriteControl(websocket.CloseMessage, nil, time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	go p.drain()
	isClosed(t, ended(t, c), websocket.CloseNoStatusReceived, "", "")
}

// TestLost: a transport that breaks is 1006 with the cause.
func TestLost(t *testing.T) {
	t.Parallel()
	c, p := dialPeer(t, jsonOptions())
	p.send(`{"type":"system","event":"disconnected","message":"Service reload"}`)
	p.raw.Close()
	err := ended(t, c)
	isClosed(t, err, websocket.CloseAbnormalClosure, "", "Service reload")
	if !errors.Is(err, io.ErrUnexpectedEOF) || err.Error() != "connection lost: Service reload: unexpected EOF" {
		t.Errorf("ended with %v, want an unexpected EOF", err)
	}
}

// TestBrokenFrames: what is no WebSocket frame, or over the limit, ends the
// connection.
func TestBrokenFrames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, bytes string
		code        int
		want        string
	}{
		{"reserved bits", "\xf1\x01x", 1006, "connection lost: websocket"},
		{"masked by the service", "\x81\x81abcdx", 1006, "connection lost: websocket"},
		{"unknown opcode", "\x83\x01x", 1006, "connection lost: websocket"},
		{"long control frame", "\x89\x7e\x00\x80" + strings.Repeat("x", 128), 1006, "connection lost: websocket"},
		{"25 MiB", "\x81\x7f\x00\x00\x00\x00\x01\x90\x00\x00", 1009, "the service sent a message over 25165824 bytes"},
		{"close code of one byte", "\x88\x01x", 1005, "connection closed with code 1005"},
		{"close code 1006", "\x88\x02\x03\xee", 1006, "connection lost: websocket"},
		{"close reason that is no UTF-8", "\x88\x03\x03\xe8\xff", 1006, "connection lost: websocket"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, p := dialPeer(t, jsonOptions())
			go p.drain()
			if _, err := io.WriteString(p.raw, tt.bytes); err != nil {
				t.Log(err) // the client may leave in the middle
			}
			err := ended(t, c)
			var e *ws.CloseError
			if !errors.As(err, &e) || e.Code != tt.code || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("ended with %v, want close %d with %q", err, tt.code, tt.want)
			}
		})
	}
}

// TestClose: what is queued is written, then the close frame with 1000, and the
// service can answer.
func TestClose(t *testing.T) {
	t.Parallel()
	for _, subprotocol := range []string{"", protocol.SubprotocolJSON} {
		c, p := dialPeer(t, ws.Options{Subprotocol: subprotocol, PingInterval: -1})
		for i := range 3 {
			if err := sendUnacked(t, c, subprotocol, fmt.Sprint(i)); err != nil {
				t.Fatal(err)
			}
		}
		closed := make(chan error, 1)
		go func() { closed <- c.Close(within(t)) }()
		for i := range 3 {
			if subprotocol == "" {
				p.expectText(fmt.Sprint(i))
			} else {
				p.expectText(fmt.Sprintf(`{"type":"sendToGroup","group":"g","dataType":"text","data":"%d"}`, i))
			}
		}
		p.expectClose(websocket.CloseNormalClosure)
		if err := <-closed; err != nil {
			t.Errorf("Close = %v", err)
		}
		if err := ended(t, c); !errors.Is(err, ws.ErrClosed) {
			t.Errorf("Receive after Close = %v, want ErrClosed", err)
		}
		if err := sendUnacked(t, c, subprotocol, "x"); !errors.Is(err, ws.ErrClosed) {
			t.Errorf("send after Close = %v, want ErrClosed", err)
		}
		if err := c.Ping(within(t)); !errors.Is(err, ws.ErrClosed) {
			t.Errorf("Ping after Close = %v, want ErrClosed", err)
		}
		if err := c.Close(within(t)); err != nil {
			t.Errorf("second Close = %v", err)
		}
	}
}

// sendUnacked sends without waiting for an ack.
func sendUnacked(t testing.TB, c *ws.Conn, subprotocol, data string) error {
	t.Helper()
	if subprotocol == "" {
		return c.SendRaw(within(t), protocol.DataTypeText, []byte(data))
	}
	return c.SendToGroup(within(t), "g", ws.SendOptions{NoAck: true}, []byte(data))
}

// TestCloseUnanswered: a service that does not answer the close gets 5 seconds,
// or what the context leaves of them.
func TestCloseUnanswered(t *testing.T) {
	t.Parallel()
	t.Run("5 s", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, p := dialPeer(t, jsonOptions())
			p.ws.SetCloseHandler(func(int, string) error { return nil })
			go p.drain()
			start := time.Now()
			err := c.Close(t.Context())
			if took := time.Since(start); err == nil || err.Error() != "the service did not answer the close within 5s" || took != 5*time.Second {
				t.Errorf("Close = %v after %v, want no answer after 5 s", err, took)
			}
			if err := ended(t, c); !errors.Is(err, ws.ErrClosed) {
				t.Errorf("Receive = %v, want ErrClosed", err)
			}
		})
	})
	t.Run("context", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, p := dialPeer(t, jsonOptions())
			p.ws.SetCloseHandler(func(int, string) error { return nil })
			go p.drain()
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			start := time.Now()
			if err := c.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != time.Second {
				t.Errorf("Close = %v after %v, want the end of the context after 1 s", err, time.Since(start))
			}
		})
	})
	t.Run("service does not read", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, _ := dialPeer(t, jsonOptions())
			if err := sendUnacked(t, c, protocol.SubprotocolJSON, "stuck"); err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			if err := c.Close(t.Context()); err == nil || time.Since(start) != 5*time.Second {
				t.Errorf("Close = %v after %v, want an error after 5 s", err, time.Since(start))
			}
		})
	})
}

// TestKeepAlive: the connection ends when the service is silent for three
// intervals, and not when it answers or sends anything.
func TestKeepAlive(t *testing.T) {
	t.Parallel()
	for _, subprotocol := range []string{"", protocol.SubprotocolJSON} {
		t.Run("silent "+subprotocol, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, p := dialPeer(t, ws.Options{Subprotocol: subprotocol})
				p.ws.SetPingHandler(func(string) error { return nil })
				go p.drain()
				start := time.Now()
				err := ended(t, c)
				isClosed(t, err, websocket.CloseAbnormalClosure, "", "")
				if took := time.Since(start); !errors.Is(err, ws.ErrKeepAlive) || took != time.Minute {
					t.Errorf("ended with %v after %v, want silence for 1 minute", err, took)
				}
				if want := "connection lost: no sign of life from the service for 1m0s"; err.Error() != want {
					t.Errorf("ended with %q, want %q", err, want)
				}
			})
		})
		t.Run("answering "+subprotocol, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, p := dialPeer(t, ws.Options{Subprotocol: subprotocol, PingInterval: time.Second})
				go p.pongs()
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				if r, err := c.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("Receive = %+v, %v, want none within an hour", r, err)
				}
			})
		})
	}
	t.Run("none", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			c, p := dialPeer(t, jsonOptions())
			got := make(chan error, 1)
			go func() { _, _, err := p.ws.ReadMessage(); got <- err }()
			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			if _, err := c.Receive(ctx); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Receive = %v, want none within an hour", err)
			}
			select {
			case err := <-got:
				t.Errorf("the client sent something: %v", err)
			default:
			}
		})
	})
	t.Run("messages alone", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			o := jsonOptions()
			o.PingInterval = time.Second
			c, p := dialPeer(t, o)
			go p.drain() // its pings get no answer
			for range 30 {
				time.Sleep(time.Second)
				p.send(`{"type":"message","from":"server","dataType":"text","data":"x"}`)
				if r := next1(t, c); string(r.Data) != "x" {
					t.Errorf("Receive = %+v", r)
				}
			}
		})
	})
}

// pongs answers the pings of the subprotocol until the client leaves; the library
// answers those of simple clients.
func (p *peer) pongs() {
	for {
		_, b, err := p.ws.ReadMessage()
		if err != nil {
			return
		}
		if string(b) == `{"type":"ping"}` && p.try(`{"type":"pong"}`) != nil {
			return
		}
	}
}

// TestWriteTimeout: the connection ends when the service reads nothing for 30 s.
func TestWriteTimeout(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := dialPeer(t, jsonOptions())
		start := time.Now()
		if err := sendUnacked(t, c, protocol.SubprotocolJSON, "stuck"); err != nil {
			t.Fatal(err)
		}
		err := ended(t, c)
		isClosed(t, err, websocket.CloseAbnormalClosure, "", "")
		if took := time.Since(start); took < 30*time.Second || took > 35*time.Second || !strings.Contains(err.Error(), "timeout") {
			t.Errorf("ended with %v after %v, want a timeout after 30 s", err, took)
		}
	})
}
