package negotiatecmd

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"wps/cmd/internal/cli"
	"wps/token"
)

const testConnection = "Endpoint=https://h.example;AccessKey=0123456789012345678901234567890123456789;Version=1.0;"

// newTestEnv returns an Env with a service and the hub chat, which writes its
// messages to stderr.
func newTestEnv(stderr *strings.Builder) *cli.Env {
	variables := map[string]string{"WPS_CONNECTION_STRING": testConnection, "WPS_HUB": "chat"}
	return cli.NewEnv(strings.NewReader(""), &strings.Builder{}, stderr, func(name string) (string, bool) {
		value, ok := variables[name]
		return value, ok
	})
}

func ask(h http.Handler, method, target string, header http.Header) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, target, nil)
	r.Header = header
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// TestHandler checks that each request gets a token of its own, for the user of the
// request.
func TestHandler(t *testing.T) {
	t.Parallel()
	var stderr strings.Builder
	h, err := NewHandler(newTestEnv(&stderr), &ClientFlags{
		user: "{query.id}@{headers.X-Tenant}", roles: []string{"webpubsub.sendToGroup"}, expires: time.Hour, kind: "default",
	}, "/negotiate", "--path")
	if err != nil {
		t.Fatal(err)
	}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		w := ask(h, method, "/negotiate?id=u1", http.Header{"X-Tenant": {"acme"}})
		var got token.Negotiation
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != http.StatusOK {
			t.Fatalf("%s: %d %s (%v)", method, w.Code, w.Body, err)
		}
		if got.BaseURL != "wss://h.example/client/hubs/chat" || got.URL != got.BaseURL+"?access_token="+got.AccessToken {
			t.Errorf("%s: answer %+v, want a URL of the hub chat with the token", method, got)
		}
		if cache := w.Header().Get("Cache-Control"); cache != "no-store" {
			t.Errorf("%s: Cache-Control %q, want no-store", method, cache)
		}
		cs, err := token.ParseConnectionString(testConnection)
		if err != nil {
			t.Fatal(err)
		}
		claims, err := token.Verify(got.AccessToken, time.Now(), cs.Key)
		if err != nil || claims.UserID != "u1@acme" || !slices.Equal(claims.Roles, []string{"webpubsub.sendToGroup"}) {
			t.Errorf("%s: token %+v (%v), want user u1@acme with its role", method, claims, err)
		}
	}
	if want := regexp.MustCompile(`^([0-9:.]{12} <-- 200 negotiate chat u1@acme\n){2}$`); !want.MatchString(stderr.String()) {
		t.Errorf("stderr %q, want %q", stderr.String(), want)
	}
}

func TestHandlerRefuses(t *testing.T) {
	t.Parallel()
	h, err := NewHandler(newTestEnv(&strings.Builder{}), &ClientFlags{
		user: "{query.id}@{headers.X-Tenant}", expires: time.Hour, kind: "default",
	}, "/negotiate", "--path")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		method, target string
		status         int
		body           string
	}{
		{http.MethodGet, "/negotiate", http.StatusBadRequest, "missing query parameter id and header X-Tenant\n"},
		{http.MethodGet, "/negotiate?id=u1", http.StatusBadRequest, "missing header X-Tenant\n"},
		{http.MethodGet, "/negotiate/", http.StatusNotFound, "not found; the endpoint is /negotiate\n"},
		{http.MethodDelete, "/negotiate", http.StatusMethodNotAllowed, "use GET or POST\n"},
		{http.MethodOptions, "/negotiate", http.StatusNoContent, ""},
	} {
		w := ask(h, tt.method, tt.target, http.Header{})
		if w.Code != tt.status || w.Body.String() != tt.body {
			t.Errorf("%s %s = %d %q, want %d %q", tt.method, tt.target, w.Code, w.Body, tt.status, tt.body)
		}
	}
}

func TestNewHandlerUsage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		f    ClientFlags
		path string
		want string
	}{
		{ClientFlags{expires: time.Hour, kind: "default"}, "n", `--path "n" must begin with /`},
		{ClientFlags{expires: time.Hour, kind: "default", user: "{body.x}"}, "/n", "--user: unknown placeholder {body.x}: use {query.NAME} or {headers.NAME}"},
		{ClientFlags{expires: time.Hour, kind: "default", user: "{query.}"}, "/n", "--user: unknown placeholder {query.}: use {query.NAME} or {headers.NAME}"},
		{ClientFlags{expires: time.Millisecond, kind: "default"}, "/n", "--expires must be at least 1s"},
		{ClientFlags{expires: time.Hour, kind: "default", claims: []string{"x"}}, "/n", `--claim "x": use key=value`},
	} {
		_, err := NewHandler(newTestEnv(&strings.Builder{}), &tt.f, tt.path, "--path")
		if usage, ok := errors.AsType[*cli.UsageError](err); !ok || usage.Text != tt.want {
			t.Errorf("NewHandler(%+v, %q) = %v, want the usage error %q", tt.f, tt.path, err, tt.want)
		}
	}
}

func TestUserTemplate(t *testing.T) {
	t.Parallel()
	r := &http.Request{URL: &url.URL{RawQuery: "id=u1&id=u2&empty="}, Header: http.Header{"X-User": {"h1"}}}
	for _, tt := range []struct {
		template userTemplate
		want     string
		err      string
	}{
		{"", "", ""},
		{"ana", "ana", ""},
		{"{query.id}-{headers.x-user}", "u1-h1", ""},
		{"{query.empty}", "", "missing query parameter empty"},
		{"{headers.X-No}{query.no}", "", "missing header X-No and query parameter no"},
	} {
		got, err := tt.template.fill(r)
		if text := errorText(err); got != tt.want || text != tt.err {
			t.Errorf("%q.fill = %q, %q, want %q, %q", tt.template, got, text, tt.want, tt.err)
		}
	}
}

// errorText returns the text of an error, "" for nil.
func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestDescribeClient(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		o    token.ClientOptions
		want string
	}{
		{token.ClientOptions{Hub: "Chat"}, `an anonymous client of hub "chat"`},
		{token.ClientOptions{Hub: "chat", UserID: "u1", Groups: []string{"a", "b"}, Roles: []string{"r"}}, `user "u1" of hub "chat", in group a, b, role r`},
	} {
		if got := describeClient(tt.o); got != tt.want {
			t.Errorf("describeClient(%+v) = %q, want %q", tt.o, got, tt.want)
		}
	}
}
