package ws_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"wps/client/ws"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// recoveryLimit bounds every wait of these tests.
const recoveryLimit = 2 * time.Minute

// connectTo dials a client of hub chat that may do everything.
func connectTo(t testing.TB, e *emulatortest.Emulator, o ws.Options, groups ...string) *ws.Conn {
	t.Helper()
	n, err := token.Negotiate(e.ConnectionString, token.ClientOptions{
		Hub: "chat", UserID: "u1", Groups: groups, Roles: []string{protocol.RoleJoinLeaveGroup, protocol.RoleSendToGroup},
	})
	if err != nil {
		t.Fatalf("Negotiate: %v", err)
	}
	o.URL = n.URL
	ctx, cancel := context.WithTimeout(t.Context(), recoveryLimit)
	defer cancel()
	c, err := ws.Dial(ctx, o)
	if err != nil {
		t.Fatalf("Dial(%s): %v", o.Subprotocol, err)
	}
	t.Cleanup(func() { c.Close(context.WithoutCancel(t.Context())) })
	return c
}

// arrivals receives until the connection ends or done returns true. It returns the
// data of the messages and the names of the system events.
func arrivals(t testing.TB, c *ws.Conn, done func(*protocol.Response) bool) (messages []string, events []string, err error) {
	ctx, cancel := context.WithTimeout(t.Context(), recoveryLimit)
	defer cancel()
	for {
		r, err := c.Receive(ctx)
		if err != nil {
			return messages, events, err
		}
		if r.Type == protocol.ResponseSystem {
			events = append(events, r.Event)
		} else {
			messages = append(messages, string(r.Data))
		}
		if done(r) {
			return messages, events, nil
		}
	}
}

// TestRecoveryUnderLoad cuts a reliable connection again and again in
// mid-stream, in the middle of frames too, while thousands of messages are
// received and requests are sent: none is lost, none comes twice, all are in order.
func TestRecoveryUnderLoad(t *testing.T) {
	t.Parallel()
	for _, subprotocol := range []string{protocol.SubprotocolJSONReliable, protocol.SubprotocolProtobufReliable} {
		t.Run(subprotocol, func(t *testing.T) {
			t.Parallel()
			e := emulatortest.Run(t)
			random := rand.New(rand.NewPCG(1, 2))
			proxy := emulatortest.NewProxy(t, e.URL, func() int { return 100_000 + random.IntN(100_000) }) // more than a replay
			c := connectTo(t, e, ws.Options{Subprotocol: subprotocol, NetDial: proxy.Dial, AckTimeout: recoveryLimit}, "down")
			const messages, requests, ahead = 6000, 200, 100 // the service allows 1000 unacknowledged ones
			sender := connectTo(t, e, ws.Options{Subprotocol: protocol.SubprotocolJSON})
			watcher := connectTo(t, e, ws.Options{Subprotocol: protocol.SubprotocolJSON, QueueSize: requests}, "up")
			room := make(chan struct{}, ahead)
			var work, asking sync.WaitGroup
			defer func() { work.Wait(); asking.Wait() }()
			ctx, cancel := context.WithTimeout(t.Context(), recoveryLimit)
			defer cancel()
			work.Go(func() {
				for i := range messages {
					select {
					case room <- struct{}{}:
					case <-ctx.Done():
						return
					}
					if err := sender.SendToGroup(ctx, "down", ws.SendOptions{NoAck: true, Metadata: padding}, fmt.Append(nil, i)); err != nil {
						t.Errorf("send %d: %v", i, err)
						return
					}
				}
			})
			asking.Go(func() {
				for i := range requests {
					if err := c.SendToGroup(ctx, "up", ws.SendOptions{}, fmt.Append(nil, i)); err != nil {
						t.Errorf("request %d: %v", i, err)
						return
					}
				}
			})
			n := 0
			got, events, err := arrivals(t, c, func(r *protocol.Response) bool {
				if r.Type == protocol.ResponseMessage {
					<-room
					if n++; n%400 == 0 { // what answers has read the sequence ids acknowledged before
						if err := c.JoinGroup(ctx, "down"); err != nil {
							t.Errorf("join after %d messages: %v", n, err)
						}
					}
				}
				return n == messages
			})
			if err != nil {
				t.Fatalf("after %d messages and %d events: %v", len(got), len(events), err)
			}
			expectCount(t, "message", got)
			expectRecoveries(t, events, 4)
			n = 0
			got, _, err = arrivals(t, watcher, func(r *protocol.Response) bool {
				if r.Type == protocol.ResponseMessage {
					n++
				}
				return n == requests
			})
			if err != nil {
				t.Fatalf("watcher after %d: %v", len(got), err)
			}
			expectCount(t, "request", got)
			asking.Wait() // the last ack
			t.Logf("%d messages, %d requests, cut %d times", messages, requests, proxy.Cuts())
		})
	}
}

// padding makes a message some 200 bytes long.
var padding = map[string]string{"padding": strings.Repeat("x", 100)}

func expectCount(t *testing.T, what string, got []string) {
	t.Helper()
	for i, data := range got {
		if data != fmt.Sprint(i) {
			t.Fatalf("%s %d is %q: lost, twice or out of order", what, i, data)
		}
	}
}

// expectRecoveries checks that each recovering is followed by its recovered.
func expectRecoveries(t *testing.T, events []string, least int) {
	t.Helper()
	events = events[1:] // connected
	for i, event := range events {
		if want := []string{ws.EventRecovering, ws.EventRecovered}[i%2]; event != want {
			t.Fatalf("event %d is %q, want %q", i, event, want)
		}
	}
	if len(events)/2 < least {
		t.Errorf("recovered %d times, want at least %d", len(events)/2, least)
	}
}

// TestManyMessages shows that sequence ids are acknowledged: the service allows
// 1000 that are not. An answer to the receiver from time to time shows that the
// service has read the acks before it, however slow the machine is.
func TestManyMessages(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c := connectTo(t, e, ws.Options{Subprotocol: protocol.SubprotocolJSONReliable}, "g")
	sender := connectTo(t, e, ws.Options{Subprotocol: protocol.SubprotocolJSON})
	ctx, cancel := context.WithTimeout(t.Context(), recoveryLimit)
	defer cancel()
	const messages, atOnce = 4000, 400
	var got []string
	for len(got) < messages {
		for i := range atOnce {
			if err := sender.SendToGroup(ctx, "g", ws.SendOptions{NoAck: true}, fmt.Append(nil, len(got)+i)); err != nil {
				t.Fatalf("send %d: %v", len(got)+i, err)
			}
		}
		left := atOnce
		part, _, err := arrivals(t, c, func(r *protocol.Response) bool {
			if r.Type == protocol.ResponseMessage {
				left--
			}
			return left == 0
		})
		if err == nil {
			err = c.JoinGroup(ctx, "g")
		}
		if got = append(got, part...); err != nil {
			t.Fatalf("after %d messages: %v", len(got), err)
		}
	}
	expectCount(t, "message", got)
}

// until waits for an event.
func until(event string) func(*protocol.Response) bool {
	return func(r *protocol.Response) bool { return r.Type == protocol.ResponseSystem && r.Event == event }
}

func never(*protocol.Response) bool { return false }

// TestRecoveryLost: a refused recovery ends the connection with the code of the
// refusal.
func TestRecoveryLost(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	proxy := emulatortest.NewProxy(t, e.URL, nil)
	c := connectTo(t, e, ws.Options{Subprotocol: protocol.SubprotocolJSONReliable, NetDial: proxy.Dial})
	proxy.Block(true)
	if _, _, err := arrivals(t, c, until(ws.EventRecovering)); err != nil {
		t.Fatal(err)
	}
	closeByREST(t, e, c.ConnectionID())
	proxy.Block(false)
	_, events, err := arrivals(t, c, never)
	var closed *ws.CloseError
	if !errors.As(err, &closed) || closed.Code != 1008 || closed.Reason != "The connection could not be recovered." {
		t.Errorf("ended with %v, want code 1008", err)
	}
	if fmt.Sprint(events) != "[lost]" {
		t.Errorf("events %v, want lost", events)
	}
	if err := c.JoinGroup(t.Context(), "g"); !errors.As(err, &closed) {
		t.Errorf("JoinGroup after the end = %v, want the reason of the end", err)
	}
}

func closeByREST(t *testing.T, e *emulatortest.Emulator, id string) {
	t.Helper()
	url := e.URL + "/api/hubs/chat/connections/" + id
	tok, err := e.ConnectionString.Key.SignREST(url, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodDelete, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+tok)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		t.Fatalf("DELETE %s = %d", url, resp.StatusCode)
	}
}

// TestRecoveryTimeout proves that the attempts end, and that no recovery is
// tried when none is wanted.
func TestRecoveryTimeout(t *testing.T) {
	t.Parallel()
	for timeout, want := range map[time.Duration]string{200 * time.Millisecond: "[connected recovering lost]", -1: "[connected]"} {
		e := emulatortest.Run(t)
		proxy := emulatortest.NewProxy(t, e.URL, nil)
		c := connectTo(t, e, ws.Options{
			Subprotocol: protocol.SubprotocolProtobufReliable, NetDial: proxy.Dial, RecoveryTimeout: timeout,
		})
		proxy.Block(true)
		_, events, err := arrivals(t, c, never)
		var closed *ws.CloseError
		if !errors.As(err, &closed) || closed.Code != 1006 {
			t.Errorf("timeout %v: ended with %v, want a lost connection", timeout, err)
		}
		if fmt.Sprint(events) != want {
			t.Errorf("timeout %v: events %v, want %s", timeout, events, want)
		}
	}
}

// TestRecoveryWaits proves that a call outlasts a break, and is carried out
// once.
func TestRecoveryWaits(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	proxy := emulatortest.NewProxy(t, e.URL, nil)
	c := connectTo(t, e, ws.Options{Subprotocol: protocol.SubprotocolJSONReliable, NetDial: proxy.Dial})
	proxy.Block(true)
	if _, _, err := arrivals(t, c, until(ws.EventRecovering)); err != nil {
		t.Fatal(err)
	}
	joined, pinged := make(chan error, 1), make(chan error, 1)
	go func() { joined <- c.JoinGroup(t.Context(), "g") }()
	go func() { pinged <- c.Ping(t.Context()) }()
	proxy.Block(false)
	if _, _, err := arrivals(t, c, until(ws.EventRecovered)); err != nil {
		t.Fatal(err)
	}
	if err := <-joined; err != nil {
		t.Errorf("JoinGroup over a break: %v", err)
	}
	if err := <-pinged; err != nil {
		t.Errorf("Ping over a break: %v", err)
	}
	if err := c.SendToGroup(t.Context(), "g", ws.SendOptions{}, []byte("hi")); err != nil {
		t.Fatal(err)
	}
	if got, _, err := arrivals(t, c, func(r *protocol.Response) bool { return r.Type == protocol.ResponseMessage }); err != nil || got[0] != "hi" {
		t.Errorf("after the recovery: %v, %v", got, err)
	}
}

func TestCloseWhileRecovering(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	proxy := emulatortest.NewProxy(t, e.URL, nil)
	c := connectTo(t, e, ws.Options{Subprotocol: protocol.SubprotocolJSONReliable, NetDial: proxy.Dial})
	proxy.Block(true)
	if _, _, err := arrivals(t, c, until(ws.EventRecovering)); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Errorf("Close: %v", err)
	}
	if _, _, err := arrivals(t, c, never); !errors.Is(err, ws.ErrClosed) {
		t.Errorf("Receive after Close: %v, want ErrClosed", err)
	}
}

// TestSubprotocols: every subprotocol delivers the same messages, except for what
// it cannot carry.
func TestSubprotocols(t *testing.T) {
	t.Parallel()
	for _, subprotocol := range []string{
		protocol.SubprotocolJSON, protocol.SubprotocolJSONReliable,
		protocol.SubprotocolProtobuf, protocol.SubprotocolProtobufReliable,
	} {
		t.Run(subprotocol, func(t *testing.T) {
			t.Parallel()
			e := emulatortest.Run(t)
			c := connectTo(t, e, ws.Options{Subprotocol: subprotocol})
			ctx, cancel := context.WithTimeout(t.Context(), recoveryLimit)
			defer cancel()
			if c.ConnectionID() == "" || c.UserID() != "u1" {
				t.Errorf("connected as %q, user %q", c.ConnectionID(), c.UserID())
			}
			if err := c.JoinGroup(ctx, "g"); err != nil {
				t.Fatalf("JoinGroup: %v", err)
			}
			if err := c.Ping(ctx); err != nil {
				t.Errorf("Ping: %v", err)
			}
			var refused *ws.AckError
			if err := c.SendEvent(ctx, "e", ws.EventOptions{}, []byte("x")); !errors.As(err, &refused) || refused.Name != protocol.AckInternalServerError {
				t.Errorf("SendEvent = %v, want InternalServerError", err)
			}
			for dataType, data := range map[protocol.DataType]string{
				protocol.DataTypeText: "hi", protocol.DataTypeJSON: `{"a": 1}`, protocol.DataTypeBinary: "\x01\x02\xff",
			} {
				err := c.SendToGroup(ctx, "g", ws.SendOptions{DataType: dataType, Metadata: map[string]string{"k": "v"}}, []byte(data))
				if err != nil {
					t.Fatalf("SendToGroup(%s): %v", dataType, err)
				}
				r, err := c.Receive(ctx)
				for err == nil && r.Type == protocol.ResponseSystem {
					r, err = c.Receive(ctx)
				}
				if err != nil {
					t.Fatal(err)
				}
				if r.From != protocol.FromGroup || r.Group != "g" || r.DataType != dataType || string(r.Data) != data || r.Metadata["k"] != "v" {
					t.Errorf("%s: got %+v", dataType, r)
				}
				if reliable := strings.Contains(subprotocol, "reliable"); (r.SequenceID > 0) != reliable {
					t.Errorf("sequence id %d", r.SequenceID)
				}
			}
			if err := c.LeaveGroup(ctx, "g"); err != nil {
				t.Errorf("LeaveGroup: %v", err)
			}
			if err := c.Close(ctx); err != nil {
				t.Errorf("Close: %v", err)
			}
		})
	}
}
