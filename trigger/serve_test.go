package trigger_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"wps/protocol"
	"wps/token"
	"wps/trigger"
)

// lines is a log that tests can read.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *lines) logger() *slog.Logger { return slog.New(slog.NewTextHandler(l, nil)) }

func TestValidation(t *testing.T) {
	t.Parallel()
	contoso := []string{"contoso.webpubsub.azure.com", "other.test"}
	loopback := []string{"localhost", "localhost:8080", "127.0.0.1", "127.0.0.1:8080", "[::1]", "[::1]:8080"}
	for _, test := range []struct {
		name     string
		origins  []string
		request  []string // lines of WebHook-Request-Origin
		status   int
		answered []string
	}{
		{"one", contoso, []string{"contoso.webpubsub.azure.com"}, 200, contoso},
		{"case", contoso, []string{"Contoso.WebPubSub.azure.com"}, 200, contoso},
		{"several lines", contoso, []string{"evil.test", "other.test"}, 200, contoso},
		{"a comma list", contoso, []string{"evil.test,  other.test "}, 200, contoso},
		{"any", []string{"a.test", "*"}, []string{"whatever.test"}, 200, []string{"*"}},
		{"a port of the endpoint", []string{"localhost:8080"}, []string{"localhost"}, 200, loopback},
		{"the loopback address", []string{"localhost:8080"}, []string{"127.0.0.1:8080"}, 200, loopback},
		{"not served", contoso, []string{"evil.test"}, 400, nil},
		{"a part of a host", contoso, []string{"test"}, 400, nil},
		{"no origin", nil, []string{"contoso.webpubsub.azure.com"}, 400, nil},
		{"a star asks", contoso, []string{"*"}, 200, contoso},
		{"a star asks where any may", []string{"*"}, []string{"*"}, 200, []string{"*"}},
		{"a star asks where none may", nil, []string{"*"}, 400, nil},
		{"no origin", contoso, nil, 400, nil},
		{"an empty origin", contoso, []string{" , "}, 400, nil},
	} {
		for _, method := range []string{"OPTIONS", "GET"} {
			h := handler(t, trigger.Options{Origins: test.origins})
			r := httptest.NewRequest(method, "/eh/validate", nil)
			r.Header["Webhook-Request-Origin"] = test.request
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != test.status || !reflect.DeepEqual(w.Header()[protocol.HeaderAllowedOrigin], test.answered) {
				t.Errorf("%s, %s = %d %v, want %d %v", test.name, method, w.Code, w.Header(), test.status, test.answered)
			}
		}
	}
}

// What a request that is not signed says is repeated in part only.
func TestUnsignedTextIsBounded(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", 100_000)
	for name, test := range map[string]struct {
		method, path string
		change       func(*http.Request)
	}{
		"origin":        {"OPTIONS", "/", set(protocol.HeaderRequestOrigin, large)},
		"origins":       {"OPTIONS", "/", set(protocol.HeaderRequestOrigin, strings.Repeat("a, ", 30_000))},
		"origin of GET": {"GET", "/", set(protocol.HeaderRequestOrigin, large)},
		"served origin": {"OPTIONS", "/", set(protocol.HeaderRequestOrigin, "h, "+large)},
		"method":        {large, "/", set("x", "y")},
		"path":          {"POST", "/" + large, set("x", "y")},
		"type":          {"POST", "/", set("ce-type", large)},
		"type of event": {"POST", "/", set("ce-type", "azure.webpubsub.user."+large)},
	} {
		var log lines
		h := handler(t, trigger.Options{Origins: []string{"h"}, Path: "/", Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		r := event{name: "message"}.request(t)
		r.Method, r.URL.Path = test.method, test.path
		test.change(r)
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Body.Len() > 200 || len(log.String()) > 600 {
			t.Errorf("a large %s = %d with %d bytes, and %d bytes in the log", name, w.Code, w.Body.Len(), len(log.String()))
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	ran := false
	route := on(t, "*", func(context.Context, *trigger.Event) (trigger.Answer, error) {
		ran = true
		return trigger.Answer{}, nil
	})
	connect := route
	connect.Key = key(t, "connect")
	h := handler(t, trigger.Options{
		Routes: []trigger.Route{route, connect}, Keys: []token.Key{token.NewKey(testKey)}, Path: "/eh", MaxBody: 64 << 10,
	})
	large := strings.Repeat("x", 64<<10+1)
	for name, test := range map[string]struct {
		event  event
		change func(*http.Request)
		status int
		body   string
	}{
		"no ce-type":         {event{name: "message"}, del("ce-type"), 400, "header ce-type is missing"},
		"no ce-hub":          {event{name: "message"}, del("ce-hub"), 400, "header ce-hub is missing"},
		"no ce-connectionId": {event{name: "message"}, del("ce-connectionId"), 400, "header ce-connectionId is missing"},
		"no ce-eventName":    {event{name: "message"}, del("ce-eventName"), 400, "header ce-eventName is missing"},
		"two hubs":           {event{name: "message"}, func(r *http.Request) { r.Header.Add("ce-hub", "x") }, 400, "header ce-hub is given more than once"},
		"unsigned":           {event{name: "message"}, del("ce-signature"), 401, "the signature of the event does not match the access key"},
		"wrongly signed":     {event{name: "message"}, set("ce-signature", "sha256="+strings.Repeat("0", 64)), 401, "the signature of the event does not match the access key"},
		"another connection": {event{name: "message"}, set("ce-connectionId", "c2"), 401, "the signature of the event does not match the access key"},
		"too large":          {event{name: "message", body: large}, nil, 413, "the body is larger than 65536 bytes"},
		"too large, chunked": {event{name: "message", body: large}, func(r *http.Request) { r.ContentLength = -1 }, 413, "the body is larger than 65536 bytes"},
		"cut off":            {event{name: "message"}, func(r *http.Request) { r.ContentLength = 100 }, 400, "unexpected EOF"},
		"media type":         {event{name: "message", contentType: "image/png"}, nil, 400, `Content-Type "image/png" is not one of text/plain, application/json, application/octet-stream, application/x-protobuf`},
		"broken JSON":        {event{name: "message", contentType: "application/json", body: "{"}, nil, 400, "the body of message is not JSON: {"},
		"broken connect":     {event{name: "connect", body: "[]"}, nil, 400, "the body of connect cannot be read: an array is not what is expected there"},
		"another path":       {event{name: "message"}, func(r *http.Request) { r.URL.Path = "/ehx" }, 404, "nothing is served at /ehx"},
		"PUT":                {event{name: "message"}, func(r *http.Request) { r.Method = "PUT" }, 405, "events are sent with POST"},
	} {
		r := test.event.request(t)
		if test.change != nil {
			test.change(r)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != test.status || w.Body.String() != test.body {
			t.Errorf("%s = %d %q, want %d %q", name, w.Code, w.Body, test.status, test.body)
		}
		if ct, there := w.Header()["Content-Type"]; !there || ct != nil {
			t.Errorf("%s: Content-Type = %v, want one that is not made up", name, ct)
		}
	}
	if ran {
		t.Error("a hook ran for a refused event")
	}
	r := event{name: "message"}.request(t)
	r.URL.Path = "/EH/chat/message"
	if w := httptest.NewRecorder(); !ranBy(h, w, r, &ran) || w.Code != 200 {
		t.Errorf("a path below the handler's, in another case = %d, ran %v, want 200, true", w.Code, ran)
	}
}

func ranBy(h http.Handler, w http.ResponseWriter, r *http.Request, ran *bool) bool {
	h.ServeHTTP(w, r)
	return *ran
}

func del(name string) func(*http.Request) { return func(r *http.Request) { r.Header.Del(name) } }
func set(name, value string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set(name, value) }
}

func TestSignatureOfAnyKey(t *testing.T) {
	t.Parallel()
	first, second := token.NewKey("first"), token.NewKey("second")
	h := handler(t, trigger.Options{Keys: []token.Key{first, second}})
	for signature, status := range map[string]int{
		token.Signature("c1", second):                         200,
		token.Signature("c1", token.NewKey("third"), first):   200,
		token.Signature("c1", token.NewKey("third")):          401,
		strings.ToUpper(token.Signature("c1", first)):         200,
		token.Signature("c2", first):                          401,
		token.Signature("c1", first)[:len("sha256=")+2]:       401,
		" " + token.Signature("c1", first) + " , sha256=0000": 200,
	} {
		r := event{name: "message"}.request(t)
		r.Header.Set("ce-signature", signature)
		w := httptest.NewRecorder()
		if h.ServeHTTP(w, r); w.Code != status {
			t.Errorf("signature %q = %d, want %d", signature, w.Code, status)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	k := token.NewKey(testKey)
	for name, o := range map[string]trigger.Options{
		"two access keys are the same": {Keys: []token.Key{k, token.NewKey("other"), k}},
		"an access key is empty":       {Keys: []token.Key{token.NewKey("")}},
		"event chat/Message has two hooks": {Routes: []trigger.Route{answering(t, "CHAT/message", trigger.Answer{}),
			answering(t, "chat/Message", trigger.Answer{})}},
		"event disconnected has two hooks": {Routes: []trigger.Route{answering(t, "disconnected", trigger.Answer{}),
			answering(t, "disconnect", trigger.Answer{})}},
		`events cannot be kept in order by "moon": use connection, user or none`: {SerialBy: "moon"},
	} {
		if _, err := trigger.New(o); err == nil || err.Error() != name {
			t.Errorf("New = %v, want %s", err, name)
		}
	}
}

func TestParseKey(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]trigger.Key{
		"connect":      {Kind: protocol.EventSystem, Event: "connect"},
		"Disconnect":   {Kind: protocol.EventSystem, Event: "disconnected"},
		"chat/joined":  {Hub: "chat", Kind: protocol.EventGroup, Event: "joined"},
		"user:connect": {Kind: protocol.EventUser, Event: "connect"},
		"user:joined":  {Kind: protocol.EventUser, Event: "joined"},
		"a.b-c_d":      {Kind: protocol.EventUser, Event: "a.b-c_d"},
		"chat/*":       {Hub: "chat", Kind: protocol.EventUser, Event: "*"},
		"system:left":  {}, "/x": {}, "chat/": {}, "": {}, "x:y": {}, "a b": {}, "system:*": {}, "9": {},
	} {
		got, err := trigger.ParseKey(text)
		if (err != nil) != (want == trigger.Key{}) || err == nil && got != want {
			t.Errorf("ParseKey(%q) = %+v, %v, want %+v", text, got, err, want)
		}
		if again, err2 := trigger.ParseKey(got.String()); err == nil && (err2 != nil || again != got) {
			t.Errorf("%+v is written %q, which reads %+v, %v", got, got, again, err2)
		}
	}
}

func TestRouting(t *testing.T) {
	t.Parallel()
	var got string
	var routes []trigger.Route
	for _, name := range []string{"connect", "user:connect", "message", "chat/message", "*", "other/*", "joined"} {
		routes = append(routes, on(t, name, func(context.Context, *trigger.Event) (trigger.Answer, error) {
			got = name
			return trigger.Answer{}, nil
		}))
	}
	h := handler(t, trigger.Options{Routes: routes})
	other := http.Header{"Ce-Hub": {"Other"}}
	for _, test := range []struct {
		event event
		want  string
	}{
		{event{name: "connect"}, "connect"},
		{event{name: "user:connect"}, "user:connect"},
		{event{name: "message"}, "chat/message"},
		{event{name: "MESSAGE"}, "chat/message"},
		{event{name: "message", header: other}, "message"},
		{event{name: "x", header: other}, "other/*"},
		{event{name: "x"}, "*"},
		{event{name: "user:joined"}, "*"},
		{event{name: "joined"}, "joined"},
		{event{name: "connected"}, ""},
	} {
		got = ""
		if send(t, h, test.event); got != test.want {
			t.Errorf("%s %v went to %q, want %q", test.event.name, test.event.header, got, test.want)
		}
	}
}

func TestDefaultHookGetsTheRest(t *testing.T) {
	t.Parallel()
	var got []string
	o := trigger.Options{
		Routes: []trigger.Route{answering(t, "connect", trigger.Answer{})},
		Default: &hookFunc{"rest", func(_ context.Context, ev *trigger.Event) (trigger.Answer, error) {
			got = append(got, ev.EventContext.Event)
			return trigger.Answer{}, nil
		}},
	}
	h := handler(t, o)
	for _, name := range []string{"connect", "connected", "message", "joined"} {
		send(t, h, event{name: name})
	}
	if want := []string{"connected", "message", "joined"}; !slices.Equal(got, want) {
		t.Errorf("the default hook got %v, want %v", got, want)
	}
}

func TestDecodedEvents(t *testing.T) {
	t.Parallel()
	var got *trigger.Event
	record := func(_ context.Context, ev *trigger.Event) (trigger.Answer, error) {
		got = ev
		return trigger.Answer{}, nil
	}
	h := handler(t, trigger.Options{Default: &hookFunc{"record", record}})
	send(t, h, event{name: "connect", user: "ünï", body: mqttConnect, header: mqttHeader})
	if got.Connect == nil || string(got.Connect.MQTT) != `{"protocolVersion":5}` || got.Connect.Subprotocols[0] != "mqtt" || got.UserID != "ünï" || !got.MQTT() {
		t.Errorf("connect = %+v, %+v", got, got.Connect)
	}
	send(t, h, event{name: "disconnected", body: `{"reason":"bye","mqtt":{"initiatedByClient":true}}`})
	if got.Disconnected == nil || got.Disconnected.Reason != "bye" || string(got.Disconnected.MQTT) != `{"initiatedByClient":true}` {
		t.Errorf("disconnected = %+v", got.Disconnected)
	}
	send(t, h, event{name: "left"})
	if got.Group != "g1" || got.Kind != protocol.EventGroup {
		t.Errorf("left = %+v", got)
	}
	for contentType, want := range map[string]protocol.DataType{
		"text/plain": "text", "Application/JSON; charset=utf-8": "json", "application/octet-stream": "binary",
	} {
		send(t, h, event{name: "m", contentType: contentType, body: "[1]"})
		if got.DataType != want || string(got.Body) != "[1]" {
			t.Errorf("%s = %q %q, want %q", contentType, got.DataType, got.Body, want)
		}
	}
	send(t, h, event{name: "m", contentType: "image/png", header: mqttHeader})
	if got.DataType != protocol.DataTypeBinary {
		t.Errorf("an MQTT event of another type = %q, want binary", got.DataType)
	}
}

func TestReportsOfAnEvent(t *testing.T) {
	t.Parallel()
	var reported []string
	h := handler(t, trigger.Options{
		Routes: []trigger.Route{parses(t, "connect", `{"code":"userError","errorMessage":"no"}`)},
		OnEvent: func(c *protocol.EventContext) {
			reported = append(reported, "> "+c.Event+" "+c.Hub+" "+c.ConnectionID+" "+c.UserID)
		},
		OnAnswer: func(r trigger.Report) {
			reported = append(reported, fmt.Sprint("< ", r.Event.Event, " ", r.Hook, " ", r.Status, " ", r.Problem, " ", r.Repeated))
		},
	})
	send(t, h, event{name: "connect", id: "0"})
	send(t, h, event{name: "connect", id: "0"})
	send(t, h, event{name: "message"})
	want := []string{
		"> connect chat c1 u1", "< connect connect 400 no false",
		"> connect chat c1 u1", "< connect  400 no true",
		"> message chat c1 u1", "< message  200  false",
	}
	if !slices.Equal(reported, want) {
		t.Errorf("reported %q, want %q", reported, want)
	}
}

func TestBuiltins(t *testing.T) {
	t.Parallel()
	var log lines
	for name, want := range map[string]struct{ connect, message wire }{
		":accept": {wire{204, nil, "", ""}, wire{200, binaryType, "", ""}},
		":reject": {wire{401, nil, "", "rejected"}, wire{401, nil, "", "rejected"}},
		":Echo":   {wire{204, nil, "", ""}, wire{200, textType, "", "hi"}},
		":log":    {wire{204, nil, "", ""}, wire{200, binaryType, "", ""}},
	} {
		hook, err := trigger.Builtin(name, log.logger())
		if err != nil {
			t.Fatal(err)
		}
		h := handler(t, trigger.Options{Default: hook})
		if got := overHTTP(t, h, event{name: "connect"}); !reflect.DeepEqual(got, want.connect) {
			t.Errorf("%s, connect = %+v, want %+v", name, got, want.connect)
		}
		if got := overHTTP(t, h, event{name: "message"}); !reflect.DeepEqual(got, want.message) {
			t.Errorf("%s, message = %+v, want %+v", name, got, want.message)
		}
	}
	if !strings.Contains(log.String(), "event=message hub=chat connectionId=c1 userId=u1 data=hi") {
		t.Errorf("log = %s", &log)
	}
	if _, err := trigger.Builtin(":nope", nil); err == nil || !strings.Contains(err.Error(), ":echo") {
		t.Errorf("Builtin(:nope) = %v, want an error that names the others", err)
	}
}
