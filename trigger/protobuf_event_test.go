package trigger_test

import (
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
	"wps/trigger"
)

// anyMessage is a google.protobuf.Any with a type URL and a value that is not
// UTF-8.
const anyMessage = "\x0a\x03t/T\x12\x02\xff\x00"

// emulatorWithHooks starts an emulator whose user events of every hub go to hook.
func emulatorWithHooks(t *testing.T, hook trigger.Hook) *emulatortest.Emulator {
	t.Helper()
	h := handler(t, trigger.Options{Default: hook, Origins: []string{"*"}})
	return emulatortest.RunWith(t, emulator.Options{Hubs: map[string]emulator.HubSettings{
		emulator.AnyHub: {Handlers: []emulator.EventHandler{{
			Handler: h, EventPattern: emulator.EveryEvent,
		}}},
	}})
}

// sendEvent connects, sends an event of a protobuf message and returns the
// message that comes back before its ack.
func sendEvent(t *testing.T, e *emulatortest.Emulator, subprotocol string) *protocol.Response {
	t.Helper()
	n, err := token.Negotiate(e.ConnectionString, token.ClientOptions{Hub: "chat"})
	if err != nil {
		t.Fatal(err)
	}
	dialer := websocket.Dialer{Subprotocols: []string{subprotocol}, HandshakeTimeout: patience}
	conn, _, err := dialer.DialContext(t.Context(), n.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	format, _, _ := protocol.ParseSubprotocol(subprotocol)
	kind := websocket.TextMessage
	if format == protocol.FormatProtobuf {
		kind = websocket.BinaryMessage
	}
	if err := conn.WriteMessage(kind, format.AppendRequest(nil, &protocol.Request{
		Type: protocol.RequestEvent, Event: "ev", DataType: protocol.DataTypeProtobuf, Data: []byte(anyMessage), HasAckID: true, AckID: 1,
	})); err != nil {
		t.Fatal(err)
	}
	var message *protocol.Response
	for {
		_, frame, err := conn.ReadMessage()
		if err != nil {
			t.Fatal(err)
		}
		r, err := format.DecodeResponse(frame)
		switch {
		case err != nil:
			t.Fatal(err)
		case r.Type == protocol.ResponseMessage:
			message = r
		case r.Type == protocol.ResponseAck && !r.Success:
			t.Fatalf("%s: the event failed: %s %s", subprotocol, r.ErrorName, r.ErrorMessage)
		case r.Type == protocol.ResponseAck:
			return message
		}
	}
}

// TestProtobufEvents: a protobuf event of a client reaches a hook in the emulator
// byte for byte, and so does the answer the client.
func TestProtobufEvents(t *testing.T) {
	t.Parallel()
	hook, err := trigger.Builtin(":echo", nil)
	if err != nil {
		t.Fatal(err)
	}
	e := emulatorWithHooks(t, hook)
	for _, subprotocol := range []string{protocol.SubprotocolJSON, protocol.SubprotocolProtobuf} {
		got := sendEvent(t, e, subprotocol)
		if got == nil || got.DataType != protocol.DataTypeProtobuf || string(got.Data) != anyMessage {
			t.Errorf("%s: echo = %+v, want protobuf %q", subprotocol, got, anyMessage)
		}
	}
}

func TestProtobufEventOfAWorker(t *testing.T) {
	t.Parallel()
	h := newWorker(t, 1, trigger.CommandOptions{})
	got := send(t, h, event{name: "ev", contentType: "application/x-protobuf", body: anyMessage})
	if got.Code != 200 || got.Body.String() != anyMessage || got.Header().Get("Content-Type") != "application/x-protobuf" {
		t.Errorf("echo = %d %q %v, want 200 %q", got.Code, got.Body, got.Header(), anyMessage)
	}
}

func TestProtobufAnswerIsBase64(t *testing.T) {
	t.Parallel()
	ev := &trigger.Event{EventContext: protocol.EventContext{Kind: protocol.EventUser}}
	if a, err := trigger.ParseAnswer(ev, []byte(`{"dataType":"Protobuf","message":"CgA="}`)); err != nil ||
		a.DataType != protocol.DataTypeProtobuf || string(a.Message) != "\x0a\x00" {
		t.Errorf("ParseAnswer = %+v, %v, want protobuf 0a00", a, err)
	}
	if a, err := trigger.ParseAnswer(ev, []byte(`{"dataType":"protobuf","message":"not base64"}`)); err == nil {
		t.Errorf("ParseAnswer = %+v, nil, want an error", a)
	}
}
