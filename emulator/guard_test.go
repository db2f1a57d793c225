package emulator_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol/traffic"
	"wps/token"
)

// TestStrangers sends requests that a page in a browser can send, with tokens of
// the right key and for the right audience, to each part of the emulator.
func TestStrangers(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{Hosts: []string{"proxy.example"}, AllowedOrigins: []string{"https://app.example"}})
	_, port, _ := strings.Cut(strings.TrimPrefix(e.URL, "http://"), ":")
	for name, tt := range map[string]struct {
		host, origin string
		refused      string
	}{
		"program":             {"localhost:" + port, "", ""},
		"dev server":          {"localhost:" + port, "http://localhost:3000", ""},
		"own page":            {"proxy.example", "https://proxy.example", ""},
		"allowed origin":      {"127.0.0.1:" + port, "https://app.example", ""},
		"other site":          {"localhost:" + port, "https://evil.example", `pages of origin "https://evil.example"`},
		"sandboxed page":      {"localhost:" + port, "null", `pages of origin "null"`},
		"rebound name":        {"evil.example:" + port, "http://evil.example:" + port, `host "evil.example:` + port + `"`},
		"rebound, no origin":  {"evil.example:" + port, "", `host "evil.example:` + port + `"`},
		"name like localhost": {"localhost.evil.example", "", `host "localhost.evil.example"`},
	} {
		for part, ask := range map[string]func(*testing.T, *emulatortest.Emulator, string, http.Header) answer{
			"REST": strangerREST, "client": strangerClient, "control": strangerControl,
		} {
			header := http.Header{}
			if tt.origin != "" {
				header.Set("Origin", tt.origin)
			}
			got := ask(t, e, tt.host, header)
			refused := got.status == http.StatusForbidden && strings.Contains(got.body, tt.refused)
			if part == "control" && tt.host == "proxy.example" {
				continue // it answers loopback names only
			}
			if want := tt.refused != ""; refused != want || !want && got.status >= 300 {
				t.Errorf("%s, %s: %d %q, refused = %v, want %v", part, name, got.status, got.body, refused, want)
			}
		}
	}
}

// strangerREST sends to a hub, under a host name.
func strangerREST(t *testing.T, e *emulatortest.Emulator, host string, header http.Header) answer {
	t.Helper()
	return askAs(t, e, http.MethodPost, "/api/hubs/chat/:send", host, header)
}

func strangerControl(t *testing.T, e *emulatortest.Emulator, host string, header http.Header) answer {
	t.Helper()
	return askAs(t, e, http.MethodGet, emulator.ControlPath+"status", host, header)
}

func askAs(t *testing.T, e *emulatortest.Emulator, method, path, host string, header http.Header) answer {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, e.URL+path, strings.NewReader("hi"))
	if err != nil {
		t.Fatal(err)
	}
	tok, err := e.ConnectionString.Key.SignREST("http://"+host+path, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	r.Header, r.Host = header, host
	r.Header.Set("Authorization", "Bearer "+tok)
	r.Header.Set("Content-Type", "text/plain")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	return readAnswer(t, resp)
}

func readAnswer(t *testing.T, resp *http.Response) answer {
	t.Helper()
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer{resp.StatusCode, resp.Header, string(body)}
}

// strangerClient connects a WebSocket client, under a host name.
func strangerClient(t *testing.T, e *emulatortest.Emulator, host string, header http.Header) answer {
	t.Helper()
	cs := e.ConnectionString
	endpoint := *cs.Endpoint
	endpoint.Host = host
	n, err := token.Negotiate(token.NewConnectionString(&endpoint, cs.Key), token.ClientOptions{Hub: "chat", Lifetime: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	header.Set("Host", host) // the WebSocket library takes it from here
	ws, resp, err := websocket.DefaultDialer.DialContext(t.Context(), "ws"+strings.TrimPrefix(e.URL, "http")+"/client/hubs/chat?access_token="+n.AccessToken, header)
	if err == nil {
		ws.Close()
		return answer{status: http.StatusOK}
	}
	if resp == nil {
		t.Fatal(err)
	}
	return readAnswer(t, resp)
}

func TestRESTFromPage(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	preflight := http.Header{
		"Origin": {"http://localhost:3000"}, "Access-Control-Request-Method": {"POST"}, "Access-Control-Request-Headers": {"authorization"},
	}
	got := do(t, e, request{method: "OPTIONS", path: "chat/:send", header: preflight, token: "none"})
	if got.status != http.StatusNoContent || got.header.Get("Access-Control-Allow-Headers") != "authorization" || got.header.Get("Access-Control-Allow-Methods") != "POST" {
		t.Errorf("preflight = %d %v, want 204 that allows POST and authorization", got.status, got.header)
	}
	got = do(t, e, request{method: "POST", path: "chat/:send", contentType: "text/plain", body: "hi", header: http.Header{"Origin": {"http://localhost:3000"}}})
	if got.status != http.StatusAccepted || got.header.Get("Access-Control-Allow-Origin") != "http://localhost:3000" {
		t.Errorf("send from a page = %d %v, want 202 that it may read", got.status, got.header)
	}
}

func TestStrangersAreNoticed(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	strangerREST(t, e, "localhost", http.Header{"Origin": {"https://evil.example"}})
	for _, n := range collect(t, e, emulator.TrafficOptions{Recent: 10}) {
		if n.Type == traffic.Refused && strings.Contains(n.Reason, "https://evil.example") {
			return
		}
	}
	t.Error("no object is about the page that was refused")
}

func TestGuardOptions(t *testing.T) {
	t.Parallel()
	for _, o := range []emulator.Options{{Hosts: []string{"http://x.example"}}, {AllowedOrigins: []string{"app.example"}}} {
		if _, err := emulator.New(o); err == nil {
			t.Errorf("New(%+v) = nil, want an error", o)
		}
	}
}
