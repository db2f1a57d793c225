package emulator_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
)

// watcher is a log handler that lets a test wait for what the emulator says.
type watcher chan string

func (watcher) Enabled(context.Context, slog.Level) bool { return true }
func (w watcher) WithAttrs([]slog.Attr) slog.Handler     { return w }
func (w watcher) WithGroup(string) slog.Handler          { return w }

func (w watcher) Handle(_ context.Context, r slog.Record) error {
	w <- r.Message
	return nil
}

// wait passes over everything until message is logged.
func (w watcher) wait(t testing.TB, message string) {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case m := <-w:
			if m == message {
				return
			}
		case <-late:
			t.Fatalf("the emulator did not log %q", message)
		}
	}
}

// bench is an emulator whose clock is under control and whose log can be awaited.
type bench struct {
	*emulatortest.Emulator
	clock *emulator.Clock
	log   watcher
}

func runBench(t testing.TB) *bench {
	t.Helper()
	b := &bench{clock: emulator.NewClock(time.Now()), log: make(watcher, 10_000)}
	b.Emulator = emulatortest.RunWith(t, emulator.Options{Clock: b.clock, Logger: slog.New(b.log), KeepAlive: -1})
	return b
}

// reliable is a client of a reliable connection.
type reliable struct {
	*client
	id, token string
}

func dialReliable(t testing.TB, e *emulatortest.Emulator, o clientOptions) *reliable {
	t.Helper()
	o.subprotocol = []string{protocol.SubprotocolJSONReliable}
	c := dial(t, e, o)
	hello := c.object()
	r := &reliable{client: c}
	r.id, _ = hello["connectionId"].(string)
	r.token, _ = hello["reconnectionToken"].(string)
	if hello["event"] != "connected" || r.id == "" || r.token == "" {
		t.Fatalf("first frame = %v, want connected with id and reconnection token", hello)
	}
	return r
}

// cut breaks the client's transport without a close frame, and waits until the
// emulator has noticed.
func (b *bench) cut(r *reliable) {
	r.t.Helper()
	if err := r.ws.NetConn().Close(); err != nil {
		r.t.Fatalf("close: %v", err)
	}
	b.log.wait(r.t, "connection lost, waiting for recovery")
}

func recoveryURL(e *emulatortest.Emulator, hub, id, token string) string {
	return "ws" + strings.TrimPrefix(e.URL, "http") + "/client/hubs/" + hub +
		"?awps_connection_id=" + id + "&awps_reconnection_token=" + token
}

// recover gives r a new transport.
func (r *reliable) recover(e *emulatortest.Emulator) *reliable {
	r.t.Helper()
	c, resp, err := dialURL(r.t, recoveryURL(e, "chat", r.id, r.token), protocol.SubprotocolJSONReliable)
	if err != nil {
		r.t.Fatalf("recover: %v (%+v)", err, resp)
	}
	return &reliable{c, r.id, r.token}
}

// refused proves that a recovery ends with 1008 after the upgrade.
func refused(t testing.TB, e *emulatortest.Emulator, url string, subprotocol ...string) {
	t.Helper()
	c, resp, err := dialURL(t, url, subprotocol...)
	if err != nil {
		t.Fatalf("recovery: %v (%+v), want 101 and then a close", err, resp)
	}
	c.expectClose(1008, "The connection could not be recovered.")
}

func numbered(id int, data string) string {
	return fmt.Sprintf(`{"sequenceId":%d,"type":"message","from":"group","group":"g","fromUserId":null,"dataType":"text","data":"%s"}`, id, data)
}

func TestReliableMessages(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c := dialReliable(t, e, clientOptions{user: "u1", roles: joinAny, groups: []string{"g"}})
	c.send(`{"type":"sendToGroup","group":"g","data":1,"ackId":1}`)
	c.expectText(`{"sequenceId":1,"type":"message","from":"group","group":"g","fromUserId":"u1","dataType":"json","data":1}`)
	c.expectText(ok(1)) // acks have no sequence id
	want(t, e, 202, post("chat/users/u1/:send", text, "hi"))
	c.expectText(`{"sequenceId":2,"type":"message","from":"server","dataType":"text","data":"hi"}`)
	c.send(`{"type":"sequenceAck","sequenceId":2}`)
	c.silent()
	c.send(`{"type":"sequenceAck","sequenceId":18446744073709551615}`) // more than was sent: no harm
	want(t, e, 202, post("chat/users/u1/:send", text, "hi"))
	c.expectText(`{"sequenceId":3,"type":"message","from":"server","dataType":"text","data":"hi"}`)
}

// TestRecovery proves that a connection comes back with everything: messages
// that were not acknowledged, in order and to the byte, those sent meanwhile,
// groups, rights and remembered acks.
func TestRecovery(t *testing.T) {
	t.Parallel()
	b := runBench(t)
	c := dialReliable(t, b.Emulator, clientOptions{user: "u1", roles: joinAny})
	c.send(`{"type":"joinGroup","group":"g","ackId":1}`)
	c.expectText(ok(1))
	for i := 1; i <= 3; i++ {
		want(t, b.Emulator, 202, post("chat/groups/g/:send", text, fmt.Sprint(i)))
		c.expectText(numbered(i, fmt.Sprint(i)))
	}
	c.send(`{"type":"sequenceAck","sequenceId":1}`)
	c.silent()
	b.cut(c)
	want(t, b.Emulator, 200, request{method: "HEAD", path: "chat/connections/" + c.id})
	want(t, b.Emulator, 202, post("chat/groups/g/:send", text, "4"))
	want(t, b.Emulator, 200, request{method: "PUT", path: "chat/groups/h/connections/" + c.id})
	want(t, b.Emulator, 202, post("chat/groups/h/:send", text, "5"))
	c = c.recover(b.Emulator)
	for i := 2; i <= 4; i++ {
		c.expectText(numbered(i, fmt.Sprint(i)))
	}
	c.expectText(strings.Replace(numbered(5, "5"), `"group":"g"`, `"group":"h"`, 1))
	c.send(`{"type":"leaveGroup","group":"g","ackId":1}`)
	c.expectText(failed(1, "Duplicate", "Message with ack-id: 1 has been processed"))
	c.send(`{"type":"sendToGroup","group":"g","dataType":"text","data":"6","ackId":2}`)
	c.expectText(strings.Replace(numbered(6, "6"), "null", `"u1"`, 1))
	c.expectText(ok(2))
	c.send(`{"type":"sequenceAck","sequenceId":6}`)
	c.silent()

	// Another code than 1000 is a drop too; the hub may be spelled in capitals.
	if err := c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1001, ""), time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	b.log.wait(t, "connection lost, waiting for recovery")
	again, _, err := dialURL(t, recoveryURL(b.Emulator, "CHAT", c.id, c.token), protocol.SubprotocolJSONReliable)
	if err != nil {
		t.Fatalf("second recovery: %v", err)
	}
	again.silent() // everything was acknowledged
}

// TestRecoverySubprotocol proves that a connection keeps the subprotocol it has,
// whatever is offered.
func TestRecoverySubprotocol(t *testing.T) {
	t.Parallel()
	b := runBench(t)
	c := dialReliable(t, b.Emulator, clientOptions{})
	b.cut(c)
	_, resp, err := dialURL(t, recoveryURL(b.Emulator, "chat", c.id, c.token), "x", protocol.SubprotocolJSONReliable)
	if err != nil || resp.Header.Get("Sec-WebSocket-Protocol") != protocol.SubprotocolJSONReliable {
		t.Errorf("offer of two: %v, %v", resp, err)
	}
	_, resp, err = dialURL(t, recoveryURL(b.Emulator, "chat", c.id, c.token))
	if resp == nil || resp.Header.Get("Sec-WebSocket-Protocol") != protocol.SubprotocolJSONReliable {
		t.Errorf("no offer: %v, %v, want %s in the answer", resp, err, protocol.SubprotocolJSONReliable)
	}
}

// TestTakeover proves that a recovery while the old transport is open replaces
// it, and loses nothing that was on its way.
func TestTakeover(t *testing.T) {
	t.Parallel()
	b := runBench(t)
	old := dialReliable(t, b.Emulator, clientOptions{groups: []string{"g"}})
	for i := 1; i <= 10; i++ {
		want(t, b.Emulator, 202, post("chat/groups/g/:send", text, fmt.Sprint(i)))
	}
	c := old.recover(b.Emulator)
	for i := 1; i <= 10; i++ {
		c.expectText(numbered(i, fmt.Sprint(i)))
	}
	for {
		if _, _, err := old.readTry(); err == nil {
			continue
		} else if websocket.IsCloseError(err, 1000, 1001, 1008) {
			t.Errorf("old transport ended with %v, want it cut off", err)
		}
		break
	}
	c.silent()
}

func TestRecoveryRefused(t *testing.T) {
	t.Parallel()
	b := runBench(t)
	e := b.Emulator
	c := dialReliable(t, e, clientOptions{})
	other := dialReliable(t, e, clientOptions{})
	_, plain := dialJSON(t, e, clientOptions{})
	for name, url := range map[string]string{
		"unknown connection": recoveryURL(e, "chat", "x", c.token),
		"garbage token":      recoveryURL(e, "chat", c.id, "y"),
		"no token":           recoveryURL(e, "chat", c.id, ""),
		"token of another":   recoveryURL(e, "chat", c.id, other.token),
		"another hub":        recoveryURL(e, "chat2", c.id, c.token),
		"not reliable":       recoveryURL(e, "chat", plain, c.token),
	} {
		t.Log(name)
		refused(t, e, url, protocol.SubprotocolJSONReliable)
	}
	c.silent() // a refused recovery harms nothing
	b.cut(c)
	refused(t, e, recoveryURL(e, "chat", c.id, "y"), protocol.SubprotocolJSONReliable)
	c.recover(e).silent()
}

// TestNotRecoverable lists the ends of a connection that are for good.
func TestNotRecoverable(t *testing.T) {
	t.Parallel()
	b := runBench(t)
	e := b.Emulator
	for name, end := range map[string]func(c *reliable){
		"client closes with 1000": func(c *reliable) {
			if err := c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, ""), time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			c.expectClose(1000, "")
		},
		"invalid frame": func(c *reliable) {
			c.send("{")
			c.expectClose(1007, "The client message is not a valid JSON protocol message.")
		},
		"closed by REST": func(c *reliable) {
			want(t, e, 204, request{method: "DELETE", path: "chat/connections/" + c.id + "?reason=enough"})
			c.expectText(`{"type":"system","event":"disconnected","message":"Application server closed the connection. Reason: enough"}`)
			c.expectClose(1000, "")
		},
		"closed by REST while away": func(c *reliable) {
			b.cut(c)
			want(t, e, 204, request{method: "DELETE", path: "chat/connections/" + c.id})
		},
		"away too long": func(c *reliable) {
			b.cut(c)
			b.clock.Advance(30*time.Second - 1)
			want(t, e, 200, request{method: "HEAD", path: "chat/connections/" + c.id})
			b.clock.Advance(1)
		},
	} {
		c := dialReliable(t, e, clientOptions{})
		t.Log(name)
		end(c)
		want(t, e, 404, request{method: "HEAD", path: "chat/connections/" + c.id})
		refused(t, e, recoveryURL(e, "chat", c.id, c.token), protocol.SubprotocolJSONReliable)
	}
}

// TestRecoveryWindow proves that each drop begins a window of its own.
func TestRecoveryWindow(t *testing.T) {
	t.Parallel()
	b := runBench(t)
	c := dialReliable(t, b.Emulator, clientOptions{groups: []string{"g"}})
	for range 3 {
		b.cut(c)
		b.clock.Advance(20 * time.Second)
		c = c.recover(b.Emulator)
		c.silent()
	}
	b.clock.Advance(time.Hour) // no window is open
	c.silent()
	b.clock.Advance(7 * 24 * time.Hour)
	refused(t, b.Emulator, recoveryURL(b.Emulator, "chat", c.id, c.token), protocol.SubprotocolJSONReliable)
	c.silent()
}

// TestReplayLimit proves that the 1001st message that is not acknowledged ends
// a connection, attached or away, and that acknowledging makes room.
func TestReplayLimit(t *testing.T) {
	t.Parallel()
	b := runBench(t)
	e := b.Emulator
	attached := dialReliable(t, e, clientOptions{groups: []string{"g"}})
	away := dialReliable(t, e, clientOptions{groups: []string{"g"}})
	acking := dialReliable(t, e, clientOptions{groups: []string{"g"}})
	b.cut(away)
	publisher, _ := dialJSON(t, e, clientOptions{roles: joinAny})
	for i := 1; i <= protocol.MaxQueuedMessages; i++ {
		publisher.send(`{"type":"sendToGroup","group":"g","dataType":"text","data":"x"}`)
		attached.expectText(numbered(i, "x"))
		acking.expectText(numbered(i, "x"))
	}
	want(t, e, 200, request{method: "HEAD", path: "chat/connections/" + attached.id})
	want(t, e, 200, request{method: "HEAD", path: "chat/connections/" + away.id})
	acking.send(`{"type":"sequenceAck","sequenceId":1}`)
	acking.silent()
	publisher.send(`{"type":"sendToGroup","group":"g","dataType":"text","data":"x"}`)
	publisher.silent()
	attached.expectClose(1008, "The reliable message buffer is full.")
	acking.expectText(numbered(protocol.MaxQueuedMessages+1, "x"))
	for _, c := range []*reliable{attached, away} {
		want(t, e, 404, request{method: "HEAD", path: "chat/connections/" + c.id})
		refused(t, e, recoveryURL(e, "chat", c.id, c.token), protocol.SubprotocolJSONReliable)
	}
}

// TestReplayBytes proves the limit of 16 MiB, and that a whole replay of it
// arrives.
func TestReplayBytes(t *testing.T) {
	t.Parallel()
	b := runBench(t)
	c := dialReliable(t, b.Emulator, clientOptions{groups: []string{"g"}})
	b.cut(c)
	const size = 1 << 20
	n := protocol.MaxQueuedBytes/size - 1
	for range n {
		want(t, b.Emulator, 202, post("chat/groups/g/:send", text, strings.Repeat("x", size)))
	}
	c = c.recover(b.Emulator)
	for i := 1; i <= n; i++ {
		c.expectText(numbered(i, strings.Repeat("x", size)))
	}
	for range 2 {
		want(t, b.Emulator, 202, post("chat/groups/g/:send", text, strings.Repeat("x", size)))
	}
	c.expectClose(1008, "The reliable message buffer is full.")
}

// TestTimeToLive proves that a message is dropped when its receiver has not
// taken it in time, away or slow, and otherwise delivered.
func TestTimeToLive(t *testing.T) {
	t.Parallel()
	b := runBench(t)
	e := b.Emulator
	c := dialReliable(t, e, clientOptions{groups: []string{"g"}})
	publisher, _ := dialJSON(t, e, clientOptions{roles: joinAny})
	b.cut(c)
	want(t, e, 202, post("chat/groups/g/:send?messageTtlSeconds=5", text, "short"))
	want(t, e, 202, post("chat/groups/g/:send?messageTtlSeconds=300", text, "long"))
	want(t, e, 202, post("chat/groups/g/:send?messageTtlSeconds=0", text, "for ever"))
	publisher.send(`{"type":"sendToGroup","group":"g","dataType":"text","data":"short","ttlSeconds":5}`)
	publisher.silent()
	b.clock.Advance(5 * time.Second)
	c = c.recover(e)
	c.expectText(numbered(2, "long"))
	c.expectText(numbered(3, "for ever"))
	c.silent()
}

// TestTimeToLiveSlow proves that what waits for a client that does not read
// is dropped when its time to live has passed.
func TestTimeToLiveSlow(t *testing.T) {
	t.Parallel()
	b := runBench(t)
	e := b.Emulator
	c := dial(t, e, clientOptions{groups: []string{"g"}})
	big := strings.Repeat("x", 1<<20)
	for range 12 { // more than the sockets of loopback hold
		want(t, e, 202, post("chat/groups/g/:send", text, big))
	}
	want(t, e, 202, post("chat/groups/g/:send?messageTtlSeconds=10", text, "short"))
	want(t, e, 202, post("chat/groups/g/:send?messageTtlSeconds=20", text, "long"))
	b.clock.Advance(15 * time.Second)
	for range 12 {
		c.expectText(big)
	}
	c.expectText("long")
}
