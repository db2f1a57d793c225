package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/protocol/traffic"
	"wps/token"
)

// remote makes a Remote that is closed when the test ends.
func remote(t testing.TB, cs token.ConnectionString) *emulator.Remote {
	t.Helper()
	r := emulator.NewRemote(cs)
	t.Cleanup(r.Close)
	return r
}

// waiting bounds a wait of a test.
func waiting(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 3*patience)
	t.Cleanup(cancel)
	return ctx
}

func TestStatus(t *testing.T) {
	t.Parallel()
	start := time.Now()
	clock := emulator.NewClock(start)
	e := emulatortest.RunWith(t, emulator.Options{Version: "v9", Clock: clock})
	r, ctx := remote(t, e.ConnectionString), waiting(t)
	dialJSON(t, e, clientOptions{user: "u", groups: []string{"a", "b"}})
	dialJSON(t, e, clientOptions{user: "u", groups: []string{"a"}})
	dial(t, e, clientOptions{hub: "second"})
	closed, _ := dialJSON(t, e, clientOptions{hub: "gone"})
	closed.ws.Close()
	wantGone(t, e, "gone")
	clock.Advance(90 * time.Second)
	st, err := r.Status(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !st.Started.Equal(start) {
		t.Errorf("started = %v, want %v", st.Started, start)
	}
	st.Started, st.Followers = time.Time{}, 0 // wantGone's may still be counted; TestFollowers counts
	want := emulator.Status{
		Version: "v9", UptimeSeconds: 90, Connections: 3, Users: 1, Groups: 2,
		Hubs: []emulator.HubStatus{{Hub: "chat", Connections: 2, Users: 1, Groups: 2}, {Hub: "second", Connections: 1}},
	}
	if fmt.Sprint(st) != fmt.Sprint(want) {
		t.Errorf("status = %+v, want %+v", st, want)
	}
	groups, err := r.Groups(ctx, "")
	if want := []emulator.GroupStatus{{Hub: "chat", Group: "a", Connections: 2}, {Hub: "chat", Group: "b", Connections: 1}}; err != nil || fmt.Sprint(groups) != fmt.Sprint(want) {
		t.Errorf("groups = %v, %v, want %v", groups, err, want)
	}
	if groups, err := r.Groups(ctx, "second"); err != nil || len(groups) != 0 {
		t.Errorf("groups of hub second = %v, %v, want none", groups, err)
	}
}

// wantGone waits until a hub has no connection.
func wantGone(t *testing.T, e *emulatortest.Emulator, hub string) {
	t.Helper()
	err := remote(t, e.ConnectionString).Traffic(waiting(t), emulator.TrafficOptions{Recent: 1000, Follow: true}, func(n *traffic.Object) error {
		if n.Type == traffic.Closed && n.Hub == hub {
			return errEnough
		}
		return nil
	})
	if !errors.Is(err, errEnough) {
		t.Fatalf("closed connection of hub %s: %v", hub, err)
	}
}

var errEnough = errors.New("enough")

func TestConnectionStatus(t *testing.T) {
	t.Parallel()
	b := runBench(t)
	e, r, ctx := b.Emulator, remote(t, b.ConnectionString), waiting(t)
	slow, slowID := dialJSON(t, e, clientOptions{user: "u", groups: []string{"b", "a"}})
	away := dialReliable(t, e, clientOptions{hub: "other"})
	b.cut(away)
	const fill = 12 // MiB: more than the two sockets hold
	for range fill {
		want(t, e, 202, post("chat/:send", text, strings.Repeat("x", protocol.MaxMessageSize)))
	}
	want(t, e, 202, post("other/:send", text, "x"))
	all, err := r.Connections(ctx, "")
	if err != nil || len(all) != 2 {
		t.Fatalf("connections = %+v, %v, want 2", all, err)
	}
	c := all[0]
	if c.Hub != "chat" || c.ConnectionID != slowID || c.UserID == nil || *c.UserID != "u" || c.Subprotocol != protocol.SubprotocolJSON ||
		fmt.Sprint(c.Groups) != "[a b]" || c.Queued < 1 || c.QueuedBytes < protocol.MaxMessageSize || c.Away || c.Unacknowledged != 0 {
		t.Errorf("first connection = %+v", c)
	}
	if c = all[1]; c.Hub != "other" || c.UserID != nil || !c.Away || c.Unacknowledged != 1 || c.Groups == nil || c.Queued != 0 {
		t.Errorf("second connection = %+v", c)
	}
	if all, err := r.Connections(ctx, "OTHER"); err != nil || len(all) != 1 {
		t.Errorf("connections of hub OTHER = %v, %v, want 1", all, err)
	}
	if err := r.CloseConnection(ctx, c.ConnectionID, ""); err != nil {
		t.Errorf("close the one that is away: %v", err)
	}
	for range fill {
		slow.object()
	}
	if err := r.CloseConnection(ctx, slowID, "go / away"); err != nil {
		t.Errorf("close: %v", err)
	}
	slow.expectText(`{"type":"system","event":"disconnected","message":"Application server closed the connection. Reason: go / away"}`)
	slow.expectClose(1000, "")
	if err := r.CloseConnection(ctx, slowID, ""); !errors.Is(err, emulator.ErrNotFound) {
		t.Errorf("close again = %v, want ErrNotFound", err)
	}
}

// collect returns the objects that are kept, without times, after checking that
// they have one.
func collect(t *testing.T, e *emulatortest.Emulator, o emulator.TrafficOptions) (all []*traffic.Object) {
	t.Helper()
	err := remote(t, e.ConnectionString).Traffic(waiting(t), o, func(n *traffic.Object) error {
		if n.Time.IsZero() {
			t.Errorf("%+v has no time", n)
		}
		n.Time = time.Time{}
		all = append(all, n)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestTraffic(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	c, id := dialJSON(t, e, clientOptions{user: "u", roles: joinAny, groups: []string{"g"}})
	c.send(`{"type":"joinGroup","group":"h","ackId":1}`)
	c.expectText(ok(1))
	c.send(`{"type":"sendToGroup","group":"h","dataType":"binary","data":"AQID","ackId":2}`)
	c.object()
	c.expectText(ok(2))
	want(t, e, 204, request{method: "DELETE", path: "chat/connections/" + id + "/groups"})
	want(t, e, 202, post("chat/users/none/:send", text, "secret"))
	want(t, e, 404, request{method: "HEAD", path: "chat/groups/g"}) // a question, no refusal
	bad := post("chat/:send?access_token=hidden", text, "x")
	bad.token = "none"
	want(t, e, 401, bad)
	want(t, e, 400, post("chat/:send?filter=a%20b", text, "x"))
	want(t, e, 204, request{method: "DELETE", path: "chat/connections/" + id})
	if _, _, err := dialTry(t, e, clientOptions{query: "&webpubsub_mode=shout"}); err == nil {
		t.Fatal("an unknown mode was accepted")
	}
	all := collect(t, e, emulator.TrafficOptions{Recent: 100})
	var got []string
	for _, n := range all {
		line := string(n.Type)
		for _, s := range []string{n.Hub, n.UserID, n.Group, n.Reason} {
			if s != "" {
				line += " " + s
			}
		}
		if strings.Contains(string(n.Type), "opened closed joined left") && n.ConnectionID != id {
			t.Errorf("%+v: want connection %s", n, id)
		}
		if x := n.Fanout; x != nil {
			line += fmt.Sprintf(" %s %s %s %d to %d %q", x.Target, x.TargetID, n.DataType, n.Bytes, x.Receivers, n.Data)
		}
		if x := n.HTTP; x != nil {
			line += fmt.Sprintf(" %s %s %d %s", x.Method, x.Path, n.Status, n.Code)
		}
		got = append(got, line)
	}
	expected := []string{
		"opened chat u", "joined chat u g", "joined chat u h", `message chat u group h binary 3 to 1 ""`,
		"left chat u g", "left chat u h", `message chat user none text 6 to 0 ""`,
		"refused chat the request has no token POST /api/hubs/chat/:send?access_token=*** 401 ",
		"refused chat Invalid syntax for 'a b': Syntax error at position 3 in 'a b'. (Parameter 'filter') POST /api/hubs/chat/:send?filter=a%20b 400 Error.BadRequest",
		"closed chat u Application server closed the connection.",
		"refused chat unknown webpubsub_mode: use sendEvent or sendToGroup GET /client/hubs/chat?access_token=***&webpubsub_mode=shout 400 ",
	}
	if got[4] > got[5] { // the order of groups left together is not promised
		got[4], got[5] = got[5], got[4]
	}
	if strings.Join(got, "\n") != strings.Join(expected, "\n") {
		t.Errorf("objects\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(expected, "\n"))
	}
	if all[3].ConnectionID != id || all[6].ConnectionID != "" {
		t.Errorf("senders = %q and %q, want the client and none", all[3].ConnectionID, all[6].ConnectionID)
	}
	if last := collect(t, e, emulator.TrafficOptions{Recent: 2}); len(last) != 2 || last[0].Type != traffic.Closed {
		t.Errorf("last two = %+v", last)
	}
}

// follow starts to follow and returns the objects; it returns when the emulator
// has begun to send them.
func follow(t *testing.T, e *emulatortest.Emulator, o emulator.TrafficOptions) <-chan *traffic.Object {
	t.Helper()
	o.Follow, o.Recent = true, 1
	want(t, e, 400, post("9bad/:send", text, "x")) // there is one to begin with
	ctx, cancel := context.WithCancel(waiting(t))
	seen, ended := make(chan *traffic.Object), make(chan error, 1)
	r := remote(t, e.ConnectionString)
	go func() {
		ended <- r.Traffic(ctx, o, func(n *traffic.Object) error {
			select {
			case seen <- n:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("follow: %v", err)
		}
	})
	if n := <-seen; n.Type != traffic.Refused {
		t.Fatalf("first object = %+v", n)
	}
	return seen
}

func TestFollow(t *testing.T) {
	t.Parallel()
	b := runBench(t)
	e := b.Emulator
	plain, data := follow(t, e, emulator.TrafficOptions{}), follow(t, e, emulator.TrafficOptions{Data: true})
	<-plain // the beginning of the other
	c := dialReliable(t, e, clientOptions{})
	long := strings.Repeat("é", 32<<10+5)
	want(t, e, 202, post("chat/:send", text, "hi"))
	want(t, e, 202, post("chat/:send", "application/octet-stream", "\xff\x00"))
	want(t, e, 202, post("chat/:send", text, "x"+long))
	b.cut(c)
	c.recover(e)
	for _, want := range []struct {
		kind traffic.Type
		data string
		left int
	}{
		{traffic.Opened, "", 0},
		{traffic.Message, "hi", 0}, {traffic.Message, "\xff\x00", 0},
		{traffic.Message, "x" + long[:65534], 12},
		{traffic.Away, "", 0}, {traffic.Recovered, "", 0},
	} {
		bare, full := <-plain, <-data
		for full.Type == traffic.Sent || full.Type == traffic.REST {
			full = <-data
		}
		if bare.Type != want.kind || full.Type != want.kind {
			t.Fatalf("objects %+v and %+v, want %s", bare, full, want.kind)
		}
		if want.kind != traffic.Message {
			continue
		}
		got, _ := full.Raw()
		if bare.Data != "" || bare.DataBase64 != nil || bare.Bytes != full.Bytes || string(got) != want.data || full.Left != want.left {
			t.Errorf("data %q and %q, %d left, want none and %q, %d", bare.Data, got, full.Left, want.data, want.left)
		}
	}
	if late := collect(t, e, emulator.TrafficOptions{Recent: 100}); late[len(late)-1].Type != traffic.Recovered {
		t.Errorf("last object = %+v", late[len(late)-1])
	}
}

// TestSlowFollower proves that a reader that does not read delays nothing, and
// learns how much it has missed.
func TestSlowFollower(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	dialJSON(t, e, clientOptions{user: strings.Repeat("u", 1000)})
	seen := follow(t, e, emulator.TrafficOptions{})
	const rounds, groups = 40, 500 // some 26 MB, more than the sockets hold
	names := make([]string, groups)
	for i := range names {
		names[i] = fmt.Sprintf(`"%d"`, i)
	}
	body := `{"groups":[` + strings.Join(names, ",") + `]}`
	for range rounds / 2 {
		want(t, e, 200, post("chat/:addToGroups", jsonType, body))
		want(t, e, 200, post("chat/:removeFromGroups", jsonType, body))
	}
	got, dropped := 0, 0
	for got+dropped < rounds*groups {
		n := <-seen
		if n.Type == traffic.Dropped {
			dropped += n.Count
			continue
		}
		got++
	}
	if got+dropped != rounds*groups || dropped == 0 || got < 1024 {
		t.Errorf("got %d and missed %d of %d, want some missed and at least 1024 got", got, dropped, rounds*groups)
	}
	want(t, e, 202, post("chat/:send", text, "x"))
	if n := <-seen; n.Type != traffic.Message {
		t.Errorf("afterwards %+v, want the message", n)
	}
}

func TestFollowers(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	for range 16 {
		follow(t, e, emulator.TrafficOptions{})
	}
	err := remote(t, e.ConnectionString).Traffic(waiting(t), emulator.TrafficOptions{Follow: true}, func(*traffic.Object) error { return nil })
	if !errors.Is(err, emulator.ErrBusy) {
		t.Errorf("follower 17: %v, want ErrBusy", err)
	}
	e.Server.Close() // ends all streams
}

func TestControlRefused(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, emulator.Options{AllowUnvalidatedEntraTokens: true})
	ctx := waiting(t)
	wrong := token.NewConnectionString(e.ConnectionString.Endpoint, token.NewKey(strings.Repeat("k", 40)))
	if _, err := remote(t, wrong).Status(ctx); !errors.Is(err, emulator.ErrUnauthorized) {
		t.Errorf("with another key: %v, want ErrUnauthorized", err)
	}
	ask := func(change func(*http.Request)) int {
		t.Helper()
		url := e.URL + emulator.ControlPath + "status"
		tok, err := e.ConnectionString.Key.SignREST(url, time.Now(), time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodGet, url, nil)
		r.RemoteAddr = "127.0.0.1:5000"
		r.Header.Set("Authorization", "Bearer "+tok)
		change(r)
		w := httptest.NewRecorder()
		e.Server.ServeHTTP(w, r)
		return w.Code
	}
	for name, tt := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"good":              {func(*http.Request) {}, 200},
		"IPv6":              {func(r *http.Request) { r.RemoteAddr = "[::1]:5000" }, 200},
		"other machine":     {func(r *http.Request) { r.RemoteAddr = "192.0.2.7:5000" }, 403},
		"no address":        {func(r *http.Request) { r.RemoteAddr = "@" }, 403},
		"rebound name":      {func(r *http.Request) { r.Host = "attacker.example" }, 403},
		"no token":          {func(r *http.Request) { r.Header.Del("Authorization") }, 401},
		"token in query":    {func(r *http.Request) { r.Header.Del("Authorization"); r.URL.RawQuery = "access_token=x" }, 401},
		"another operation": {func(r *http.Request) { r.Method = http.MethodPost }, 404},
		"Entra token": {func(r *http.Request) {
			r.Header.Set("Authorization", "Bearer "+entraToken(t, entraAudience, time.Now(), time.Now().Add(time.Hour)))
		}, 401},
	} {
		if got := ask(tt.change); got != tt.status {
			t.Errorf("%s: %d, want %d", name, got, tt.status)
		}
	}
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	endpoint := *e.ConnectionString.Endpoint
	endpoint.Host = strings.TrimPrefix(other.URL, "http://")
	if _, err := remote(t, token.NewConnectionString(&endpoint, e.ConnectionString.Key)).Status(ctx); !errors.Is(err, emulator.ErrNotEmulator) {
		t.Errorf("another server: %v, want ErrNotEmulator", err)
	}
}

// deadlineRecorder records the deadline that the handler sets last.
type deadlineRecorder struct {
	*httptest.ResponseRecorder
	set  int
	last time.Time
}

func (d *deadlineRecorder) SetWriteDeadline(t time.Time) error {
	d.set++
	d.last = t
	return nil
}

// TestStreamDeadline proves that a write to a follower has a limit, which does
// not fall on the end of the stream much later. Once it did: after half a minute
// of silence the emulator's end looked like a broken connection.
func TestStreamDeadline(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	url := e.URL + emulator.ControlPath + "events?recent=5"
	tok, err := e.ConnectionString.Key.SignREST(url, time.Now(), time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodGet, url, nil)
	r.RemoteAddr = "127.0.0.1:5000"
	r.Header.Set("Authorization", "Bearer "+tok)
	w := &deadlineRecorder{ResponseRecorder: httptest.NewRecorder()}
	e.Server.ServeHTTP(w, r)
	if w.Code != 200 || w.set < 2 || !w.last.IsZero() {
		t.Errorf("answered %d, %d deadlines set, the last %v; want 200, some and none at the end", w.Code, w.set, w.last)
	}
}

// TestTrafficOfEvents proves that the object of a user event contains why it failed, and
// the handler's answer and its time.
func TestTrafficOfEvents(t *testing.T) {
	t.Parallel()
	handler := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("WebHook-Allowed-Origin", "*")
		if r.Header.Get("ce-eventName") == "bad" {
			w.WriteHeader(http.StatusForbidden)
		}
	}))
	defer handler.Close()
	none := emulatortest.Run(t)
	e := emulatortest.RunWith(t, emulator.Options{Hubs: map[string]emulator.HubSettings{
		"chat": {Handlers: []emulator.EventHandler{{URLTemplate: handler.URL, EventPattern: "good,bad"}}},
	}})
	for _, e := range []*emulatortest.Emulator{none, e} {
		c, _ := dialJSON(t, e, clientOptions{user: "u"})
		for i, event := range []string{"good", "bad", "other"} {
			c.send(fmt.Sprintf(`{"type":"event","event":"%s","data":1,"ackId":%d}`, event, i))
			c.object()
		}
	}
	events := func(e *emulatortest.Emulator) (lines []string) {
		for _, n := range collect(t, e, emulator.TrafficOptions{Recent: 100}) {
			if n.Type == traffic.Handled {
				lines = append(lines, fmt.Sprintf("%s %s %s %d %s", n.Type, n.UserID, n.Event, n.Status, n.Reason))
			}
		}
		return lines
	}
	const unhandled = "no event handler receives it"
	if got, want := fmt.Sprint(events(none)), fmt.Sprint([]string{"event u good 0 " + unhandled, "event u bad 0 " + unhandled, "event u other 0 " + unhandled}); got != want {
		t.Errorf("without handlers: %s, want %s", got, want)
	}
	if got, want := fmt.Sprint(events(e)), fmt.Sprint([]string{"event u good 200 ", "event u bad 403 no body", "event u other 0 " + unhandled}); got != want {
		t.Errorf("with a handler: %s, want %s", got, want)
	}
}
