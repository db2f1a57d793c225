package trigger_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"wps/protocol"
	"wps/trigger"
)

// forwarder returns a handler that forwards all events to address.
func forwarder(t testing.TB, address string, more ...func(*trigger.Options)) *trigger.Handler {
	t.Helper()
	hook, err := trigger.Forward(address)
	if err != nil {
		t.Fatalf("Forward(%q): %v", address, err)
	}
	o := trigger.Options{Default: hook}
	for _, change := range more {
		change(&o)
	}
	return handler(t, o)
}

func TestForward(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.Header()["ce-connectionState"] = []string{"opaque"}
		w.Header().Add("Set-Cookie", "a=1")
		w.Header()["Content-Type"] = nil
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte("<p>no type"))
	}))
	defer web.Close()
	h := forwarder(t, web.URL+"/eh/{hub}/{event}?code=1")
	e := event{name: "msg", id: "5", state: "s", body: "\x00data", contentType: "application/octet-stream", header: http.Header{"X-Webpubsub-Metadata-K": {"v"}, "Cookie": {"c=2"}}}
	w := send(t, h, e)
	if got.URL.String() != "/eh/chat/msg?code=1" || string(body) != "\x00data" || got.Host != strings.TrimPrefix(web.URL, "http://") {
		t.Errorf("forwarded %s %q to %s", got.URL, body, got.Host)
	}
	for name, values := range e.request(t).Header {
		if !reflect.DeepEqual(got.Header[name], values) {
			t.Errorf("header %s = %q, want %q", name, got.Header[name], values)
		}
	}
	if got.Header.Get("User-Agent") != "" || got.Header.Get("Accept-Encoding") != "" {
		t.Errorf("headers were added: %v", got.Header)
	}
	if w.Code != http.StatusTeapot || w.Body.String() != "<p>no type" || w.Header().Get("Set-Cookie") != "a=1" || w.Header()["ce-connectionState"][0] != "opaque" {
		t.Errorf("answer = %d %v %q", w.Code, w.Header(), w.Body)
	}
	if ct, there := w.Header()["Content-Type"]; !there || ct != nil {
		t.Errorf("Content-Type = %q, want none", ct)
	}
}

func TestForwardDoesNotFollowRedirects(t *testing.T) {
	t.Parallel()
	web := httptest.NewServer(http.RedirectHandler("/elsewhere", http.StatusTemporaryRedirect))
	defer web.Close()
	if w := send(t, forwarder(t, web.URL), event{name: "connect"}); w.Code != http.StatusTemporaryRedirect {
		t.Errorf("answer = %d, want the redirect itself", w.Code)
	}
}

// User information is sent as Basic authorization; it and the query are in no name,
// report or error.
func TestForwardWithSecrets(t *testing.T) {
	t.Parallel()
	var got []string
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		got = append(got, user+" "+password+" "+r.URL.RequestURI())
	}))
	address := strings.Replace(web.URL, "http://", "http://u:SECRET%25@", 1) + "/{event}?code=SECRET"
	var report trigger.Report
	h := forwarder(t, address, func(o *trigger.Options) { o.OnAnswer = func(r trigger.Report) { report = r } })
	send(t, h, event{name: "msg"})
	send(t, h, event{name: "msg", header: http.Header{"Authorization": {"Bearer of the service"}}})
	if want := "u SECRET% /msg?code=SECRET"; len(got) != 2 || got[0] != want || got[1] != want {
		t.Errorf("the server got %q, want twice %q", got, want)
	}
	if want := strings.Replace(web.URL, "http://", "http://***@", 1) + "/{event}"; report.Hook != want {
		t.Errorf("the hook is called %q, want %q", report.Hook, want)
	}
	web.Close()
	send(t, h, event{name: "msg"})
	if report.Problem == "" || strings.Contains(report.Problem, "SECRET") {
		t.Errorf("problem of a closed server = %q", report.Problem)
	}
	for _, bad := range []string{"http://u:SECRET@h x/", "http://u:SEC%RET@h/", "ftp://u:SECRET@h", "http://h:SECRET", "http://u:SECRET@{hub}/?code=SECRET"} {
		if _, err := trigger.Forward(bad); err == nil || strings.Contains(err.Error(), "SEC") {
			t.Errorf("Forward(%q) = %v, want an error without the secret", bad, err)
		}
	}
}

func TestForwardFailures(t *testing.T) {
	t.Parallel()
	closed := httptest.NewServer(nil)
	closed.Close()
	w := send(t, forwarder(t, closed.URL+"/eh?code=SECRET"), event{name: "message", id: "1"})
	if want := closed.URL + "/eh cannot be reached: connection refused"; w.Code != http.StatusBadGateway || w.Body.String() != want || w.Header().Get("Retry-After") == "" {
		t.Errorf("a closed server = %d %q, want 502 %q, so that the service retries", w.Code, w.Body, want)
	}
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/break" {
			panic(http.ErrAbortHandler)
		}
		_, _ = w.Write(bytes.Repeat([]byte("x"), protocol.MaxUpstreamResponse+1))
	}))
	defer web.Close()
	var problem string
	h := forwarder(t, web.URL, problems(&problem))
	if w := send(t, h, event{name: "message"}); w.Code != 500 || !strings.Contains(problem, "larger than 16777216 bytes") {
		t.Errorf("a flood = %d, problem %q", w.Code, problem)
	}
	if w := send(t, forwarder(t, web.URL+"/break"), event{name: "message"}); w.Code != 500 {
		t.Errorf("a connection that breaks = %d, want 500", w.Code)
	}
	for _, bad := range []string{"ftp://h/", "/path", "http://", "http://{hub}/x", "http://a b/", "http://h:x/"} {
		if _, err := trigger.Forward(bad); err == nil {
			t.Errorf("Forward(%q) was accepted", bad)
		}
	}
}
