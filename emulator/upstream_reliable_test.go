package emulator_test

import (
	"log/slog"
	"net/http"
	"slices"
	"testing"
	"time"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
)

func runHandlerBench(t testing.TB, h http.Handler) *bench {
	t.Helper()
	b := &bench{clock: emulator.NewClock(time.Now()), log: make(watcher, 10_000)}
	b.Emulator = emulatortest.RunWith(t, emulator.Options{
		Clock: b.clock, Logger: slog.New(b.log), KeepAlive: -1, Hubs: hubs(everything(h)),
	})
	return b
}

// TestEventsOfReliableClients: a reply has a sequence id and comes again after a
// recovery, which runs no connect; there is one disconnected, when the time to
// recover has ended.
func TestEventsOfReliableClients(t *testing.T) {
	t.Parallel()
	h := &handler{reply: on("chat", say(200, "re", "Content-Type", "text/plain"))}
	b := runHandlerBench(t, h)
	c := dialReliable(t, b.Emulator, clientOptions{user: "u1"})
	c.send(event(1, "json", "1"))
	reply := `{"sequenceId":1,"type":"message","from":"server","dataType":"text","data":"re"}`
	c.expectText(reply)
	c.expectText(ok(1))
	b.cut(c)
	c = c.recover(b.Emulator)
	c.expectText(reply)
	c.send(event(1, "json", "1"))
	c.expectText(failed(1, "Duplicate", "Message with ack-id: 1 has been processed"))
	c.send(event(2, "json", "1"))
	c.object()
	c.expectText(ok(2))
	b.cut(c)
	b.clock.Advance(29 * time.Second)
	b.clock.Advance(2 * time.Second)
	all := h.wait(t, 5)
	seen := map[string]string{}
	for _, g := range all {
		seen[g.Header.Get(protocol.HeaderID)] = g.event() + g.body
	}
	want := map[string]string{"1": "connected{}", "2": "chat1", "3": "chat1", "4": `disconnected{"reason":"The connection recovery timeout expired."}`}
	for id, w := range want {
		if seen[id] != w {
			t.Errorf("event %s = %q, want %q", id, seen[id], w)
		}
	}
	b.Server.Close()
	if n := len(h.events()); n != 5 {
		t.Errorf("%d events, want 5: %s", n, names(h.events()))
	}
}

// TestReliableClientGoesAway: its pending event is canceled and not remembered,
// so that it may come again with the same id.
func TestReliableClientGoesAway(t *testing.T) {
	t.Parallel()
	first := true
	over := make(chan struct{})
	h := &handler{reply: on("chat", func(w http.ResponseWriter, r *http.Request) {
		if first {
			first = false
			<-r.Context().Done()
			close(over)
		}
	})}
	b := runHandlerBench(t, h)
	c := dialReliable(t, b.Emulator, clientOptions{})
	c.send(event(1, "json", "1"))
	h.wait(t, 3)
	b.cut(c)
	<-over
	c = c.recover(b.Emulator)
	c.send(event(1, "json", "1"))
	c.expectText(ok(1))
}

// TestProtobufEvents go up and come back by type.
func TestProtobufEvents(t *testing.T) {
	t.Parallel()
	h := &handler{reply: on("chat", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", r.Header.Get("Content-Type"))
		w.Write([]byte(`{"re":1}`))
	})}
	e := emulatortest.RunWith(t, emulator.Options{Hubs: hubs(everything(h))})
	c := dial(t, e, clientOptions{subprotocol: []string{protocol.SubprotocolProtobuf}})
	c.read()
	for _, tt := range []struct {
		d           protocol.DataType
		contentType string
	}{
		{protocol.DataTypeText, "text/plain; charset=utf-8"}, {protocol.DataTypeJSON, "application/json"},
		{protocol.DataTypeBinary, "application/octet-stream"},
	} {
		frame := protocol.FormatProtobuf.AppendRequest(nil, &protocol.Request{
			Type: protocol.RequestEvent, Event: "chat", DataType: tt.d, Data: []byte("1"), AckID: 1, HasAckID: false,
		})
		c.sendOp(2, string(frame))
		_, text := c.read()
		r, err := protocol.FormatProtobuf.DecodeResponse([]byte(text))
		if err != nil || r.From != protocol.FromServer || r.DataType != tt.d || string(r.Data) != `{"re":1}` {
			t.Errorf("%s: reply %+v, %v", tt.d, r, err)
		}
		// connected is sent beside what the client does, and may come last.
		all := slices.DeleteFunc(h.events(), func(g got) bool { return g.Header.Get("ce-eventName") != "chat" })
		if g := all[len(all)-1]; g.body != "1" || g.Header.Get("Content-Type") != tt.contentType {
			t.Errorf("%s: came as %q %q", tt.d, g.Header.Get("Content-Type"), g.body)
		}
	}
}
