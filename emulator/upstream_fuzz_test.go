package emulator

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"unicode/utf8"

	"wps/emulator/internal/carrier"
	"wps/protocol"
)

// FuzzConnectAnswer: what a connect answer may change is always something that
// the emulator can work with.
func FuzzConnectAnswer(f *testing.F) {
	for _, seed := range []string{
		"", "null", "{}", `{"userId":"ana","groups":["lobby"],"roles":["webpubsub.sendToGroup.lobby"]}`,
		`{"subprotocol":"mine"}`, `{"groups":[null]}`, `{"roles":[null]}`, `[]`, `{"userId":1}`, `{"USERID":"x","userId":null}`,
	} {
		f.Add([]byte(seed), "mine")
	}
	f.Fuzz(func(t *testing.T, body []byte, offered string) {
		o, err := readOverrides(body, []string{offered})
		if err != nil {
			return
		}
		for _, g := range o.Groups {
			if g == nil || protocol.CheckGroup(*g) != nil {
				t.Errorf("group %v was taken", g)
			}
		}
		for _, r := range o.Roles {
			if r == nil {
				t.Error("a null role was taken")
			}
		}
		if o.Subprotocol != nil && *o.Subprotocol != offered {
			t.Errorf("subprotocol %q was not offered", *o.Subprotocol)
		}
	})
}

// FuzzReply: a reply that is taken makes a frame that a client can read, and
// whose data are those of the handler.
func FuzzReply(f *testing.F) {
	for _, seed := range [][3]string{
		{"hi", "text/plain", ""}, {`{"a":1}`, "application/json; charset=utf-8", "v"}, {"\x00\xff", "", "a,b"},
		{"", "text/html", "v"}, {"h\xffi", "text/plain; charset=utf-16", ""}, {"{", "application/json", ""}, {"x", "application/x-protobuf", ""},
	} {
		f.Add([]byte(seed[0]), seed[1], seed[2])
	}
	f.Fuzz(func(t *testing.T, body []byte, contentType, metadata string) {
		h := http.Header{}
		if contentType != "" {
			h.Set("Content-Type", contentType)
		}
		if metadata != "" {
			h.Set(protocol.MetadataHeader+"k", metadata)
		}
		m, err := readReply(h, body)
		if err != nil || m == nil {
			if m == nil && err == nil && len(body) > 0 {
				t.Error("a body was dropped in silence")
			}
			return
		}
		frame := protocol.FormatJSON.AppendResponse(nil, &m.response)
		if !json.Valid(frame) {
			t.Fatalf("frame %q is not JSON", frame)
		}
		back, err := protocol.FormatJSON.DecodeResponse(frame)
		data := m.response.Data
		if m.response.DataType == protocol.DataTypeJSON {
			data = bytes.TrimSpace(data) // blanks around a value are no part of it
		}
		if err != nil || !bytes.Equal(back.Data, data) || back.DataType != m.response.DataType {
			t.Errorf("frame %q comes back as %+v, %v", frame, back, err)
		}
		if m.response.DataType == protocol.DataTypeText && !utf8.Valid(m.response.Data) {
			t.Errorf("text %q is not UTF-8", m.response.Data)
		}
	})
}

// FuzzHandlerAnswer: whatever a handler's headers say, the next event can be
// sent or is refused before it is, and a connection keeps a bounded amount.
func FuzzHandlerAnswer(f *testing.F) {
	f.Add("eyJrZXkiOiJhIn0=", "a=1; Path=/")
	f.Add("é", "a=1; Domain=elsewhere.test")
	f.Add("", "=;=")
	f.Fuzz(func(t *testing.T, state, cookie string) {
		s, err := New(Options{Hubs: map[string]HubSettings{"chat": {}}})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		src := &eventSource{up: s.up, hub: "chat", id: "c1", origin: "h"}
		e := &sourceEvent{kind: protocol.EventUser, name: "message"}
		const address = "http://handler.test/x"
		for range maxCookies + 2 {
			answer := http.Header{"Ce-Connectionstate": {state}, "Set-Cookie": {cookie}}
			src.keepCookies(address, answer)
			src.keepState(answer)
		}
		h := src.header(e, &carrier.Request{Carrier: carrier.HTTP{}, URL: address})
		name := protocol.HeaderConnectionState // spelled as on the wire
		if back := h[name]; len(back) != 1 || back[0] != state {
			t.Errorf("state %q comes back as %q", state, back)
		}
		if len(src.cookies.names) > maxCookies {
			t.Errorf("%d cookies are kept", len(src.cookies.names))
		}
		if carrier.CheckHeader(h) != nil {
			return
		}
		for name, values := range h {
			for _, v := range values {
				if strings.ContainsAny(v, "\r\n\x00") {
					t.Errorf("%s: %q would be sent", name, v)
				}
			}
		}
	})
}
