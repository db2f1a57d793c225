package emulator_test

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/protocol/traffic"
)

// TestResend proves that an event is sent to its handler again, signed anew and under
// another id, and that the answer of now comes back; the connection does not get it.
func TestResend(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	var got []*http.Request
	answer := "first"
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		got = append(got, r)
		w.Header().Set("Content-Type", "text/plain")
		_, _ = w.Write([]byte(answer))
	})
	e := emulatortest.RunWith(t, emulator.Options{Hubs: map[string]emulator.HubSettings{"chat": {Handlers: []emulator.EventHandler{{Handler: h, EventPattern: "say"}}}}})
	f, err := e.Server.Follow(emulator.FollowOptions{Detail: true})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, _ := dialJSON(t, e, clientOptions{user: "u"})
	c.send(`{"type":"event","event":"say","dataType":"text","data":"hi","metadata":{"k":"v"},"ackId":1}`)
	c.object()
	c.object()
	var said *traffic.Object
	for _, o := range f.Drain(e.Server.Status().Started) {
		if o.Type == traffic.Handled {
			said = o
		}
	}
	answer = "second"
	r, err := e.Server.Resend(t.Context(), e.Server.TrafficObject(said.ID))
	if err != nil || r.Status != 200 || string(r.Body) != "second" {
		t.Fatalf("Resend = %+v, %v, want 200 second", r, err)
	}
	first, again := got[0].Header, got[1].Header
	for _, name := range []string{"Ce-Connectionid", "Ce-Userid", "Ce-Eventname", "Ce-Hub", "Ce-Signature", "Content-Type", "Azure-Webpubsub-K"} {
		if first.Get(name) != again.Get(name) {
			t.Errorf("%s = %q again, want %q", name, again.Get(name), first.Get(name))
		}
	}
	if first.Get("Ce-Id") == again.Get("Ce-Id") || again.Get("Ce-Signature") == "" {
		t.Errorf("the event came with id %q again, want another, and a signature", again.Get("Ce-Id"))
	}
}

// TestNotResent proves that what cannot be sent again is refused with the reason.
func TestNotResent(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	event := func(set func(*traffic.Object)) *traffic.Object {
		o := traffic.New(traffic.Handled, e.Server.Status().Started)
		o.Hub, o.Event, o.Handling = "chat", "say", &traffic.Handling{EventType: protocol.EventUser}
		o.SetPayload(protocol.DataTypeText, []byte("x"))
		set(o)
		return o
	}
	for want, o := range map[string]*traffic.Object{
		"closed is not an event for a handler":             event(func(o *traffic.Object) { o.Type = traffic.Closed }),
		"it was recorded without its data":                 event(func(o *traffic.Object) { o.Payload = nil }),
		"its data was cut off: 4464 of 70000 bytes are mi": event(func(o *traffic.Object) { o.SetPayload("text", []byte(strings.Repeat("x", 70_000))) }),
		"its data is not that of a connect event":          event(func(o *traffic.Object) { o.Event, o.EventType = "connect", protocol.EventSystem }),
		"no event handler receives it":                     event(func(*traffic.Object) {}),
	} {
		if _, err := e.Server.Resend(context.Background(), o); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Resend = %v, want %s", err, want)
		}
	}
}
