package emulator_test

import (
	"net/http"
	"reflect"
	"testing"

	"wps/emulator"
	"wps/protocol"
)

func TestEventSender(t *testing.T) {
	t.Parallel()
	connect := protocol.EventContext{Kind: protocol.EventSystem, Event: "connect", Hub: "chat", ConnectionID: "c1"}
	message := protocol.EventContext{Kind: protocol.EventUser, Event: "message", Hub: "chat", ConnectionID: "c1"}
	connected := protocol.EventContext{Kind: protocol.EventSystem, Event: "connected", Hub: "chat", ConnectionID: "c1"}
	text := func(s string) *string { return &s }
	for _, test := range []struct {
		name  string
		event protocol.EventContext
		say   func(http.ResponseWriter, *http.Request)
		want  emulator.EventResult
	}{
		{"connect", connect, say(200, `{"userId":"u","roles":[],"groups":["g"],"subprotocol":"A"}`, "ce-connectionState", "s"),
			emulator.EventResult{Status: 200, UserID: text("u"), Roles: []string{}, Groups: []string{"g"}, Subprotocol: text("a"), State: text("s")}},
		{"connect without a word", connect, say(204, ""), emulator.EventResult{Status: 204}},
		{"connect not JSON", connect, say(200, `x`), emulator.EventResult{Status: 200, ClientStatus: 500, Problem: `invalid character 'x' looking for beginning of value: "x"`}},
		{"connect refused", connect, say(401, "no", "ce-connectionState", "s"), emulator.EventResult{Status: 401, ClientStatus: 401, Problem: "status 401"}},
		{"a message", message, say(200, "hi", "Content-Type", "text/plain"),
			emulator.EventResult{Status: 200, Message: &protocol.Response{Type: protocol.ResponseMessage, From: protocol.FromServer, DataType: "text", Data: []byte("hi")}}},
		{"a failure is sent once", message, say(503, ""), emulator.EventResult{Status: 503, ClientStatus: 503, Retried: true, Problem: "status 503"}},
		{"connected is not blocking", connected, say(200, "x", "ce-connectionState", "s"), emulator.EventResult{Status: 200}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			url := newWeb(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.Method == http.MethodOptions {
					w.Header()[protocol.HeaderAllowedOrigin] = r.Header[http.CanonicalHeaderKey(protocol.HeaderRequestOrigin)]
					return
				}
				asked++
				test.say(w, r)
			}))
			trial, err := emulator.NewEventSender(url, "h.test", nil)
			if err != nil {
				t.Fatal(err)
			}
			defer trial.Close()
			if err := trial.Validate(t.Context(), "chat"); err != nil {
				t.Errorf("Validate: %v", err)
			}
			got, err := trial.Send(t.Context(), test.event, nil, nil, []string{"a"})
			if err != nil {
				t.Fatalf("Send: %v", err)
			}
			got.Header, got.Body = nil, nil
			if !reflect.DeepEqual(*got, test.want) || asked != 1 {
				t.Errorf("Send = %+v, asked %d times, want %+v, once", *got, asked, test.want)
			}
		})
	}
	if _, err := emulator.NewEventSender("ftp://x", "h", nil); err == nil {
		t.Error("NewEventSender accepted an address that is not HTTP")
	}
}
