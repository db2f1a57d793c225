package emulator_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"wps/emulator/emulatortest"
	"wps/protocol"
)

func get(path string) request { return request{method: "GET", path: path} }

// list gets one page; path begins after /api/hubs/.
func list(t testing.TB, e *emulatortest.Emulator, path string) (ids []string, next string) {
	t.Helper()
	a := want(t, e, 200, get(path))
	if got := a.header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("Content-Type = %q", got)
	}
	var page protocol.Members
	if err := json.Unmarshal([]byte(a.body), &page); err != nil {
		t.Fatalf("%s: %v", a.body, err)
	}
	for _, m := range page.Value {
		ids = append(ids, m.ConnectionID)
	}
	if page.NextLink == nil {
		return ids, ""
	}
	rest, ok := strings.CutPrefix(*page.NextLink, e.URL+"/api/hubs/")
	if !ok {
		t.Fatalf("nextLink = %q, want an address of the emulator", *page.NextLink)
	}
	return ids, rest
}

func TestListConnections(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	var ids []string
	for range 5 {
		_, id := dialJSON(t, e, clientOptions{user: "u", groups: []string{"a b"}})
		ids = append(ids, id)
	}
	slices.Sort(ids)
	path := "chat/groups/a%20b/connections"
	all, next := list(t, e, path)
	if !slices.Equal(all, ids) || next != "" {
		t.Errorf("list = %v, %q, want %v and no nextLink", all, next, ids)
	}
	var pages [][]string
	for next = path + "?maxpagesize=2&top=5"; next != ""; {
		var page []string
		page, next = list(t, e, next)
		pages = append(pages, page)
	}
	if want := [][]string{ids[:2], ids[2:4], ids[4:]}; fmt.Sprint(pages) != fmt.Sprint(want) {
		t.Errorf("pages = %v, want %v", pages, want)
	}
	page, next := list(t, e, path+"?maxpagesize=2&top=3")
	q, err := url.ParseQuery(next[strings.IndexByte(next, '?')+1:])
	if err != nil {
		t.Fatal(err)
	}
	if len(page) != 2 || !strings.HasPrefix(next, path+"?") || q.Get("top") != "1" || q.Get("maxpagesize") != "2" || q.Get("api-version") != protocol.APIVersion {
		t.Errorf("first page of three = %v, next %q, want two and the same path, size and version with top=1", page, next)
	}
	page, next = list(t, e, next)
	if !slices.Equal(page, ids[2:3]) || next != "" {
		t.Errorf("second page of three = %v, %q, want one more and no nextLink", page, next)
	}
	page, next = list(t, e, path+"?TOP=2&maxPageSize=2")
	if len(page) != 2 || next != "" {
		t.Errorf("top 2 = %v, %q, want two and no nextLink", page, next)
	}
}

func TestListForms(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	for _, path := range []string{"chat/groups/none/connections", "nobody/groups/g/connections"} {
		if a := want(t, e, 200, get(path)); a.body != `{"value":[]}` {
			t.Errorf("%s = %s, want an empty page", path, a.body)
		}
	}
	_, anonymous := dialJSON(t, e, clientOptions{groups: []string{"g"}})
	if a, want := want(t, e, 200, get("chat/groups/g/connections")), `{"value":[{"connectionId":"`+anonymous+`","userId":null}]}`; a.body != want {
		t.Errorf("anonymous member = %s, want %s", a.body, want)
	}
	_, named := dialJSON(t, e, clientOptions{user: "<é>", groups: []string{"h"}})
	if a, want := want(t, e, 200, get("chat/groups/h/connections")), `{"value":[{"connectionId":"`+named+`","userId":"<é>"}]}`; a.body != want {
		t.Errorf("member = %s, want %s", a.body, want)
	}
}

// TestListGaps proves that members that leave between two pages do not matter.
func TestListGaps(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	for range 4 {
		dialJSON(t, e, clientOptions{groups: []string{"g"}})
	}
	ids, next := list(t, e, "chat/groups/g/connections?maxpagesize=2")
	all, _ := list(t, e, "chat/groups/g/connections")
	want(t, e, 204, request{method: "DELETE", path: "chat/groups/g/connections/" + ids[1]})
	want(t, e, 204, request{method: "DELETE", path: "chat/groups/g/connections/" + all[2]})
	if rest, next := list(t, e, next); !slices.Equal(rest, all[3:]) || next != "" {
		t.Errorf("second page = %v, %q, want %v and no nextLink", rest, next, all[3:])
	}
}

func TestListRefused(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	for range 2 {
		dialJSON(t, e, clientOptions{groups: []string{"g", "h"}})
		dialJSON(t, e, clientOptions{hub: "other", groups: []string{"g"}})
	}
	_, next := list(t, e, "chat/groups/g/connections?maxpagesize=1")
	_, good, _ := strings.Cut(next, "continuationToken=")
	raw, err := base64.RawURLEncoding.DecodeString(good)
	if err != nil {
		t.Fatal(err)
	}
	raw[len(raw)-1] ^= 1
	for _, path := range []string{
		"chat/groups/g/connections?maxpagesize=0", "chat/groups/g/connections?maxpagesize=-1", "chat/groups/g/connections?maxpagesize=201",
		"chat/groups/g/connections?maxpagesize=1.5", "chat/groups/g/connections?maxpagesize=", "chat/groups/g/connections?maxpagesize=1&maxpagesize=1",
		"chat/groups/g/connections?top=0", "chat/groups/g/connections?top=-5", "chat/groups/g/connections?top=2147483648",
		"chat/groups/g/connections?top=", "chat/groups/g/connections?top=ten", "chat/groups/g/connections?top=1&top=2",
		"chat/groups/g/connections?continuationToken=", "chat/groups/g/connections?continuationToken=x",
		"chat/groups/g/connections?continuationToken=" + base64.RawURLEncoding.EncodeToString(raw),
		"chat/groups/g/connections?continuationToken=" + good + "&continuationToken=" + good,
		"chat/groups/h/connections?continuationToken=" + good,
		"chat/groups/G/connections?continuationToken=" + good,
		"other/groups/g/connections?continuationToken=" + good,
	} {
		if a := want(t, e, 400, get(path)); a.header.Get("x-ms-error-code") != "Error.BadRequest" {
			t.Errorf("%s: code %q, want Error.BadRequest", path, a.header.Get("x-ms-error-code"))
		}
	}
	want(t, e, 200, get("CHAT/groups/g/connections?maxpagesize=200&top=2147483647&continuationToken="+good))
	want(t, e, 400, get("chat/groups/%20/connections"))
}
