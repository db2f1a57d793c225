package trigger_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"wps/protocol"
	"wps/token"
	"wps/trigger"
)

// answers are seeds: the answers of the specification, the shipped bindings and
// the samples.
var answers = []string{
	``, `null`, `{}`, `{"roles":["Admin"]}`, `{"error":{"code":"unauthorized","error":"Invalid User"}}`,
	`[{"code":"unauthorized","error":"Invalid User"}]`, `{"code":0,"errorMessage":"x"}`, `{"message":"hi","dataType":"text"}`,
	`{"data":{"type":"Buffer","data":[1,2]},"dataType":"binary","states":{"n":1}}`, `{"message":[1],"dataType":"json"}`,
	`{"outputs":[{"type":"MessageEvent","message":"hi"}]}`, `{"mqtt":{"code":138}}`, `{"userId":null,"groups":["\u0000"]}`, `{"message":"\ud800"}`,
}

// FuzzParseAnswer: whatever a hook writes, the answer is a refusal or one that the
// service can read, and its size is limited by that of the input.
func FuzzParseAnswer(f *testing.F) {
	for _, seed := range answers {
		f.Add([]byte(seed), true)
		f.Add([]byte(seed), false)
	}
	f.Fuzz(func(t *testing.T, text []byte, connect bool) {
		ev := &trigger.Event{EventContext: protocol.EventContext{Kind: protocol.EventUser, Event: "m", Hub: "chat", ConnectionID: "c"}}
		if connect {
			ev.Kind, ev.EventContext.Event, ev.Connect = protocol.EventSystem, protocol.EventConnect, &protocol.ConnectRequest{}
		}
		a, err := trigger.ParseAnswer(ev, text)
		switch {
		case err != nil:
			return
		case a.Error != nil:
			if a.Error.Status < 400 || a.Error.Status > 599 {
				t.Fatalf("%q refuses with %d", text, a.Error.Status)
			}
			return
		case connect && (a.Message != nil || a.DataType != ""):
			t.Fatalf("%q answers connect with a message", text)
		case !connect && a.Connect != nil:
			t.Fatalf("%q answers a user event as connect", text)
		}
		var response struct {
			UserID, Subprotocol *string
			Groups, Roles       []string
		}
		if a.Connect != nil && json.Unmarshal(a.Connect, &response) != nil {
			t.Fatalf("%q answers connect with %s", text, a.Connect)
		}
		if a.DataType == protocol.DataTypeJSON && !json.Valid(a.Message) {
			t.Fatalf("%q answers with JSON %q", text, a.Message)
		}
		if _, err := protocol.MergeState("", a.States); a.States != nil && err != nil {
			t.Fatalf("%q has states %s: %v", text, a.States, err)
		}
		if n := len(a.Connect) + len(a.Message) + len(a.States) + len(a.Output); n > 4*len(text)+100 {
			t.Fatalf("%d bytes became %d", len(text), n)
		}
	})
}

// FuzzWorkerLine: a line is never accepted as the answer to an event with another
// id.
func FuzzWorkerLine(f *testing.F) {
	for _, seed := range answers {
		f.Add([]byte(`{"id":7,` + string(bytes.TrimPrefix([]byte(seed), []byte("{")))))
	}
	f.Add([]byte(`{"ID":7}`))
	f.Add([]byte(`{"id":"7"}`))
	f.Add([]byte(`{"id":7.0}`))
	f.Fuzz(func(t *testing.T, line []byte) {
		ev := &trigger.Event{EventContext: protocol.EventContext{Kind: protocol.EventUser, Event: "m"}}
		_, err := trigger.ReadWorkerLine(ev, 7, line)
		if _, other := trigger.ReadWorkerLine(ev, 8, line); err == nil && other == nil {
			t.Fatalf("%q answers two events", line)
		}
	})
}

// FuzzEvent: every request gets one answer with a documented status, and a hook
// gets signed events only.
func FuzzEvent(f *testing.F) {
	f.Add("azure.webpubsub.sys.connect", "connect", "application/json", "c1", []byte(connectBody), true)
	f.Add("azure.webpubsub.user.message", "message", "text/plain", "c1", []byte("hi"), true)
	f.Add("azure.webpubsub.user.message", "message", "application/json; charset=utf-8", "c1", []byte("[1]"), false)
	f.Add("azure.webpubsub.sys.disconnected", "disconnected", "application/json", "c1", []byte(`{"reason":null,"mqtt":{}}`), true)
	f.Add("azure.webpubsub.gp.joined", "joined", "application/json", "c1", []byte(`{"group":"g"}`), true)
	f.Add("azure.webpubsub.sys.other", "other", "", "", []byte(nil), true)
	key := token.NewKey(testKey)
	f.Fuzz(func(t *testing.T, typ, name, contentType, connection string, body []byte, signed bool) {
		ran := false
		hook := &hookFunc{"see", func(_ context.Context, ev *trigger.Event) (trigger.Answer, error) {
			ran = true
			if !bytes.Equal(ev.Body, body) && len(body) > 0 {
				t.Errorf("the hook sees %q, sent %q", ev.Body, body)
			}
			return trigger.Answer{Message: ev.Body, DataType: ev.DataType}, nil
		}}
		h, err := trigger.New(trigger.Options{Default: hook, Keys: []token.Key{key}})
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodPost, "/", bytes.NewReader(body))
		for header, value := range map[string]string{
			"Ce-Type": typ, "Ce-Eventname": name, "Content-Type": contentType, "Ce-Connectionid": connection, "Ce-Hub": "chat", "Ce-Id": "1",
		} {
			r.Header[header] = []string{value}
		}
		if signed {
			r.Header["Ce-Signature"] = []string{token.Signature(connection, key)}
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if !slices.Contains([]int{200, 204, 400, 401, 413}, w.Code) || ran && (!signed || w.Code >= 300) {
			t.Errorf("%q %q %q signed %v: %d, ran %v", typ, name, contentType, signed, w.Code, ran)
		}
		if err := h.Close(t.Context()); err != nil {
			t.Error(err)
		}
	})
}
