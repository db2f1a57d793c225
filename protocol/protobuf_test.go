package protocol_test

import (
	"bytes"
	"encoding/hex"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"wps/protocol"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatalf("hex %q: %v", s, err)
	}
	return b
}

// goldenRequests are byte vectors derived from the published field numbers.
var goldenRequests = []struct {
	name, hex string
	want      protocol.Request
}{
	{"join", "32090A056C6F6262791005", protocol.Request{Type: protocol.RequestJoinGroup, Group: "lobby", AckID: 5, HasAckID: true}},
	{"leave", "3A070A056C6F626279", protocol.Request{Type: protocol.RequestLeaveGroup, Group: "lobby"}},
	{"send", "0A110A056C6F62627910061A040A0268692001", protocol.Request{
		Type: protocol.RequestSendToGroup, Group: "lobby", AckID: 6, HasAckID: true, NoEcho: true,
		DataType: protocol.DataTypeText, Data: []byte("hi"),
	}},
	{"send with everything", "0A16 0A0167 1000 1A051203010203 282A 3206 0A016B 120176", protocol.Request{
		Type: protocol.RequestSendToGroup, Group: "g", HasAckID: true, TTLSeconds: 42,
		DataType: protocol.DataTypeBinary, Data: []byte{1, 2, 3}, Metadata: map[string]string{"k": "v"},
	}},
	{"event", "2A130A046563686F120922077B2261223A317D1807", protocol.Request{
		Type: protocol.RequestEvent, Event: "echo", AckID: 7, HasAckID: true,
		DataType: protocol.DataTypeJSON, Data: []byte(`{"a":1}`),
	}},
	{"event with Any", "2A0D 0A0165 1208 1A06 0A0174 120161", protocol.Request{
		Type: protocol.RequestEvent, Event: "e", DataType: protocol.DataTypeProtobuf, Data: []byte("\x0a\x01t\x12\x01a"),
	}},
	{"ping", "4A00", protocol.Request{Type: protocol.RequestPing}},
	{"sequence ack", "42020809", protocol.Request{Type: protocol.RequestSequenceAck, SequenceID: 9}},
}

func TestProtobufRequests(t *testing.T) {
	t.Parallel()
	for _, tt := range goldenRequests {
		b := unhex(t, tt.hex)
		got, err := protocol.FormatProtobuf.DecodeRequest(b)
		if err != nil || !reflect.DeepEqual(*got, tt.want) {
			t.Errorf("%s: decode = %+v, %v, want %+v", tt.name, got, err, tt.want)
		}
		if got := protocol.FormatProtobuf.AppendRequest(nil, &tt.want); !bytes.Equal(got, b) {
			t.Errorf("%s: encode = %X, want %X", tt.name, got, b)
		}
	}
}

var goldenResponses = []struct {
	name, hex string
	want      protocol.Response
}{
	{"connected", "1A0A0A080A02633112027531", protocol.Response{
		Type: protocol.ResponseSystem, Event: protocol.SystemConnected, ConnectionID: "c1", UserID: "u1",
	}},
	{"connected, reliable", "1A0A 0A08 0A026331 1A027431", protocol.Response{
		Type: protocol.ResponseSystem, Event: protocol.SystemConnected, ConnectionID: "c1", ReconnectionToken: "t1",
	}},
	{"disconnected", "1A0712051203627965", protocol.Response{
		Type: protocol.ResponseSystem, Event: protocol.SystemDisconnected, Message: "bye",
	}},
	{"ack", "0A0408051001", protocol.Response{Type: protocol.ResponseAck, AckID: 5, Success: true}},
	{"failed ack", "0A1208051A0E0A094475706C6963617465120178", protocol.Response{
		Type: protocol.ResponseAck, AckID: 5, ErrorName: protocol.AckDuplicate, ErrorMessage: "x",
	}},
	{"pong", "2200", protocol.Response{Type: protocol.ResponsePong}},
	{"group data", "12160A0567726F757012056C6F6262791A040A0268692003", protocol.Response{
		Type: protocol.ResponseMessage, From: protocol.FromGroup, Group: "lobby",
		DataType: protocol.DataTypeText, Data: []byte("hi"), SequenceID: 3,
	}},
	{"server data", "1218 0A06736572766572 1A06 2204 74727565 2A06 0A016B 120176", protocol.Response{
		Type: protocol.ResponseMessage, From: protocol.FromServer,
		DataType: protocol.DataTypeJSON, Data: []byte("true"), Metadata: map[string]string{"k": "v"},
	}},
}

func TestProtobufResponses(t *testing.T) {
	t.Parallel()
	for _, tt := range goldenResponses {
		b := unhex(t, tt.hex)
		got, err := protocol.FormatProtobuf.DecodeResponse(b)
		if err != nil || !reflect.DeepEqual(*got, tt.want) {
			t.Errorf("%s: decode = %+v, %v, want %+v", tt.name, got, err, tt.want)
		}
		if got := protocol.FormatProtobuf.AppendResponse(nil, &tt.want); !bytes.Equal(got, b) {
			t.Errorf("%s: encode = %X, want %X", tt.name, got, b)
		}
	}
}

// TestProtobufMissingData: data may be absent only if there is metadata, and an
// empty value is not absent.
func TestProtobufMissingData(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		hex  string
		want protocol.DataType // "" for a refusal
	}{
		"no data":                   {"0A03 0A0167", ""},
		"no data, metadata":         {"0A0B 0A0167 3206 0A016B 120176", protocol.DataTypeText},
		"MessageData without value": {"0A05 0A0167 1A00", ""},
		"the same, metadata":        {"0A0D 0A0167 1A00 3206 0A016B 120176", ""},
		"the same in an event":      {"2A0D 0A0165 1200 2206 0A016B 120176", ""},
		"event, metadata":           {"2A0B 0A0165 2206 0A016B 120176", protocol.DataTypeText},
		"empty text":                {"0A07 0A0167 1A02 0A00", protocol.DataTypeText},
		"empty binary":              {"0A07 0A0167 1A02 1200", protocol.DataTypeBinary},
		"empty Any":                 {"0A07 0A0167 1A02 1A00", protocol.DataTypeProtobuf},
		"empty json":                {"0A07 0A0167 1A02 2200", ""},
		"last value counts":         {"0A09 0A0167 1A04 0A00 1200", protocol.DataTypeBinary},
	} {
		r, err := protocol.FormatProtobuf.DecodeRequest(unhex(t, tt.hex))
		switch {
		case tt.want == "" && err == nil:
			t.Errorf("%s: %+v, %v, want an error", name, r, err)
		case tt.want != "" && (err != nil || r.DataType != tt.want):
			t.Errorf("%s: %+v, %v, want data of type %s", name, r, err, tt.want)
		}
	}
}

func TestProtobufRefusals(t *testing.T) {
	t.Parallel()
	long := func(n int) string { // join a group of n characters
		return hex.EncodeToString(protocol.FormatProtobuf.AppendRequest(nil, &protocol.Request{
			Type: protocol.RequestJoinGroup, Group: strings.Repeat("g", n),
		}))
	}
	for name, frame := range map[string]string{
		"empty":                  "",
		"cut short":              "32090A056C6F",
		"tag alone":              "32",
		"field number 0":         "0200",
		"unknown member":         "5203 0A0165",
		"unknown member only":    "7A00",
		"not a message":          "4208FFFFFFFFFFFFFFFF",
		"varint too long":        "420B 08 FFFFFFFFFFFFFFFFFF 7F",
		"no group":               "3200",
		"blank group":            "3203 0A0120",
		"group not UTF-8":        "3203 0A01FF",
		"group too long":         long(protocol.MaxGroupName + 1),
		"event name":             "2A07 0A0131 1202 0A00",
		"text not UTF-8":         "0A08 0A0167 1A03 0A01FF",
		"json not JSON":          "0A08 0A0167 1A03 22017B",
		"Any cut short":          "0A09 0A0167 1A04 1A02 0A05",
		"ttl over 300":           "0A0A 0A0167 1A02 0A00 28AD02",
		"stream":                 "0A09 0A0167 1A02 0A00 3A00",
		"metadata key not token": "0A0F 0A0167 1A02 0A00 3206 0A0120 120176",
		"group in another place": "3A00",
	} {
		if r, err := protocol.FormatProtobuf.DecodeRequest(unhex(t, frame)); err == nil {
			t.Errorf("%s: %+v, %v, want an error", name, r, err)
		}
	}
	if _, err := protocol.FormatProtobuf.DecodeRequest(unhex(t, long(protocol.MaxGroupName))); err != nil {
		t.Errorf("longest group name: %v", err)
	}
}

// TestProtobufUnknown: what a later version may add is ignored, which is fields of
// any wire type in requests, and members and system events in responses.
func TestProtobufUnknown(t *testing.T) {
	t.Parallel()
	// A fixed64, a fixed32, a group and a varint in place of bytes, then a join.
	r, err := protocol.FormatProtobuf.DecodeRequest(unhex(t, "A1060102030405060708 A50601020304 A306A406 0801 3203 0A0167"))
	if err != nil || r.Type != protocol.RequestJoinGroup || r.Group != "g" {
		t.Errorf("unknown fields before a join: %+v, %v", r, err)
	}
	for name, frame := range map[string]string{"member": "4A00", "system event": "1A02 1A00", "nothing": ""} {
		r, err := protocol.FormatProtobuf.DecodeResponse(unhex(t, frame))
		if err != nil || r.Event != "" || r.Type != "" && r.Type != protocol.ResponseSystem {
			t.Errorf("unknown %s: %+v, %v, want it to be ignored", name, r, err)
		}
	}
}

// TestSharedParts: head, shared part and tail are the message with its id.
func TestSharedParts(t *testing.T) {
	t.Parallel()
	for _, r := range []protocol.Response{
		{Type: protocol.ResponseMessage, From: protocol.FromServer, DataType: protocol.DataTypeText, Data: []byte("hi")},
		{
			Type: protocol.ResponseMessage, From: protocol.FromGroup, Group: "g", FromUserID: "u",
			DataType: protocol.DataTypeJSON, Data: []byte(strings.Repeat(" ", 200) + "1"), Metadata: map[string]string{"a": "b"},
		},
	} {
		for _, f := range []protocol.Format{protocol.FormatJSON, protocol.FormatProtobuf} {
			shared := f.AppendShared(nil, &r)
			for _, id := range []uint64{1, 127, 128, 1 << 40} {
				b := f.AppendHead(nil, len(shared), id)
				b = f.AppendTail(append(b, shared...), id)
				whole := r
				whole.SequenceID = id
				if want := f.AppendResponse(nil, &whole); !bytes.Equal(b, want) {
					t.Errorf("format %d, id %d: parts %q, want %q", f, id, b, want)
				}
			}
		}
	}
}

func TestParseSubprotocol(t *testing.T) {
	t.Parallel()
	type meaning struct {
		format       protocol.Format
		reliable, ok bool
	}
	for name, want := range map[string]meaning{
		"json.webpubsub.azure.v1":              {protocol.FormatJSON, false, true},
		"JSON.Reliable.WebPubSub.Azure.V1":     {protocol.FormatJSON, true, true},
		"protobuf.webpubsub.azure.v1":          {protocol.FormatProtobuf, false, true},
		"protobuf.reliable.webpubsub.azure.v1": {protocol.FormatProtobuf, true, true},
		"json.webpubsub.azure.v2":              {},
		"":                                     {},
	} {
		f, reliable, ok := protocol.ParseSubprotocol(name)
		if got := (meaning{f, reliable, ok}); got != want {
			t.Errorf("ParseSubprotocol(%q) = %+v, want %+v", name, got, want)
		}
	}
}

// FuzzProtobufRequest: what is written for an accepted frame means the same.
func FuzzProtobufRequest(f *testing.F) {
	for _, tt := range goldenRequests {
		f.Add(unhex(f, tt.hex))
	}
	for _, tt := range slices.Concat(streamRequests, invokeRequests) {
		f.Add(unhex(f, tt.hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := protocol.FormatProtobuf.DecodeRequest(b)
		if err != nil {
			return
		}
		again, err := protocol.FormatProtobuf.DecodeRequest(protocol.FormatProtobuf.AppendRequest(nil, r))
		if err != nil || !sameRequest(r, again) {
			t.Fatalf("%+v came back as %+v, %v", r, again, err)
		}
		if r.DataType == "" || r.DataType == protocol.DataTypeJSON && bytes.Equal(bytes.TrimSpace(r.Data), []byte("null")) {
			return // the JSON format has no null
		}
		// The two formats mean the same.
		again, err = protocol.FormatJSON.DecodeRequest(protocol.FormatJSON.AppendRequest(nil, r))
		if err != nil || again.Type != r.Type || again.DataType != r.DataType ||
			string(bytes.TrimSpace(again.Data)) != string(bytes.TrimSpace(r.Data)) {
			t.Fatalf("%+v came back from JSON as %+v, %v", r, again, err)
		}
	})
}

func sameRequest(a, b *protocol.Request) bool {
	return a.Type == b.Type && a.Group == b.Group && a.Event == b.Event && a.InvocationID == b.InvocationID && a.HasAckID == b.HasAckID &&
		a.AckID == b.AckID && a.DataType == b.DataType && slices.Equal(a.Data, b.Data) && a.NoEcho == b.NoEcho &&
		reflect.DeepEqual(a.Stream, b.Stream) && a.TTLSeconds == b.TTLSeconds && a.SequenceID == b.SequenceID && maps.Equal(a.Metadata, b.Metadata)
}

// FuzzProtobufResponse: what is written for an accepted frame means the same.
func FuzzProtobufResponse(f *testing.F) {
	for _, tt := range goldenResponses {
		f.Add(unhex(f, tt.hex))
	}
	for _, tt := range slices.Concat(streamResponses, invokeResponses) {
		f.Add(unhex(f, tt.hex))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := protocol.FormatProtobuf.DecodeResponse(b)
		if err != nil {
			return
		}
		if r.Type == "" || r.Type == protocol.ResponseSystem && r.Event == "" {
			return // a client ignores it
		}
		normalise(r)
		again, err := protocol.FormatProtobuf.DecodeResponse(protocol.FormatProtobuf.AppendResponse(nil, r))
		if err != nil {
			t.Fatalf("%+v cannot be read again: %v", r, err)
		}
		again.Metadata, r.Metadata = orEmpty(again.Metadata), orEmpty(r.Metadata)
		if !reflect.DeepEqual(r, again) {
			t.Fatalf("%+v came back as %+v", r, again)
		}
	})
}

// normalise removes what the service never writes: members of one event in
// another, a group in a message from elsewhere, the error of a success.
func normalise(r *protocol.Response) {
	if r.From != protocol.FromGroup {
		r.Group = ""
	}
	if r.Success {
		r.ErrorName, r.ErrorMessage = "", ""
	}
	if r.Event == protocol.SystemConnected {
		r.Message = ""
	} else {
		r.ConnectionID, r.UserID, r.ReconnectionToken = "", "", ""
	}
}

func orEmpty(m map[string]string) map[string]string {
	if m == nil {
		return map[string]string{}
	}
	return m
}

func BenchmarkProtobufMessage(b *testing.B) {
	r := &protocol.Response{
		Type: protocol.ResponseMessage, From: protocol.FromGroup, Group: "lobby",
		DataType: protocol.DataTypeText, Data: bytes.Repeat([]byte("x"), 128), SequenceID: 300,
	}
	buf := protocol.FormatProtobuf.AppendResponse(nil, r)
	b.Run("encode/bytes=128", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(buf)))
		for b.Loop() {
			buf = protocol.FormatProtobuf.AppendResponse(buf[:0], r)
		}
	})
	b.Run("decode/bytes=128", func(b *testing.B) {
		b.ReportAllocs()
		b.SetBytes(int64(len(buf)))
		for b.Loop() {
			if _, err := protocol.FormatProtobuf.DecodeResponse(buf); err != nil {
				b.Fatal(err)
			}
		}
	})
}
