package client_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"wps/client"
	"wps/protocol"
)

// TestWireBytes checks what net/http hides: PUT and POST without a body have
// Content-Length: 0, as in the recordings of the SDKs.
func TestWireBytes(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		do         func(context.Context, *client.Service) error
		have, lack []string
	}{
		"PUT": {func(ctx context.Context, s *client.Service) error { return errorOf(s.AddToGroup(ctx, user("u"), "g")) }, []string{"Content-Length: 0\r\n"}, []string{"Content-Type:", "Transfer-Encoding:"}},
		"POST": {func(ctx context.Context, s *client.Service) error {
			return errorOf(s.CloseConnections(ctx, everyone, protocol.Close{}))
		}, []string{"Content-Length: 0\r\n"}, []string{"Content-Type:", "Transfer-Encoding:"}},
		"empty": {func(ctx context.Context, s *client.Service) error { return errorOf(s.Send(ctx, everyone, text(""))) }, []string{"Content-Length: 0\r\n", "Content-Type: text/plain\r\n"}, []string{"Transfer-Encoding:"}},
		"HEAD":  {func(ctx context.Context, s *client.Service) error { return s.Health(ctx) }, []string{"HEAD /api/health?api-version=2024-12-01 HTTP/1.1\r\n"}, []string{"Accept:", "Authorization:", "Content-Length:", "Accept-Encoding:"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			address, got := rawServer(t)
			if err := tt.do(within(t), newService(t, address, client.Options{Retries: -1})); err != nil {
				t.Fatal(err)
			}
			head := <-got
			for _, want := range tt.have {
				if !strings.Contains(head, want) {
					t.Errorf("sent %q, want %q in it", head, want)
				}
			}
			for _, bad := range tt.lack {
				if strings.Contains(head, bad) {
					t.Errorf("sent %q with %q in it", head, bad)
				}
			}
		})
	}
}

// rawServer answers one request with the status of its success and returns its head.
func rawServer(t *testing.T) (address string, head <-chan string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	got := make(chan string, 1)
	go func() {
		conn, err := l.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		r, all := bufio.NewReader(conn), ""
		for !strings.HasSuffix(all, "\r\n\r\n") {
			line, err := r.ReadString('\n')
			if err != nil {
				break
			}
			all += line
		}
		status := "200 OK"
		if strings.Contains(all, ":send?") {
			status = "202 Accepted"
		} else if strings.Contains(all, ":closeConnections") {
			status = "204 No Content"
		}
		io.WriteString(conn, "HTTP/1.1 "+status+"\r\nContent-Length: 0\r\napi-supported-versions: 2024-12-01\r\nConnection: close\r\n\r\n")
		got <- all
	}()
	return "http://" + l.Addr().String(), got
}

// TestMetadataHeaders: metadata is sent in headers; what would change on its way
// is refused before anything is sent.
func TestMetadataHeaders(t *testing.T) {
	t.Parallel()
	s := serve(t, status(202))
	svc := newService(t, s.URL, client.Options{})
	m := text("hi")
	m.Metadata = map[string]string{"trace": "7 8", "x": ""}
	if _, err := svc.Send(within(t), everyone, m); err != nil {
		t.Fatal(err)
	}
	h := s.only(t).header
	if !reflect.DeepEqual(h["X-Webpubsub-Metadata-Trace"], []string{"7 8"}) || !reflect.DeepEqual(h["X-Webpubsub-Metadata-X"], []string{""}) {
		t.Errorf("headers = %v", h)
	}
	for _, bad := range []map[string]string{
		{"a b": "v"}, {"": "v"}, {"k": "é"}, {"k": "a,b"}, {"k": " v"}, {"k": "v\t"}, {"k": "a\nb"}, {"k": "a\x7f"},
		{"key": "1", "KEY": "2"}, {"k": strings.Repeat("v", 1025)},
	} {
		m.Metadata = bad
		if _, err := svc.Send(within(t), everyone, m); err == nil || !strings.Contains(err.Error(), "metadata") {
			t.Errorf("Send with metadata %.40q = %v, want an error", bad, err)
		}
	}
	s.only(t)
}

// TestRefusedBeforeSending: what an operation cannot carry, and names that break
// the service's rules, are never sent.
func TestRefusedBeforeSending(t *testing.T) {
	t.Parallel()
	s := serve(t, status(200))
	svc := newService(t, s.URL, client.Options{})
	ctx := within(t)
	exists := func(target protocol.Target) error { _, _, err := svc.Exists(ctx, target); return err }
	check := func(c, g string, p protocol.Permission) error {
		_, _, err := svc.CheckPermission(ctx, c, p, g)
		return err
	}
	generate := func(o client.GenerateOptions) error { _, err := svc.GenerateClientToken(ctx, o); return err }
	listing := func(g string, o client.ListOptions) error { _, err := list(svc.ListConnections(ctx, g, o)); return err }
	tests := []struct {
		name string
		err  error
		want string
	}{
		{"unknown kind", errorOf(svc.Send(ctx, protocol.Target{Kind: "room", ID: "r"}, text(""))), `unknown kind of target "room"`},
		{"no group", errorOf(svc.Send(ctx, group(""), text(""))), "group name is empty"},
		{"long group", errorOf(svc.Send(ctx, group(strings.Repeat("g", 1025)), text(""))), "group name has 1025"},
		{"no user", errorOf(svc.Send(ctx, user(" "), text(""))), "user id is empty"},
		{"user of dots", errorOf(svc.Send(ctx, user(".."), text(""))), `user ".." cannot be addressed in a path`},
		{"group of a dot", errorOf(svc.AddToGroup(ctx, user("u"), ".")), `group "." cannot be addressed in a path`},
		{"permission of dots", errorOf(svc.GrantPermission(ctx, "..", protocol.PermissionSendToGroup, "g")), `connection ".." cannot be addressed`},
		{"list of dots", listing("..", client.ListOptions{}), `group ".." cannot be addressed`},
		{"no connection", errorOf(svc.Send(ctx, connection(""), text(""))), "connection id is empty"},
		{"user excluded", errorOf(svc.Send(ctx, user("u"), protocol.Send{Excluded: []string{"c"}})), `cannot be excluded when sending to user "u"`},
		{"connection excluded", errorOf(svc.Send(ctx, connection("c"), protocol.Send{Excluded: []string{"c"}})), "cannot be excluded"},
		{"connection filtered", errorOf(svc.Send(ctx, connection("c"), protocol.Send{Filter: "true"})), "filter cannot be used"},
		{"ttl", errorOf(svc.Send(ctx, everyone, protocol.Send{TTLSeconds: 301})), "it must be 0 to 300"},
		{"negative ttl", errorOf(svc.Send(ctx, everyone, protocol.Send{TTLSeconds: -1})), "it must be 0 to 300"},
		{"too large", errorOf(svc.Send(ctx, everyone, text(strings.Repeat("x", protocol.MaxMessageSize+1)))), client.ErrTooLarge.Error()},
		{"address too long", errorOf(svc.Send(ctx, everyone, protocol.Send{Data: []byte("x"), DataType: protocol.DataTypeText, Excluded: strings.Split(strings.Repeat("c,", 10_000)+"c", ",")})), "the address of the request is too long"},
		{"close excluded", errorOf(svc.CloseConnections(ctx, connection("c"), protocol.Close{Excluded: []string{"d"}})), "cannot be excluded when closing one"},
		{"hub exists", exists(everyone), "existence of a hub cannot be checked"},
		{"group in group", errorOf(svc.AddToGroup(ctx, group("g"), "h")), `a member of a group is a user or a connection, not group "g"`},
		{"hub in group", errorOf(svc.RemoveFromAllGroups(ctx, everyone)), "not the hub"},
		{"into no group", errorOf(svc.AddToGroup(ctx, user("u"), "")), "group name is empty"},
		{"no groups", errorOf(svc.AddConnectionsToGroups(ctx, nil, "true")), "no group"},
		{"empty among groups", errorOf(svc.RemoveConnectionsFromGroups(ctx, []string{"g", ""}, "")), "group name is empty"},
		{"permission", errorOf(svc.GrantPermission(ctx, "c", "fly", "g")), `unknown permission "fly"`},
		{"permission on no group", errorOf(svc.RevokePermission(ctx, "c", protocol.PermissionSendToGroup, "")), "group name is empty"},
		{"permission of no connection", check("", "g", protocol.PermissionSendToGroup), "connection id is empty"},
		{"lifetime", generate(client.GenerateOptions{Lifetime: -1}), "must not be negative"},
		{"token group", generate(client.GenerateOptions{Groups: []string{""}}), "group name is empty"},
		{"page size", listing("g", client.ListOptions{PageSize: 201}), "page size is 201"},
		{"negative page size", listing("g", client.ListOptions{PageSize: -1}), "page size is -1"},
		{"top", listing("g", client.ListOptions{Top: -1}), "top is -1"},
		{"list of no group", listing("", client.ListOptions{}), "group name is empty"},
	}
	for _, tt := range tests {
		if tt.err == nil || !strings.Contains(tt.err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.name, tt.err, tt.want)
		}
	}
	if got := s.requests(); len(got) > 0 {
		t.Errorf("%d requests left, the first %+v", len(got), got[0])
	}
}

// TestLargestMessage: a body of exactly 1 MiB goes.
func TestLargestMessage(t *testing.T) {
	t.Parallel()
	s := serve(t, status(202))
	if _, err := newService(t, s.URL, client.Options{}).Send(within(t), everyone, text(strings.Repeat("x", protocol.MaxMessageSize))); err != nil {
		t.Fatal(err)
	}
	if got := s.only(t); len(got.body) != protocol.MaxMessageSize {
		t.Errorf("%d bytes came", len(got.body))
	}
}

// TestEndpointPath: a path of the endpoint goes before /api, on the wire and
// in the audience; the hub is escaped.
func TestEndpointPath(t *testing.T) {
	t.Parallel()
	s := serve(t, status(202))
	svc := newService(t, s.URL+"/base%20x/", client.Options{Hub: "a[b`c,d.e", UserAgent: "mine"})
	if _, err := svc.Send(within(t), everyone, text("x")); err != nil {
		t.Fatal(err)
	}
	r := s.only(t)
	if want := "/base%20x/api/hubs/a%5Bb%60c%2Cd.e/:send?api-version=2024-12-01"; r.uri != want {
		t.Errorf("sent %s, want %s", r.uri, want)
	}
	checkBearer(t, r.header.Get("Authorization"), s.URL+r.uri)
	if got := r.header.Get("User-Agent"); got != "mine" {
		t.Errorf("User-Agent = %q", got)
	}
}

// TestReverseProxy: the request goes to the proxy, the token names the service.
func TestReverseProxy(t *testing.T) {
	t.Parallel()
	s := serve(t, status(202))
	proxy, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	svc := newService(t, "https://name.webpubsub.azure.com", client.Options{ReverseProxy: proxy})
	if _, err := svc.Send(within(t), group("g"), text("x")); err != nil {
		t.Fatal(err)
	}
	r := s.only(t)
	if r.host != proxy.Host || r.uri != "/api/hubs/chat/groups/g/:send?api-version=2024-12-01" {
		t.Errorf("sent to %s %s", r.host, r.uri)
	}
	checkBearer(t, r.header.Get("Authorization"), "https://name.webpubsub.azure.com"+r.uri)
}

// TestNew has options that cannot work; the errors do not repeat an address,
// which may hold a password.
func TestNew(t *testing.T) {
	t.Parallel()
	address := func(s string) *url.URL {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	good, auth := address("https://h"), client.KeyAuthorizer{Key: key}
	tests := []struct {
		o    client.Options
		want string
	}{
		{client.Options{Hub: "h", Authorizer: auth}, "no endpoint"},
		{client.Options{Endpoint: address("ftp://h"), Hub: "h", Authorizer: auth}, "endpoint must begin with http:// or https://"},
		{client.Options{Endpoint: address("https:///x"), Hub: "h", Authorizer: auth}, "endpoint has no host"},
		{client.Options{Endpoint: address("https://u:hunter2@h"), Hub: "h", Authorizer: auth}, "endpoint may have only a scheme"},
		{client.Options{Endpoint: address("https://h?hunter2"), Hub: "h", Authorizer: auth}, "endpoint may have only a scheme"},
		{client.Options{Endpoint: good, Hub: "9", Authorizer: auth}, `hub name "9" must begin with a letter`},
		{client.Options{Endpoint: good, Authorizer: auth}, "hub name is empty"},
		{client.Options{Endpoint: good, Hub: "h"}, "no authorizer"},
		{client.Options{Endpoint: good, Hub: "h", Authorizer: auth, ReverseProxy: address("https://p/x")}, `reverse proxy has the path "/x"`},
		{client.Options{Endpoint: good, Hub: "h", Authorizer: auth, ReverseProxy: address("p:1")}, "reverse proxy must begin with"},
	}
	for _, tt := range tests {
		if _, err := client.New(tt.o); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("New(%+v) = %v, want %q", tt.o, err, tt.want)
		}
	}
}

// TestSlashWarning: a name that a path cannot carry is warned of once, and the
// request goes all the same.
func TestSlashWarning(t *testing.T) {
	t.Parallel()
	s := serve(t, status(200))
	var warned []string
	svc := newService(t, s.URL, client.Options{Warn: func(w string) { warned = append(warned, w) }})
	ctx := within(t)
	for range 2 {
		if _, err := svc.AddToGroup(ctx, user("a/b"), "c/d"); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := svc.AddConnectionsToGroups(ctx, []string{"e/f"}, ""); err != nil { // in the body: no harm
		t.Fatal(err)
	}
	if _, err := svc.GrantPermission(ctx, "c1", protocol.PermissionSendToGroup, "g/h"); err != nil { // in the query
		t.Fatal(err)
	}
	want := []string{
		`user "a/b" contains a slash, which the service cannot address in a path: use the filter "userId eq 'a/b'" instead`,
		`group "c/d" contains a slash, which the service cannot address in a path: use the filter "'c/d' in groups" instead`,
	}
	if !reflect.DeepEqual(warned, want) {
		t.Errorf("warned %q, want %q", warned, want)
	}
	if got := len(s.requests()); got != 4 {
		t.Errorf("%d requests came, want 4", got)
	}
}
