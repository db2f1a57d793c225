package ws_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"

	"github.com/gorilla/websocket"

	"wps/client"
	"wps/client/ws"
	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// TestConnEmulated uses a JSON connection on the emulator: groups, events, acks,
// roles, and the reason of a close by REST.
func TestConnEmulated(t *testing.T) {
	t.Parallel()
	e, svc := emulated(t)
	ctx := within(t)
	c := connect(t, e, token.ClientOptions{UserID: "u1"}, ws.Options{Subprotocol: protocol.SubprotocolJSON})
	if hello := receive(t, c); hello.Event != "connected" || hello.ConnectionID != c.ConnectionID() || c.ConnectionID() == "" || c.UserID() != "u1" {
		t.Errorf("connected = %+v, connection %q of %q", hello, c.ConnectionID(), c.UserID())
	}
	for range 2 { // joining twice is no error
		if err := c.JoinGroup(ctx, "g"); err != nil {
			t.Fatalf("JoinGroup = %v", err)
		}
	}
	if err := c.SendToGroup(ctx, "g", ws.SendOptions{DataType: protocol.DataTypeJSON, Metadata: map[string]string{"k": "v"}}, []byte(`[1]`)); err != nil {
		t.Fatalf("SendToGroup = %v", err)
	}
	if m := message(t, c); m.From != "group" || m.Group != "g" || m.FromUserID != "u1" || string(m.Data) != "[1]" || m.Metadata["k"] != "v" {
		t.Errorf("message = %+v", m)
	}
	if err := c.SendToGroup(ctx, "g", ws.SendOptions{NoEcho: true}, []byte("not for me")); err != nil {
		t.Fatalf("SendToGroup = %v", err)
	}
	for range 2 { // leaving twice is no error
		if err := c.LeaveGroup(ctx, "g"); err != nil {
			t.Fatalf("LeaveGroup = %v", err)
		}
	}
	if err := c.SendToGroup(ctx, "g", ws.SendOptions{}, []byte("nor this")); err != nil {
		t.Fatalf("SendToGroup = %v", err)
	}
	var refused *ws.AckError
	if err := c.SendEvent(ctx, "echo", ws.EventOptions{}, []byte("x")); !errors.As(err, &refused) || refused.Name != protocol.AckInternalServerError {
		t.Errorf("SendEvent without a handler = %v, want InternalServerError", err)
	}
	if err := c.Ping(ctx); err != nil {
		t.Errorf("Ping = %v", err)
	}
	if _, err := svc.CloseConnections(ctx, protocol.Target{Kind: protocol.TargetConnection, ID: c.ConnectionID()}, protocol.Close{Reason: "maintenance"}); err != nil {
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
	c := connect(t, e, token.ClientOptions{Roles: []string{}}, ws.Options{Subprotocol: protocol.SubprotocolJSON})
	for want, err := range map[string]error{
		"Forbidden: The client does not have permission to join group 'g'.":    c.JoinGroup(within(t), "g"),
		"Forbidden: The client does not have permission to leave group 'g'.":   c.LeaveGroup(within(t), "g"),
		"Forbidden: The client does not have permission to send to group 'g'.": c.SendToGroup(within(t), "g", ws.SendOptions{}, []byte("x")),
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
	c := connect(t, e, token.ClientOptions{UserID: "u1"}, ws.Options{})
	for _, m := range []protocol.Send{{DataType: protocol.DataTypeText, Data: []byte("hé")}, {DataType: protocol.DataTypeJSON, Data: []byte(`"hi"`)}, {DataType: protocol.DataTypeBinary, Data: []byte{0, 255}}} {
		if _, err := svc.Send(within(t), protocol.Target{Kind: protocol.TargetUser, ID: "u1"}, m); err != nil {
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

// TestDialEmulated has handshakes that the emulator refuses.
func TestDialEmulated(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	other := e.ConnectionString
	other.Key = key
	n, err := token.Negotiate(other, token.ClientOptions{Hub: "chat"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ws.Dial(within(t), ws.Options{URL: n.URL, Subprotocol: protocol.SubprotocolJSON}); !errors.Is(err, client.ErrUnauthorized) {
		t.Errorf("Dial with another key = %v, want 401", err)
	}
	if _, err := ws.Dial(within(t), ws.Options{URL: n.BaseURL}); !errors.Is(err, client.ErrUnauthorized) {
		t.Errorf("Dial without a token = %v, want 401", err)
	}
}

// TestEmulatorStops: clients receive the close of a stopping service.
func TestEmulatorStops(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c := connect(t, e, token.ClientOptions{}, ws.Options{Subprotocol: protocol.SubprotocolJSON})
	if err := e.Server.Close(); err != nil {
		t.Fatal(err)
	}
	isClosed(t, ended(t, c), websocket.CloseGoingAway, "", "")
}

// TestEventEmulated: a handler gets the event with its data type, and its answer is
// received before SendEvent returns.
func TestEventEmulated(t *testing.T) {
	t.Parallel()
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WebHook-Allowed-Origin", "*")
		if r.Method == http.MethodOptions {
			return
		}
		b, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("ce-eventName") == "fail" {
			w.WriteHeader(http.StatusBadRequest) // which is not tried again
			return
		}
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(w, "%s %s %s", r.Header.Get("ce-eventName"), r.Header.Get("Content-Type"), b)
	})
	e := emulatortest.RunWith(t, emulator.Options{Hubs: map[string]emulator.HubSettings{"chat": {Handlers: []emulator.EventHandler{
		{Handler: handler, EventPattern: emulator.EveryEvent},
	}}}})
	c := connect(t, e, token.ClientOptions{}, ws.Options{Subprotocol: protocol.SubprotocolJSON})
	receive(t, c) // connected
	for _, tt := range []struct {
		o          ws.EventOptions
		data, want string
	}{
		{ws.EventOptions{}, "hé", "echo text/plain; charset=utf-8 hé"},
		{ws.EventOptions{DataType: protocol.DataTypeJSON}, `{"a": 1}`, `echo application/json {"a": 1}`},
		{ws.EventOptions{DataType: protocol.DataTypeBinary}, "\x01", "echo application/octet-stream \x01"},
	} {
		if err := c.SendEvent(within(t), "echo", tt.o, []byte(tt.data)); err != nil {
			t.Fatalf("SendEvent = %v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel() // it is queued already
		if r, err := c.Receive(ctx); err != nil || r.From != protocol.FromServer || string(r.Data) != tt.want {
			t.Errorf("Receive = %+v, %v, want %q", r, err, tt.want)
		}
	}
	var refused *ws.AckError
	if err := c.SendEvent(within(t), "fail", ws.EventOptions{}, nil); !errors.As(err, &refused) || refused.Name != protocol.AckInternalServerError {
		t.Errorf("SendEvent of a failing handler = %v, want InternalServerError", err)
	}
	simple := connect(t, e, token.ClientOptions{}, ws.Options{})
	if err := simple.SendRaw(within(t), protocol.DataTypeText, []byte("hi")); err != nil {
		t.Fatal(err)
	}
	if r := receive(t, simple); string(r.Data) != "message text/plain; charset=utf-8 hi" {
		t.Errorf("Receive = %+v, want the answer to the event message", r)
	}
}
