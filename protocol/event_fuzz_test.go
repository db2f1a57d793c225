package protocol_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"testing"

	"wps/protocol"
)

// FuzzReadObject: exactly the JSON objects are accepted, and an object that is
// written again is the same for encoding/json and for ReadObject.
func FuzzReadObject(f *testing.F) {
	for _, seed := range []string{
		`{}`, `{"userId":"u","roles":["a"],"groups":null}`, ` { "a" : [ 1 , {"b":"}\""} ] , "a" : 2 }`, `{"\u0061":"\ud800","b":-1e5}`,
		`{"a":1,"b":2,"c":3,"d":4,"e":5,"f":6,"g":7,"h":8,"i":9,"a":10,"i":11}`, `{"a"`, `[]`, `null`, "{\"\xff\":\"\xff\"}", `{} {}`, `{"":{}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		var want map[string]json.RawMessage
		wantErr := json.Unmarshal(text, &want)
		got, err := protocol.ReadObject(text)
		if isObject := wantErr == nil && want != nil; isObject != (err == nil) {
			t.Fatalf("ReadObject(%q) = %v, encoding/json %v", text, err, wantErr)
		}
		if err != nil {
			return
		}
		if len(got) != len(want) {
			t.Fatalf("%q has %d members, want %d", text, len(got), len(want))
		}
		for _, m := range got {
			var a, b any
			if json.Unmarshal(m.Value, &a) != nil || json.Unmarshal(want[m.Name], &b) != nil || !reflect.DeepEqual(a, b) {
				t.Fatalf("%q: member %q = %s, want %s", text, m.Name, m.Value, want[m.Name])
			}
		}
		again, err := protocol.ReadObject(got.JSON())
		if err != nil || !bytes.Equal(again.JSON(), got.JSON()) {
			t.Fatalf("%q is written %s, which reads %s, %v", text, got.JSON(), again.JSON(), err)
		}
	})
}

// FuzzEventContext: accepted headers that are written again are those of the same
// event.
func FuzzEventContext(f *testing.F) {
	f.Add("azure.webpubsub.sys.connect", "connect", "chat", "c1", "ana", "0", "", "2026-09-01T10:20:30Z")
	f.Add("azure.webpubsub.user.message", "message", "chat", "c1", "ünï", "2", "eyJrIjoxfQ==", "x")
	f.Add("azure.webpubsub.gp.joined", "Joined", "a", "b", "", "", "", "")
	f.Add("AZURE.webpubsub.USER.x", "X", "a", "b", "", "", "", "")
	f.Fuzz(func(t *testing.T, typ, name, hub, connection, user, id, state, at string) {
		h := http.Header{}
		for header, value := range map[string]string{
			protocol.HeaderType: typ, protocol.HeaderEventName: name, protocol.HeaderHub: hub, protocol.HeaderConnectionID: connection,
			protocol.HeaderUserID: user, protocol.HeaderID: id, protocol.HeaderConnectionState: state, protocol.HeaderTime: at,
		} {
			h.Set(header, value)
		}
		c, err := protocol.ReadEventContext(h)
		if err != nil {
			return
		}
		spelled, out := http.Header{}, http.Header{}
		c.SetHeader(spelled)
		for header, values := range spelled {
			out[http.CanonicalHeaderKey(header)] = values
		}
		again, err := protocol.ReadEventContext(out)
		again.Source = c.Source // SetHeader writes the usual one
		if err != nil || again != c {
			t.Fatalf("%+v is written %v, which reads %+v, %v", c, out, again, err)
		}
	})
}
