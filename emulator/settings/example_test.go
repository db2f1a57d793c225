package settings_test

import (
	"fmt"
	"log"

	"wps/emulator"
	"wps/emulator/settings"
)

func Example() {
	s, err := settings.Parse("settings.yaml", []byte(`
hubs:
  chat:
    anonymousConnectPolicy: allow
    eventHandlers:
      - urlTemplate: http://localhost:9000/eh/{event}
        systemEvents: [connect]
        userEventPattern: message
`))
	if err != nil {
		log.Fatal(err)
	}
	server, err := emulator.New(s.Options()) // an http.Handler
	if err != nil {
		log.Fatal(err)
	}
	defer server.Close()
	for _, h := range s.Handlers {
		fmt.Println(h)
	}
	// Output: hub chat -> http://localhost:9000/eh/{event} (connect, user events message)
}

func ExampleError() {
	_, err := settings.Parse("settings.yaml", []byte("hubs:\n  chat:\n    eventHandler: []\n"))
	fmt.Println(err)
	// Output: settings.yaml:3: unknown member "eventHandler"
}
