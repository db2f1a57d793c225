package protocol_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"wps/protocol"
)

// TestDecodeRequestRefused has frames that the service answers with close code
// 1007.
func TestDecodeRequestRefused(t *testing.T) {
	t.Parallel()
	const send, event = `{"type":"sendToGroup","group":"g",`, `{"type":"event","event":"e",`
	tests := []struct{ frame, want string }{
		{``, "not a JSON object"},
		{`hello`, "not a JSON object"},
		{`null`, "not a JSON object"},
		{`[]`, "not a JSON object"},
		{`"ping"`, "not a JSON object"},
		{`{"type":"ping"`, "not a JSON object"},
		{`{"type":"ping"}{}`, "not a JSON object"},
		{`{}`, "type is missing"},
		{`{"Type":"ping"}`, "type is missing"}, // names are case-sensitive
		{`{"type":1}`, "type is not a string"},
		{`{"type":null}`, "type is not a string"},
		{`{"type":""}`, `unknown type ""`},
		{`{"type":"pong"}`, `unknown type "pong"`},
		{`{"type":"joinGroup"}`, "group is missing"},
		{`{"type":"joinGroup","Group":"g"}`, "group is missing"},
		{`{"type":"joinGroup","group":7}`, "group is not a string"},
		{`{"type":"joinGroup","group":""}`, "group name is empty"},
		{`{"type":"leaveGroup","group":" \t\u3000"}`, "group name is empty"},
		{`{"type":"joinGroup","group":"` + strings.Repeat("x", 1025) + `"}`, "group name has 1025 characters"},
		{`{"type":"joinGroup","group":"g","ackId":"1"}`, "ackId is not an unsigned 64-bit number"},
		{`{"type":"joinGroup","group":"g","ackId":-1}`, "ackId is not"},
		{`{"type":"joinGroup","group":"g","ackId":1.0}`, "ackId is not"},
		{`{"type":"joinGroup","group":"g","ackId":1e3}`, "ackId is not"},
		{`{"type":"joinGroup","group":"g","ackId":true}`, "ackId is not"},
		{`{"type":"joinGroup","group":"g","ackId":18446744073709551616}`, "ackId is not"},
		{`{"type":"event","data":1}`, "event is missing"},
		{`{"type":"event","event":"","data":1}`, "event name is empty"},
		{`{"type":"event","event":"1a","data":1}`, `event name "1a"`},
		{`{"type":"event","event":"a b","data":1}`, `event name "a b"`},
		{`{"type":"event","event":"` + strings.Repeat("x", 129) + `","data":1}`, "event name has 129 characters"},
		{send + `"noEcho":true}`, "data is missing"},
		{send + `"data":null}`, "data is missing"},
		{send + `"dataType":"json","data":null}`, "data is missing"},
		{send + `"metadata":{"k":"v"},"data":null}`, "data is missing"},
		{send + `"data":1,"noEcho":1}`, "noEcho is not true or false"},
		{send + `"data":1,"noEcho":"true"}`, "noEcho is not true or false"},
		{send + `"data":1,"ttlSeconds":301}`, "time to live is 301 seconds, it must be 0 to 300"},
		{send + `"data":1,"ttlSeconds":-1}`, "ttlSeconds is not an unsigned 32-bit number"},
		{send + `"data":1,"ttlSeconds":"1"}`, "ttlSeconds is not"},
		{send + `"data":1,"ttlSeconds":4294967296}`, "ttlSeconds is not"},
		{send + `"data":1,"stream":{"streamId":"s"}}`, "takes neither data nor ackId"},
		{event + `"data":"x","dataType":"xml"}`, `unknown dataType "xml"`},
		{event + `"data":"x","dataType":null}`, "dataType is not a string"},
		{event + `"data":"x","dataType":1}`, "dataType is not a string"},
		{event + `"data":1,"dataType":"text"}`, "data is not a string"},
		{event + `"data":{},"dataType":"binary"}`, "data is not a string"},
		{event + `"data":"AQI","dataType":"binary"}`, "data is not base64"},      // no padding
		{event + `"data":"AQJ=","dataType":"binary"}`, "data is not base64"},     // left-over bits
		{event + `"data":"AQ-_","dataType":"binary"}`, "data is not base64"},     // the URL alphabet
		{event + `"data":"AQ\r\nID","dataType":"binary"}`, "data is not base64"}, // no line breaks
		{event + `"data":"!","dataType":"protobuf"}`, "data is not base64"},
		{event + `"data":1,"metadata":[]}`, "metadata is not an object"},
		{event + `"data":1,"metadata":"k"}`, "metadata is not an object"},
		{event + `"data":1,"metadata":{"k":1}}`, `metadata value of "k" is not a string`},
		{event + `"data":1,"metadata":{"k":null}}`, `metadata value of "k" is not a string`},
		{event + `"data":1,"metadata":{"k":{"a":"b"}}}`, `metadata value of "k" is not a string`},
		{event + `"data":1,"metadata":{"k":"1","k":"2"}}`, `metadata key "k" comes twice`},
		{event + `"data":1,"metadata":{"k":"1","\u006b":"2"}}`, `metadata key "k" comes twice`},
		{event + `"data":1,"metadata":{"":"1"}}`, "metadata key is empty"},
		{event + `"data":1,"metadata":{"k":"é"}}`, `metadata value of "k" is not ASCII`},
		{`{"type":"sequenceAck"}`, "sequenceId is not an unsigned 64-bit number"},
		{`{"type":"sequenceAck","sequenceId":"9"}`, "sequenceId is not"},
		{`{"type":"sequenceAck","sequenceId":null}`, "sequenceId is not"},
	}
	for _, tt := range tests {
		_, err := protocol.FormatJSON.DecodeRequest([]byte(tt.frame))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("DecodeRequest(%.100s) = %v, want an error with %q", tt.frame, err, tt.want)
		}
	}
}

// TestDecodeRequestReportsAll: the error reports every fault of a frame, on one
// line.
func TestDecodeRequestReportsAll(t *testing.T) {
	t.Parallel()
	frame := `{"type":"sendToGroup","group":"","ackId":-1,"noEcho":2,"data":null}`
	want := "invalid frame: group name is empty; ackId is not an unsigned 64-bit number; noEcho is not true or false; data is missing"
	if _, err := protocol.FormatJSON.DecodeRequest([]byte(frame)); err == nil || err.Error() != want {
		t.Errorf("DecodeRequest(%s) = %v, want %q", frame, err, want)
	}
}

// TestDecodeRequestLimits has frames at the limits that are accepted.
func TestDecodeRequestLimits(t *testing.T) {
	t.Parallel()
	for _, frame := range []string{
		`{"type":"joinGroup","group":"` + strings.Repeat("é", 1024) + `"}`,
		`{"type":"event","event":"` + strings.Repeat("x", 128) + `","data":""}`,
		`{"type":"event","event":"e","data":"","dataType":"text"}`,
		`{"type":"event","event":"e","data":"","dataType":"binary"}`,
		`{"type":"event","event":"e","data":false}`,
		`{"type":"event","event":"e","data":1,"metadata":{"K":"1","k":"2"}}`, // two keys
		`{"type":"event","event":"e","metadata":{}}`,
		` {"type":"ping"}` + "\r\n",
	} {
		if _, err := protocol.FormatJSON.DecodeRequest([]byte(frame)); err != nil {
			t.Errorf("DecodeRequest(%.100s) = %v", frame, err)
		}
	}
}

func TestDecodeResponseRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ frame, want string }{
		{``, "not a JSON object"},
		{`[1]`, "not a JSON object"},
		{`null`, "not a JSON object"},
		{`{}`, "type is missing"},
		{`{"type":7}`, "type is not a string"},
		{`{"type":"ack"}`, "ackId is not"},
		{`{"type":"ack","ackId":"1","success":true}`, "ackId is not"},
		{`{"type":"ack","ackId":1,"success":"yes"}`, "success is not true or false"},
		{`{"type":"ack","ackId":1,"success":false,"error":"no"}`, "not a JSON object"},
		{`{"type":"ack","ackId":1,"success":false,"error":{"name":1}}`, "name is not a string"},
		{`{"type":"system","event":1}`, "event is not a string"},
		{`{"type":"system","event":"connected","connectionId":{}}`, "connectionId is not a string"},
		{`{"type":"message","from":"server"}`, "data is missing"},
		{`{"type":"message","from":1,"data":1}`, "from is not a string"},
		{`{"type":"message","from":"server","dataType":"text","data":1}`, "data is not a string"},
		{`{"type":"message","from":"server","dataType":"text","data":null}`, "data is not a string"},
		{`{"type":"message","from":"server","dataType":"new","data":"x"}`, `unknown dataType "new"`},
		{`{"type":"message","from":"server","dataType":"binary","data":"*"}`, "data is not base64"},
		{`{"type":"message","from":"server","sequenceId":-1,"data":1}`, "sequenceId is not"},
		{`{"type":"message","from":"server","metadata":1,"data":1}`, "metadata is not an object"},
	}
	for _, tt := range tests {
		_, err := protocol.FormatJSON.DecodeResponse([]byte(tt.frame))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("DecodeResponse(%s) = %v, want an error with %q", tt.frame, err, tt.want)
		}
	}
}

// TestInvalidUTF8: a byte that is not UTF-8 becomes U+FFFD in frames that are read
// and in frames that are written.
func TestInvalidUTF8(t *testing.T) {
	t.Parallel()
	r, err := protocol.FormatJSON.DecodeRequest([]byte("{\"type\":\"event\",\"event\":\"e\",\"dataType\":\"text\",\"data\":\"a\xff\\ud800b\"}"))
	if err != nil || string(r.Data) != "a\uFFFD\uFFFDb" {
		t.Errorf("DecodeRequest = %+v, %v", r, err)
	}
	b := protocol.FormatJSON.AppendRequest(nil, &protocol.Request{
		Type: protocol.RequestEvent, Event: "e", DataType: protocol.DataTypeText, Data: []byte("\xe2\x82a\xffb\xf0\x9f\x98\x80"),
	})
	if want := "{\"type\":\"event\",\"event\":\"e\",\"dataType\":\"text\",\"data\":\"\uFFFD\uFFFDa\uFFFDb😀\"}"; string(b) != want {
		t.Errorf("AppendRequest = %s, want %s", b, want)
	}
}

// TestNothingIsKept: a caller may reuse the buffer of a frame.
func TestNothingIsKept(t *testing.T) {
	t.Parallel()
	for _, data := range []string{`"dataType":"text","data":"keep"`, `"dataType":"json","data":{"keep":1}`, `"dataType":"binary","data":"AQID"`} {
		b := []byte(`{"type":"sendToGroup","group":"keep",` + data + `,"metadata":{"keep":"keep"}}`)
		request, err := protocol.FormatJSON.DecodeRequest(b)
		if err != nil {
			t.Fatal(err)
		}
		m := []byte(`{"type":"message","from":"group","group":"keep",` + data + `,"metadata":{"keep":"keep"}}`)
		response, err := protocol.FormatJSON.DecodeResponse(m)
		if err != nil {
			t.Fatal(err)
		}
		before := fmt.Sprintf("%+v %+v", *request, *response)
		clear(b)
		clear(m)
		if after := fmt.Sprintf("%+v %+v", *request, *response); after != before {
			t.Errorf("%s is %s after the buffer changed", before, after)
		}
	}
}

// requestSeeds adds the published frames and refused ones.
func requestSeeds(f *testing.F) {
	for _, g := range goldens[goldenRequest](f, "testdata/requests.json") {
		f.Add([]byte(g.Frame))
	}
	f.Add([]byte(`{"type":"event","event":"e","data":1,"metadata":{"k":"1","k":"2"}}`))
	f.Add([]byte("{\"type\":\"joinGroup\",\"group\":\"a\xffb\\ud800\",\"ackId\":1e3}"))
}

// FuzzDecodeRequest: an accepted frame is within the limits, and what is written
// for it means the same.
func FuzzDecodeRequest(f *testing.F) {
	requestSeeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := protocol.FormatJSON.DecodeRequest(b)
		if err != nil {
			return
		}
		if r.TTLSeconds > 300 || protocol.CheckMetadata(r.Metadata) != nil {
			t.Errorf("DecodeRequest(%q) = %+v, over the limits", b, r)
		}
		out := protocol.FormatJSON.AppendRequest(nil, r)
		again, err := protocol.FormatJSON.DecodeRequest(out)
		if err != nil {
			t.Fatalf("DecodeRequest(%q), written for %q: %v", out, b, err)
		}
		if len(r.Metadata) == 0 {
			r.Metadata = nil // an empty object is not written
		}
		if !reflect.DeepEqual(r, again) {
			t.Errorf("%q became %q: %+v, want %+v", b, out, again, r)
		}
	})
}

// FuzzDecodeResponse: what is written for an accepted frame means the same.
func FuzzDecodeResponse(f *testing.F) {
	for _, g := range goldens[goldenResponse](f, "testdata/responses.json") {
		f.Add([]byte(g.Frame))
	}
	f.Add([]byte(`{"type":"message","from":"group","data":"x","dataType":"new"}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := protocol.FormatJSON.DecodeResponse(b)
		if err != nil {
			return
		}
		out := protocol.FormatJSON.AppendResponse(nil, r)
		again, err := protocol.FormatJSON.DecodeResponse(out)
		if err != nil {
			t.Fatalf("DecodeResponse(%q), written for %q: %v", out, b, err)
		}
		if want := meant(r); !reflect.DeepEqual(want, again) {
			t.Errorf("%q became %q: %+v, want %+v", b, out, again, want)
		}
	})
}

// meant returns r without the members that have no meaning in its type, which are
// read but not written.
func meant(r *protocol.Response) *protocol.Response {
	m := *r
	if len(m.Metadata) == 0 {
		m.Metadata = nil
	}
	if m.From != protocol.FromGroup {
		m.Group, m.FromUserID = "", ""
	}
	if m.Event == protocol.SystemDisconnected {
		m.UserID, m.ConnectionID, m.ReconnectionToken = "", "", ""
	} else {
		m.Message = ""
	}
	return &m
}

// FuzzRequestText: text that a program sends is received byte for byte if it is
// UTF-8, as the service requires.
func FuzzRequestText(f *testing.F) {
	f.Add("lobby", []byte("hi"), uint64(1))
	f.Add("a\"b\\c", []byte("\x00\x1f\x7f\u2028<>&😀"), uint64(1<<64-1))
	f.Fuzz(func(t *testing.T, group string, data []byte, id uint64) {
		group, text := strings.ToValidUTF8(group, "?"), []byte(strings.ToValidUTF8(string(data), "?"))
		if protocol.CheckGroup(group) != nil {
			return
		}
		for _, r := range []*protocol.Request{
			{Type: protocol.RequestSendToGroup, Group: group, AckID: id, HasAckID: true, DataType: protocol.DataTypeText, Data: text},
			{Type: protocol.RequestSendToGroup, Group: group, AckID: id, HasAckID: true, DataType: protocol.DataTypeBinary, Data: data},
		} {
			out := protocol.FormatJSON.AppendRequest(nil, r)
			got, err := protocol.FormatJSON.DecodeRequest(out)
			if err != nil || got.Group != r.Group || got.AckID != id || string(got.Data) != string(r.Data) {
				t.Errorf("%+v became %q: %+v, %v", r, out, got, err)
			}
		}
	})
}

func BenchmarkRequest(b *testing.B) {
	for _, size := range []int{128, 64 << 10} {
		r := &protocol.Request{
			Type: protocol.RequestSendToGroup, Group: "g1", AckID: 7, HasAckID: true,
			DataType: protocol.DataTypeText, Data: []byte(strings.Repeat("x", size)),
		}
		frame := protocol.FormatJSON.AppendRequest(nil, r)
		encodeDecode(b, size, frame,
			func(dst []byte) []byte { return protocol.FormatJSON.AppendRequest(dst, r) },
			func(frame []byte) error { _, err := protocol.FormatJSON.DecodeRequest(frame); return err })
	}
}

func BenchmarkResponse(b *testing.B) {
	for _, size := range []int{128, 64 << 10} {
		r := &protocol.Response{
			Type: protocol.ResponseMessage, From: protocol.FromGroup, Group: "g1", FromUserID: "u1",
			DataType: protocol.DataTypeText, Data: []byte(strings.Repeat("x", size)),
		}
		frame := protocol.FormatJSON.AppendResponse(nil, r)
		encodeDecode(b, size, frame,
			func(dst []byte) []byte { return protocol.FormatJSON.AppendResponse(dst, r) },
			func(frame []byte) error { _, err := protocol.FormatJSON.DecodeResponse(frame); return err })
	}
}
