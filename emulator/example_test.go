package emulator_test

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"wps/emulator"
	"wps/protocol"
	"wps/token"
)

// An emulator is an http.Handler: any server serves it, and REST requests with a
// token of its key reach it.
func ExampleNew() {
	server, err := emulator.New(emulator.Options{})
	if err != nil {
		log.Fatal(err)
	}
	web := httptest.NewServer(server)
	defer web.Close()
	defer server.Close()

	target := web.URL + "/api/hubs/chat/:send?api-version=" + protocol.APIVersion
	bearer, err := token.NewKey(protocol.DefaultAccessKey).SignREST(target, time.Now(), time.Minute)
	if err != nil {
		log.Fatal(err)
	}
	request, err := http.NewRequest(http.MethodPost, target, strings.NewReader("hello"))
	if err != nil {
		log.Fatal(err)
	}
	request.Header.Set("Content-Type", "text/plain")
	request.Header.Set("Authorization", "Bearer "+bearer)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	response.Body.Close()
	fmt.Println(response.Status)
	// Output: 202 Accepted
}

// An event handler in the same process is an http.Handler too: the hub sends it
// the events that it names, with no socket between.
func ExampleEventHandler() {
	greeter := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			log.Fatal(err)
		}
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprintf(w, "you said %s", body)
	})
	server, err := emulator.New(emulator.Options{
		Hubs: map[string]emulator.HubSettings{
			"chat": {Handlers: []emulator.EventHandler{{Handler: greeter, EventPattern: emulator.EveryEvent}}},
		},
		AnonymousHubs: []string{"chat"},
	})
	if err != nil {
		log.Fatal(err)
	}
	web := httptest.NewServer(server)
	defer web.Close()
	defer server.Close()

	// A client without a subprotocol sends each frame as the event "message".
	client, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(web.URL, "http")+"/client/hubs/chat", nil)
	if err != nil {
		log.Fatal(err)
	}
	defer client.Close()
	if err := client.WriteMessage(websocket.TextMessage, []byte("hello")); err != nil {
		log.Fatal(err)
	}
	_, answer, err := client.ReadMessage()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", answer)
	// Output: you said hello
}
