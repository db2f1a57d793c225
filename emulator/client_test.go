package emulator_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
)

var joinAny = []string{protocol.RoleJoinLeaveGroup, protocol.RoleSendToGroup}

func ok(id int) string { return fmt.Sprintf(`{"type":"ack","ackId":%d,"success":true}`, id) }

func failed(id int, name, message string) string {
	return fmt.Sprintf(`{"type":"ack","ackId":%d,"success":false,"error":{"name":"%s","message":"%s"}}`, id, name, message)
}

func TestHandshakeRefused(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	ws := "ws" + strings.TrimPrefix(e.URL, "http")
	tests := []struct {
		name, url string
		status    int
	}{
		{"no token", ws + "/client/hubs/chat", 401},
		{"garbage token", ws + "/client/hubs/chat?access_token=x", 401},
		{"bad hub", ws + "/client/hubs/9bad", 400},
		{"no hub", ws + "/client/", 400},
		{"mqtt", ws + "/clients/mqtt/hubs/chat", 501},
		{"elsewhere", ws + "/nothing", 404},
	}
	for _, tt := range tests {
		if _, resp, err := dialURL(t, tt.url); err == nil || resp == nil || resp.StatusCode != tt.status {
			t.Errorf("%s: response %v, error %v, want status %d", tt.name, resp, err, tt.status)
		}
	}
	for name, o := range map[string]clientOptions{
		"unknown mode":  {query: "&webpubsub_mode=shout"},
		"no group":      {query: "&webpubsub_mode=sendToGroup"},
		"noEcho word":   {query: "&webpubsub_mode=sendToGroup&group=g&noEcho=perhaps"},
		"blank in JSON": {query: "&webpubsub_mode=sendToGroup&group=%20", subprotocol: []string{protocol.SubprotocolJSON}},
	} {
		if _, resp, err := dialTry(t, e, o); err == nil || resp == nil || resp.StatusCode != 400 {
			t.Errorf("%s: response %v, error %v, want status 400", name, resp, err)
		}
	}
	resp, err := http.Get(e.URL + "/client/hubs/chat")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 400 {
		t.Errorf("GET without upgrade = %d, want 400", resp.StatusCode)
	}
}

func TestTokenOfAnotherHub(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	good := negotiated(t, e, clientOptions{hub: "chat"})
	if _, resp, err := dialURL(t, strings.Replace(good, "/hubs/chat", "/hubs/other", 1)); err == nil || resp.StatusCode != 401 {
		t.Errorf("token of hub chat on hub other: %v, %v, want 401", resp, err)
	}
	query := strings.Replace(good, "/client/hubs/chat?", "/client/?hub=chat&", 1)
	if _, _, err := dialURL(t, query); err != nil {
		t.Errorf("query form of the URL: %v", err)
	}
	if _, _, err := dialURL(t, strings.Replace(good, "access_token", "ACCESS_TOKEN", 1)); err != nil {
		t.Errorf("parameter name in capitals: %v", err)
	}
	if _, _, err := dialURL(t, strings.Replace(good, "/hubs/chat", "/hubs/CHAT", 1)); err != nil {
		t.Errorf("hub in capitals: %v", err)
	}
}

func TestSubprotocol(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	for _, tt := range []struct {
		offered []string
		chosen  string
	}{
		{nil, ""},
		{[]string{protocol.SubprotocolJSON}, protocol.SubprotocolJSON},
		{[]string{"JSON.WEBPUBSUB.AZURE.V1"}, "JSON.WEBPUBSUB.AZURE.V1"},
		{[]string{"mine", protocol.SubprotocolJSON}, protocol.SubprotocolJSON},
		{[]string{protocol.SubprotocolProtobuf, protocol.SubprotocolJSON}, protocol.SubprotocolProtobuf},
		{[]string{protocol.SubprotocolJSONReliable}, protocol.SubprotocolJSONReliable},
		{[]string{"Protobuf.Reliable.WebPubSub.Azure.V1"}, "Protobuf.Reliable.WebPubSub.Azure.V1"},
		{[]string{"mine"}, ""},
	} {
		c, resp, err := dialTry(t, e, clientOptions{subprotocol: tt.offered})
		if err != nil {
			t.Errorf("offer %v: %v", tt.offered, err)
			continue
		}
		if got := resp.Header.Get("Sec-WebSocket-Protocol"); got != tt.chosen || c.ws.Subprotocol() != tt.chosen {
			t.Errorf("offer %v: chosen %q, want %q", tt.offered, got, tt.chosen)
		}
	}
}

func TestConnected(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c := dial(t, e, clientOptions{user: "u1", subprotocol: []string{protocol.SubprotocolJSON}})
	hello := c.object()
	id, _ := hello["connectionId"].(string)
	if hello["userId"] != "u1" || len(id) != 32 {
		t.Errorf("connected = %v, want userId u1 and an id of 32 digits", hello)
	}
	c = dial(t, e, clientOptions{subprotocol: []string{protocol.SubprotocolJSON}})
	if hello := c.object(); hello["userId"] != nil {
		t.Errorf("anonymous connected = %v, want userId null", hello)
	}
}

func TestJSONGroups(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c, _ := dialJSON(t, e, clientOptions{user: "u1", roles: joinAny})
	other, _ := dialJSON(t, e, clientOptions{groups: []string{"g"}})
	c.send(`{"type":"joinGroup","group":"g","ackId":1}`)
	c.expectText(ok(1))
	c.send(`{"type":"sendToGroup","group":"g","dataType":"text","data":"hi","ackId":2}`)
	message := `{"type":"message","from":"group","group":"g","fromUserId":"u1","dataType":"text","data":"hi"}`
	c.expectText(message) // the echo comes before the ack
	c.expectText(ok(2))
	other.expectText(message)
	c.send(`{"type":"sendToGroup","group":"g","data":{"a": 1},"noEcho":true,"ackId":3,"metadata":{"k":"v"}}`)
	c.expectText(ok(3))
	other.expectText(`{"type":"message","from":"group","group":"g","fromUserId":"u1","metadata":{"k":"v"},"dataType":"json","data":{"a": 1}}`)
	c.send(`{"type":"leaveGroup","group":"g","ackId":4}`)
	c.expectText(ok(4))
	c.send(`{"type":"sendToGroup","group":"g","dataType":"binary","data":"AQID"}`)
	other.expectText(`{"type":"message","from":"group","group":"g","fromUserId":"u1","dataType":"binary","data":"AQID"}`)
	c.silent()
}

func TestAcks(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c, _ := dialJSON(t, e, clientOptions{roles: []string{"webpubsub.joinLeaveGroup.g", "webpubsub.sendToGroups.team.*"}})
	c.send(`{"type":"joinGroup","group":"g","ackId":0}`)
	c.expectText(ok(0))
	c.send(`{"type":"leaveGroup","group":"g","ackId":0}`)
	c.expectText(failed(0, "Duplicate", "Message with ack-id: 0 has been processed"))
	c.send(`{"type":"joinGroup","group":"other","ackId":1}`)
	c.expectText(failed(1, "Forbidden", "The client does not have permission to join group 'other'."))
	c.send(`{"type":"joinGroup","group":"g","ackId":1}`) // a failed id may come again
	c.expectText(ok(1))
	c.send(`{"type":"leaveGroup","group":"other","ackId":2}`)
	c.expectText(failed(2, "Forbidden", "The client does not have permission to leave group 'other'."))
	c.send(`{"type":"sendToGroup","group":"g","data":1,"ackId":3}`)
	c.expectText(failed(3, "Forbidden", "The client does not have permission to send to group 'g'."))
	c.send(`{"type":"sendToGroup","group":"team.a","data":1,"ackId":18446744073709551615}`)
	c.expectText(`{"type":"ack","ackId":18446744073709551615,"success":true}`)
	c.send(`{"type":"event","event":"e","data":1,"ackId":5}`)
	c.expectText(failed(5, "InternalServerError", "Internal server error"))
	c.send(`{"type":"sendToGroup","group":"g","data":1}`) // no ackId: no error either
	c.send(`{"type":"event","event":"e","data":1}`)
	c.send(`{"type":"sequenceAck","sequenceId":7}`)
	c.silent()
}

// TestAckWindow proves that the oldest of 1000 ids is forgotten first.
func TestAckWindow(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c, _ := dialJSON(t, e, clientOptions{roles: joinAny})
	for id := range protocol.AckWindow + 1 {
		c.send(fmt.Sprintf(`{"type":"joinGroup","group":"g","ackId":%d}`, id))
		c.expectText(ok(id))
	}
	c.send(`{"type":"joinGroup","group":"g","ackId":1}`)
	c.expectText(failed(1, "Duplicate", "Message with ack-id: 1 has been processed"))
	c.send(`{"type":"joinGroup","group":"g","ackId":0}`)
	c.expectText(ok(0))
}

func TestInvalidFrames(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	const invalid = "The client message is not a valid JSON protocol message."
	tests := []struct {
		name   string
		op     int
		frame  string
		code   int
		reason string
	}{
		{"binary", websocket.BinaryMessage, `{"type":"ping"}`, 1003, "The JSON subprotocol requires text messages."},
		{"no JSON", websocket.TextMessage, `{`, 1007, invalid},
		{"list", websocket.TextMessage, `[]`, 1007, invalid},
		{"null", websocket.TextMessage, `null`, 1007, invalid},
		{"no type", websocket.TextMessage, `{}`, 1007, invalid},
		{"unknown type", websocket.TextMessage, `{"type":"shout"}`, 1007, invalid},
		{"name in other case", websocket.TextMessage, `{"Type":"ping"}`, 1007, invalid},
		{"no group", websocket.TextMessage, `{"type":"joinGroup"}`, 1007, invalid},
		{"group is a number", websocket.TextMessage, `{"type":"joinGroup","group":1}`, 1007, invalid},
		{"huge ackId", websocket.TextMessage, `{"type":"joinGroup","group":"g","ackId":18446744073709551616}`, 1007, invalid},
		{"ackId with a fraction", websocket.TextMessage, `{"type":"joinGroup","group":"g","ackId":1.0}`, 1007, invalid},
		{"ackId in quotes", websocket.TextMessage, `{"type":"joinGroup","group":"g","ackId":"1"}`, 1007, invalid},
		{"huge sequenceId", websocket.TextMessage, `{"type":"sequenceAck","sequenceId":18446744073709551616}`, 1007, invalid},
		{"sequenceId missing", websocket.TextMessage, `{"type":"sequenceAck"}`, 1007, invalid},
		{"two objects", websocket.TextMessage, `{"type":"ping"}{"type":"ping"}`, 1007, invalid},
		{"empty", websocket.TextMessage, ``, 1007, invalid},
		{"too deep", websocket.TextMessage, `{"type":"event","event":"e","data":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`, 1007, invalid},
		{"system frame from a client", websocket.TextMessage, `{"type":"system","event":"connected"}`, 1007, invalid},
		{"blank group", websocket.TextMessage, `{"type":"joinGroup","group":" \t"}`, 1007, invalid},
		{"long group", websocket.TextMessage, `{"type":"joinGroup","group":"` + strings.Repeat("g", 1025) + `"}`, 1007, invalid},
		{"invocation without id", websocket.TextMessage, `{"type":"invoke","target":"event","event":"e","dataType":"text","data":"x"}`, 1007, invalid},
		{"invocation of something else", websocket.TextMessage, `{"type":"invoke","invocationId":"1","target":"group","event":"e","dataType":"text","data":"x"}`, 1007, invalid},
		{"cancel without id", websocket.TextMessage, `{"type":"cancelInvocation","invocationId":""}`, 1007, invalid},
		{"group state", websocket.TextMessage, `{"type":"setGroupState","group":"g","state":{"k":"v"},"ackId":1}`, 1007, invalid},
		{"group state subscription", websocket.TextMessage, `{"type":"subscribeGroupState","group":"g","ackId":1}`, 1007, invalid},
		{"negative ackId", websocket.TextMessage, `{"type":"joinGroup","group":"g","ackId":-1}`, 1007, invalid},
		{"no data", websocket.TextMessage, `{"type":"sendToGroup","group":"g"}`, 1007, invalid},
		{"null data", websocket.TextMessage, `{"type":"sendToGroup","group":"g","data":null}`, 1007, invalid},
		{"bad base64", websocket.TextMessage, `{"type":"sendToGroup","group":"g","dataType":"binary","data":"A"}`, 1007, invalid},
		{"unknown dataType", websocket.TextMessage, `{"type":"sendToGroup","group":"g","dataType":"xml","data":"A"}`, 1007, invalid},
		{"ttl", websocket.TextMessage, `{"type":"sendToGroup","group":"g","data":1,"ttlSeconds":301}`, 1007, invalid},
		{"event name", websocket.TextMessage, `{"type":"event","event":"1","data":1}`, 1007, invalid},
		{"metadata twice", websocket.TextMessage, `{"type":"event","event":"e","data":1,"metadata":{"k":"1","k":"2"}}`, 1007, invalid},
		{"not UTF-8", websocket.TextMessage, "{\"type\":\"\xff\"}", 1007, invalid},
		{"too large", websocket.TextMessage, strings.Repeat(" ", protocol.MaxMessageSize+1), 1009, "The client message is too large."},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, id := dialJSON(t, e, clientOptions{roles: joinAny})
			c.sendOp(tt.op, tt.frame)
			c.expectClose(tt.code, tt.reason)
			want(t, e, 404, request{method: "HEAD", path: "chat/connections/" + id})
		})
	}
}

func TestSimpleClients(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	g := []string{"g"}
	send := []string{"webpubsub.sendToGroup.g"}
	listener, _ := dialJSON(t, e, clientOptions{groups: g})
	c := dial(t, e, clientOptions{user: "u", roles: send, groups: g, query: "&webpubsub_mode=SENDTOGROUP&group=x&group=g"})
	c.send(`{"a":1}`)
	c.expectText(`{"a":1}`)
	listener.expectText(`{"type":"message","from":"group","group":"g","fromUserId":"u","dataType":"text","data":"{\"a\":1}"}`)
	quiet := dial(t, e, clientOptions{roles: send, groups: g, query: "&webpubsub_mode=sendToGroup&group=g&noEcho=TRUE"})
	quiet.sendOp(websocket.BinaryMessage, "\x01\x02\x03")
	c.expect(websocket.BinaryMessage, "\x01\x02\x03")
	quiet.send("next")
	c.expectText("next")
	listener.object()

	barred := dial(t, e, clientOptions{query: "&webpubsub_mode=sendToGroup&group=g"})
	barred.send("x")
	barred.expectClose(1008, "The connection is not authorized for raw sendToGroup mode.")
	event := dial(t, e, clientOptions{query: "&webpubsub_mode=sendEvent&noEcho=perhaps"})
	event.send("x")
	event.expectClose(1011, "Internal server error")
	badText := dial(t, e, clientOptions{})
	badText.send("\xff")
	badText.expectClose(1007, "The client message is not valid UTF-8.")
}

func TestClientCloses(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c, id := dialJSON(t, e, clientOptions{})
	if err := c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "bye"), time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	c.expectClose(1000, "bye")
	want(t, e, 404, request{method: "HEAD", path: "chat/connections/" + id})
}

func TestPing(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c, _ := dialJSON(t, e, clientOptions{})
	pong := make(chan string, 1)
	c.ws.SetPongHandler(func(s string) error { pong <- s; return nil })
	if err := c.ws.WriteControl(websocket.PingMessage, []byte("are you there"), time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	c.silent()
	if got := <-pong; got != "are you there" {
		t.Errorf("pong = %q", got)
	}
}

// TestKeepAlive proves that clients are pinged, and that one which never answers
// is cut off.
func TestKeepAlive(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{KeepAlive: 20 * time.Millisecond})
	c, id := dialJSON(t, e, clientOptions{})
	pinged := make(chan struct{}, 100)
	c.ws.SetPingHandler(func(string) error { pinged <- struct{}{}; return nil })
	if _, _, err := c.readTry(); err == nil {
		t.Errorf("a silent client got a message, want its connection cut")
	}
	if len(pinged) < 3 {
		t.Errorf("pinged %d times before the end, want at least 3", len(pinged))
	}
	want(t, e, 404, request{method: "HEAD", path: "chat/connections/" + id})
}

func TestServerClose(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c, _ := dialJSON(t, e, clientOptions{})
	if err := e.Server.Close(); err != nil {
		t.Fatal(err)
	}
	c.expectClose(1001, "")
	if _, resp, err := dialTry(t, e, clientOptions{}); err == nil || resp.StatusCode != 503 {
		t.Errorf("connecting after Close: %v, %v, want 503", resp, err)
	}
}

// TestSlowReceiver proves that a client that reads nothing is closed at its
// bound, and that others get everything in order.
func TestSlowReceiver(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	_, stuck := dialJSON(t, e, clientOptions{groups: []string{"g"}})
	reader, _ := dialJSON(t, e, clientOptions{groups: []string{"g"}})
	const n, size = 300, 256 << 10
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		for i := range n {
			prefix := fmt.Sprintf(`"dataType":"text","data":"%d `, i)
			if _, got := reader.read(); !strings.Contains(got[:200], prefix) {
				done <- fmt.Errorf("message %d = %s", i, got[:200])
				return
			}
		}
		done <- nil
	}()
	body := strings.Repeat("x", size)
	for i := range n {
		want(t, e, 202, post("chat/groups/g/:send", text, fmt.Sprintf("%d %s", i, body)))
	}
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-ctx.Done():
		t.Error("the reading client did not get everything")
	}
	want(t, e, 404, request{method: "HEAD", path: "chat/connections/" + stuck})
}

// TestQueueFull proves that a client for which 1000 messages wait is ended by the
// next one, with the code and the reason of the service, once it reads again.
// What it reads first may be the whole of a batch that was begun, which may be one
// message or many; so as many come again.
func TestQueueFull(t *testing.T) {
	t.Parallel()
	inBubble(t, emulator.Options{KeepAlive: -1}, func(t *testing.T, b *bubble) {
		stuck := b.dial(clientOptions{groups: []string{"g"}})
		publisher, _ := b.dialJSON(clientOptions{roles: joinAny})
		for i := range protocol.MaxQueuedMessages {
			publisher.send(fmt.Sprintf(`{"type":"sendToGroup","group":"g","dataType":"text","data":"%d"}`, i))
			if i == 0 {
				synctest.Wait() // it is being written alone, so that reading it frees one place
			}
		}
		publisher.silent()
		stuck.expectText("0")
		for range protocol.MaxQueuedMessages {
			publisher.send(`{"type":"sendToGroup","group":"g","dataType":"text","data":"too much"}`)
		}
		publisher.silent()
		stuck.expectClose(1008, "The outbound message queue is full.")
	})
}
