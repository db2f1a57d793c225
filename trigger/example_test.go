package trigger_test

import (
	"bytes"
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"wps/protocol"
	"wps/trigger"
)

// upperCase is a hook in Go that answers a message with its upper case.
type upperCase struct{}

func (upperCase) Answer(_ context.Context, ev *trigger.Event) (trigger.Answer, error) {
	return trigger.Answer{Message: bytes.ToUpper(ev.Body), DataType: ev.DataType}, nil
}

func (upperCase) Close(context.Context) error { return nil }

func (upperCase) String() string { return "upper case" }

// A hook written in Go answers the user event "message" of hub chat.
func Example() {
	key, err := trigger.ParseKey("chat/message")
	if err != nil {
		log.Fatal(err)
	}
	h, err := trigger.New(trigger.Options{Routes: []trigger.Route{{Key: key, Hook: upperCase{}}}})
	if err != nil {
		log.Fatal(err)
	}
	defer h.Close(context.Background())

	// A server would be http.ListenAndServe("localhost:9000", h); this is an event
	// as the service sends it.
	event := protocol.EventContext{Kind: protocol.EventUser, Event: "message", Hub: "chat", ConnectionID: "c1", ID: "1"}
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("hello"))
	r.Header.Set("Content-Type", "text/plain")
	event.SetHeader(r.Header)
	for name, values := range r.Header.Clone() {
		delete(r.Header, name)
		r.Header[http.CanonicalHeaderKey(name)] = values // as an HTTP server reads them
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	fmt.Println(w.Code, w.Body)
	// Output: 200 HELLO
}

// The built-in hooks need no code. ParseKey reads the same keys as the flag --on.
func ExampleBuiltin() {
	echo, err := trigger.Builtin(":echo", nil)
	if err != nil {
		log.Fatal(err)
	}
	key, err := trigger.ParseKey("*")
	if err != nil {
		log.Fatal(err)
	}
	h, err := trigger.New(trigger.Options{Routes: []trigger.Route{{Key: key, Hook: echo}}})
	if err != nil {
		log.Fatal(err)
	}
	defer h.Close(context.Background())
	fmt.Println(key, echo)
	// Output: * :echo
}
