package emulator_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"wps/emulator/emulatortest"
	"wps/protocol"
)

const jsonType = "application/json"

func TestBulkGroups(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	_, alice := dialJSON(t, e, clientOptions{user: "tenant/alice"})
	_, bob := dialJSON(t, e, clientOptions{user: "bob", groups: []string{"old"}})
	in := func(group string, ids ...string) {
		t.Helper()
		got, _ := list(t, e, "chat/groups/"+protocol.EscapeSegment(group)+"/connections")
		if len(got) != len(ids) {
			t.Fatalf("group %s has %v, want %v", group, got, ids)
		}
		for _, id := range ids {
			if !strings.Contains(fmt.Sprint(got), id) {
				t.Errorf("group %s has %v, want %v", group, got, ids)
			}
		}
	}
	for range 2 {
		a := want(t, e, 200, post("chat/:addToGroups", jsonType, `{"groups":["g1","g2","g1"],"filter":"userId eq 'tenant/alice'"}`))
		if a.body != "" || a.header.Get("Content-Length") != "0" {
			t.Errorf("200 with body %q and Content-Length %q, want empty and 0", a.body, a.header.Get("Content-Length"))
		}
	}
	in("g1", alice)
	in("g2", alice)
	want(t, e, 200, post("chat/:removeFromGroups", jsonType, `{"groups":["g1"],"filter":"'g2' in groups"}`))
	in("g1")
	for _, all := range []string{`{"groups":["everyone"]}`, `{"Groups":["everyone"],"FILTER":null,"more":1}`, `{"filter":"","groups":["everyone"]}`} {
		want(t, e, 200, post("chat/:addToGroups", "application/json; charset=utf-8", all))
		in("everyone", alice, bob)
		want(t, e, 200, post("chat/:removeFromGroups", jsonType, `{"groups":["everyone","none"]}`))
		in("everyone")
	}
	want(t, e, 200, post("chat/:addToGroups", jsonType, `{"groups":["a b+c%"],"filter":"protocol eq 'json.webpubsub.azure.v1' and not ('old' in groups)"}`))
	in("a b+c%", alice)
	// A name that a path cannot address.
	want(t, e, 200, post("chat/:addToGroups", jsonType, `{"groups":["a/b"],"filter":"userId eq 'bob'"}`))
	in("a/b")
	want(t, e, 200, post("chat/:removeFromGroups", jsonType, `{"groups":["old"],"filter":"'a/b' in groups"}`))
	in("old")
	many := make([]string, 1025)
	for i := range many {
		many[i] = fmt.Sprint("n", i)
	}
	body, err := json.Marshal(map[string]any{"groups": many})
	if err != nil {
		t.Fatal(err)
	}
	want(t, e, 200, post("chat/:addToGroups", jsonType, string(body)))
	in("n1024", alice, bob)
	want(t, e, 200, post("nobody/:addToGroups", jsonType, `{"groups":["g"]}`))
	want(t, e, 200, post("nobody/:removeFromGroups", jsonType, `{"groups":["g"],"filter":"userId eq 'x'"}`))
}

func TestBulkRefused(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	dialJSON(t, e, clientOptions{})
	long := strings.Repeat("g", protocol.MaxGroupName+1)
	for _, op := range []string{"chat/:addToGroups", "chat/:removeFromGroups"} {
		for _, body := range []string{
			``, `{`, `[]`, `"g"`, `5`, `null`, `{}`, `{"groups":null}`, `{"groups":[]}`, `{"groups":"g"}`, `{"groups":{"0":"g"}}`,
			`{"groups":["g",null]}`, `{"groups":["g",1]}`, `{"groups":["g",""]}`, `{"groups":["g","  "]}`, `{"groups":["` + long + `"]}`,
			`{"groups":["g"],"filter":1}`, `{"groups":["g"],"filter":"   "}`, `{"groups":["g"],"filter":"userId"}`, `{"groups":["g"]} x`,
		} {
			if a := want(t, e, 400, post(op, jsonType, body)); a.header.Get("x-ms-error-code") != "Error.BadRequest" {
				t.Errorf("%s %s: code %q, want Error.BadRequest", op, body, a.header.Get("x-ms-error-code"))
			}
		}
		for _, body := range []string{`{}`, `{"groups":[]}`, `{"groups":[""]}`} {
			const message = "Invalid group name. Valid group name should be in between 1 and 1024 characters long."
			if a := want(t, e, 400, post(op, jsonType, body)); !strings.Contains(a.body, `"message":"`+message+`","target":"Groups","errors":{"Groups":["`+message+`"]}`) {
				t.Errorf("%s %s = %s, want the message of an invalid group", op, body, a.body)
			}
		}
		for _, contentType := range []string{"", "text/plain", "application/octet-stream", "nonsense;;", "application/json; charset=unknown"} {
			want(t, e, 415, post(op, contentType, `{"groups":["g"]}`))
		}
		chunked := post(op, jsonType, `{"groups":["g"]}`)
		chunked.chunked = true
		wantError(t, want(t, e, 400, chunked), "Error.BadRequest", "Request")
		tooBig := post(op, jsonType, `{"groups":["g"]}`+strings.Repeat(" ", protocol.MaxMessageSize))
		wantError(t, want(t, e, 400, tooBig), "Error.BadRequest", "Request")
	}
	want(t, e, 404, request{method: "HEAD", path: "chat/groups/g"}) // nothing was done
}

// TestSendFilter proves which connections filters select on each :send that has one.
func TestSendFilter(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	alice, aliceID := dialJSON(t, e, clientOptions{user: "alice", groups: []string{"g"}})
	second, _ := dialJSON(t, e, clientOptions{user: "alice"})
	anonymous, _ := dialJSON(t, e, clientOptions{groups: []string{"g"}})
	send := func(path, filter string, more string) {
		t.Helper()
		want(t, e, 202, post("chat/"+path+":send?filter="+url.QueryEscape(filter)+more, text, filter))
	}
	expect := func(filter string, receivers ...*client) {
		t.Helper()
		for _, c := range receivers {
			if m := c.object(); m["data"] != filter {
				t.Errorf("got %v, want %s", m["data"], filter)
			}
		}
	}
	send("", "userId eq null", "")
	expect("userId eq null", anonymous)
	send("groups/g/", "userId ne 'bob'", "&excluded="+aliceID)
	expect("userId ne 'bob'", anonymous)
	send("groups/g/", "length(groups) eq 1", "")
	expect("length(groups) eq 1", alice, anonymous)
	send("users/alice/", "not ('g' in groups)", "")
	expect("not ('g' in groups)", second)
	send("", "protocol eq null", "") // no receiver
	simple := dial(t, e, clientOptions{})
	send("", "protocol eq null", "")
	simple.expectText("protocol eq null")
	want(t, e, 202, post("chat/:send?filter=", text, "everyone"))
	expect("everyone", alice, second, anonymous)
	simple.expectText("everyone")
	want(t, e, 202, post("chat/connections/"+aliceID+"/:send?filter=nonsense%20here", text, "no filter here"))
	expect("no filter here", alice)
	// The filter is looked at before length, content type and body.
	for _, r := range []request{
		post("chat/:send?filter=a%20b", "text/html", "x"), post("chat/groups/g/:send?filter=%20%20", "application/json", "{"),
		{method: "POST", path: "chat/users/u/:send?filter=userId", contentType: text, body: "x", chunked: true},
	} {
		a := want(t, e, 400, r)
		if got := a.header.Get("Content-Type"); got != "application/problem+json; charset=utf-8" || !strings.Contains(a.body, `"target":"filter","errors":{"filter":["Invalid syntax for '`) {
			t.Errorf("%s = %s %s, want a refused filter", r.path, got, a.body)
		}
	}
	for _, c := range []*client{alice, second, anonymous} {
		c.silent()
	}
}
