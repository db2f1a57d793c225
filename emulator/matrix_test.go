package emulator_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"wps/emulator/emulatortest"
	"wps/protocol"
)

// anyBytes is a google.protobuf.Any: type URL "t", value "a".
const anyBytes = "\x0a\x01t\x12\x01a"

// row is a row of the conversion matrix: what is sent, and as what.
type row struct {
	name string
	send func(s *senders)
	// as is how the service interprets it.
	as   protocol.DataType
	data string
	from string // user id of the sender; "" for REST and anonymous clients
}

// senders are one of each kind that can send to group g.
type senders struct {
	t        *testing.T
	e        *emulatortest.Emulator
	json     *client
	protobuf *client
	simple   *client
}

func (s *senders) rest(contentType, body string) {
	s.t.Helper()
	want(s.t, s.e, 202, post("chat/groups/g/:send", contentType, body))
}

func (s *senders) frame(members string) {
	s.t.Helper()
	s.json.send(`{"type":"sendToGroup","group":"g",` + members + `}`)
}

func (s *senders) proto(d protocol.DataType, data string) {
	s.t.Helper()
	s.protobuf.sendOp(websocket.BinaryMessage, string(protocol.FormatProtobuf.AppendRequest(nil, &protocol.Request{
		Type: protocol.RequestSendToGroup, Group: "g", DataType: d, Data: []byte(data),
	})))
}

// matrix are the rows of senders without an event handler.
//
// Source: product documentation; the vendor's emulator.
var matrix = []row{
	{"REST text", func(s *senders) { s.rest("text/plain", "hi") }, "text", "hi", ""},
	{"REST text that holds JSON", func(s *senders) { s.rest("text/plain", `{"a":1}`) }, "text", `{"a":1}`, ""},
	{"REST JSON", func(s *senders) { s.rest("application/json", `{"a": 1}`) }, "json", `{"a": 1}`, ""},
	{"REST JSON string", func(s *senders) { s.rest("application/json", `"hi"`) }, "json", `"hi"`, ""},
	{"REST JSON number", func(s *senders) { s.rest("application/json", `5`) }, "json", `5`, ""},
	{"REST bytes", func(s *senders) { s.rest("application/octet-stream", "\x01\x02\x03") }, "binary", "\x01\x02\x03", ""},
	{"REST without type", func(s *senders) { s.rest("", "hi") }, "binary", "hi", ""},
	{"JSON client, text", func(s *senders) { s.frame(`"dataType":"text","data":"hi"`) }, "text", "hi", "j"},
	{"JSON client, no dataType", func(s *senders) { s.frame(`"data":"hi"`) }, "json", `"hi"`, "j"},
	{"JSON client, json", func(s *senders) { s.frame(`"dataType":"json","data":{"a":  1}`) }, "json", `{"a":  1}`, "j"},
	{"JSON client, binary", func(s *senders) { s.frame(`"dataType":"binary","data":"AQID"`) }, "binary", "\x01\x02\x03", "j"},
	{"JSON client, protobuf", func(s *senders) { s.frame(`"dataType":"protobuf","data":"CgF0EgFh"`) }, "protobuf", anyBytes, "j"},
	{"JSON client, dataType in capitals", func(s *senders) { s.frame(`"dataType":"TEXT","data":"hi"`) }, "text", "hi", "j"},
	{"protobuf client, text_data", func(s *senders) { s.proto("text", "hi") }, "text", "hi", "p"},
	{"protobuf client, json_data", func(s *senders) { s.proto("json", `{"a":1}`) }, "json", `{"a":1}`, "p"},
	{"protobuf client, binary_data", func(s *senders) { s.proto("binary", "\x01\x02\x03") }, "binary", "\x01\x02\x03", "p"},
	{"protobuf client, protobuf_data", func(s *senders) { s.proto("protobuf", anyBytes) }, "protobuf", anyBytes, "p"},
	{"simple client, text", func(s *senders) { s.simple.send("hi") }, "text", "hi", "s"},
	{"simple client, text that holds JSON", func(s *senders) { s.simple.send(`{"a":1}`) }, "text", `{"a":1}`, "s"},
	{"simple client, bytes", func(s *senders) { s.simple.sendOp(websocket.BinaryMessage, "\x01\x02\x03") }, "binary", "\x01\x02\x03", "s"},
	{"empty text", func(s *senders) { s.rest("text/plain", "") }, "text", "", ""},
	{"empty bytes", func(s *senders) { s.simple.sendOp(websocket.BinaryMessage, "") }, "binary", "", "s"},
	{"metadata alone", func(s *senders) { s.frame(`"metadata":{"k":"v"}`) }, "text", "", "j"},
}

// simpleSees, jsonSees and protobufSees write out what each kind of client must
// get, without the codecs under test where that is possible.
func (r *row) simpleSees() (op int, data string) {
	if r.as == "text" || r.as == "json" {
		return websocket.TextMessage, r.data
	}
	return websocket.BinaryMessage, r.data
}

func (r *row) metadata() map[string]string {
	if r.name == "metadata alone" {
		return map[string]string{"k": "v"}
	}
	return nil
}

func (r *row) jsonSees(sequenceID int) string {
	data := r.data
	switch r.as {
	case "text":
		b, _ := json.Marshal(r.data)
		data = string(b)
	case "binary", "protobuf":
		data = `"` + base64.StdEncoding.EncodeToString([]byte(r.data)) + `"`
	}
	user := "null"
	if r.from != "" {
		user = `"` + r.from + `"`
	}
	metadata := ""
	if r.metadata() != nil {
		metadata = `"metadata":{"k":"v"},`
	}
	number := ""
	if sequenceID > 0 {
		number = fmt.Sprintf(`"sequenceId":%d,`, sequenceID)
	}
	return fmt.Sprintf(`{%s"type":"message","from":"group","group":"g","fromUserId":%s,%s"dataType":"%s","data":%s}`,
		number, user, metadata, r.as, data)
}

func (r *row) protobufSees(sequenceID int) string {
	field := map[protocol.DataType]byte{"text": 0x0a, "binary": 0x12, "protobuf": 0x1a, "json": 0x22}[r.as]
	data := string([]byte{field, byte(len(r.data))}) + r.data
	message := "\x0a\x05group\x12\x01g\x1a" + string([]byte{byte(len(data))}) + data
	if r.metadata() != nil {
		message += "\x2a\x06\x0a\x01k\x12\x01v"
	}
	if sequenceID > 0 {
		message += string([]byte{0x20, byte(sequenceID)})
	}
	return "\x12" + string([]byte{byte(len(message))}) + message
}

// TestConversion sends every row of the matrix to every kind of client and
// compares the frames to the byte.
func TestConversion(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	g := []string{"g"}
	receivers := map[string]*client{}
	for _, s := range allSubprotocols {
		c := dial(t, e, clientOptions{groups: g, subprotocol: offer(s)})
		if s != "" {
			c.read() // connected
		}
		receivers[s] = c
	}
	s := &senders{
		t: t, e: e,
		json:     dial(t, e, clientOptions{user: "j", roles: joinAny, subprotocol: offer(protocol.SubprotocolJSON)}),
		protobuf: dial(t, e, clientOptions{user: "p", roles: joinAny, subprotocol: offer(protocol.SubprotocolProtobuf)}),
		simple:   dial(t, e, clientOptions{user: "s", roles: joinAny, query: "&webpubsub_mode=sendToGroup&group=g"}),
	}
	for i, r := range matrix {
		r.send(s)
		t.Log(r.name)
		op, data := r.simpleSees()
		receivers[""].expect(op, data)
		receivers[protocol.SubprotocolJSON].expectText(r.jsonSees(0))
		receivers[protocol.SubprotocolJSONReliable].expectText(r.jsonSees(i + 1))
		receivers[protocol.SubprotocolProtobuf].expect(websocket.BinaryMessage, r.protobufSees(0))
		receivers[protocol.SubprotocolProtobufReliable].expect(websocket.BinaryMessage, r.protobufSees(i+1))
	}
}

func offer(subprotocol string) []string {
	if subprotocol == "" {
		return nil
	}
	return []string{subprotocol}
}

// TestLargeMessages proves the longer forms of lengths in every format, at the
// sizes where they change.
func TestLargeMessages(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	for _, s := range allSubprotocols {
		c := dial(t, e, clientOptions{user: "u", subprotocol: offer(s)})
		format, reliable, pubsub := protocol.ParseSubprotocol(s)
		if pubsub {
			c.read()
		}
		for i, size := range []int{0, 60, 125, 126, 127, 128, 8 << 10, 65_535, 65_536, 1 << 20} {
			text := strings.Repeat("x", size)
			want(t, e, 202, post("chat/users/u/:send", "text/plain", text))
			_, got := c.read()
			if pubsub {
				r, err := format.DecodeResponse([]byte(got))
				if err != nil || reliable != (r.SequenceID == uint64(i+1)) {
					t.Fatalf("%s: message of %d bytes: %v, %v", s, size, r, err)
				}
				got = string(r.Data)
			}
			if got != text {
				t.Errorf("%q: message of %d bytes came with %d", s, size, len(got))
			}
		}
	}
}
