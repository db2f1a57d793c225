package token_test

import (
	"testing"

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
		{base + "/api/hubs/chat%5B1%5D/groups/room%2Fpart", "/api/hubs/chat%5B1%5D/groups/room%2Fpart", false},
		{base + "/api/hubs/chat%5B1%5D/groups/room+part", "/api/hubs/chat%5B1%5D/groups/room+part", false},
		{base + "/api/hubs/chat%5B1%5D/groups/room%2Bpart", "/api/hubs/chat%5B1%5D/groups/room%2Bpart", true},
		{base + "/api/hubs/chat/users/%zz", "/api/hubs/chat/users/%zz", true},
	}
	for _, tt := range tests {
		if got := token.MatchREST([]string{"x", tt.audience}, hosts, tt.path); got != tt.want {
			t.Errorf("MatchREST(%q, %q) = %v, want %v", tt.audience, tt.path, got, tt.want)
		}
	}
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
