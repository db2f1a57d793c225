// Package second uses wps as a program in another module does.
package second

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"wps/client"
	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// patience bounds every wait of a test.
const patience = 10 * time.Second

func TestRun(t *testing.T) {
	t.Parallel()
	sendAndReceive(t, emulatortest.Run(t).ConnectionString)
}

func TestHandler(t *testing.T) {
	t.Parallel()
	e, err := emulator.New(emulator.Options{})
	if err != nil {
		t.Fatalf("emulator.New: %v", err)
	}
	web := httptest.NewServer(e)
	t.Cleanup(web.Close)
	t.Cleanup(func() { e.Close() })
	endpoint, err := token.ParseEndpoint(web.URL)
	if err != nil {
		t.Fatalf("ParseEndpoint(%q): %v", web.URL, err)
	}
	sendAndReceive(t, token.NewConnectionString(endpoint, token.NewKey(protocol.DefaultAccessKey)))
}

// sendAndReceive connects a client and sends a message to its user.
func sendAndReceive(t *testing.T, cs token.ConnectionString) {
	t.Helper()
	ws := dial(t, cs, "alice")
	if m := read(t, ws); m.Type != "system" || m.Event != "connected" || m.UserID != "alice" {
		t.Fatalf("first message = %+v, want connected as alice", m)
	}
	svc, err := client.FromConnectionString(cs, "chat", client.Options{})
	if err != nil {
		t.Fatalf("FromConnectionString: %v", err)
	}
	to := protocol.Target{Kind: protocol.TargetUser, ID: "alice"}
	if _, err := svc.Send(t.Context(), to, protocol.Send{DataType: protocol.DataTypeText, Data: []byte("hello")}); err != nil {
		t.Fatalf("Send(%v) = %v, want nil", to, err)
	}
	if m := read(t, ws); m.Type != "message" || m.From != "server" || m.Data != "hello" {
		t.Errorf("message = %+v, want hello from the server", m)
	}
}

// dial connects with the JSON subprotocol.
func dial(t *testing.T, cs token.ConnectionString, user string) *websocket.Conn {
	t.Helper()
	n, err := token.Negotiate(cs, token.ClientOptions{Hub: "chat", UserID: user})
	if err != nil {
		t.Fatalf("Negotiate: %v", err)
	}
	d := websocket.Dialer{Subprotocols: []string{protocol.SubprotocolJSON}, HandshakeTimeout: patience}
	ws, _, err := d.DialContext(t.Context(), n.URL, nil)
	if err != nil {
		t.Fatalf("dial: %v", err)
	}
	t.Cleanup(func() { ws.Close() })
	return ws
}

// message has the members of a response that the tests look at.
type message struct {
	Type   string `json:"type"`
	Event  string `json:"event"`
	UserID string `json:"userId"`
	From   string `json:"from"`
	Data   any    `json:"data"`
}

func read(t *testing.T, ws *websocket.Conn) (m message) {
	t.Helper()
	if err := ws.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatalf("SetReadDeadline: %v", err)
	}
	if err := ws.ReadJSON(&m); err != nil {
		t.Fatalf("read: %v", err)
	}
	return m
}
