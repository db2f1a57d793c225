package protocol_test

import (
	"errors"
	"net/http"
	"reflect"
	"testing"
	"time"

	"wps/protocol"
)

// connectHeaders are the headers of the published example of a connect event.
func connectHeaders() http.Header {
	h := http.Header{}
	for name, value := range map[string]string{
		"WebHook-Request-Origin": "contoso.webpubsub.azure.com", "ce-specversion": "1.0", "ce-awpsversion": "1.0",
		"ce-type": "azure.webpubsub.sys.connect", "ce-source": "/hubs/chat/client/conn-0001", "ce-id": "0",
		"ce-time": "2026-09-01T10:20:30Z", "ce-connectionId": "conn-0001", "ce-hub": "chat", "ce-eventName": "connect",
		"ce-signature": "sha256=a,sha256=b", "ce-userId": "ana",
	} {
		h.Set(name, value)
	}
	return h
}

func connectContext() protocol.EventContext {
	return protocol.EventContext{
		Kind: protocol.EventSystem, Event: "connect", Hub: "chat", ConnectionID: "conn-0001", UserID: "ana", ID: "0",
		Time:   time.Date(2026, 9, 1, 10, 20, 30, 0, time.UTC),
		Source: "/hubs/chat/client/conn-0001", Signature: "sha256=a,sha256=b", Origin: "contoso.webpubsub.azure.com",
	}
}

func TestReadEventContext(t *testing.T) {
	got, err := protocol.ReadEventContext(connectHeaders())
	if want := connectContext(); err != nil || got != want {
		t.Errorf("ReadEventContext = %+v, %v, want %+v", got, err, want)
	}
	if !got.Blocking() || got.MQTT() {
		t.Errorf("Blocking, MQTT = %v, %v, want true, false", got.Blocking(), got.MQTT())
	}
}

func TestSetHeaderWritesThePublishedExample(t *testing.T) {
	c := connectContext()
	c.Source = ""
	h := http.Header{}
	c.SetHeader(h)
	for name := range h {
		if name != "WebHook-Request-Origin" && name[:3] != "ce-" {
			t.Errorf("header %q is not spelled as the service does", name)
		}
	}
	canonical := http.Header{}
	for name, values := range h {
		canonical[http.CanonicalHeaderKey(name)] = values
	}
	if want := connectHeaders(); !reflect.DeepEqual(canonical, want) {
		t.Errorf("SetHeader wrote %v, want %v", canonical, want)
	}
}

func TestReadEventContextFaults(t *testing.T) {
	for _, name := range []string{"ce-type", "ce-hub", "ce-connectionId", "ce-eventName"} {
		h := connectHeaders()
		h.Del(name)
		_, err := protocol.ReadEventContext(h)
		if e, ok := errors.AsType[*protocol.HeaderError](err); !ok || e.Name != name {
			t.Errorf("without %s: %v, want a HeaderError that names it", name, err)
		}
		h = connectHeaders()
		h.Add(name, "again")
		if _, err := protocol.ReadEventContext(h); err == nil {
			t.Errorf("%s given twice was accepted", name)
		}
	}
	for _, typ := range []string{"azure.webpubsub.sys.", "azure.webpubsub.sys.connected", "x.connect", "connect"} {
		h := connectHeaders()
		h.Set("ce-type", typ)
		if c, err := protocol.ReadEventContext(h); err == nil {
			t.Errorf("ce-type %q with ce-eventName connect gave %+v", typ, c)
		}
	}
}

// TestEventVersion checks that another version of CloudEvents is refused; curl may
// leave it out.
func TestEventVersion(t *testing.T) {
	for version, good := range map[string]bool{"1.0": true, "": true, "0.3": false, "1.0, 1.0": false} {
		h := connectHeaders()
		if h.Set("ce-specversion", version); version == "" {
			h.Del("ce-specversion")
		}
		_, err := protocol.ReadEventContext(h)
		if e, ok := errors.AsType[*protocol.HeaderError](err); good != (err == nil) || !good && (!ok || e.Name != "ce-specversion") {
			t.Errorf("ce-specversion %q: %v, want it accepted: %v", version, err, good)
		}
	}
}

func TestEventContextState(t *testing.T) {
	h := connectHeaders()
	h.Set("ce-connectionState", "")
	c, err := protocol.ReadEventContext(h)
	if err != nil || !c.HasState || c.State != "" {
		t.Errorf("an empty state gave HasState %v, State %q, %v", c.HasState, c.State, err)
	}
	h.Add("ce-connectionState", "last")
	if c, _ := protocol.ReadEventContext(h); c.State != "last" {
		t.Errorf("State = %q, want that of the last header", c.State)
	}
}

// The values are those of the official Node middleware, recorded from a run.
func TestMergeState(t *testing.T) {
	for _, c := range []struct{ header, changes, want string }{
		{"", `{"key":"a"}`, "eyJrZXkiOiJhIn0="},
		{"eyJvbGQiOnRydWV9", `{"n": 2}`, "eyJvbGQiOnRydWUsIm4iOjJ9"},
		{"eyJvbGQiOnRydWV9", `{"old":true}`, "eyJvbGQiOnRydWV9"},
		{"not a state", `{"key":"a"}`, "eyJrZXkiOiJhIn0="},
		{"eyJrZXkiOiJhIn0", `{}`, "eyJrZXkiOiJhIn0="},
	} {
		if got, err := protocol.MergeState(c.header, []byte(c.changes)); err != nil || got != c.want {
			t.Errorf("MergeState(%q, %s) = %q, %v, want %q", c.header, c.changes, got, err, c.want)
		}
	}
	for _, bad := range []string{"", "1", "[]", "null", `{"a":`, `{} {}`} {
		if got, err := protocol.MergeState("", []byte(bad)); err == nil {
			t.Errorf("MergeState of changes %q = %q, want an error", bad, got)
		}
	}
}

func FuzzDecodeState(f *testing.F) {
	f.Add("eyJvbGQiOnRydWUsIm4iOjJ9")
	f.Add("eyJjb3VudCI6Ik13PT0ifQ==")
	f.Fuzz(func(t *testing.T, header string) {
		object, ok := protocol.DecodeState(header)
		if !ok {
			return
		}
		again, err := protocol.MergeState("", object)
		if err != nil {
			t.Fatalf("MergeState of the decoded %s: %v", object, err)
		}
		if back, ok := protocol.DecodeState(again); !ok || string(back) != string(object) {
			t.Errorf("DecodeState(%q) = %s, %v, want %s", again, back, ok, object)
		}
	})
}

func FuzzReadEventContext(f *testing.F) {
	f.Add("azure.webpubsub.sys.connect", "connect", "chat", "c1", "u", "2026-09-01T10:20:30Z")
	f.Add("azure.webpubsub.user.a.b", "a.b", "chat", "c1", "", "")
	f.Fuzz(func(t *testing.T, typ, name, hub, id, user, at string) {
		h := http.Header{}
		h.Set("ce-type", typ)
		h.Set("ce-eventName", name)
		h.Set("ce-hub", hub)
		h.Set("ce-connectionId", id)
		h.Set("ce-userId", user)
		h.Set("ce-time", at)
		c, err := protocol.ReadEventContext(h)
		if err != nil {
			return
		}
		written := http.Header{}
		c.SetHeader(written)
		canonical := http.Header{}
		for k, v := range written {
			canonical[http.CanonicalHeaderKey(k)] = v
		}
		again, err := protocol.ReadEventContext(canonical)
		c.Source = again.Source
		if err != nil || again != c {
			t.Errorf("read again %+v, %v, want %+v", again, err, c)
		}
	})
}
