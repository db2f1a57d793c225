package client_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"wps/client"
	"wps/protocol"
	"wps/token"
)

// operation is one of the 25 of the REST description.
type operation struct {
	Operation, Method, Path       string
	Query, Repeated, ContentTypes []string
	Success                       int
}

func operations(t *testing.T) map[string]operation {
	t.Helper()
	b, err := os.ReadFile("testdata/operations.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Operations []operation }
	if err := json.Unmarshal(b, &file); err != nil {
		t.Fatal(err)
	}
	all := map[string]operation{}
	for _, op := range file.Operations {
		all[op.Operation] = op
	}
	if len(all) != 25 {
		t.Fatalf("the description has %d operations, want 25", len(all))
	}
	return all
}

// Names that need every kind of escape, and what the JavaScript SDK makes of
// them.
const (
	odd        = "tenant/alice%2F b+c?#é"
	oddEscaped = "tenant%2Falice%252F%20b%2Bc%3F%23%C3%A9"
)

// call is a use of one operation and what it must send. The path begins after
// /api/hubs/chat, the query after api-version.
type call struct {
	operation   string
	do          func(ctx context.Context, s *client.Service) error
	path, query string
	contentType string
	body        string
}

var ttlSend = protocol.Send{
	DataType: protocol.DataTypeJSON, Data: []byte(`{"a": 1}`), Excluded: []string{"c 1", "c,2"},
	Filter: "userId eq 'o''b'", TTLSeconds: 300,
}

var calls = []call{
	{
		"SendToAll", func(ctx context.Context, s *client.Service) error { return errorOf(s.Send(ctx, everyone, ttlSend)) },
		"/:send", "&excluded=c%201&excluded=c%2C2&filter=userId%20eq%20'o''b'&messageTtlSeconds=300", "application/json", `{"a": 1}`,
	},
	{
		"SendToGroup", func(ctx context.Context, s *client.Service) error { return errorOf(s.Send(ctx, group(odd), ttlSend)) },
		"/groups/" + oddEscaped + "/:send", "&excluded=c%201&excluded=c%2C2&filter=userId%20eq%20'o''b'&messageTtlSeconds=300", "application/json", `{"a": 1}`,
	},
	{
		"SendToUser", func(ctx context.Context, s *client.Service) error {
			return errorOf(s.Send(ctx, user(odd), protocol.Send{DataType: protocol.DataTypeText, Data: []byte("hé"), Filter: "a&b", TTLSeconds: 1}))
		},
		"/users/" + oddEscaped + "/:send", "&filter=a%26b&messageTtlSeconds=1", "text/plain", "hé",
	},
	{
		"SendToConnection", func(ctx context.Context, s *client.Service) error {
			return errorOf(s.Send(ctx, connection("c1"), protocol.Send{DataType: protocol.DataTypeBinary, Data: []byte("\x00\xff")}))
		},
		"/connections/c1/:send", "", "application/octet-stream", "\x00\xff",
	},
	{
		"CloseAllConnections", func(ctx context.Context, s *client.Service) error {
			return errorOf(s.CloseConnections(ctx, everyone, protocol.Close{Reason: "a b&c", Excluded: []string{"c1", "c2"}}))
		},
		"/:closeConnections", "&excluded=c1&excluded=c2&reason=a%20b%26c", "", "",
	},
	{
		"CloseGroupConnections", func(ctx context.Context, s *client.Service) error {
			return errorOf(s.CloseConnections(ctx, group("g 1"), protocol.Close{Excluded: []string{"c1"}}))
		},
		"/groups/g%201/:closeConnections", "&excluded=c1", "", "",
	},
	{
		"CloseUserConnections", func(ctx context.Context, s *client.Service) error {
			return errorOf(s.CloseConnections(ctx, user("u1"), protocol.Close{Reason: "é"}))
		},
		"/users/u1/:closeConnections", "&reason=%C3%A9", "", "",
	},
	{
		"CloseConnection", func(ctx context.Context, s *client.Service) error {
			return errorOf(s.CloseConnections(ctx, connection(odd), protocol.Close{Reason: "bye"}))
		},
		"/connections/" + oddEscaped, "&reason=bye", "", "",
	},
	{"ConnectionExists", yes(func(ctx context.Context, s *client.Service) (bool, protocol.Outcome, error) {
		return s.Exists(ctx, connection(odd))
	}), "/connections/" + oddEscaped, "", "", ""},
	{"GroupExists", yes(func(ctx context.Context, s *client.Service) (bool, protocol.Outcome, error) {
		return s.Exists(ctx, group(odd))
	}), "/groups/" + oddEscaped, "", "", ""},
	{"UserExists", yes(func(ctx context.Context, s *client.Service) (bool, protocol.Outcome, error) {
		return s.Exists(ctx, user(odd))
	}), "/users/" + oddEscaped, "", "", ""},
	{
		"AddConnectionToGroup", func(ctx context.Context, s *client.Service) error {
			return errorOf(s.AddToGroup(ctx, connection("c1"), odd))
		},
		"/groups/" + oddEscaped + "/connections/c1", "", "", "",
	},
	{
		"RemoveConnectionFromGroup", func(ctx context.Context, s *client.Service) error {
			return errorOf(s.RemoveFromGroup(ctx, connection("c1"), odd))
		},
		"/groups/" + oddEscaped + "/connections/c1", "", "", "",
	},
	{
		"RemoveConnectionFromAllGroups", func(ctx context.Context, s *client.Service) error {
			return errorOf(s.RemoveFromAllGroups(ctx, connection("c1")))
		},
		"/connections/c1/groups", "", "", "",
	},
	{
		"AddUserToGroup", func(ctx context.Context, s *client.Service) error { return errorOf(s.AddToGroup(ctx, user(odd), "g1")) },
		"/users/" + oddEscaped + "/groups/g1", "", "", "",
	},
	{
		"RemoveUserFromGroup", func(ctx context.Context, s *client.Service) error {
			return errorOf(s.RemoveFromGroup(ctx, user("u1"), "g1"))
		},
		"/users/u1/groups/g1", "", "", "",
	},
	{
		"RemoveUserFromAllGroups", func(ctx context.Context, s *client.Service) error {
			return errorOf(s.RemoveFromAllGroups(ctx, user("u1")))
		},
		"/users/u1/groups", "", "", "",
	},
	{
		"AddConnectionsToGroups", func(ctx context.Context, s *client.Service) error {
			return errorOf(s.AddConnectionsToGroups(ctx, []string{"g1", odd}, "userId eq 'a'"))
		},
		"/:addToGroups", "", "application/json", `{"groups":["g1","tenant/alice%2F b+c?#é"],"filter":"userId eq 'a'"}`,
	},
	{
		"RemoveConnectionsFromGroups", func(ctx context.Context, s *client.Service) error {
			return errorOf(s.RemoveConnectionsFromGroups(ctx, []string{"g1"}, ""))
		},
		"/:removeFromGroups", "", "application/json", `{"groups":["g1"]}`,
	},
	{
		"ListConnectionsInGroup", func(ctx context.Context, s *client.Service) error {
			members, err := list(s.ListConnections(ctx, odd, client.ListOptions{PageSize: 200, Top: 1000}))
			if err == nil && !reflect.DeepEqual(members, []client.Member{{ConnectionID: "c1", UserID: "u1"}, {ConnectionID: "c2"}}) {
				err = fmt.Errorf("members = %+v", members)
			}
			return err
		},
		"/groups/" + oddEscaped + "/connections", "&maxpagesize=200&top=1000", "", "",
	},
	{
		"GrantPermission", func(ctx context.Context, s *client.Service) error {
			return errorOf(s.GrantPermission(ctx, "c1", protocol.PermissionSendToGroup, odd))
		},
		"/permissions/sendToGroup/connections/c1", "&targetName=" + oddEscaped, "", "",
	},
	{
		"RevokePermission", func(ctx context.Context, s *client.Service) error {
			return errorOf(s.RevokePermission(ctx, odd, protocol.PermissionJoinLeaveGroup, "g1"))
		},
		"/permissions/joinLeaveGroup/connections/" + oddEscaped, "&targetName=g1", "", "",
	},
	{
		"CheckPermission", yes(func(ctx context.Context, s *client.Service) (bool, protocol.Outcome, error) {
			return s.CheckPermission(ctx, "c1", protocol.PermissionJoinLeaveGroup, "g1")
		}),
		"/permissions/joinLeaveGroup/connections/c1", "&targetName=g1", "", "",
	},
	{
		"GenerateClientToken", func(ctx context.Context, s *client.Service) error {
			tok, err := s.GenerateClientToken(ctx, client.GenerateOptions{
				UserID: odd, Roles: []string{"webpubsub.sendToGroup", "r 2"}, Groups: []string{"g/1"}, Lifetime: 90 * time.Second, ClientType: "MQTT",
			})
			if err == nil && tok != "a.b.c" {
				err = fmt.Errorf("token = %q", tok)
			}
			return err
		},
		"/:generateToken", "&userId=" + oddEscaped + "&role=webpubsub.sendToGroup&role=r%202&group=g%2F1&minutesToExpire=1&clientType=MQTT", "", "",
	},
	{"GetServiceStatus", func(ctx context.Context, s *client.Service) error { return s.Health(ctx) }, "", "", "", ""},
}

// yes makes a no of the service an error.
func yes(ask func(context.Context, *client.Service) (bool, protocol.Outcome, error)) func(context.Context, *client.Service) error {
	return func(ctx context.Context, s *client.Service) error {
		ok, _, err := ask(ctx, s)
		if err == nil && !ok {
			err = errors.New("the answer is no")
		}
		return err
	}
}

// list collects a listing.
func list(seq func(func(client.Member, error) bool)) (members []client.Member, err error) {
	for m, e := range seq {
		if e != nil {
			return members, e
		}
		members = append(members, m)
	}
	return members, nil
}

// answers are the bodies of the operations whose result has one.
var answers = map[string]string{
	"ListConnectionsInGroup": `{"value":[{"connectionId":"c1","userId":"u1"},{"connectionId":"c2","userId":null}],"nextLink":null}`,
	"GenerateClientToken":    `{"token":"a.b.c"}`,
}

// TestOperations holds what each operation sends against the REST description
// and against what the official SDKs send.
func TestOperations(t *testing.T) {
	t.Parallel()
	all := operations(t)
	for _, c := range calls {
		op, ok := all[c.operation]
		delete(all, c.operation)
		t.Run(c.operation, func(t *testing.T) {
			t.Parallel()
			if !ok {
				t.Fatal("no such operation in the description, or it came twice")
			}
			testOperation(t, c, op)
		})
	}
	for name := range all {
		t.Errorf("%s is not tested", name)
	}
}

func testOperation(t *testing.T, c call, op operation) {
	s := serve(t, body(op.Success, answers[c.operation], "Content-Type", "application/json; charset=utf-8"))
	svc := newService(t, s.URL, client.Options{})
	if err := c.do(within(t), svc); err != nil {
		t.Fatalf("%s: %v", c.operation, err)
	}
	r := s.only(t)
	want := "/api/hubs/chat" + c.path + "?api-version=2024-12-01" + c.query
	health := c.operation == "GetServiceStatus"
	if health {
		want = "/api/health?api-version=2024-12-01"
	}
	if r.method != op.Method || r.uri != want {
		t.Errorf("sent %s %s, want %s %s", r.method, r.uri, op.Method, want)
	}
	checkDescribed(t, r, op)
	if r.body != c.body || r.length != int64(len(c.body)) || r.chunked || r.header.Get("Content-Type") != c.contentType {
		t.Errorf("sent %q of %d bytes, chunked %v, as %q, want %q as %q", r.body, r.length, r.chunked, r.header.Get("Content-Type"), c.body, c.contentType)
	}
	checkHeaders(t, r, health)
}

// checkDescribed holds a request against the path, the query and the content
// types of the description.
func checkDescribed(t *testing.T, r seen, op operation) {
	t.Helper()
	path, query, _ := strings.Cut(r.uri, "?")
	template := regexp.MustCompile(`\\\{\w+\\\}`).ReplaceAllString(regexp.QuoteMeta(op.Path), `[^/]+`)
	if ok, err := regexp.MatchString("^"+template+"$", path); !ok || err != nil {
		t.Errorf("path %s is not of the form %s, %v", path, op.Path, err)
	}
	values, err := url.ParseQuery(query)
	if err != nil || len(values["api-version"]) != 1 {
		t.Errorf("query %s: %v", query, err)
	}
	for name, v := range values {
		repeated := slices.Contains(op.Repeated, name)
		if name != "api-version" && !repeated && !slices.Contains(op.Query, name) || len(v) > 1 && !repeated {
			t.Errorf("parameter %s=%q is not in the description", name, v)
		}
	}
	if ct := r.header.Get("Content-Type"); ct != "" && !slices.Contains(op.ContentTypes, ct) && !strings.HasSuffix(op.Path, "Groups") {
		t.Errorf("content type %q is not in the description", ct)
	}
}

var guid = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)

// checkHeaders holds a request against what every one carries.
func checkHeaders(t *testing.T, r seen, health bool) {
	t.Helper()
	accept := "application/json"
	if r.method == http.MethodHead {
		accept = ""
	}
	if got := r.header.Get("Accept"); got != accept {
		t.Errorf("Accept = %q, want %q", got, accept)
	}
	if got := r.header.Get("User-Agent"); got != "wps" {
		t.Errorf("User-Agent = %q", got)
	}
	if got := r.header.Get("X-Ms-Client-Request-Id"); !guid.MatchString(got) {
		t.Errorf("X-Ms-Client-Request-Id = %q, want a GUID", got)
	}
	if health {
		if got := r.header.Values("Authorization"); len(got) > 0 {
			t.Errorf("Authorization = %q, want none", got)
		}
		return
	}
	checkBearer(t, r.header.Get("Authorization"), "http://"+r.host+r.uri)
}

// checkBearer checks that a token has the audience that the service expects: the
// URL as it is on the wire.
func checkBearer(t *testing.T, header, audience string) {
	t.Helper()
	tok, ok := strings.CutPrefix(header, "Bearer ")
	claims, err := token.Verify(tok, time.Now(), key)
	if !ok || err != nil || len(claims.Audiences) != 1 || claims.Audiences[0] != audience {
		t.Errorf("Authorization = %q: aud %q, %v, want %q", header, claims.Audiences, err, audience)
	}
	if left := time.Until(claims.Expires); left <= 0 || left > 10*time.Minute {
		t.Errorf("token is good for %v, want minutes", left)
	}
}
