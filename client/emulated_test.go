package client_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"wps/client"
	"wps/client/ws"
	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// TestListEmulated pages through the members of a group, in pages of several
// sizes and to a limit.
func TestListEmulated(t *testing.T) {
	t.Parallel()
	e, svc := emulated(t)
	var want []string
	for i := range 9 {
		o := token.ClientOptions{Groups: []string{"g 1"}}
		if i > 0 { // one is anonymous
			o.UserID = fmt.Sprintf("u%d", i)
		}
		c := connect(t, e, o, ws.Options{Subprotocol: protocol.SubprotocolJSON})
		want = append(want, c.ConnectionID()+" "+c.UserID())
	}
	slices.Sort(want)
	for _, o := range []client.ListOptions{{}, {PageSize: 1}, {PageSize: 4}, {PageSize: 9}, {PageSize: 200}, {PageSize: 2, Top: 5}, {Top: 9}} {
		got, err := list(svc.ListConnections(within(t), "g 1", o))
		var found []string
		for _, m := range got {
			found = append(found, m.ConnectionID+" "+m.UserID)
		}
		slices.Sort(found)
		if n := len(want); o.Top > 0 && o.Top < n {
			if err != nil || len(slices.Compact(found)) != o.Top {
				t.Errorf("ListConnections(%+v) = %q, %v, want %d", o, found, err, o.Top)
			}
		} else if err != nil || !slices.Equal(found, want) {
			t.Errorf("ListConnections(%+v) = %q, %v, want %q", o, found, err, want)
		}
	}
	if got, err := list(svc.ListConnections(within(t), "missing", client.ListOptions{})); err != nil || len(got) > 0 {
		t.Errorf("ListConnections of a missing group = %v, %v", got, err)
	}
}

// TestPermissionsEmulated: a right is granted, seen, used, and taken away.
func TestPermissionsEmulated(t *testing.T) {
	t.Parallel()
	e, svc := emulated(t)
	ctx := within(t)
	c := connect(t, e, token.ClientOptions{Roles: []string{}}, ws.Options{Subprotocol: protocol.SubprotocolJSON})
	has := func(p protocol.Permission, g string, want bool) {
		t.Helper()
		if got, _, err := svc.CheckPermission(ctx, c.ConnectionID(), p, g); err != nil || got != want {
			t.Errorf("CheckPermission(%s, %q) = %v, %v, want %v", p, g, got, err, want)
		}
	}
	has(protocol.PermissionSendToGroup, "a/b", false)
	if _, err := svc.GrantPermission(ctx, c.ConnectionID(), protocol.PermissionSendToGroup, "a/b"); err != nil {
		t.Fatal(err)
	}
	has(protocol.PermissionSendToGroup, "a/b", true)
	has(protocol.PermissionSendToGroup, "a", false)
	has(protocol.PermissionJoinLeaveGroup, "a/b", false)
	if err := c.SendToGroup(ctx, "a/b", ws.SendOptions{}, []byte("x")); err != nil {
		t.Errorf("SendToGroup = %v", err)
	}
	if _, err := svc.RevokePermission(ctx, c.ConnectionID(), protocol.PermissionSendToGroup, "a/b"); err != nil {
		t.Fatal(err)
	}
	has(protocol.PermissionSendToGroup, "a/b", false)
	if err := c.SendToGroup(ctx, "a/b", ws.SendOptions{}, []byte("x")); !errors.Is(err, client.ErrUnauthorized) {
		t.Errorf("SendToGroup = %v, want Forbidden", err)
	}
	if _, err := svc.GrantPermission(ctx, "missing", protocol.PermissionSendToGroup, "g"); !errors.Is(err, client.ErrNotFound) {
		t.Errorf("GrantPermission to a missing connection = %v, want 404", err)
	}
}

// TestBulkEmulated: filters select, and names with a slash work in a body.
func TestBulkEmulated(t *testing.T) {
	t.Parallel()
	e, svc := emulated(t)
	ctx := within(t)
	a := connect(t, e, token.ClientOptions{UserID: "tenant/alice"}, ws.Options{Subprotocol: protocol.SubprotocolJSON})
	b := connect(t, e, token.ClientOptions{UserID: "bob"}, ws.Options{Subprotocol: protocol.SubprotocolJSON})
	if _, err := svc.AddConnectionsToGroups(ctx, []string{"a/b", "g"}, "userId eq 'tenant/alice'"); err != nil {
		t.Fatal(err)
	}
	m := text("for the group")
	m.Filter = "'a/b' in groups"
	if _, err := svc.Send(ctx, everyone, m); err != nil {
		t.Fatal(err)
	}
	if got := message(t, a); string(got.Data) != "for the group" {
		t.Errorf("alice got %+v", got)
	}
	if _, err := svc.RemoveConnectionsFromGroups(ctx, []string{"a/b"}, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := svc.Send(ctx, everyone, m); err != nil { // without receivers
		t.Fatal(err)
	}
	last := text("last")
	last.Excluded = []string{"unknown"}
	if _, err := svc.Send(ctx, everyone, last); err != nil {
		t.Fatal(err)
	}
	for _, c := range []*ws.Conn{a, b} {
		if got := message(t, c); string(got.Data) != "last" {
			t.Errorf("got %+v, want only the last message", got)
		}
	}
	m.Filter = "invalid filter"
	_, err := svc.Send(ctx, everyone, m)
	var e400 *client.Error
	if !errors.As(err, &e400) || e400.Status != 400 || e400.Code != protocol.CodeBadRequest || e400.Target != "filter" ||
		e400.Message != "Invalid syntax for 'invalid filter': Syntax error at position 14 in 'invalid filter'. (Parameter 'filter')" {
		t.Errorf("Send with a bad filter = %v (%+v), want the service's words", err, e400)
	}
}

// entra authorizes with a token that an emulator accepts as one of Entra ID.
type entra struct{}

func (entra) Authorize(context.Context, string) (string, error) {
	tok, err := jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.MapClaims{
		"aud": "https://webpubsub.azure.com", "exp": time.Now().Add(time.Hour).Unix(), "nbf": time.Now().Unix(),
	}).SignedString([]byte("any key"))
	return "Bearer " + tok, err
}

// TestGenerateEmulated: the service makes tokens for Entra ID only; such a token
// opens a connection.
func TestGenerateEmulated(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{AllowUnvalidatedEntraTokens: true})
	byKey, err := client.FromConnectionString(e.ConnectionString, "chat", client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(byKey.CloseIdleConnections)
	if tok, err := byKey.GenerateClientToken(within(t), client.GenerateOptions{}); !errors.Is(err, client.ErrUnauthorized) || tok != "" {
		t.Errorf("GenerateClientToken with a key = %q, %v, want 401", tok, err)
	}
	svc := newService(t, e.URL, client.Options{Authorizer: entra{}})
	tok, err := svc.GenerateClientToken(within(t), client.GenerateOptions{
		UserID: "u1", Roles: []string{"webpubsub.joinLeaveGroup.g"}, Groups: []string{"h"}, Lifetime: 10 * time.Minute,
	})
	if err != nil {
		t.Fatal(err)
	}
	base := token.ClientURL(e.ConnectionString.Endpoint, "chat", token.KindDefault)
	c, err := ws.Dial(within(t), ws.Options{URL: base + "?access_token=" + tok, Subprotocol: protocol.SubprotocolJSON})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close(within(t)) })
	if c.UserID() != "u1" {
		t.Errorf("user = %q, want u1", c.UserID())
	}
	if err := c.JoinGroup(within(t), "g"); err != nil {
		t.Errorf("JoinGroup = %v", err)
	}
	if yes, _, err := svc.Exists(within(t), group("h")); err != nil || !yes {
		t.Errorf("Exists(h) = %v, %v, want the group of the token", yes, err)
	}
}

// TestTLS: https and wss, and a certificate of an unknown authority.
func TestTLS(t *testing.T) {
	t.Parallel()
	s, err := emulator.New(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	web := httptest.NewUnstartedServer(s)
	web.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshake that fails
	web.StartTLS()
	t.Cleanup(func() {
		s.Close()
		web.Close()
	})
	endpoint, err := url.Parse(web.URL)
	if err != nil {
		t.Fatal(err)
	}
	cs := token.NewConnectionString(endpoint, token.NewKey(protocol.DefaultAccessKey))
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	trusting := &tls.Config{RootCAs: roots}

	svc, err := client.FromConnectionString(cs, "chat", client.Options{Transport: &http.Transport{TLSClientConfig: trusting}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(svc.CloseIdleConnections)
	if _, err := svc.Send(within(t), everyone, text("x")); err != nil {
		t.Errorf("Send over https = %v", err)
	}
	n, err := token.Negotiate(cs, token.ClientOptions{Hub: "chat"})
	if err != nil || !strings.HasPrefix(n.URL, "wss://") {
		t.Fatalf("Negotiate = %q, %v, want wss", n.URL, err)
	}
	c, err := ws.Dial(within(t), ws.Options{URL: n.URL, Subprotocol: protocol.SubprotocolJSON, TLS: trusting})
	if err != nil {
		t.Fatalf("Dial over wss = %v", err)
	}
	if err := c.Close(within(t)); err != nil {
		t.Errorf("Close = %v", err)
	}

	var unreachable *client.UnreachableError
	var cert *tls.CertificateVerificationError
	doubting, err := client.FromConnectionString(cs, "chat", client.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(doubting.CloseIdleConnections)
	if _, err := doubting.Send(within(t), everyone, text("x")); !errors.As(err, &unreachable) || !errors.As(err, &cert) {
		t.Errorf("Send to an unknown certificate = %v", err)
	}
	if _, err := ws.Dial(within(t), ws.Options{URL: n.URL}); !errors.As(err, &unreachable) || !errors.As(err, &cert) || strings.Contains(err.Error(), n.AccessToken) {
		t.Errorf("Dial to an unknown certificate = %v", err)
	}
}
