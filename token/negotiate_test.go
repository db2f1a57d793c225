package token_test

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"wps/token"
)

var now = time.Unix(1_800_000_000, 0).UTC()

func service(t testing.TB, endpoint string) token.ConnectionString {
	t.Helper()
	u, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	return token.NewConnectionString(u, token.NewKey(secret))
}

// claimsOf decodes the claims of a token without the package under test.
func claimsOf(t *testing.T, tok string) map[string]any {
	t.Helper()
	raw, err := base64.RawURLEncoding.DecodeString(strings.Split(tok, ".")[1])
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(raw, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestNegotiateClaims(t *testing.T) {
	t.Parallel()
	n, err := token.Negotiate(service(t, "https://a.webpubsub.azure.com/"), token.ClientOptions{
		Hub: "SimpleChat", UserID: "u1", Roles: []string{"webpubsub.sendToGroup"}, Groups: []string{"g1"},
		Claims: map[string][]string{"one": {"1"}, "two": {"a", "b"}}, Lifetime: 90 * time.Second, Now: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"aud": "https://a.webpubsub.azure.com/client/hubs/simplechat",
		"iat": 1_800_000_000., "exp": 1_800_000_090.,
		"sub": "u1", "role": []any{"webpubsub.sendToGroup"}, "webpubsub.group": []any{"g1"},
		"one": "1", "two": []any{"a", "b"},
	}
	if got := claimsOf(t, n.AccessToken); !reflect.DeepEqual(got, want) {
		t.Errorf("claims = %v, want %v", got, want)
	}
	if want := "wss://a.webpubsub.azure.com/client/hubs/simplechat"; n.BaseURL != want || n.URL != want+"?access_token="+n.AccessToken {
		t.Errorf("BaseURL = %q, URL = %q", n.BaseURL, n.URL)
	}
	header, _ := base64.RawURLEncoding.DecodeString(strings.Split(n.AccessToken, ".")[0])
	if string(header) != `{"alg":"HS256","typ":"JWT"}` {
		t.Errorf("header = %s", header)
	}
}

func TestNegotiateAnonymous(t *testing.T) {
	t.Parallel()
	n, err := token.Negotiate(service(t, "http://localhost:8080"), token.ClientOptions{Hub: "h", Now: now})
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"aud": "http://localhost:8080/client/hubs/h", "iat": 1_800_000_000., "exp": 1_800_003_600.}
	if got := claimsOf(t, n.AccessToken); !reflect.DeepEqual(got, want) {
		t.Errorf("claims = %v, want %v", got, want)
	}
}

func TestClientURL(t *testing.T) {
	t.Parallel()
	tests := []struct {
		endpoint, hub string
		kind          token.ClientKind
		url, audience string
	}{
		{"https://a", "Chat", token.KindDefault, "wss://a/client/hubs/chat", "https://a/client/hubs/chat"},
		{"http://localhost:8080", "chat", "", "ws://localhost:8080/client/hubs/chat", "http://localhost:8080/client/hubs/chat"},
		{"https://a", "chat", token.KindMQTT, "wss://a/clients/mqtt/hubs/chat", "https://a/clients/mqtt/hubs/chat"},
		{"https://a", "chat", token.KindSocketIO, "https://a/clients/socketio/hubs/chat", "https://a/clients/socketio/hubs/chat"},
		{"https://a/p/", "a[b`c,d.e", "", "wss://a/p/client/hubs/a%5Bb%60c%2Cd.e", "https://a/p/client/hubs/a%5Bb%60c%2Cd.e"},
	}
	for _, tt := range tests {
		cs := service(t, tt.endpoint)
		if got := token.ClientURL(cs.Endpoint, tt.hub, tt.kind); got != tt.url {
			t.Errorf("ClientURL(%q, %q, %q) = %q, want %q", tt.endpoint, tt.hub, tt.kind, got, tt.url)
		}
		if got := token.ClientAudience(cs.Endpoint, tt.hub, tt.kind); got != tt.audience {
			t.Errorf("ClientAudience(%q, %q, %q) = %q, want %q", tt.endpoint, tt.hub, tt.kind, got, tt.audience)
		}
	}
}

func TestNegotiateFaults(t *testing.T) {
	t.Parallel()
	tests := []struct {
		o    token.ClientOptions
		want string
	}{
		{token.ClientOptions{}, "hub name is empty"},
		{token.ClientOptions{Hub: "1chat"}, "must begin with a letter"},
		{token.ClientOptions{Hub: "h", Groups: []string{" "}}, "group name is empty"},
		{token.ClientOptions{Hub: "h", Roles: []string{""}}, "a role is empty"},
		{token.ClientOptions{Hub: "h", Claims: map[string][]string{"sub": {"x"}}}, "set the user id"},
		{token.ClientOptions{Hub: "h", Claims: map[string][]string{"role": {"x"}}}, "set the roles"},
		{token.ClientOptions{Hub: "h", Claims: map[string][]string{"": {"x"}}}, "no name"},
		{token.ClientOptions{Hub: "h", Lifetime: -time.Second}, "too short"},
		{token.ClientOptions{Hub: "h", Lifetime: time.Millisecond}, "too short"},
	}
	for _, tt := range tests {
		_, err := token.Negotiate(service(t, "https://a"), tt.o)
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Negotiate(%+v) = %v, want an error with %q", tt.o, err, tt.want)
		}
	}
	if _, err := token.Negotiate(token.NewConnectionString(&url.URL{Scheme: "https", Host: "a"}, token.Key{}), token.ClientOptions{Hub: "h"}); err == nil {
		t.Error("Negotiate without a key must fail")
	}
}

func TestParseClientKind(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]token.ClientKind{"": "default", "MQTT": "mqtt", "SocketIO": "socketio", "default": "default"} {
		if got, err := token.ParseClientKind(in); got != want || err != nil {
			t.Errorf("ParseClientKind(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
	if _, err := token.ParseClientKind("amqp"); err == nil {
		t.Error(`ParseClientKind("amqp") must fail`)
	}
}

func TestSignREST(t *testing.T) {
	t.Parallel()
	const audience = "http://localhost:1/api/hubs/h/:send?api-version=2024-12-01&excluded=a%20b"
	tok, err := token.NewKey(secret).SignREST(audience, now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"aud": audience, "iat": 1_800_000_000., "exp": 1_800_003_600.}
	if got := claimsOf(t, tok); !reflect.DeepEqual(got, want) {
		t.Errorf("claims = %v, want %v", got, want)
	}
	if _, err := (token.Key{}).SignREST(audience, now, time.Hour); err == nil {
		t.Error("SignREST without a key must fail")
	}
}

// FuzzNegotiate: a client token contains what it was made of, and is valid for the
// URL that contains it and for no other hub.
func FuzzNegotiate(f *testing.F) {
	f.Add("chat", "u1", "webpubsub.sendToGroup", "g1", "email", "a@b", int64(3600))
	f.Add("A[b`c,d.e", "tenant/\xc3\xa9", "r\x00", " g ", "x-\xff", "<\u2028>", int64(1))
	f.Fuzz(func(t *testing.T, hub, user, role, group, claim, value string, seconds int64) {
		cs := service(t, "https://a.example:8443/base")
		o := token.ClientOptions{
			Hub: hub, UserID: user, Roles: []string{role}, Groups: []string{group},
			Claims: map[string][]string{claim: {value}}, Lifetime: time.Duration(seconds%1e9) * time.Second, Now: now,
		}
		n, err := token.Negotiate(cs, o)
		if err != nil {
			return
		}
		c, err := token.Verify(n.AccessToken, now, cs.Key)
		if err != nil || utf8.ValidString(user) && c.UserID != user || c.HasUserID != (user != "") || len(c.Roles) != 1 || len(c.Groups) != 1 {
			t.Fatalf("Negotiate(%+v) = %+v, %v", o, c, err)
		}
		if allValid(role, group, claim, value) && (c.Roles[0] != role || c.Groups[0] != group || !reflect.DeepEqual(c.Custom()[claim], []string{value})) {
			t.Errorf("Negotiate(%+v) = %+v", o, c)
		}
		base, err := url.Parse(n.BaseURL)
		if err != nil || n.URL != n.BaseURL+"?access_token="+n.AccessToken {
			t.Fatalf("Negotiate(%+v) = %q, %q, %v", o, n.BaseURL, n.URL, err)
		}
		if !token.MatchClient(c.Audiences, []string{base.Host}, base.EscapedPath()) || token.MatchClient(c.Audiences, []string{base.Host}, base.EscapedPath()+"x") {
			t.Errorf("audience %q is not that of %s alone", c.Audiences, n.BaseURL)
		}
	})
}

// allValid reports whether each of some texts is UTF-8.
func allValid(texts ...string) bool {
	return !slices.ContainsFunc(texts, func(s string) bool { return !utf8.ValidString(s) })
}

func BenchmarkSignREST(b *testing.B) {
	key := token.NewKey(secret)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := key.SignREST("https://a.webpubsub.azure.com/api/hubs/chat/groups/g1/:send?api-version=2024-12-01", now, time.Hour); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkNegotiate(b *testing.B) {
	cs := service(b, "https://a.webpubsub.azure.com")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := token.Negotiate(cs, token.ClientOptions{Hub: "chat", UserID: "u1", Roles: []string{"webpubsub.sendToGroup"}}); err != nil {
			b.Fatal(err)
		}
	}
}

func TestIssue(t *testing.T) {
	t.Parallel()
	endpoint := &url.URL{Scheme: "https", Host: "h:8080"}
	o := token.ClientOptions{
		Hub: "Chat", UserID: "u", Roles: []string{"r"}, Groups: []string{"g"}, Kind: token.KindMQTT, Now: now,
		Lifetime: -1, Claims: map[string][]string{"iss": {"x"}},
	}
	tok, err := token.NewKey(secret).Issue(endpoint, "s-1", o, 2)
	if err != nil {
		t.Fatal(err)
	}
	begin := float64(now.Unix())
	want := map[string]any{
		"aud": "https://h:8080/clients/mqtt/hubs/chat", "iss": entraAudience, "sub": "u", "role": []any{"r"},
		"webpubsub.group": []any{"g"}, "iat": begin, "nbf": begin, "exp": begin + 120,
	}
	if got := claimsOf(t, tok); !reflect.DeepEqual(got, want) {
		t.Errorf("claims = %v, want %v", got, want)
	}
	if _, err := token.Verify(tok, now, token.NewKey(secret)); err != nil {
		t.Errorf("Verify: %v", err)
	}
	if _, err := (token.Key{}).Issue(endpoint, "s-1", o, 2); err == nil {
		t.Error("Issue without a key = nil, want an error")
	}
	if _, err := token.NewKey(secret).Issue(endpoint, "s-1", token.ClientOptions{Hub: "9bad"}, 2); err == nil {
		t.Error("Issue for a bad hub = nil, want an error")
	}
}
