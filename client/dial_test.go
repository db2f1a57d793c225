package client_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"wps/client"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// websocketURL makes a client URL of a server's address.
func websocketURL(address string) string {
	return "ws" + strings.TrimPrefix(address, "http") + "/client/hubs/chat?access_token=secret"
}

// TestHandshakeRefused: the status and the start of the body are told, and the
// token never is.
func TestHandshakeRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		answer http.HandlerFunc
		status int
		want   string
		is     error
	}{
		{"401", status(401), 401, "the service refused the connection: 401 Unauthorized", client.ErrUnauthorized},
		{"403 with text", body(403, "not\r\nyou \x1b[31m"), 403, "the service refused the connection: 403 Forbidden: not you [31m", client.ErrUnauthorized},
		{"400 with text", body(400, "Invalid group name."), 400, "the service refused the connection: 400 Bad Request: Invalid group name.", nil},
		{"404 of the service", body(404, `{"code":"Error.NotFound","message":"There is nothing.","target":"Request"}`), 404, "the service refused the connection: 404 Not Found: There is nothing. (Error.NotFound)", client.ErrNotFound},
		{"503 with a page", body(503, "<!DOCTYPE html><p>busy"), 503, "the service refused the connection: 503 Service Unavailable", nil},
		{"404", status(404), 404, "the service refused the connection: 404 Not Found", client.ErrNotFound},
		{"429", status(429), 429, "the service refused the connection: 429 Too Many Requests", nil},
		{"500", status(500), 500, "the service refused the connection: 500 Internal Server Error", nil},
		{"no WebSocket server", body(200, "hello"), 200, "the service refused the connection: 200 OK: hello", nil},
		{"redirect", status(302, "Location", "http://127.0.0.1:1/"), 302, "the service refused the connection: 302 Found", nil},
		{"long text", body(400, strings.Repeat("x", 5000)), 400, "the service refused the connection: 400 Bad Request: " + strings.Repeat("x", 1024), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, tt.answer)
			_, err := client.Dial(within(t), client.DialOptions{URL: websocketURL(s.URL), Subprotocol: protocol.SubprotocolJSON})
			var e *client.HandshakeError
			if !errors.As(err, &e) || e.Status != tt.status || err.Error() != tt.want {
				t.Errorf("Dial = %v, want %q", err, tt.want)
			}
			for _, sentinel := range []error{client.ErrNotFound, client.ErrUnauthorized} {
				if got := errors.Is(err, sentinel); got != (sentinel == tt.is) {
					t.Errorf("errors.Is(%v, %v) = %v", err, sentinel, got)
				}
			}
			if r := s.only(t); r.uri != "/client/hubs/chat?access_token=secret" || r.header.Get("Sec-Websocket-Protocol") != protocol.SubprotocolJSON {
				t.Errorf("asked for %s with %v", r.uri, r.header)
			}
		})
	}
}

// TestDialOptionsRefused: an address that cannot work is not repeated, because
// it holds a token.
func TestDialOptionsRefused(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ url, subprotocol, want string }{
		{"", "", "client URL must begin with ws:// or wss://"},
		{"https://h/client?access_token=secret", "", "client URL must begin with ws:// or wss://"},
		{"ws:///client?access_token=secret", "", "client URL must have a host"},
		{"wss://user:secret@h/client", "", "neither a user nor a fragment"},
		{"wss://h/client?access_token=secret#x", "", "neither a user nor a fragment"},
		{"wss://h:port/?access_token=secret", "", "client URL cannot be read"},
		{"wss://h/\x00secret", "", "client URL cannot be read"},
	} {
		_, err := client.Dial(within(t), client.DialOptions{URL: tt.url, Subprotocol: tt.subprotocol, NetDial: func(context.Context, string, string) (net.Conn, error) {
			t.Errorf("%q was dialled", tt.url)
			return nil, io.EOF
		}})
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("Dial(%q) = %v, want %q", tt.url, err, tt.want)
		}
	}
}

// TestDialUnreachable: whoever cannot be reached is named, without the token.
func TestDialUnreachable(t *testing.T) {
	t.Parallel()
	o := client.DialOptions{URL: "ws://h.example/client/hubs/chat?access_token=secret"}
	for fault, want := range map[error]string{
		&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}: "ws://h.example does not answer: connection refused",
		&net.DNSError{Err: "no such host", Name: "h.example"}:           "ws://h.example does not answer: lookup h.example: no such host",
	} {
		o.NetDial = func(context.Context, string, string) (net.Conn, error) { return nil, fault }
		_, err := client.Dial(within(t), o)
		var unreachable *client.UnreachableError
		if !errors.As(err, &unreachable) || err.Error() != want {
			t.Errorf("Dial = %v, want %q", err, want)
		}
	}
}

// TestDialSilence: a service that says nothing, before the handshake or after
// it, gets 10 seconds; the caller may be less patient.
func TestDialSilence(t *testing.T) {
	t.Parallel()
	services := map[string]func(net.Conn){
		"no handshake": func(far net.Conn) { io.Copy(io.Discard, far) },
		"not named": func(far net.Conn) {
			if ws, err := upgrade(far, protocol.SubprotocolJSON); err == nil {
				(&peer{ws: ws, raw: far}).drain()
			}
		},
	}
	for name, service := range services {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				o, far := pipeOptions(jsonOptions())
				defer far.Close()
				go service(far)
				start := time.Now()
				_, err := client.Dial(t.Context(), o)
				var unreachable *client.UnreachableError
				if took := time.Since(start); !errors.As(err, &unreachable) || err.Error() != "ws://h.example does not answer: no answer in time" || took != 10*time.Second {
					t.Errorf("Dial = %v after %v, want no answer after 10 s", err, took)
				}
			})
			synctest.Test(t, func(t *testing.T) {
				o, far := pipeOptions(jsonOptions())
				defer far.Close()
				go service(far)
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(time.Second, cancel)
				start := time.Now()
				if _, err := client.Dial(ctx, o); !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
					t.Errorf("Dial = %v after %v, want the end of the context after 1 s", err, time.Since(start))
				}
			})
		})
	}
}

// TestDialClosed: a connection that is closed before it is named tells why.
func TestDialClosed(t *testing.T) {
	t.Parallel()
	o, far := pipeOptions(jsonOptions())
	go func() {
		ws, err := upgrade(far, protocol.SubprotocolJSON)
		if err != nil {
			t.Error(err)
			return
		}
		p := &peer{t, ws, far, make(chan struct{}, 1)}
		p.send(`{"type":"system","event":"disconnected","message":"no room"}`)
		p.close(websocket.ClosePolicyViolation, "The connection could not be activated.")
	}()
	_, err := client.Dial(within(t), o)
	isClosed(t, err, 1008, "The connection could not be activated.", "no room")
}

// TestDialNoSubprotocol: a service that does not agree to the subprotocol would
// take our frames for bare messages.
func TestDialNoSubprotocol(t *testing.T) {
	t.Parallel()
	for _, agreed := range []string{"", "protobuf.webpubsub.azure.v1"} {
		o, far := pipeOptions(jsonOptions())
		go func() {
			if ws, err := upgrade(far, agreed); err == nil {
				(&peer{ws: ws, raw: far}).drain()
			}
		}()
		if _, err := client.Dial(within(t), o); err == nil || err.Error() != "the service did not agree to the subprotocol" {
			t.Errorf("Dial = %v, want no agreement to %q", err, agreed)
		}
	}
}

// TestDialHeader: own headers go with the handshake.
func TestDialHeader(t *testing.T) {
	t.Parallel()
	s := serve(t, status(401))
	_, err := client.Dial(within(t), client.DialOptions{URL: websocketURL(s.URL), Header: http.Header{"Authorization": {"Bearer t"}}})
	if !errors.Is(err, client.ErrUnauthorized) {
		t.Errorf("Dial = %v", err)
	}
	if r := s.only(t); r.header.Get("Authorization") != "Bearer t" || r.header.Get("Sec-Websocket-Protocol") != "" {
		t.Errorf("header = %v", r.header)
	}
}

// TestConnEmulated uses a JSON connection on the emulator: groups, events, acks,
// roles, and the reason of a close by REST.
func TestConnEmulated(t *testing.T) {
	t.Parallel()
	e, svc := emulated(t)
	ctx := within(t)
	c := connect(t, e, token.ClientOptions{UserID: "u1"}, client.DialOptions{Subprotocol: protocol.SubprotocolJSON})
	if hello := receive(t, c); hello.Event != "connected" || hello.ConnectionID != c.ConnectionID() || c.ConnectionID() == "" || c.UserID() != "u1" {
		t.Errorf("connected = %+v, connection %q of %q", hello, c.ConnectionID(), c.UserID())
	}
	for range 2 { // joining twice is no error
		if err := c.JoinGroup(ctx, "g"); err != nil {
			t.Fatalf("JoinGroup = %v", err)
		}
	}
	if err := c.SendToGroup(ctx, "g", client.SendOptions{DataType: protocol.DataTypeJSON, Metadata: map[string]string{"k": "v"}}, []byte(`[1]`)); err != nil {
		t.Fatalf("SendToGroup = %v", err)
	}
	if m := message(t, c); m.From != "group" || m.Group != "g" || m.FromUserID != "u1" || string(m.Data) != "[1]" || m.Metadata["k"] != "v" {
		t.Errorf("message = %+v", m)
	}
	if err := c.SendToGroup(ctx, "g", client.SendOptions{NoEcho: true}, []byte("not for me")); err != nil {
		t.Fatalf("SendToGroup = %v", err)
	}
	for range 2 { // leaving twice is no error
		if err := c.LeaveGroup(ctx, "g"); err != nil {
			t.Fatalf("LeaveGroup = %v", err)
		}
	}
	if err := c.SendToGroup(ctx, "g", client.SendOptions{}, []byte("nor this")); err != nil {
		t.Fatalf("SendToGroup = %v", err)
	}
	var refused *client.AckError
	if err := c.SendEvent(ctx, "echo", client.EventOptions{}, []byte("x")); !errors.As(err, &refused) || refused.Name != protocol.AckInternalServerError {
		t.Errorf("SendEvent without a handler = %v, want InternalServerError", err)
	}
	if err := c.Ping(ctx); err != nil {
		t.Errorf("Ping = %v", err)
	}
	if err := svc.CloseConnections(ctx, connection(c.ConnectionID()), protocol.Close{Reason: "maintenance"}); err != nil {
		t.Fatal(err)
	}
	text := "Application server closed the connection. Reason: maintenance"
	if bye := receive(t, c); bye.Event != "disconnected" || bye.Message != text {
		t.Errorf("Receive = %+v, want disconnected and none of the messages before", bye)
	}
	_, err := c.Receive(ctx)
	isClosed(t, err, 1000, "", text)
}

// TestForbiddenEmulated: without a role the service refuses, and the connection
// stays open.
func TestForbiddenEmulated(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c := connect(t, e, token.ClientOptions{Roles: []string{}}, client.DialOptions{Subprotocol: protocol.SubprotocolJSON})
	for want, err := range map[string]error{
		"Forbidden: The client does not have permission to join group 'g'.":    c.JoinGroup(within(t), "g"),
		"Forbidden: The client does not have permission to leave group 'g'.":   c.LeaveGroup(within(t), "g"),
		"Forbidden: The client does not have permission to send to group 'g'.": c.SendToGroup(within(t), "g", client.SendOptions{}, []byte("x")),
	} {
		if !errors.Is(err, client.ErrUnauthorized) || err.Error() != want {
			t.Errorf("error = %v, want %q", err, want)
		}
	}
	if err := c.Ping(within(t)); err != nil {
		t.Errorf("Ping after that = %v", err)
	}
}

// TestSimpleEmulated uses a simple connection: it gets bare messages, and is
// closed where others get an error.
func TestSimpleEmulated(t *testing.T) {
	t.Parallel()
	e, svc := emulated(t)
	c := connect(t, e, token.ClientOptions{UserID: "u1"}, client.DialOptions{})
	for _, m := range []protocol.Send{text("hé"), {DataType: protocol.DataTypeJSON, Data: []byte(`"hi"`)}, {DataType: protocol.DataTypeBinary, Data: []byte{0, 255}}} {
		if err := svc.Send(within(t), user("u1"), m); err != nil {
			t.Fatal(err)
		}
		want := m.DataType
		if want == protocol.DataTypeJSON {
			want = protocol.DataTypeText
		}
		if r := receive(t, c); r.DataType != want || string(r.Data) != string(m.Data) {
			t.Errorf("sent %+v, got %+v", m, r)
		}
	}
	if err := c.Ping(within(t)); err != nil {
		t.Errorf("Ping = %v", err)
	}
	if err := c.SendRaw(within(t), protocol.DataTypeText, []byte("an event without a handler")); err != nil {
		t.Fatal(err)
	}
	isClosed(t, ended(t, c), 1011, "Internal server error", "")
}

// TestDialEmulated has what the emulator refuses.
func TestDialEmulated(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	other := e.ConnectionString
	other.Key = key
	n, err := token.Negotiate(other, token.ClientOptions{Hub: "chat"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.Dial(within(t), client.DialOptions{URL: n.URL, Subprotocol: protocol.SubprotocolJSON}); !errors.Is(err, client.ErrUnauthorized) {
		t.Errorf("Dial with another key = %v, want 401", err)
	}
	if _, err := client.Dial(within(t), client.DialOptions{URL: n.BaseURL}); !errors.Is(err, client.ErrUnauthorized) {
		t.Errorf("Dial without a token = %v, want 401", err)
	}
}

// TestEmulatorStops: clients hear of a stopping service.
func TestEmulatorStops(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c := connect(t, e, token.ClientOptions{}, client.DialOptions{Subprotocol: protocol.SubprotocolJSON})
	if err := e.Server.Close(); err != nil {
		t.Fatal(err)
	}
	isClosed(t, ended(t, c), websocket.CloseGoingAway, "", "")
}
