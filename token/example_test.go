package token_test

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"wps/token"
)

const exampleConnectionString = "Endpoint=https://contoso.webpubsub.azure.com;AccessKey=ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH;Version=1.0;"

func ExampleParseConnectionString() {
	cs, err := token.ParseConnectionString(exampleConnectionString)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cs.Endpoint)
	fmt.Println(cs) // the key is not shown
	_, err = token.ParseConnectionString("Endpoint=https://contoso.webpubsub.azure.com")
	fmt.Println(errors.Is(err, token.ErrNoAccessKey))
	// Output:
	// https://contoso.webpubsub.azure.com
	// Endpoint=https://contoso.webpubsub.azure.com;AccessKey=***;Version=1.0;
	// true
}

func ExampleNegotiate() {
	cs, err := token.ParseConnectionString(exampleConnectionString)
	if err != nil {
		fmt.Println(err)
		return
	}
	n, err := token.Negotiate(cs, token.ClientOptions{
		Hub: "chat", UserID: "u1", Roles: []string{"webpubsub.sendToGroup.g1"}, Lifetime: time.Hour,
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(n.BaseURL)
	u, err := url.Parse(n.URL)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u.Query().Get("access_token") == n.AccessToken)
	// Output:
	// wss://contoso.webpubsub.azure.com/client/hubs/chat
	// true
}

func ExampleVerify() {
	key := token.NewKey("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH")
	now := time.Date(2026, 1, 2, 15, 4, 5, 0, time.UTC)
	tok, err := key.SignREST("https://contoso.webpubsub.azure.com/api/hubs/chat/:send", now, time.Minute)
	if err != nil {
		fmt.Println(err)
		return
	}
	claims, err := token.Verify(tok, now, key)
	fmt.Println(claims.Audiences, err)

	_, err = token.Verify(tok, now, token.NewKey("another key"))
	fmt.Println(errors.Is(err, token.ErrSignature))
	_, err = token.Verify(tok, now.Add(time.Hour), key)
	fmt.Println(errors.Is(err, token.ErrExpired))
	// Output:
	// [https://contoso.webpubsub.azure.com/api/hubs/chat/:send] <nil>
	// true
	// true
}

func ExampleSignature() {
	key := token.NewKey("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH")
	header := token.Signature("connection1", key)
	fmt.Println(token.VerifySignature(header, "connection1", key))
	fmt.Println(token.VerifySignature(header, "connection2", key))
	// Output:
	// true
	// false
}
