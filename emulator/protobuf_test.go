package emulator_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"wps/emulator/emulatortest"
	"wps/protocol"
)

// sendHex sends a binary message.
func (c *client) sendHex(text string) {
	c.t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(text, " ", ""))
	if err != nil {
		c.t.Fatalf("hex %q: %v", text, err)
	}
	c.sendOp(websocket.BinaryMessage, string(b))
}

// expectHex reads a binary message and compares it to the byte.
func (c *client) expectHex(want string) {
	c.t.Helper()
	op, got := c.read()
	want = strings.ToLower(strings.ReplaceAll(want, " ", ""))
	if h := hex.EncodeToString([]byte(got)); op != websocket.BinaryMessage || h != want {
		c.t.Fatalf("got frame %d %s, want %s", op, h, want)
	}
}

// response reads a message of the service.
func (c *client) response() *protocol.Response {
	c.t.Helper()
	_, got := c.read()
	r, err := protocol.FormatProtobuf.DecodeResponse([]byte(got))
	if err != nil {
		c.t.Fatalf("frame %x: %v", got, err)
	}
	return r
}

// TestProtobufClient speaks to the emulator in published bytes.
func TestProtobufClient(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c := dial(t, e, clientOptions{user: "u1", roles: joinAny, subprotocol: offer(protocol.SubprotocolProtobuf)})
	hello := c.response()
	if hello.Event != protocol.SystemConnected || hello.UserID != "u1" || len(hello.ConnectionID) != 32 || hello.ReconnectionToken != "" {
		t.Errorf("connected = %+v", hello)
	}
	c.sendHex("32090A056C6F6262791005") // join lobby, ack 5
	c.expectHex("0A0408051001")
	want(t, e, 202, post("chat/groups/lobby/:send", "text/plain", "hi"))
	c.expectHex("12140A0567726F757012056C6F6262791A040A026869")
	c.sendHex("0A110A056C6F62627910061A040A0268692001") // no echo, ack 6
	c.expectHex("0A0408061001")
	c.sendHex("4A00") // ping
	c.expectHex("2200")
	c.sendHex("42020809") // sequence ack: ignored
	c.sendHex("32090A056C6F6262791005")
	if r := c.response(); r.AckID != 5 || r.ErrorName != protocol.AckDuplicate || r.ErrorMessage != "Message with ack-id: 5 has been processed" {
		t.Errorf("same ack id again: %+v", r)
	}
	c.sendHex("2A130A046563686F120922077B2261223A317D1807") // event echo, ack 7
	if r := c.response(); r.AckID != 7 || r.ErrorName != protocol.AckInternalServerError || r.ErrorMessage != "Internal server error" {
		t.Errorf("event without a handler: %+v", r)
	}
	want(t, e, 204, request{method: "DELETE", path: "chat/connections/" + hello.ConnectionID + "?reason=bye"})
	if r := c.response(); r.Event != protocol.SystemDisconnected || r.Message != "Application server closed the connection. Reason: bye" {
		t.Errorf("disconnected = %+v", r)
	}
	c.expectClose(1000, "")
}

func TestProtobufForbidden(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c := dial(t, e, clientOptions{subprotocol: offer(protocol.SubprotocolProtobuf)})
	if hello := c.response(); hello.UserID != "" {
		t.Errorf("anonymous connected = %+v", hello)
	}
	for name, frame := range map[string]string{
		"join":    "3205 0A0167 1001",
		"leave":   "3A05 0A0167 1001",
		"send to": "0A09 0A0167 1001 1A02 0A00",
	} {
		c.sendHex(frame)
		if r := c.response(); r.Success || r.AckID != 1 || r.ErrorName != protocol.AckForbidden ||
			r.ErrorMessage != "The client does not have permission to "+name+" group 'g'." {
			t.Errorf("%s: %+v", name, r)
		}
	}
}

func TestInvalidProtobuf(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	const invalid = "The client message is not a valid protobuf.webpubsub.azure.v1 protocol message."
	for _, s := range []string{protocol.SubprotocolProtobuf, protocol.SubprotocolProtobufReliable} {
		for name, frame := range map[string]string{
			"empty": "", "cut short": "32090A05", "unknown member": "52 03 0A0165", "no group": "3200",
			"no data": "0A03 0A0167", "bad UTF-8": "3203 0A01FF", "stream": "0A09 0A0167 1A02 0A00 3A00",
			"ttl": "0A0A 0A0167 1A02 0A00 28AD02", "event name": "2A07 0A0131 1202 0A00", "JSON in bytes": hex.EncodeToString([]byte(`{"type":"ping"}`)),
		} {
			c := dial(t, e, clientOptions{roles: joinAny, subprotocol: offer(s)})
			id := c.response().ConnectionID
			c.sendHex(frame)
			t.Log(s, name)
			c.expectClose(1007, invalid)
			want(t, e, 404, request{method: "HEAD", path: "chat/connections/" + id})
		}
		c := dial(t, e, clientOptions{subprotocol: offer(s)})
		c.response()
		c.send(`{"type":"ping"}`)
		c.expectClose(1003, "The protobuf.webpubsub.azure.v1 subprotocol requires binary messages.")
	}
}

// TestProtobufRecovery proves that a reliable protobuf connection comes back
// with what it had not acknowledged.
func TestProtobufRecovery(t *testing.T) {
	t.Parallel()
	b := runBench(t)
	e := b.Emulator
	c := dial(t, e, clientOptions{user: "u", subprotocol: offer(protocol.SubprotocolProtobufReliable)})
	hello := c.response()
	if hello.ReconnectionToken == "" {
		t.Fatalf("connected without a reconnection token: %+v", hello)
	}
	want(t, e, 202, post("chat/users/u/:send", "text/plain", "1"))
	want(t, e, 202, post("chat/users/u/:send", "text/plain", "2"))
	c.expectHex("120F 0A06736572766572 1A030A0131 2001")
	c.expectHex("120F 0A06736572766572 1A030A0132 2002")
	c.sendHex("42020801") // sequence ack 1
	c.sendHex("4A00")
	c.expectHex("2200")
	b.cut(&reliable{client: c})
	want(t, e, 202, post("chat/users/u/:send", "text/plain", "3"))
	b.clock.Advance(29 * time.Second)
	url := recoveryURL(e, "chat", hello.ConnectionID, hello.ReconnectionToken)
	again, _, err := dialURL(t, url, protocol.SubprotocolProtobufReliable)
	if err != nil {
		t.Fatal(err)
	}
	again.expectHex("120F 0A06736572766572 1A030A0132 2002")
	again.expectHex("120F 0A06736572766572 1A030A0133 2003")
	again.sendHex("4A00")
	again.expectHex("2200")
}

// TestRESTTextNotUTF8 proves that bytes of a path or query that are not UTF-8 never
// reach a client: a protobuf string and a text frame may not hold them.
func TestRESTTextNotUTF8(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c := dial(t, e, clientOptions{subprotocol: offer(protocol.SubprotocolProtobuf)})
	id := c.response().ConnectionID
	wantError(t, want(t, e, 400, request{method: "PUT", path: "chat/groups/%ff/connections/" + id}), "Error.BadRequest", "Request")
	want(t, e, 204, request{method: "DELETE", path: "chat/connections/" + id + "?reason=%ff"})
	if r := c.response(); r.Message != "Application server closed the connection. Reason: \uFFFD" {
		t.Errorf("disconnected = %+v, want the reason with U+FFFD", r)
	}
}
