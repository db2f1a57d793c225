package ws_test

import (
	"bytes"
	"strings"
	"sync"
	"testing"

	"wps/client/ws"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// TestSendFrame sends requests as they are on the wire.
func TestSendFrame(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c := connect(t, e, token.ClientOptions{}, ws.Options{Subprotocol: protocol.SubprotocolJSON})
	receive(t, c) // connected
	for _, f := range []string{`{"type":"joinGroup","group":"g","ackId":99}`, `{"type":"sendToGroup","group":"g","dataType":"text","data":"raw"}`} {
		if err := c.SendFrame(within(t), []byte(f)); err != nil {
			t.Fatalf("SendFrame(%s) = %v", f, err)
		}
	}
	if got := receive(t, c); string(got.Data) != "raw" || got.Group != "g" {
		t.Errorf("received %+v", got)
	}
	if err := c.SendFrame(within(t), []byte{0xff}); err == nil {
		t.Error("SendFrame of bytes that are not UTF-8 = nil")
	}
	p := connect(t, e, token.ClientOptions{}, ws.Options{Subprotocol: protocol.SubprotocolProtobuf})
	if err := p.SendFrame(within(t), []byte("{}")); err == nil || !strings.Contains(err.Error(), "no text frames") {
		t.Errorf("SendFrame of a protobuf client = %v", err)
	}
}

// TestOnFrame: every frame is shown, and the reconnection token in none.
func TestOnFrame(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	for name, isText := range map[string]bool{protocol.SubprotocolJSONReliable: true, protocol.SubprotocolProtobufReliable: false} {
		var mu sync.Mutex
		var sent, received bytes.Buffer
		c := connect(t, e, token.ClientOptions{}, ws.Options{Subprotocol: name, OnFrame: func(out, text bool, data []byte) {
			mu.Lock()
			defer mu.Unlock()
			if text != isText {
				t.Errorf("%s: text = %v", name, text)
			}
			if out {
				sent.Write(data)
			} else {
				received.Write(data)
			}
		}})
		if err := c.JoinGroup(within(t), "the-group"); err != nil {
			t.Fatal(err)
		}
		token := receive(t, c).ReconnectionToken
		mu.Lock()
		if !strings.Contains(sent.String(), "the-group") || !strings.Contains(received.String(), c.ConnectionID()) || token == "" || strings.Contains(received.String(), token) {
			t.Errorf("%s: sent %q, received %q, token %q", name, sent.String(), received.String(), token)
		}
		mu.Unlock()
	}
}
