package ws_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"wps/client"
	"wps/client/ws"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// websocketURL makes a client URL of a server's address.
func websocketURL(address string) string {
	return "ws" + strings.TrimPrefix(address, "http") + "/client/hubs/chat?access_token=secret"
}

// TestHandshakeRefused: the error has the status and the start of the body, and
// never the token.
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
		{"no WebSocket server", body(200, "hello"), 200, "200 OK: the answer is not from Web PubSub", nil},
		{"redirect", status(302, "Location", "http://127.0.0.1:1/"), 302, "302 Found: the answer is not from Web PubSub", nil},
		{"long text", body(400, strings.Repeat("x", 5000)), 400, "the service refused the connection: 400 Bad Request: " + strings.Repeat("x", 1024), nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, tt.answer)
			_, err := ws.Dial(within(t), ws.Options{URL: websocketURL(s.URL), Subprotocol: protocol.SubprotocolJSON})
			var e *ws.HandshakeError
			if !errors.As(err, &e) || e.Status != tt.status || err.Error() != tt.want {
				t.Errorf("Dial = %v, want %q", err, tt.want)
			}
			for _, sentinel := range []error{client.ErrNotFound, client.ErrUnauthorized} {
				if got := errors.Is(err, sentinel); got != (sentinel == tt.is) {
					t.Errorf("errors.Is(%v, %v) = %v", err, sentinel, got)
				}
			}
			if r := s.only(t); r.RequestURI != "/client/hubs/chat?access_token=secret" || r.Header.Get("Sec-Websocket-Protocol") != protocol.SubprotocolJSON {
				t.Errorf("asked for %s with %v", r.RequestURI, r.Header)
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
		{"wss://h:port/?access_token=secret", "", "client URL is not valid"},
		{"wss://h/\x00secret", "", "client URL is not valid"},
	} {
		_, err := ws.Dial(within(t), ws.Options{URL: tt.url, Subprotocol: tt.subprotocol, NetDial: func(context.Context, string, string) (net.Conn, error) {
			t.Errorf("%q was dialled", tt.url)
			return nil, io.EOF
		}})
		if err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("Dial(%q) = %v, want %q", tt.url, err, tt.want)
		}
	}
}

// TestDialUnreachable: the error names the host, without the token.
func TestDialUnreachable(t *testing.T) {
	t.Parallel()
	o := ws.Options{URL: "ws://h.example/client/hubs/chat?access_token=secret"}
	for fault, want := range map[error]string{
		&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}: "ws://h.example does not answer: connection refused",
		&net.DNSError{Err: "no such host", Name: "h.example"}:           "ws://h.example does not answer: lookup h.example: no such host",
	} {
		o.NetDial = func(context.Context, string, string) (net.Conn, error) { return nil, fault }
		_, err := ws.Dial(within(t), o)
		var unreachable *client.UnreachableError
		if !errors.As(err, &unreachable) || err.Error() != want {
			t.Errorf("Dial = %v, want %q", err, want)
		}
	}
}

// TestDialSilence: without an answer to the handshake, or without a connected
// message after it, Dial fails after 10 s, or when the context ends.
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
				_, err := ws.Dial(t.Context(), o)
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
				if _, err := ws.Dial(ctx, o); !errors.Is(err, context.Canceled) || time.Since(start) != time.Second {
					t.Errorf("Dial = %v after %v, want the end of the context after 1 s", err, time.Since(start))
				}
			})
		})
	}
}

// TestDialClosed: the error of a connection that is closed before it is named has
// the reason.
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
		p.send(`{"type":"system","event":"disconnected","message":"no more connections"}`)
		p.close(websocket.ClosePolicyViolation, "The connection could not be activated.")
	}()
	_, err := ws.Dial(within(t), o)
	isClosed(t, err, 1008, "The connection could not be activated.", "no more connections")
}

// TestDialNoSubprotocol: a service that does not agree to the subprotocol would
// treat the frames as bare messages.
func TestDialNoSubprotocol(t *testing.T) {
	t.Parallel()
	for _, agreed := range []string{"", "protobuf.webpubsub.azure.v1"} {
		o, far := pipeOptions(jsonOptions())
		go func() {
			if ws, err := upgrade(far, agreed); err == nil {
				(&peer{ws: ws, raw: far}).drain()
			}
		}()
		if _, err := ws.Dial(within(t), o); err == nil || err.Error() != "the service did not agree to the subprotocol" {
			t.Errorf("Dial = %v, want no agreement to %q", err, agreed)
		}
	}
}

// TestDialHeader: the headers of the options are sent with the handshake.
func TestDialHeader(t *testing.T) {
	t.Parallel()
	s := serve(t, status(401))
	_, err := ws.Dial(within(t), ws.Options{URL: websocketURL(s.URL), Header: http.Header{"Authorization": {"Bearer t"}}})
	if !errors.Is(err, client.ErrUnauthorized) {
		t.Errorf("Dial = %v", err)
	}
	if r := s.only(t); r.Header.Get("Authorization") != "Bearer t" || r.Header.Get("Sec-Websocket-Protocol") != "" {
		t.Errorf("header = %v", r.Header)
	}
}

// TestLoopbackOnly: with it, another machine is refused before a packet is sent,
// and this one is reached.
func TestLoopbackOnly(t *testing.T) {
	t.Parallel()
	const elsewhere = "http://192.0.2.1:9" // of a network for documentation (RFC 5737)
	if _, err := ws.Dial(within(t), ws.Options{URL: websocketURL(elsewhere), LoopbackOnly: true}); !errors.Is(err, client.ErrNotLoopback) {
		t.Errorf("Dial(%s) = %v, want ErrNotLoopback", elsewhere, err)
	}
	connect(t, emulatortest.Run(t), token.ClientOptions{}, ws.Options{Subprotocol: protocol.SubprotocolJSON, LoopbackOnly: true})
}

// TestEndlessHandshake: a server that never ends the header of its answer is given up
// after a limit, not after its time.
func TestEndlessHandshake(t *testing.T) {
	t.Parallel()
	var sent atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		_, err = io.WriteString(c, "HTTP/1.1 101 Switching Protocols\r\n")
		for line := "X: " + strings.Repeat("x", 1020) + "\r\n"; err == nil; {
			var n int
			n, err = io.WriteString(c, line)
			sent.Add(int64(n))
		}
	}))
	t.Cleanup(s.Close)
	_, err := ws.Dial(within(t), ws.Options{URL: websocketURL(s.URL), HandshakeTimeout: patience})
	if err == nil || !strings.Contains(err.Error(), "the answer to the handshake has more than 262144 bytes") {
		t.Errorf("Dial = %v, want an error about the size of the answer", err)
	}
	s.Close()
	if n := sent.Load(); n > 64<<20 { // what the sockets hold comes on top
		t.Errorf("the server could send %d bytes", n)
	}
}
