package client_test

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"wps/client"
	"wps/protocol"
)

// pages answers each request with the next page; a %s in a page is the address
// of the server.
func pages(t *testing.T, bodies ...string) *server {
	t.Helper()
	n := 0
	var s *server
	s = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", jsonType)
		w.Header().Set("api-supported-versions", protocol.SupportedAPIVersions)
		io.WriteString(w, strings.ReplaceAll(bodies[min(n, len(bodies)-1)], "%s", s.URL))
		n++
	})
	return s
}

func members(ids ...string) (m []client.Member) {
	for _, id := range ids {
		m = append(m, client.Member{ConnectionID: id, UserID: "u" + id})
	}
	return m
}

// page writes a page; next is the JSON of its nextLink.
func page(next string, ids ...string) string {
	var items []string
	for _, id := range ids {
		items = append(items, fmt.Sprintf(`{"connectionId":%q,"userId":"u%s"}`, id, id))
	}
	return `{"value":[` + strings.Join(items, ",") + `]` + next + `}`
}

const next = `,"nextLink":"%s/api/hubs/chat/groups/g/connections?api-version=2024-12-01&maxpagesize=2&continuationToken=`

// TestListPages: pages are followed as they are linked, each signed for its own
// address; the last one may end in three ways.
func TestListPages(t *testing.T) {
	t.Parallel()
	for _, end := range []string{``, `,"nextLink":null`, `,"nextLink":""`} {
		s := pages(t, page(next+`a%2Bb%3D"`, "1", "2"), page(next+`c"`), page(end, "3"))
		svc := newService(t, s.URL, client.Options{})
		got, err := list(svc.ListConnections(within(t), "g", client.ListOptions{PageSize: 2}))
		if err != nil || !reflect.DeepEqual(got, members("1", "2", "3")) {
			t.Fatalf("ListConnections = %v, %v", got, err)
		}
		want := []string{"maxpagesize=2", "maxpagesize=2&continuationToken=a%2Bb%3D", "maxpagesize=2&continuationToken=c"}
		for i, r := range s.requests() {
			if uri := "/api/hubs/chat/groups/g/connections?api-version=2024-12-01&" + want[i]; r.method != "GET" || r.uri != uri {
				t.Errorf("request %d is %s %s, want %s", i, r.method, r.uri, uri)
			}
			checkBearer(t, r.header.Get("Authorization"), s.URL+r.uri)
		}
	}
}

// TestListNothing: a missing group has no connections.
func TestListNothing(t *testing.T) {
	t.Parallel()
	s := pages(t, `{"value":[],"nextLink":null}`)
	got, err := list(newService(t, s.URL, client.Options{}).ListConnections(within(t), "g", client.ListOptions{}))
	if err != nil || len(got) > 0 {
		t.Errorf("ListConnections = %v, %v, want nothing", got, err)
	}
	if uri := s.only(t).uri; uri != "/api/hubs/chat/groups/g/connections?api-version=2024-12-01" {
		t.Errorf("sent %s", uri)
	}
}

// TestListStops: a page that is not needed is not requested.
func TestListStops(t *testing.T) {
	t.Parallel()
	t.Run("by the caller", func(t *testing.T) {
		t.Parallel()
		s := pages(t, page(next+`a"`, "1", "2"))
		for m, err := range newService(t, s.URL, client.Options{}).ListConnections(within(t), "g", client.ListOptions{}) {
			if err != nil || m.ConnectionID != "1" {
				t.Errorf("first is %v, %v", m, err)
			}
			break
		}
		s.only(t)
	})
	t.Run("by top", func(t *testing.T) {
		t.Parallel()
		s := pages(t, page(next+`a"`, "1", "2"), page(next+`b"`, "3", "4"))
		got, err := list(newService(t, s.URL, client.Options{}).ListConnections(within(t), "g", client.ListOptions{Top: 3}))
		if err != nil || !reflect.DeepEqual(got, members("1", "2", "3")) {
			t.Errorf("ListConnections = %v, %v, want 3 members", got, err)
		}
		if n := len(s.requests()); n != 2 {
			t.Errorf("%d requests, want 2", n)
		}
	})
}

// TestListCircle: pages whose links form a circle end with an error; each page is
// listed once.
func TestListCircle(t *testing.T) {
	t.Parallel()
	s := pages(t, page(next+`a"`, "1"), page(next+`b"`, "2"), page(next+`c"`, "3"), page(next+`a"`, "4"), page(next+`b"`, "5"))
	got, err := list(newService(t, s.URL, client.Options{}).ListConnections(within(t), "g", client.ListOptions{PageSize: 2}))
	if err == nil || err.Error() != "next page was listed before" || !reflect.DeepEqual(got, members("1", "2", "3", "4")) {
		t.Errorf("ListConnections = %v, %v", got, err)
	}
	if n := len(s.requests()); n != 4 {
		t.Errorf("%d requests, want 4", n)
	}
}

// TestListRefusesLink: a token never goes to another host, and a listing that
// cannot go on ends. The members before the error are kept, and the error is
// yielded once.
func TestListRefusesLink(t *testing.T) {
	t.Parallel()
	tests := map[string]string{
		`"http://evil.example/api/hubs/chat/groups/g/connections"`: `next page is on another host, "evil.example"`,
		`"//evil.example/api"`:                `next page is on another host, "evil.example"`,
		`"http://127.0.0.1:1/api"`:            `next page is on another host, "127.0.0.1:1"`,
		`"http://user:secret@HOST/api"`:       `next page is on another host, "HOST"`,
		`"http://127.0.0.1.evil.example/api"`: `next page is on another host, "127.0.0.1.evil.example"`,
		`"connections?x"`:                     "next page has an address without a path",
		`"http://HOST"`:                       "next page has an address without a path",
		`"mailto:x"`:                          "next page has an address without a path",
		`"http://[::1"`:                       "next page has an address that cannot be read",
		`"/api/hubs/chat/groups/g/connections?api-version=2024-12-01"`: "next page was listed before",
		`7`: "read list of connections",
	}
	for link, want := range tests {
		t.Run(link, func(t *testing.T) {
			t.Parallel()
			var s *server
			s = serve(t, func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("api-supported-versions", protocol.SupportedAPIVersions)
				io.WriteString(w, page(`,"nextLink":`+strings.ReplaceAll(link, "HOST", s.Listener.Addr().String()), "1"))
			})
			errs, n := []error{}, 0
			for m, err := range newService(t, s.URL, client.Options{}).ListConnections(within(t), "g", client.ListOptions{}) {
				if err != nil {
					errs = append(errs, err)
				} else if m.ConnectionID == "1" {
					n++
				}
			}
			want := strings.ReplaceAll(want, "HOST", s.Listener.Addr().String())
			if len(errs) != 1 || !strings.Contains(errs[0].Error(), want) || strings.Contains(errs[0].Error(), "secret") {
				t.Errorf("errors = %v, want one with %q", errs, want)
			}
			if n != 1 && link != `7` {
				t.Errorf("%d members given before, want 1", n)
			}
			s.only(t)
		})
	}
}

// TestListBehindProxy: the link of the service and that of the proxy both go to
// the proxy, signed for the service.
func TestListBehindProxy(t *testing.T) {
	t.Parallel()
	const path = "/api/hubs/chat/groups/g/connections?continuationToken="
	s := pages(t, page(`,"nextLink":"https://name.webpubsub.azure.com`+path+`a"`, "1"), page(`,"nextLink":"%s`+path+`b"`, "2"), page("", "3"))
	proxy, err := url.Parse(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	svc := newService(t, "https://name.webpubsub.azure.com", client.Options{ReverseProxy: proxy})
	got, err := list(svc.ListConnections(within(t), "g", client.ListOptions{}))
	if err != nil || !reflect.DeepEqual(got, members("1", "2", "3")) {
		t.Fatalf("ListConnections = %v, %v", got, err)
	}
	for _, r := range s.requests() {
		checkBearer(t, r.header.Get("Authorization"), "https://name.webpubsub.azure.com"+r.uri)
	}
}

// TestListPageFails: an error in the middle follows the members before it.
func TestListPageFails(t *testing.T) {
	t.Parallel()
	n := 0
	var s *server
	s = serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if n++; n > 1 {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		w.Header().Set("api-supported-versions", protocol.SupportedAPIVersions)
		io.WriteString(w, strings.ReplaceAll(page(next+`a"`, "1"), "%s", s.URL))
	})
	got, err := list(newService(t, s.URL, client.Options{}).ListConnections(within(t), "g", client.ListOptions{}))
	if fmt.Sprint(err) != "403 Forbidden" || !reflect.DeepEqual(got, members("1")) {
		t.Errorf("ListConnections = %v, %v, want one member and 403", got, err)
	}
}
