package webguard_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"wps/internal/webguard"
)

// request returns the answer of a server with a guard to a request.
func request(t *testing.T, g *webguard.Guard, method, host string, header http.Header) *http.Response {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	h := g.Handler(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusAccepted) }), log)
	r := httptest.NewRequest(method, "/", nil)
	r.Host, r.Header = host, header
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func newGuard(t *testing.T, hosts, origins []string) *webguard.Guard {
	t.Helper()
	g, err := webguard.New(hosts, origins)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

func TestHosts(t *testing.T) {
	t.Parallel()
	g := newGuard(t, []string{"Proxy.example", "tunnel.example:443", "my.laptop."}, nil)
	for host, want := range map[string]bool{
		"": true, "localhost": true, "LOCALHOST:80": true, "localhost.": true, "localhost.:8080": true, "localhost:": true,
		"app.localhost": true, "app.localhost.:1": true,
		"127.0.0.1": true, "127.9.9.9:1": true, "[::1]": true, "127.0.0.1.": true, "[::1]:8080": true, "::1": true, "[::ffff:127.0.0.1]:1": true,
		"192.168.1.5:8080": true, "[fe80::1%25eth0]:1": true, "[2001:db8::1]": true, "0.0.0.0:8080": true,
		"wps:8080": true, "my_service": true, "2130706433": true, "host.docker.internal:8080": true,
		"proxy.example": true, "PROXY.example.:99": true, "tunnel.example": true, "tunnel.example:80": true, "my.laptop": true,
		"evil.example": false, "evil.example:8080": false, "localhost.evil.example": false, "evil.example.localhost.x": false,
		"127.0.0.1.nip.io": false, "::1%.evil.example": false, "127.1": false, "0x7f.0.0.1": false, "0177.0.0.1": false, "xlocalhost.example": false,
		"localhost@evil.example": false, "evil.example@localhost": false, "x@localhost": false, "localhost:8080@evil.example": false,
		"localhost:80:evil.example": false, "[evil.example]": false, "[::1].evil.example": false, "[::1": false, "::1]": false,
		"localhost/evil.example": false, "evil.example#.localhost": false, "ai.": false, ".": false, "xproxy.example": false,
		"a.proxy.example": false, "evil\u3002example": false, "evil example": false, " localhost": false, "docker.internal": false,
	} {
		resp := request(t, g, "POST", host, http.Header{})
		if got := resp.StatusCode == http.StatusAccepted; got != want {
			t.Errorf("request to host %q admitted = %v, want %v", host, got, want)
		}
	}
}

func TestOrigins(t *testing.T) {
	t.Parallel()
	g := newGuard(t, nil, []string{"https://App.example", "vscode-webview://x", "file://"})
	for _, tt := range []struct {
		host, origin string
		want         bool
	}{
		{"localhost:8080", "http://localhost:3000", true},
		{"localhost:8080", "https://LOCALHOST.", true},
		{"localhost:8080", "http://127.0.0.1:5173", true},
		{"localhost:8080", "http://[::1]:5173", true},
		{"localhost:8080", "http://0.0.0.0:5173", true},
		{"localhost:8080", "http://app.localhost:5173", true},
		{"localhost:8080", "capacitor://localhost", true},
		{"localhost:8080", "https://app.example", true},
		{"localhost:8080", "vscode-webview://x", true},
		{"localhost:8080", "file://", true},
		{"wps:8080", "http://wps:8080", true},
		{"192.168.1.5:8080", "http://192.168.1.5:3000", true}, // the same machine
		{"localhost:8080", "https://evil.example", false},
		{"localhost:8080", "http://app.example", false},
		{"localhost:8080", "https://app.example:444", false},
		{"localhost:8080", "https://app.example.evil.example", false},
		{"localhost:8080", "http://localhost.evil.example", false},
		{"localhost:8080", "http://127.0.0.1.nip.io", false},
		{"localhost:8080", "http://203.0.113.7", false},
		{"localhost:8080", "http://localhost@evil.example", false},
		{"localhost:8080", "http://evil.example@localhost", false},
		{"localhost:8080", "http://evil.example#.localhost", false},
		{"localhost:8080", "http://evil.example/.localhost", false},
		{"localhost:8080", "null", false},
		{"localhost:8080", "localhost", false},
		{"localhost:8080", "http://", false},
		{"", "http://", false},
		{"", "https://evil.example", false},
		{"wps:8080", "http://web:3000", false},
		{"192.168.1.5:8080", "http://192.168.1.6:3000", false},
	} {
		resp := request(t, g, "POST", tt.host, http.Header{"Origin": {tt.origin}})
		if got := resp.StatusCode == http.StatusAccepted; got != tt.want {
			t.Errorf("request to %q from origin %q admitted = %v, want %v", tt.host, tt.origin, got, tt.want)
		}
		if got := resp.Header.Get("Access-Control-Allow-Origin"); (got == tt.origin) != tt.want {
			t.Errorf("origin %q may read %q, want %v", tt.origin, got, tt.want)
		}
	}
	two := http.Header{"Origin": {"http://localhost", "http://localhost"}}
	if got := request(t, g, "POST", "localhost", two).StatusCode; got != http.StatusForbidden {
		t.Errorf("two origins: status %d, want 403", got)
	}
}

func TestAny(t *testing.T) {
	t.Parallel()
	g := newGuard(t, []string{"*"}, []string{"*"})
	for _, origin := range []string{"https://evil.example", "null"} {
		if got := request(t, g, "POST", "evil.example", http.Header{"Origin": {origin}}).StatusCode; got != http.StatusAccepted {
			t.Errorf("origin %q: status %d, want 202", origin, got)
		}
	}
}

func TestPreflight(t *testing.T) {
	t.Parallel()
	preflight := func(origin string) *http.Response {
		return request(t, newGuard(t, nil, nil), "OPTIONS", "localhost", http.Header{
			"Origin": {origin}, "Access-Control-Request-Method": {"PUT"},
			"Access-Control-Request-Headers": {"authorization,content-type"},
		})
	}
	resp := preflight("http://localhost:3000")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin": "http://localhost:3000", "Access-Control-Allow-Methods": "PUT",
		"Access-Control-Allow-Headers": "authorization,content-type", "Vary": "Origin",
	} {
		if got := resp.Header.Get(name); got != want || resp.StatusCode != http.StatusNoContent {
			t.Errorf("%s = %q with status %d, want %q with 204", name, got, resp.StatusCode, want)
		}
	}
	if resp := preflight("https://evil.example"); resp.StatusCode != http.StatusForbidden || resp.Header.Get("Access-Control-Allow-Origin") != "" {
		t.Errorf("cross-site preflight = %d %v, want 403", resp.StatusCode, resp.Header)
	}
}

// TestCredentials checks that the pages of an origin may send cookies, and reach this
// machine from a public address, only if it is named.
func TestCredentials(t *testing.T) {
	t.Parallel()
	const credentials, private = "Access-Control-Allow-Credentials", "Access-Control-Allow-Private-Network"
	for _, tt := range []struct{ allowed, origin, want string }{
		{"https://app.example", "https://app.example", "true"},
		{"https://app.example", "https://APP.example", "true"},
		{"https://app.example", "http://localhost:3000", ""},
		{"*", "https://app.example", ""},
		{"*", "*", ""},
		{"null", "null", ""},
	} {
		g := newGuard(t, nil, []string{tt.allowed})
		header := http.Header{"Origin": {tt.origin}}
		if got := request(t, g, "GET", "localhost", header).Header.Get(credentials); got != tt.want {
			t.Errorf("page of %s with %s allowed: %s = %q, want %q", tt.origin, tt.allowed, credentials, got, tt.want)
		}
		header["Access-Control-Request-Method"] = []string{"POST"}
		header["Access-Control-Request-Private-Network"] = []string{"true"}
		resp := request(t, g, "OPTIONS", "localhost", header)
		if got := resp.Header.Get(credentials); got != tt.want || resp.Header.Get(private) != "true" {
			t.Errorf("preflight of %s with %s allowed: %v, want credentials %q", tt.origin, tt.allowed, resp.Header, tt.want)
		}
	}
	if resp := request(t, newGuard(t, nil, nil), "GET", "localhost", http.Header{}); resp.Header.Get(credentials) != "" {
		t.Errorf("a request without an origin is answered with %s", credentials)
	}
}

func TestRefusalText(t *testing.T) {
	t.Parallel()
	g := newGuard(t, nil, nil)
	for _, tt := range []struct{ host, origin, want string }{
		{"evil.example:80", "", `host "evil.example:80" is not a name of this server`},
		{"evil.example:80", "", "--allow-host"},
		{"localhost", "https://evil.example", `pages of origin "https://evil.example" may not use this server`},
		{"localhost", "https://evil.example", "--cors-origin"},
		{strings.Repeat("x.", 1000), "", strings.Repeat("x.", 50) + `"...`},
	} {
		header := http.Header{}
		if tt.origin != "" {
			header.Set("Origin", tt.origin)
		}
		resp := request(t, g, "GET", tt.host, header)
		body := make([]byte, 4096)
		n, _ := resp.Body.Read(body)
		if !strings.Contains(string(body[:n]), tt.want) || resp.StatusCode != http.StatusForbidden {
			t.Errorf("answer to %q from %q = %d %q, want 403 with %q", tt.host, tt.origin, resp.StatusCode, body[:n], tt.want)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	for _, host := range []string{"", "http://x.example", "x.example/", "a b", "x@y", ":80"} {
		if _, err := webguard.New([]string{host}, nil); err == nil {
			t.Errorf("New with host %q = nil, want an error", host)
		}
	}
	for _, origin := range []string{"", "app.example", "https://app.example/", "https://app.example/x", "https://a b", "://x", "https://x\r\ny"} {
		if _, err := webguard.New(nil, []string{origin}); err == nil {
			t.Errorf("New with origin %q = nil, want an error", origin)
		}
	}
}

// FuzzAdmit searches for hosts and origins that are admitted although they end in a
// public name.
func FuzzAdmit(f *testing.F) {
	f.Add("localhost:", "http://localhost@")
	f.Add("[::1]", "http://[::1]#")
	f.Fuzz(func(t *testing.T, host, origin string) {
		g := newGuard(t, nil, nil)
		if got := request(t, g, "GET", host+".evil.example", http.Header{}).StatusCode; got != http.StatusForbidden {
			t.Errorf("host %q: status %d, want 403", host+".evil.example", got)
		}
		from := http.Header{"Origin": {origin + ".evil.example"}}
		if got := request(t, g, "GET", "localhost", from).StatusCode; got != http.StatusForbidden {
			t.Errorf("origin %q: status %d, want 403", from.Get("Origin"), got)
		}
	})
}
