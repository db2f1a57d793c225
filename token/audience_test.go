package token_test

import (
	"encoding/base64"
	"fmt"
	neturl "net/url"
	"strings"
	"testing"
	"time"

	"wps/protocol"
	"wps/token"
)

var hosts = []string{"a.example:8080", "localhost:8080"}

func TestMatchREST(t *testing.T) {
	t.Parallel()
	const base = "http://a.example:8080"
	tests := []struct {
		audience, path string
		want           bool
	}{
		{base + "/api/hubs/chat/connections", "/api/hubs/chat/connections", true},
		{"https://a.example:8080/api/hubs/chat/connections", "/api/hubs/chat/connections", true},
		{"WSS://A.example:8080/API/hubs/Chat/connections", "/api/hubs/chat/connections", true},
		{"ws://localhost:8080/api/hubs/chat/connections", "/api/hubs/chat/connections", true},
		{"ftp://a.example:8080/api/hubs/chat/connections", "/api/hubs/chat/connections", false},
		{"http://other:8080/api/hubs/chat/connections", "/api/hubs/chat/connections", false},
		{"http://a.example/api/hubs/chat/connections", "/api/hubs/chat/connections", false},
		{"/api/hubs/chat/connections", "/api/hubs/chat/connections", false},
		{base, "/api/hubs/chat", false},
		{base + "/api/hubs/chat/connections/child", "/api/hubs/chat/connections", true},
		{base + "/api/hubs/chat/connections?x=1", "/api/hubs/chat/connections", true},
		{base + "/api/hubs/chat/connectionsSuffix", "/api/hubs/chat/connections", false},
		{base + "/api/hubs/chat", "/api/hubs/chat/connections", false},
		{base + "/api/hubs/chat/connections", "/api/hubs/chat/connections/", true},
		{base + "/api/hubs/chat/connections%3Fx", "/api/hubs/chat/connections", true},
		{base + "/api/hubs/chat/connections%253Fx", "/api/hubs/chat/connections", false},
		{base + "/api/hubs/chat%5B1%5D/:send?a=1", "/api/hubs/chat%5B1%5D/:send", true},
		{base + "/api/hubs/chat[1]/:send", "/api/hubs/chat%5B1%5D/:send", true},
		{base + "/api/hubs/chat/groups/room%2Fpart", "/api/hubs/chat/groups/room%2Fpart", true},
		{base + "/api/hubs/chat%5B1%5D/groups/room%2Fpart", "/api/hubs/chat%5B1%5D/groups/room%2Fpart", true},
		{base + "/api/hubs/chat%5B1%5D/groups/room+part", "/api/hubs/chat%5B1%5D/groups/room+part", true},
		{base + "/api/hubs/chat%5B1%5D/groups/room%2Bpart", "/api/hubs/chat%5B1%5D/groups/room%2Bpart", true},
		{base + "/api/hubs/chat/users/%zz", "/api/hubs/chat/users/%zz", true},
	}
	for _, tt := range tests {
		if got := token.MatchREST([]string{"x", tt.audience}, hosts, tt.path); got != tt.want {
			t.Errorf("MatchREST(%q, %q) = %v, want %v", tt.audience, tt.path, got, tt.want)
		}
	}
}

// TestMatchRESTNames: an audience that is the URL of the request is accepted
// whatever the name in the path, and no audience is for another host, hub or
// name.
func TestMatchRESTNames(t *testing.T) {
	t.Parallel()
	const base = "http://a.example:8080"
	names := []string{
		"tenant/1", "a b/c", "ü/x", "a%/b", "a+/b", "a?/b", "a%2Fb/c", "a#/é b", "//", "a b", "a+b", "a%2Fb", "a/b", "a/b c",
	}
	url := func(hub, name string) string {
		return "/api/hubs/" + hub + "/groups/" + protocol.EscapeSegment(name) + "/:send"
	}
	for _, name := range names {
		path := url("chat", name)
		pathEscape := "/api/hubs/chat/groups/" + neturl.PathEscape(name) + "/:send"
		for _, tt := range []struct {
			audience, path string
			want           bool
		}{
			{base + path, path, true},
			{base + path + "?api-version=2024-12-01", path, true},
			{base + strings.ToLower(path), path, true},
			{base + pathEscape, pathEscape, true},
			{base + pathEscape, path, true},
			{"http://other:8080" + path, path, false},
			{base + url("other", name), path, false},
			{base + url("chat", name+"x"), path, false},
			{base + url("chat", "x"+name), path, false},
			{base + url("chat", ""), path, false},
			{base + "/api/hubs/chat/users/" + protocol.EscapeSegment(name) + "/:send", path, false},
		} {
			if got := token.MatchREST([]string{tt.audience}, hosts, tt.path); got != tt.want {
				t.Errorf("MatchREST(%q, %q) = %v, want %v", tt.audience, tt.path, got, tt.want)
			}
		}
		for _, other := range names {
			// The service does not distinguish the names a/b and a%2Fb.
			if sameName(name, other) {
				continue
			}
			if token.MatchREST([]string{base + url("chat", other)}, hosts, path) {
				t.Errorf("MatchREST(%q, %q) = true, want false", base+url("chat", other), path)
			}
		}
	}
}

// sameName reports whether the service cannot tell two names in a path apart.
func sameName(a, b string) bool {
	segment := func(s string) string { return strings.ToLower(protocol.UnescapeSegment(protocol.EscapeSegment(s))) }
	return segment(a) == segment(b)
}

func TestMatchClient(t *testing.T) {
	t.Parallel()
	tests := []struct {
		audience, path string
		want           bool
	}{
		{"https://a.example:8080/client/hubs/chat", "/client/hubs/chat", true},
		{"wss://a.example:8080/client/hubs/chat", "/client/hubs/Chat", true},
		{"http://localhost:8080/client/hubs/CHAT?x", "/client/hubs/chat", true},
		{"http://localhost:8080/client/hubs/a%5Bb", "/client/hubs/a[b", true},
		{"http://localhost:8080/client/hubs/a[b", "/client/hubs/a%5Bb", true},
		{"http://localhost:8080client/hubs/chat", "/client/hubs/chat", false},
		{"https://a.example:8080/client/hubs/other", "/client/hubs/chat", false},
		{"https://other/client/hubs/chat", "/client/hubs/chat", false},
		{"https://a.example:8080/client/hubs/chat/x", "/client/hubs/chat", false},
		{"https://a.example:8080/client/hubs/cha", "/client/hubs/chat", false},
	}
	for _, tt := range tests {
		if got := token.MatchClient([]string{tt.audience}, hosts, tt.path); got != tt.want {
			t.Errorf("MatchClient(%q, %q) = %v, want %v", tt.audience, tt.path, got, tt.want)
		}
	}
}

func TestMatchTunnel(t *testing.T) {
	t.Parallel()
	const path = "/server/tunnel"
	tests := []struct {
		audience string
		want     bool
	}{
		{"ws://localhost:8080/server/tunnel?hub=chat", true},
		{"wss://localhost:8080/server/tunnel?hub=Chat&target=a%2Fb", true},
		{"http://localhost:8080/Server/Tunnel/?hub=chat", true},
		{"https://localhost:8080/server/tunnel", true},
		{"ws://localhost:8080/server/tunnel?target=x", true},
		{"ws://localhost:8080/server/tunnel?hub=other", false},
		{"ws://localhost:8080/server/tunnel?hub=", false},
		{"ws://localhost:8080/server/tunnel?hub=%zz", false},
		{"ws://other:8080/server/tunnel?hub=chat", false},
		{"ws://localhost:8080/server?hub=chat", false},
		{"ws://localhost:8080/server/tunnel/more?hub=chat", false},
		{"ws://localhost:8080/?hub=chat", false},
		{"/server/tunnel?hub=chat", false},
	}
	for _, tt := range tests {
		if got := token.MatchTunnel([]string{"x", tt.audience}, hosts, path, "chat"); got != tt.want {
			t.Errorf("MatchTunnel(%q) = %v, want %v", tt.audience, got, tt.want)
		}
	}
	if token.MatchTunnel(nil, hosts, path, "chat") {
		t.Error("MatchTunnel without audiences = true, want false")
	}
}

// TestSignTunnel: the token has the claims of the tunnel client and no others.
func TestSignTunnel(t *testing.T) {
	t.Parallel()
	const audience = "wss://a.example/server/tunnel?hub=chat"
	key := token.NewKey("0123456789abcdef0123456789abcdef")
	text, err := key.SignTunnel(audience, "id", now, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(text, ".")[1])
	want := fmt.Sprintf(`{"sub":"id","iat":%d,"exp":%d,"aud":"%s"}`, now.Unix(), now.Unix()+3600, audience)
	if err != nil || string(payload) != want {
		t.Errorf("claims = %s, %v, want %s", payload, err, want)
	}
	if _, err := token.Verify(text, now, key); err != nil {
		t.Errorf("Verify = %v, want nil", err)
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("http://localhost:8080/api/hubs/chat/:send", "/api/hubs/chat/:send")
	f.Add("http://localhost:8080/%2F%zz?%", "/%2F")
	f.Fuzz(func(t *testing.T, audience, path string) {
		rest := token.MatchREST([]string{audience}, hosts, path)
		client := token.MatchClient([]string{audience}, hosts, path)
		other := []string{"other.example"}
		if (rest && token.MatchREST([]string{audience}, other, path)) || (client && token.MatchClient([]string{audience}, other, path)) {
			t.Errorf("audience %q matches two hosts", audience)
		}
	})
}
