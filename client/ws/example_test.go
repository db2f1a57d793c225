package ws_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"net/url"

	"wps/client/ws"
	"wps/emulator"
	"wps/protocol"
	"wps/token"
)

// A client gets its URL from negotiate, connects, joins a group and receives
// what is sent there.
func ExampleDial() {
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
	negotiated, err := token.Negotiate(cs, token.ClientOptions{
		Hub: "chat", UserID: "u1", Roles: []string{protocol.RoleJoinLeaveGroup, protocol.RoleSendToGroup},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	conn, err := ws.Dial(ctx, ws.Options{URL: negotiated.URL, Subprotocol: protocol.SubprotocolJSONReliable})
	if err != nil {
		log.Fatal(err)
	}
	if err := conn.JoinGroup(ctx, "g1"); err != nil {
		log.Fatal(err)
	}
	if err := conn.SendToGroup(ctx, "g1", ws.SendOptions{}, []byte("hello")); err != nil {
		log.Fatal(err)
	}
	for {
		r, err := conn.Receive(ctx)
		if err != nil {
			log.Fatal(err)
		}
		if r.Type == protocol.ResponseMessage {
			fmt.Printf("%s from %s in %s\n", r.Data, r.FromUserID, r.Group)
			break
		}
	}
	if err := conn.Close(ctx); err != nil {
		log.Fatal(err)
	}
	// Output: hello from u1 in g1
}
