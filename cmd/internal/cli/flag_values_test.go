package cli

import "testing"

func TestFlagValues(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"9000": "localhost:9000", "": "", ":9000": ":9000", "localhost:9000": "localhost:9000", "0": "localhost:0", "9000x": "9000x"} {
		var a AddrValue
		if err := a.Set(text); err != nil || a.String() != want {
			t.Errorf("AddrValue %q = %q, %v, want %q", text, a, err, want)
		}
	}
	for text, want := range map[string]string{
		"localhost:9000": "http://localhost:9000", "localhost:9000/a?b=c": "http://localhost:9000/a?b=c", "127.0.0.1": "http://127.0.0.1",
		"[::1]:80/{hub}": "http://[::1]:80/{hub}", "https://h": "https://h", "h.example:80": "h.example:80", "": "", "localhost://x": "localhost://x",
		"127.0.0.1:1/eh?x=1": "http://127.0.0.1:1/eh?x=1", "[::1]:80": "http://[::1]:80",
		":3000/{hub}/{event}": "http://localhost:3000/{hub}/{event}", "app.localhost:1": "http://app.localhost:1",
		"http://localhost:1": "http://localhost:1", "https://h/p:1": "https://h/p:1", "example.com:80": "example.com:80",
		"localhost": "http://localhost", "9000": "9000", "localhost:x": "localhost:x", "localhost:99999": "http://localhost:99999", "localhost:": "localhost:", "/path": "/path", "tunnel:///x": "tunnel:///x",
	} {
		var u URLValue
		if err := u.Set(text); err != nil || u.String() != want {
			t.Errorf("URLValue %q = %q, %v, want %q", text, u, err, want)
		}
	}
}
