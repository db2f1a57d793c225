package emulator_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol/traffic"
)

// echoHandler is an event handler that answers a user event with its data, and fails
// for the first time when the event is "flaky".
func echoHandler(t *testing.T) *httptest.Server {
	t.Helper()
	var tries atomic.Int32
	h := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WebHook-Allowed-Origin", "*")
		switch r.Header.Get("ce-eventName") {
		case "flaky":
			if tries.Add(1) == 1 {
				w.WriteHeader(http.StatusServiceUnavailable)
			}
		case "say":
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Set-Cookie", "session=secret")
			fmt.Fprint(w, "echo")
		}
	}))
	t.Cleanup(h.Close)
	return h
}

// until returns the objects up to the first of a type.
func until(t *testing.T, seen <-chan *traffic.Object, last traffic.Type) (all []*traffic.Object) {
	t.Helper()
	for {
		select {
		case o := <-seen:
			all = append(all, o)
			if o.Type == last {
				return all
			}
		case <-waiting(t).Done():
			t.Fatalf("no %s after %d objects", last, len(all))
		}
	}
}

// shape returns an object as a line, with its chain as a number of its own: the
// first that is seen is 1.
func shape(o *traffic.Object, chains map[uint64]int) string {
	if o.Chain != 0 && chains[o.Chain] == 0 {
		chains[o.Chain] = len(chains) + 1
	}
	line := fmt.Sprintf("%d %s", chains[o.Chain], o.Type)
	if o.Frame != nil {
		line += " " + o.Request
	}
	for _, s := range []string{o.Group, o.Event, o.Code, o.Reason, o.Subprotocol} {
		if s != "" {
			line += " " + s
		}
	}
	if data, _ := o.Raw(); len(data) > 0 {
		line += " " + string(data)
	}
	if o.Handling != nil {
		line += " -> " + fmt.Sprint(o.Status) + " " + o.Reply
	}
	if o.Grant != nil {
		line += fmt.Sprintf(" %s %v", o.Permission, o.Granted)
	}
	return strings.TrimSpace(line)
}

func shapes(all []*traffic.Object) string {
	chains := map[uint64]int{}
	var lines []string
	for _, o := range all {
		lines = append(lines, shape(o, chains))
	}
	return strings.Join(lines, "\n")
}

// TestChains proves that what belongs together has one chain: the handshake with its
// events, the frame of a client with its event, reply and ack, a request with what it
// changes.
func TestChains(t *testing.T) {
	t.Parallel()
	h := echoHandler(t)
	e := emulatortest.RunWith(t, emulator.Options{Hubs: map[string]emulator.HubSettings{
		"chat": {Handlers: []emulator.EventHandler{{URLTemplate: h.URL + "?code=hidden", SystemEvents: []string{"connect"}, EventPattern: "*"}}},
	}})
	seen := follow(t, e, emulator.TrafficOptions{Data: true})
	c, id := dialJSON(t, e, clientOptions{user: "u", groups: []string{"g"}, roles: []string{"webpubsub.sendToGroup.g"}})
	c.send(`{"type":"event","event":"say","dataType":"text","data":"hi","ackId":7}`)
	c.object()
	c.object()
	c.send(`{"type":"sendToGroup","group":"g","dataType":"json","data":{"a":1}}`)
	c.object()
	c.send(`{"type":"joinGroup","group":"x","ackId":8}`)
	c.object()
	want(t, e, 200, request{method: "PUT", path: "chat/permissions/joinLeaveGroup/connections/" + id + "?targetName=x"})
	want(t, e, 204, request{method: "DELETE", path: "chat/permissions/joinLeaveGroup/connections/" + id + "?targetName=x"})
	c.send(`{"type":"nonsense"}`)
	all := until(t, seen, traffic.Closed)
	const expected = `1 event connect -> 200
1 opened json.webpubsub.azure.v1
1 joined g
1 sent system connected
2 received event say hi
2 event say json.webpubsub.azure.v1 hi -> 200 echo
2 sent message echo
2 sent ack
3 received sendToGroup g {"a":1}
3 message {"a":1}
4 received joinGroup x
4 refused joinGroup x Forbidden The client does not have permission to join group 'x'.
4 sent ack Forbidden The client does not have permission to join group 'x'.
5 permission x joinLeaveGroup true
5 rest
6 permission x joinLeaveGroup false
6 rest
7 refused invalid frame: unknown type "nonsense" {"type":"nonsense"}
7 closed The client message is not a valid JSON protocol message: unknown type "nonsense"`
	body, _ := all[0].Raw()
	all[0].Payload = nil
	if got := shapes(all); got != expected {
		t.Errorf("objects\n%s\nwant\n%s", got, expected)
	}
	if !strings.Contains(string(body), `"claims"`) {
		t.Errorf("the data of connect = %s", body)
	}
	said := all[5]
	text := fmt.Sprint(said.RequestHeaders, said.ResponseHeaders, said.Hook, said.Attempts)
	if strings.Contains(text, "sha256") || strings.Contains(text, "secret") || strings.Contains(text, "hidden") || !strings.Contains(text, "ce-signature:[***]") {
		t.Errorf("the event shows %s, want no signature, cookie and code", text)
	}
	if last := all[len(all)-1]; last.CloseCode != 1007 {
		t.Errorf("closed with %d, want 1007", last.CloseCode)
	}
	if opened := all[1]; opened.Opening == nil || fmt.Sprint(opened.Groups, opened.Roles) != "[g] [webpubsub.sendToGroup.g]" {
		t.Errorf("opened = %+v, want its groups and roles", opened.Opening)
	}
}

// TestChainOfREST proves that what a request changes has its chain.
func TestChainOfREST(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c, id := dialJSON(t, e, clientOptions{user: "u"})
	seen := follow(t, e, emulator.TrafficOptions{Data: true})
	want(t, e, 200, request{method: "PUT", path: "chat/users/u/groups/g"})
	want(t, e, 200, post("chat/:addToGroups", jsonType, `{"groups":["h"]}`))
	want(t, e, 202, post("chat/groups/g/:send", text, "hi"))
	want(t, e, 204, request{method: "DELETE", path: "chat/connections/" + id + "/groups"})
	want(t, e, 204, request{method: "DELETE", path: "chat/connections/" + id})
	c.object()
	all := until(t, seen, traffic.Closed)
	all = append(all, until(t, seen, traffic.REST)...)
	got := strings.ReplaceAll(shapes(all), "left h\n4 left g", "left g\n4 left h") // the order is not promised
	const expected = `1 joined g
1 rest
2 joined h
2 rest {"groups":["h"]}
3 message hi
3 rest hi
4 left g
4 left h
4 rest
5 sent system disconnected Application server closed the connection.
5 closed Application server closed the connection.
5 rest`
	if got != expected {
		t.Errorf("objects\n%s\nwant\n%s", got, expected)
	}
}

// TestAttempts proves that an event shows each try to reach its handler.
func TestAttempts(t *testing.T) {
	t.Parallel()
	h := echoHandler(t)
	e := emulatortest.RunWith(t, emulator.Options{Hubs: map[string]emulator.HubSettings{
		"chat": {Handlers: []emulator.EventHandler{{URLTemplate: h.URL, EventPattern: "*"}}},
	}})
	seen := follow(t, e, emulator.TrafficOptions{Data: true})
	c, _ := dialJSON(t, e, clientOptions{})
	c.send(`{"type":"event","event":"flaky","data":1,"ackId":1}`)
	c.object()
	all := until(t, seen, traffic.Handled)
	o := all[len(all)-1]
	if len(o.Attempts) != 2 || o.Attempts[0].Status != 503 || o.Attempts[1].Status != 200 || o.Status != 200 || o.Milliseconds < 1000 {
		t.Errorf("event = %d after %v ms with attempts %+v, want 503 and 200 after a second", o.Status, o.Milliseconds, o.Attempts)
	}
}
