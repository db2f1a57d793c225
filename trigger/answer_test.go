package trigger_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"wps/protocol"
	"wps/trigger"
)

var (
	jsonType   = []string{"application/json; charset=utf-8"}
	textType   = []string{"text/plain; charset=utf-8"}
	binaryType = []string{"application/octet-stream"}
)

const mqttConnect = `{"claims":{},"query":{},"headers":{},"subprotocols":["mqtt"],"clientCertificates":[],"mqtt":{"protocolVersion":5}}`

var mqttHeader = http.Header{"Ce-Physicalconnectionid": {"p1"}}

// The expected answers are those recorded of the official Node middleware.
func TestAnswersLikeTheOfficialMiddleware(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		event  event
		answer string // "" for a hook without an answer
		want   wire
	}{
		{"connect success()", event{name: "connect"}, "", wire{204, nil, "", ""}},
		{"connect success({})", event{name: "connect"}, "{}", wire{200, jsonType, "", "{}"}},
		{"connect success(obj)", event{name: "connect"}, `{"roles": ["a"], "userId": "é<"}`, wire{200, jsonType, "", `{"roles":["a"],"userId":"é<"}`}},
		{"connect nulls stay", event{name: "connect"}, `{"userId":null,"groups":null,"roles":[]}`, wire{200, jsonType, "", `{"userId":null,"groups":null,"roles":[]}`}},
		{"connect setState", event{name: "connect"}, `{"states":{"key":"a"}}`, wire{204, nil, "eyJrZXkiOiJhIn0=", ""}},
		{"connect fail", event{name: "connect"}, `{"error":{"code":"unauthorized","error":"Invalid User"}}`, wire{401, nil, "", "Invalid User"}},
		{"connect fail, no text", event{name: "connect"}, `{"code":401}`, wire{401, nil, "", ""}},
		{"connect fail, MQTT", event{name: "connect", body: mqttConnect, header: mqttHeader}, `{"code":"unauthorized","errorMessage":"no"}`, wire{401, jsonType, "", `{"mqtt":{"code":135,"reason":"no"}}`}},
		{"connect failWith, MQTT", event{name: "connect", body: mqttConnect, header: mqttHeader}, `{"mqtt":{"code":138,"reason":"banned"}}`, wire{403, jsonType, "", `{"mqtt":{"code":138,"reason":"banned"}}`}},
		{"connect MQTT success", event{name: "connect", body: mqttConnect, header: mqttHeader}, "", wire{204, nil, "", ""}},
		{"user text", event{name: "message"}, `{"message":"hé","dataType":"text"}`, wire{200, textType, "", "hé"}},
		{"user json", event{name: "message"}, `{"message":{"a":1},"dataType":"json"}`, wire{200, jsonType, "", `{"a":1}`}},
		{"user json string", event{name: "message"}, `{"data":"{\"a\": 1}","dataType":"json"}`, wire{200, jsonType, "", `{"a": 1}`}},
		{"user binary", event{name: "message"}, `{"message":"AAE=","dataType":"binary"}`, wire{200, binaryType, "", "\x00\x01"}},
		{"user Buffer", event{name: "message"}, `{"data":{"type":"Buffer","data":[0,1]},"dataType":"binary"}`, wire{200, binaryType, "", "\x00\x01"}},
		{"user Buffer of text", event{name: "message"}, `{"data":{"type":"Buffer","data":[104,195,169]},"dataType":"text"}`, wire{200, textType, "", "hé"}},
		{"user Buffer of JSON", event{name: "message"}, `{"data":{"type":"Buffer","data":[123,125]},"dataType":"json"}`, wire{200, jsonType, "", "{}"}},
		{"user no type", event{name: "message"}, `{"message":"hi"}`, wire{200, binaryType, "", "hi"}},
		{"user success()", event{name: "message"}, "", wire{200, binaryType, "", ""}},
		{"user success('')", event{name: "message"}, `{"message":"","dataType":"text"}`, wire{200, textType, "", ""}},
		{"user fail keeps state", event{name: "message"}, `{"states":{"n":1},"error":{"code":"userError","error":"bad"}}`, wire{400, nil, "", "bad"}},
		{"user state merged", event{name: "message", state: "eyJvbGQiOnRydWV9"}, `{"states":{"n":2}}`, wire{200, binaryType, "eyJvbGQiOnRydWUsIm4iOjJ9", ""}},
		{"empty states", event{name: "message", state: "eyJvbGQiOnRydWV9"}, `{"states":{}}`, wire{200, binaryType, "", ""}},
		{"connected", event{name: "connected"}, "", wire{200, nil, "", ""}},
		{"connected ignores", event{name: "connected"}, `{"error":{"code":"userError","error":"bad"}}`, wire{200, nil, "", ""}},
		{"disconnected", event{name: "disconnected", body: `{"reason":null}`}, "", wire{200, nil, "", ""}},
		{"joined", event{name: "joined"}, "", wire{200, nil, "", ""}},
		{"left", event{name: "left"}, "", wire{200, nil, "", ""}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			h := handler(t, trigger.Options{Routes: []trigger.Route{parses(t, test.event.name, test.answer)}})
			if got := overHTTP(t, h, test.event); !reflect.DeepEqual(got, test.want) {
				t.Errorf("answer = %+v, want %+v", got, test.want)
			}
		})
	}
}

func TestEventsWithoutAHook(t *testing.T) {
	t.Parallel()
	h := handler(t, trigger.Options{})
	strict := handler(t, trigger.Options{Strict: true})
	for _, name := range []string{"connect", "connected", "message", "joined"} {
		if got, want := overHTTP(t, h, event{name: name}), (wire{200, nil, "", ""}); !reflect.DeepEqual(got, want) {
			t.Errorf("%s = %+v, want %+v", name, got, want)
		}
		if got := overHTTP(t, strict, event{name: name}); got.status != 404 || got.contentType != nil {
			t.Errorf("strict %s = %+v, want 404 without a type", name, got)
		}
	}
	if got := overHTTP(t, h, event{name: "connect", body: mqttConnect, header: mqttHeader}); got.status != 204 {
		t.Errorf("MQTT connect = %+v, want 204", got)
	}
}

// The names of these headers are those of the service, not those of net/http.
func TestHeadersKeepTheirSpelling(t *testing.T) {
	t.Parallel()
	h := handler(t, trigger.Options{Origins: []string{"a.test"}, Routes: []trigger.Route{parses(t, "connect", `{"states":{"k":1}}`)}})
	web := httptest.NewServer(h)
	defer web.Close()
	raw := func(r *http.Request) string {
		conn, err := net.Dial("tcp", web.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		if err := conn.SetDeadline(time.Now().Add(patience)); err != nil {
			t.Fatal(err)
		}
		r.Host, r.Close = "h", true
		if err := r.Write(conn); err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(bufio.NewReader(conn))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	if got := raw(event{name: "connect"}.request(t)); !strings.Contains(got, "\r\nce-connectionState: eyJrIjoxfQ==\r\n") {
		t.Errorf("answer to connect:\n%s", got)
	}
	options := httptest.NewRequest("OPTIONS", "/", nil)
	options.Header.Set(protocol.HeaderRequestOrigin, "a.test")
	if got := raw(options); !strings.Contains(got, "\r\nWebHook-Allowed-Origin: a.test\r\n") || !strings.Contains(got, "Content-Length: 0\r\n") {
		t.Errorf("answer to OPTIONS:\n%s", got)
	}
}

func TestMetadataOfAnAnswer(t *testing.T) {
	t.Parallel()
	h := handler(t, trigger.Options{Routes: []trigger.Route{parses(t, "message", `{"message":"hi","dataType":"text","metadata":{"Priority":"high"}}`)}})
	w := send(t, h, event{name: "message"})
	canonical := http.Header{}
	for name, values := range w.Header() {
		canonical[http.CanonicalHeaderKey(name)] = values
	}
	got, err := protocol.ReadMetadata(canonical)
	if w.Code != 200 || err != nil || !reflect.DeepEqual(got, map[string]string{"priority": "high"}) {
		t.Errorf("answer = %d %v, metadata %v, %v, want priority=high", w.Code, w.Header(), got, err)
	}
}

func TestBrokenAnswersAreServerErrors(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ event, answer, problem string }{
		{"connect", `{"userId":`, `{"userId":`},
		{"connect", `hello`, "hello"},
		{"connect", `"text"`, "the answer cannot be read: not a JSON object"},
		{"connect", `[{},{}]`, "an array of 2"},
		{"connect", `{"roles":"Admin"}`, "roles of the answer must be an array of strings"},
		{"connect", `{"roles":[null]}`, "must be an array of strings"},
		{"connect", `{"groups":[" "]}`, "group name is empty"},
		{"connect", `{"userId":7}`, "userId of the answer must be a string"},
		{"connect", `{"states":[]}`, "states of the answer must be an object"},
		{"connect", `{"code":"sometimes"}`, "sometimes"},
		{"connect", `{"error":[1]}`, "error of the answer must be a string"},
		{"message", `{"message":{},"dataType":"text"}`, "message"},
		{"message", `{"message":"hi","dataType":"xml"}`, "dataType"},
		{"message", `{"message":"%","dataType":"binary"}`, "base64"},
		{"message", `{"metadata":{"a":1}}`, "metadata of the answer must be an object of strings"},
		{"message", `{"metadata":{"a b":"x"}}`, "metadata of the answer cannot be used"},
		{"message", `{"data":{"type":"Buffer","data":[256]},"dataType":"json"}`, "the answer cannot be sent: message is a Buffer whose data[0] is not a number from 0 to 255"},
		{"message", `{"retry":1}`, "retry of the answer must be true or false"},
		{"message", `{"outputs":7}`, "outputs of the answer must be an array"},
	} {
		var problem string
		h := handler(t, trigger.Options{
			Routes:   []trigger.Route{parses(t, test.event, test.answer)},
			OnAnswer: func(r trigger.Report) { problem = r.Problem },
		})
		w := send(t, h, event{name: test.event})
		if w.Code != 500 || w.Body.String() != "the event handler failed" || !strings.Contains(problem, test.problem) {
			t.Errorf("%s answered by %s = %d %q, problem %q, want 500 and a problem with %q", test.event, test.answer, w.Code, w.Body, problem, test.problem)
		}
	}
}

func TestErrorForms(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]wire{
		`[{"code":"unauthorized","error":"Invalid User"}]`:              {401, nil, "", "Invalid User"}, // the spec's sample
		`[{"error":{"code":"unauthorized","error":"x"}}]`:               {401, nil, "", "x"},
		`{"code":"UNAUTHORIZED","errorMessage":"x"}`:                    {401, nil, "", "x"}, // shipped
		`{"code":1,"errorMessage":"x"}`:                                 {400, nil, "", "x"},
		`{"code":2}`:                                                    {500, nil, "", ""},
		`{"roles":"Admin","error":{"code":"unauthorized","error":"x"}}`: {401, nil, "", "x"},
		`{"code":403}`:   {403, nil, "", ""},
		`{"retry":true}`: {503, nil, "", ""},
		`{"retry":true,"code":"userError","error":"x"}`:                {503, nil, "", "x"},
		`{"error":{"Retry":true,"error":"x"}}`:                         {503, nil, "", "x"},
		`{"retry":false,"userId":"u"}`:                                 {200, jsonType, "", `{"userId":"u"}`},
		`{"error":"x"}`:                                                {500, nil, "", "x"},
		`{"Error":{"Code":"ServerError","Error":"x"},"UserId":"u"}`:    {500, nil, "", "x"},
		`{"code":"success","error":null,"userId":"u"}`:                 {200, jsonType, "", `{"userId":"u"}`},
		`{"error":null,"userId":"u"}`:                                  {200, jsonType, "", `{"userId":"u"}`},
		`{"UserId":"u","ROLES":["Admin"]}`:                             {200, jsonType, "", `{"userId":"u","roles":["Admin"]}`},
		`{"userId":"a","USERID":"b"}`:                                  {200, jsonType, "", `{"userId":"b"}`},
		`{"userId":"u","message":"ignored","subprotocol":"","foo":[]}`: {200, jsonType, "", `{"userId":"u"}`},
	} {
		h := handler(t, trigger.Options{Routes: []trigger.Route{parses(t, "connect", answer)}})
		if got := overHTTP(t, h, event{name: "connect"}); !reflect.DeepEqual(got, want) {
			t.Errorf("answer %s = %+v, want %+v", answer, got, want)
		}
	}
}

func TestIgnoredMembersAreLogged(t *testing.T) {
	t.Parallel()
	var log lines
	h := handler(t, trigger.Options{Logger: log.logger(), Routes: []trigger.Route{parses(t, "message", `{"userId":"x","message":"hi","dataType":"text"}`)}})
	if w := send(t, h, event{name: "message"}); w.Code != 200 || w.Body.String() != "hi" {
		t.Errorf("answer = %d %q, want 200 hi", w.Code, w.Body)
	}
	if !strings.Contains(log.String(), "members=userId") {
		t.Errorf("log = %q, want the ignored member", &log)
	}
}

func TestHookErrorIsNotSentToTheService(t *testing.T) {
	t.Parallel()
	h := handler(t, trigger.Options{Routes: []trigger.Route{on(t, "connect", func(context.Context, *trigger.Event) (trigger.Answer, error) {
		return trigger.Answer{}, errors.New("secret path")
	})}})
	if got := overHTTP(t, h, event{name: "connect"}); !reflect.DeepEqual(got, wire{500, nil, "", "the event handler failed"}) {
		t.Errorf("answer = %+v", got)
	}
}
