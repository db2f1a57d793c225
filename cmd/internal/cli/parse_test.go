package cli

import "testing"

func TestLocalURL(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"localhost:9000": "http://localhost:9000", "127.0.0.1:1/eh?x=1": "http://127.0.0.1:1/eh?x=1", "[::1]:80": "http://[::1]:80",
		":3000/{hub}/{event}": "http://localhost:3000/{hub}/{event}", "app.localhost:1": "http://app.localhost:1",
		"http://localhost:1": "http://localhost:1", "https://h/p:1": "https://h/p:1", "example.com:80": "example.com:80",
		"localhost": "localhost", "9000": "9000", "localhost:x": "localhost:x", "": "", "/path": "/path", "tunnel:///x": "tunnel:///x",
	} {
		if got := LocalURL(in); got != want {
			t.Errorf("LocalURL(%q) = %q, want %q", in, got, want)
		}
	}
}
