package client_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"net/url"

	"wps/client"
	"wps/emulator"
	"wps/protocol"
	"wps/token"
)

// A Service sends to a group of a hub. A connection string of Azure, as
// token.ParseConnectionString reads it, does the same as that of an emulator.
func ExampleService_Send() {
	server, err := emulator.New(emulator.Options{})
	if err != nil {
		log.Fatal(err)
	}
	web := httptest.NewServer(server)
	defer web.Close()
	defer server.Close()
	endpoint, err := url.Parse(web.URL)
	if err != nil {
		log.Fatal(err)
	}

	cs := token.NewConnectionString(endpoint, token.NewKey(protocol.DefaultAccessKey))
	svc, err := client.FromConnectionString(cs, "chat", client.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer svc.CloseIdleConnections()
	to := protocol.Target{Kind: protocol.TargetGroup, ID: "g1"}
	outcome, err := svc.Send(context.Background(), to, protocol.Send{DataType: protocol.DataTypeText, Data: []byte("hello")})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(outcome.HTTPStatus, "after", outcome.Tries, "try")
	// Output: 202 after 1 try
}
