package tunnel_test

import (
	"bytes"
	"encoding/hex"
	"os"
	"reflect"
	"strings"
	"testing"

	"wps/protocol/tunnel"
)

// frame is a line of testdata/frames.txt.
type frame struct {
	side  tunnel.Side
	bytes []byte
}

func frames(t testing.TB) map[string]frame {
	t.Helper()
	text, err := os.ReadFile("testdata/frames.txt")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]frame{}
	for line := range strings.Lines(string(text)) {
		words := strings.Fields(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		b, err := hex.DecodeString(words[2])
		if err != nil {
			t.Fatalf("%s: %v", words[0], err)
		}
		side := tunnel.Service
		if words[1] == "client" {
			side = tunnel.Client
		}
		all[words[0]] = frame{side, b}
	}
	return all
}

var messages = map[string]tunnel.Message{
	"service-connected": &tunnel.Connected{ConnectionID: "c1", UserID: "t1"},
	"service-request": &tunnel.Request{
		AckID: 7, Method: "POST", URL: "tunnel:///eh", Header: map[string][]string{"Content-Type": {"text/plain"}}, Body: []byte("hi"),
	},
	"service-response":     &tunnel.Response{AckID: 7, Status: 204, Header: map[string][]string{}, Body: []byte{}},
	"service-response-nil": &tunnel.Response{AckID: 7, Status: 204, Header: map[string][]string{}},
	"client-send": &tunnel.Request{
		AckID: 1, LocalRouting: true, Method: "POST", URL: "https://host/api/hubs/chat/:send?api-version=2023-07-01",
		Header: map[string][]string{"Content-Type": {"text/plain"}}, Body: []byte("hi"),
	},
	"client-remove": &tunnel.Request{
		AckID: 2, LocalRouting: true, Method: "DELETE", URL: "https://host/api/hubs/chat/groups/g/connections/c?api-version=2023-07-01",
		Header: map[string][]string{},
	},
	"client-answer": &tunnel.Response{AckID: 7, Status: 200, ChannelName: "ch", Header: map[string][]string{
		"ce-connectionstate": {"e30="}, "content-type": {"text/plain; charset=utf-8"}, "set-cookie": {"a=1", "b=<2>&é"},
	}, Body: []byte("hi")},
	"client-empty": &tunnel.Response{AckID: 8, Status: 204, Header: map[string][]string{}, Body: []byte{}},
	"client-long": &tunnel.Response{
		AckID: 9, LocalRouting: true, Status: 200, NotCompleted: true,
		Header: map[string][]string{"x": {strings.Repeat("y", 300)}}, Body: bytes.Repeat([]byte("a"), 300),
	},
}

// TestFrames compares every frame of testdata, byte for byte, in both directions.
func TestFrames(t *testing.T) {
	t.Parallel()
	all := frames(t)
	if len(all) != len(messages) {
		t.Errorf("%d frames and %d messages", len(all), len(messages))
	}
	for name, f := range all {
		got, err := tunnel.Parse(f.bytes)
		if err != nil || !reflect.DeepEqual(got, messages[name]) {
			t.Errorf("%s: Parse = %+v, %v, want %+v", name, got, err, messages[name])
		}
		b, err := tunnel.Append([]byte("before"), f.side, messages[name])
		if want := "before" + string(f.bytes); err != nil || string(b) != want {
			t.Errorf("%s: Append = %q, %v, want %q", name, b, err, want)
		}
	}
}

// TestRoundTrip: what one side writes the other reads, whatever its size.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	list := []tunnel.Message{
		&tunnel.Status{Text: "maintenance"}, &tunnel.Close{Text: "bye"},
		&tunnel.Reconnect{TargetID: "t", Endpoint: "https://e", Text: "move"},
		&tunnel.Rebalance{TargetID: "t\"2", Endpoint: "", Text: "more"},
		&tunnel.Connected{ConnectionID: "c", UserID: "u", ReconnectionToken: "r"},
		&tunnel.Request{AckID: -1, Header: map[string][]string{}, TracingID: "18446744073709551615"},
	}
	for _, n := range []int{1, 255, 256, 65535, 65536, tunnel.PartSize, 16 << 20} {
		list = append(list, &tunnel.Response{
			AckID: 1 << 53, Status: 200, Header: map[string][]string{"h": {strings.Repeat("v", min(n, 1<<19))}}, Body: bytes.Repeat([]byte{7}, n),
		})
	}
	for _, side := range []tunnel.Side{tunnel.Service, tunnel.Client} {
		for _, m := range list {
			if r, ok := m.(*tunnel.Request); ok && side == tunnel.Client && r.TracingID != "" {
				continue // it is not returned
			}
			b, err := tunnel.Append(nil, side, m)
			if err != nil || len(b) > tunnel.MaxResponse {
				t.Fatalf("Append(%T) = %d bytes, %v", m, len(b), err)
			}
			if got, err := tunnel.Parse(b); err != nil || !reflect.DeepEqual(got, m) {
				t.Errorf("Parse(Append(%T)) = %.200v, %v", m, got, err)
			}
		}
	}
}

// raw returns a frame with the given items.
func raw(items string) []byte {
	return append([]byte{byte(len(items)), byte(len(items) >> 8), 0, 0}, items...)
}

// TestParseForms: every form that MessagePack has for the three items is read, names
// are exact, null is absent, and what follows the frame is ignored.
func TestParseForms(t *testing.T) {
	t.Parallel()
	want := &tunnel.Close{Text: "x"}
	const properties = `{"Message":"x"}`
	tests := map[string]struct {
		frame string
		want  tunnel.Message
	}{
		"fixstr":        {"\x93\x07\xaf" + properties + "\xc0", want},
		"str8":          {"\x93\x07\xd9\x0f" + properties + "\xc0", want},
		"str16":         {"\x93\x07\xda\x00\x0f" + properties + "\xc0", want},
		"str32":         {"\x93\x07\xdb\x00\x00\x00\x0f" + properties + "\xc0", want},
		"uint8":         {"\x93\xcc\x07\xaf" + properties + "\xc0", want},
		"uint16":        {"\x93\xcd\x00\x07\xaf" + properties + "\xc0", want},
		"uint64":        {"\x93\xcf\x00\x00\x00\x00\x00\x00\x00\x07\xaf" + properties + "\xc0", want},
		"bin16":         {"\x93\x07\xaf" + properties + "\xc5\x00\x00", want},
		"bin32":         {"\x93\x07\xaf" + properties + "\xc6\x00\x00\x00\x00", want},
		"other case":    {"\x93\x07\xaf" + `{"message":"x"}` + "\xc0", &tunnel.Close{}},
		"null":          {"\x93\x07\xb0" + `{"Message":null}` + "\xc0", &tunnel.Close{}},
		"unknown":       {"\x93\x07\xaf" + `{"Massage":"x"}` + "\xc0", &tunnel.Close{}},
		"unknown type":  {"\x93\x63\xa2{}\xc0", &tunnel.Unknown{Number: 99}},
		"type repeated": {"\x93\x07\xaa" + `{"Type":7}` + "\xc0", &tunnel.Close{}},
	}
	for name, tt := range tests {
		for _, after := range []string{"", "more"} {
			if got, err := tunnel.Parse(append(raw(tt.frame), after...)); err != nil || !reflect.DeepEqual(got, tt.want) {
				t.Errorf("%s: Parse = %+v, %v, want %+v", name, got, err, tt.want)
			}
		}
	}
}

func TestParseErrors(t *testing.T) {
	t.Parallel()
	good := frames(t)["service-request"].bytes
	for n := range len(good) {
		if m, err := tunnel.Parse(good[:n]); err == nil {
			t.Errorf("Parse of %d bytes of %d = %+v, want an error", n, len(good), m)
		}
	}
	tests := map[string]struct{ frame, want string }{
		"empty":               {"", "cut short"},
		"map":                 {"\x83\x07\xa2{}\xc0", "array of three"},
		"array of two":        {"\x92\x07\xa2{}", "array of three"},
		"four items":          {"\x93\x07\xa2{}\xc0\xc0", "follows the body"},
		"negative type":       {"\x93\xff\xa2{}\xc0", "unsigned integer"},
		"text type":           {"\x93\xa1\x37\xa2{}\xc0", "unsigned integer"},
		"binary properties":   {"\x93\x07\xc4\x02{}\xc0", "another kind"},
		"no properties":       {"\x93\x07\xc0\xc0", "another kind"},
		"text body":           {"\x93\x07\xa2{}\xa1x", "another kind"},
		"long text":           {"\x93\x07\xdb\xff\xff\xff\xff{}", "cut short"},
		"long body":           {"\x93\x07\xa2{}\xc6\xff\xff\xff\xff", "cut short"},
		"not JSON":            {"\x93\x07\xa2{]\xc0", "not a JSON object"},
		"two objects":         {"\x93\x07\xa4{}{}\xc0", "not a JSON object"},
		"array of properties": {"\x93\x07\xa2[]\xc0", "not a JSON object"},
		"other type":          {"\x93\x07\xaa" + `{"Type":5}` + "\xc0", "type 7"},
		"number for text":     {"\x93\x07\xad" + `{"Message":1}` + "\xc0", "Message"},
	}
	for name, tt := range tests {
		if m, err := tunnel.Parse(raw(tt.frame)); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: Parse = %+v, %v, want an error with %q", name, m, err, tt.want)
		}
	}
	big := &tunnel.Request{URL: strings.Repeat("x", tunnel.MaxProperties)}
	if _, err := tunnel.Append(nil, tunnel.Client, big); err == nil {
		t.Error("Append of properties above the limit = nil, want an error")
	}
	if _, err := tunnel.Append(nil, tunnel.Client, &tunnel.Unknown{}); err == nil {
		t.Error("Append of an unknown message = nil, want an error")
	}
}

// FuzzParse: an accepted frame means the same when it is written again by either
// side.
func FuzzParse(f *testing.F) {
	for _, frame := range frames(f) {
		f.Add(frame.bytes)
	}
	f.Add(raw("\x93\x63\xa2{}\xc0"))
	f.Add(raw("\x93\xcf\x00\x00\x00\x00\x00\x00\x00\x07\xaf" + `{"Message":"x"}` + "\xc6\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := tunnel.Parse(b)
		if err != nil {
			return
		}
		if _, unknown := m.(*tunnel.Unknown); unknown {
			return
		}
		again, err := tunnel.Append(nil, tunnel.Service, m)
		if err != nil {
			t.Fatalf("Append(%+v) = %v", m, err)
		}
		back, err := tunnel.Parse(again)
		if err != nil {
			t.Fatalf("Parse(Append(%+v)) = %v", m, err)
		}
		third, err := tunnel.Append(nil, tunnel.Service, back)
		if err != nil || !bytes.Equal(again, third) {
			t.Errorf("%+v is written as %q, then as %q: %v", m, again, third, err)
		}
	})
}
