package traffic_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"reflect"
	"strings"
	"testing"
	"time"

	"wps/protocol"
	"wps/protocol/traffic"
)

func TestPayload(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("é", 40_000)
	for _, test := range []struct {
		in, text string
		raw      []byte
		left     int
	}{
		{"", "", nil, 0},
		{"hi", "hi", nil, 0},
		{"\xff\x00", "", []byte("\xff\x00"), 0},
		{"x" + long, "x" + long[:65534], nil, 80_001 - 65_535},
		{strings.Repeat("\xff", 70_000), "", []byte(strings.Repeat("\xff", 65_536)), 70_000 - 65_536},
	} {
		o := traffic.New(traffic.Message, time.Now())
		o.SetPayload(protocol.DataTypeText, []byte(test.in))
		if o.Data != test.text || !bytes.Equal(o.DataBase64, test.raw) || o.Left != test.left || o.Bytes != len(test.in) {
			t.Errorf("%.20q: %d of text, %d raw, %d left of %d; want %d, %d, %d", test.in, len(o.Data), len(o.DataBase64), o.Left, o.Bytes, len(test.text), len(test.raw), test.left)
		}
		if data, whole := o.Raw(); whole != (test.left == 0) || whole && string(data) != test.in {
			t.Errorf("%.20q: Raw() = %d bytes, %v", test.in, len(data), whole)
		}
		if data, whole := o.Bare().Raw(); len(data) != 0 || whole != (test.in == "") {
			t.Errorf("%.20q: Bare().Raw() = %d bytes, %v", test.in, len(data), whole)
		}
	}
}

func TestBound(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("ü", 1000)
	o := traffic.New(traffic.Opened, time.Now())
	o.Hub, o.UserID, o.Reason = long, "x"+long, "short"
	o.Opening = &traffic.Opening{Groups: make([]string, 500), Roles: []string{long}}
	o.Bound()
	if len(o.Hub) != 1024 || len(o.UserID) != 1023 || o.Reason != "short" || len(o.Groups) != 100 || len(o.Roles[0]) != 1024 {
		t.Errorf("%d, %d, %q, %d groups, role of %d; want 1024, 1023, short, 100, 1024", len(o.Hub), len(o.UserID), o.Reason, len(o.Groups), len(o.Roles[0]))
	}
}

func TestMasks(t *testing.T) {
	t.Parallel()
	shown := traffic.Headers(http.Header{
		"Authorization": {"Bearer x"}, "Set-Cookie": {"a=1", "b=2"}, "Ce-Signature": {"sha256=1"}, "ce-signature": {"sha256=1"},
		"X-Functions-Key": {"k"}, "Ocp-Apim-Subscription-Key": {"k"}, "X-Api-Key": {"k"}, "Content-Type": {"text/plain"}, "Sec-Websocket-Key": {"n"}, "Empty": {},
	})
	for name, values := range shown {
		if open := name == "Content-Type" || name == "Sec-Websocket-Key"; open == (values[0] == traffic.Masked) {
			t.Errorf("%s is shown as %q", name, values)
		}
	}
	if len(shown) != 9 {
		t.Errorf("%d lines are shown, want 9", len(shown))
	}
	for in, want := range map[string]string{
		"/client/hubs/h?access_token=s&x=1":                     "/client/hubs/h?access_token=***&x=1",
		"/a?awps_reconnection_token=s&awps_connection_id=c":     "/a?awps_reconnection_token=***&awps_connection_id=c",
		"/a?Access%5FToken=s&code=s&filter=a%20b&api-version=1": "/a?Access%5FToken=***&code=***&filter=a%20b&api-version=1",
		"/a?%zz=s": "/a?%zz=***", "/a": "/a", "/a?b": "/a?b",
	} {
		u := &url.URL{}
		u.Path, u.RawQuery, _ = strings.Cut(in, "?")
		if got := traffic.Path(u); got != want {
			t.Errorf("Path(%q) = %q, want %q", in, got, want)
		}
	}
	body := []byte(`{"claims":{"sub":["u"]},"query":{"code":["s"],"x":["1"]},"headers":{"Cookie":["s"]},"subprotocols":[],"clientCertificates":[]}`)
	if got := traffic.ConnectBody(body); bytes.Contains(got, []byte(`"s"`)) || !bytes.Contains(got, []byte(`"x":["1"]`)) {
		t.Errorf("ConnectBody = %s", got)
	}
	for _, same := range []string{`{"claims":{},  "query":{"x":["1"]}}`, "no JSON"} {
		if got := traffic.ConnectBody([]byte(same)); string(got) != same {
			t.Errorf("ConnectBody(%s) = %s, want it unchanged", same, got)
		}
	}
}

func TestFilter(t *testing.T) {
	t.Parallel()
	o := traffic.New(traffic.Message, time.Now())
	o.Hub, o.UserID = "chat", "ana"
	o.Fanout = &traffic.Fanout{Target: protocol.TargetGroup, TargetID: "g1"}
	o.SetPayload(protocol.DataTypeText, []byte("Hello"))
	dropped := traffic.New(traffic.Dropped, time.Now())
	for _, test := range []struct {
		f    traffic.Filter
		want bool
	}{
		{traffic.Filter{}, true},
		{traffic.Filter{Hub: "CHAT", User: "ana", Group: "g1", Grep: "hELLo", Types: []traffic.Type{traffic.Closed, traffic.Message}}, true},
		{traffic.Filter{Hub: "cha"}, false}, {traffic.Filter{User: "Ana"}, false}, {traffic.Filter{Group: "g"}, false},
		{traffic.Filter{Grep: "helo"}, false}, {traffic.Filter{Types: []traffic.Type{traffic.Closed}}, false},
	} {
		if got := test.f.Match(o); got != test.want {
			t.Errorf("%+v.Match = %v, want %v", test.f, got, test.want)
		}
		if !test.f.Match(dropped) {
			t.Errorf("%+v does not select dropped", test.f)
		}
		if back := traffic.ParseQuery(test.f.Query()); !reflect.DeepEqual(back, test.f) {
			t.Errorf("%+v comes back as %+v", test.f, back)
		}
	}
	if types, err := traffic.ParseTypes("Event, closed"); err != nil || !reflect.DeepEqual(types, []traffic.Type{"event", "closed"}) {
		t.Errorf("ParseTypes = %v, %v", types, err)
	}
	for _, bad := range []string{"", "event,", "alive", "x"} {
		if _, err := traffic.ParseTypes(bad); err == nil {
			t.Errorf("ParseTypes(%q) = nil, want an error", bad)
		}
	}
}

// whole returns an object with every member.
func whole() *traffic.Object {
	o := traffic.New(traffic.Handled, time.Now())
	id := uint64(0)
	o.ID, o.Chain, o.Hub, o.ConnectionID, o.UserID, o.Group, o.Event = 1, 2, "h", "c", "<u>&", "g", "e"
	o.Opening = &traffic.Opening{Groups: []string{"a"}}
	o.Frame = &traffic.Frame{Request: "event", AckID: &id}
	o.Fanout = &traffic.Fanout{Target: protocol.TargetUser, TargetID: "t", Receivers: 1}
	o.HTTP = &traffic.HTTP{Method: "GET", Path: "/"}
	o.Handling = &traffic.Handling{EventType: protocol.EventUser, EventID: "0", Attempts: []traffic.Attempt{{Status: 503, Milliseconds: 1.5}}, RequestHeaders: map[string][]string{"a": {"b"}}}
	o.SetReply(protocol.DataTypeBinary, []byte{0xff})
	o.Grant = &traffic.Grant{Permission: protocol.PermissionSendToGroup, Granted: true}
	o.SetPayload(protocol.DataTypeJSON, []byte(`{"a":1}`))
	return o
}

func TestRecording(t *testing.T) {
	t.Parallel()
	var file bytes.Buffer
	w, err := traffic.NewWriter(&file, traffic.Recording{Source: "emulator", Time: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	o := whole()
	if err := w.Write(o); err != nil {
		t.Fatal(err)
	}
	text := file.String()
	if !strings.Contains(text, `"userId":"<u>&"`) || !strings.Contains(text, `"ackId":0`) {
		t.Errorf("recording = %s", text)
	}
	file.WriteString("\n{broken}\n{\"id\":3}\n" + strings.Repeat("x", traffic.MaxLine+1) + "\n" + text[strings.Index(text, "\n")+1:] + `{"type":"opened","ti`)
	r, err := traffic.NewReader(&file)
	if err != nil || r.Source != "emulator" {
		t.Fatalf("NewReader = %v", err)
	}
	back, line, err := r.Read()
	if err != nil || line != 2 || !reflect.DeepEqual(back, o) {
		t.Errorf("line %d = %+v, %v; want line 2 = %+v", line, back, err, o)
	}
	for _, want := range []string{"line 4: it is not an object of a recording", "line 5: it has no type", "line 6: it is longer than 4194304 bytes", "", "line 8: it is cut off"} {
		_, _, err := r.Read()
		var fault *traffic.LineError
		if want == "" && err != nil || want != "" && (!errors.As(err, &fault) || fault.Error() != want) {
			t.Errorf("Read = %v, want %q", err, want)
		}
	}
	if _, _, err := r.Read(); !errors.Is(err, io.EOF) {
		t.Errorf("at the end %v, want EOF", err)
	}
}

func TestOtherRecordings(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "line 1 is not the first line of a recording of wps", "x\n": "line 1 is not the first line of a recording of wps",
		`{"type":"opened","id":1}`:                                "line 1 is not the first line of a recording of wps",
		strings.Repeat("x", traffic.MaxLine+1):                    "line 1 is not the first line of a recording of wps",
		`{"type":"recording","version":2,"program":"9.0"}` + "\n": "the recording has version 2 by wps 9.0, and this wps reads version 1",
		`{"type":"recording"}`:                                    "the recording has version 0, and this wps reads version 1",
	} {
		if _, err := traffic.NewReader(strings.NewReader(text)); err == nil || err.Error() != want {
			t.Errorf("NewReader(%.50q) = %v, want %s", text, err, want)
		}
	}
}

// TestNames proves that the parts of an object do not hide members of one another.
func TestNames(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(whole())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"id", "time", "type", "chain", "hub", "connectionId", "userId", "group", "event", "groups", "request", "ackId", "target", "targetId", "receivers", "method", "path", "eventType", "eventId", "attempts", "requestHeaders", "replyDataType", "replyBytes", "replyBase64", "permission", "granted", "dataType", "bytes", "data"} {
		if !bytes.Contains(text, []byte(`"`+name+`":`)) {
			t.Errorf("%s is missing in %s", name, text)
		}
	}
}

// FuzzReader checks that a recording of any bytes is read to its end, and that what
// is read can be written again.
func FuzzReader(f *testing.F) {
	f.Add([]byte("{\"type\":\"recording\",\"version\":1}\n{\"type\":\"closed\",\"closeCode\":1000}\n{}\n"))
	f.Add([]byte("{\"type\":\"recording\",\"version\":1}\n{\"type\":\"message\",\"data\":\"\\ud800\",\"dataBase64\":\"/w==\"}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		r, err := traffic.NewReader(bytes.NewReader(text))
		if err != nil {
			return
		}
		for range bytes.Count(text, []byte("\n")) + 2 {
			o, _, err := r.Read()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil {
				o.Bound()
				if _, err := json.Marshal(o); err != nil {
					t.Fatal(err)
				}
			}
		}
		t.Fatal("the reader does not come to an end")
	})
}
