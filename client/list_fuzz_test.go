package client_test

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"wps/client"
	"wps/protocol"
)

// FuzzListConnections: whatever a page says, the listing ends, its requests go to
// the host of the service, and it returns as many connections as the pages have.
func FuzzListConnections(f *testing.F) {
	for _, seed := range []string{
		`{"value":[{"connectionId":"c1","userId":"u1"},{"connectionId":"c2"}],"nextLink":"http://svc.test/api/hubs/chat/groups/g/connections?x=2"}`,
		`{"value":null,"nextLink":null}`, `{"nextLink":"//other.test/x"}`, `{"nextLink":"http://user@svc.test/x"}`, `{"nextLink":"/x?a=b#c"}`,
		`{"nextLink":"http://svc.test:80/y"}`, `{"nextLink":"x"}`, `{"nextLink":"http://svc.test"}`, `[]`, ``, "\xff", `{"nextLink":"/\r\nHost: other.test"}`,
		`{"nextLink":"/a b"}`, `{"nextLink":"/%zz"}`, `{"value":[{}],"nextLink":"http://SVC.TEST/x"}`, `{"nextLink":"/../../x"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		requests := 0
		svc, err := client.New(client.Options{
			Endpoint: &url.URL{Scheme: "http", Host: "svc.test"}, Hub: "chat", Retries: -1, Authorizer: anyone{},
			Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				if requests++; r.URL.Host != "svc.test" || r.URL.User != nil || r.Host != "" && r.Host != "svc.test" {
					t.Errorf("page %q led to %s on host %q", body, r.URL, r.Host)
				}
				h := http.Header{"Content-Type": {jsonType}, "Api-Supported-Versions": {protocol.SupportedAPIVersions}}
				return &http.Response{StatusCode: 200, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		n := 0
		for _, err := range svc.ListConnections(t.Context(), "g", client.ListOptions{}) {
			if err == nil {
				n++
			}
		}
		// The second page is the same, so that the third would be listed before.
		if requests > 2 || n > requests*strings.Count(body, "{") {
			t.Errorf("page %q: %d requests, %d connections", body, requests, n)
		}
	})
}

// anyone authorizes requests with a fixed header.
type anyone struct{}

func (anyone) Authorize(context.Context, string) (string, error) { return "Bearer x", nil }

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
