package output_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"wps/output"
	"wps/protocol"
)

// TestDecode checks what is read: its strict form and what running it does.
func TestDecode(t *testing.T) {
	t.Parallel()
	const noMeta = `[] "" 0 map[]`
	tests := []struct{ in, strict, call string }{
		// The forms that are written.
		{
			`{"type":"MessageEvent","targetType":"Groups","targetId":"g1","message":"hi","dataType":"text","excludes":["c1"]}`, "",
			`send group "g1" text "hi" [c1] "" 0 map[]`,
		},
		{
			`{"type":"GroupEvent","groupAction":"Join","targetType":"Users","targetId":"u1","groupId":"g1"}`, "",
			`add user "u1" g1`,
		},
		{`{"type":"GroupEvent","groupAction":"LeaveAll","targetType":"Connections","targetId":"c1"}`, "", `remove connection "c1" from all`},
		{`{"type":"GroupEvent","groupAction":"Leave","targetType":"Connections","targetId":"c1","groupId":"g1"}`, "", `remove connection "c1" g1`},
		{`{"type":"CloseConnectionEvent","connectionId":"c1","reason":"maintenance"}`, "", `close connection "c1" "maintenance" []`},
		{`{"type":"ExistenceEvent","targetType":"Users","targetId":"u1"}`, "", `exists user "u1"`},
		// What REST has and the spec has not.
		{
			`{"type":"MessageEvent","targetType":"All","message":"hi","dataType":"text","filter":"userId eq 'a'","ttlSeconds":60,"metadata":{"k":"v"}}`, "",
			`send the hub text "hi" [] "userId eq 'a'" 60 map[k:v]`,
		},
		{
			`{"type":"GroupEvent","groupAction":"Join","targetType":"All","groupIds":["g1","g2"],"filter":"userId eq 'a/b'"}`, "",
			`bulk add [g1 g2] userId eq 'a/b'`,
		},
		{
			`{"type":"GroupEvent","groupAction":"Leave","targetType":"All","groupIds":["g1"],"filter":"f"}`, "",
			`bulk remove [g1] f`,
		},
		{`{"type":"CloseConnectionEvent","reason":"r","targetType":"Groups","targetId":"g1","excludes":["c1"]}`, "", `close group "g1" "r" [c1]`},
		{`{"type":"CloseConnectionEvent","targetType":"All"}`, "", `close the hub "" []`},
		{`{"type":"PermissionEvent","permissionAction":"Grant","connectionId":"c1","permission":"sendToGroup","targetName":"g1"}`, "", `grant c1 sendToGroup g1`},
		{`{"type":"PermissionEvent","permissionAction":"Revoke","connectionId":"c1","permission":"joinLeaveGroup","targetName":"g1"}`, "", `revoke c1 joinLeaveGroup g1`},
		{`{"type":"PermissionEvent","permissionAction":"Check","connectionId":"c1","permission":"sendToGroup","targetName":"g1"}`, "", `check c1 sendToGroup g1`},
		// Messages.
		{`{"message":"hi"}`, `{"type":"MessageEvent","targetType":"All","message":"aGk=","dataType":"binary"}`, `send the hub binary "hi" ` + noMeta},
		{`{"message":"aGk=","dataType":"binary"}`, `{"type":"MessageEvent","targetType":"All","message":"aGk=","dataType":"binary"}`, `send the hub binary "hi" ` + noMeta},
		{`{"message":{"type":"Buffer","data":[104,105]}}`, `{"type":"MessageEvent","targetType":"All","message":"aGk=","dataType":"binary"}`, `send the hub binary "hi" ` + noMeta},
		{`{"message":{"type":"Buffer","data":"aGk="},"dataType":"binary"}`, `{"type":"MessageEvent","targetType":"All","message":"aGk=","dataType":"binary"}`, `send the hub binary "hi" ` + noMeta},
		{`{"message":{"a":[1, "<b>"]},"dataType":"json"}`, `{"type":"MessageEvent","targetType":"All","message":{"a":[1,"<b>"]},"dataType":"json"}`, `send the hub json "{\"a\":[1, \"<b>\"]}" ` + noMeta},
		{`{"message":"{\"a\":1}","dataType":"json"}`, `{"type":"MessageEvent","targetType":"All","message":{"a":1},"dataType":"json"}`, `send the hub json "{\"a\":1}" ` + noMeta},
		{`{"message":"hello","dataType":"json"}`, `{"type":"MessageEvent","targetType":"All","message":"hello","dataType":"json"}`, `send the hub json "\"hello\"" ` + noMeta},
		{`{"message":"\"1\"","dataType":"json"}`, `{"type":"MessageEvent","targetType":"All","message":"\"1\"","dataType":"json"}`, `send the hub json "\"1\"" ` + noMeta},
		{`{"message":null,"dataType":"json"}`, `{"type":"MessageEvent","targetType":"All","message":null,"dataType":"json"}`, `send the hub json "null" ` + noMeta},
		{`{"message":"","dataType":"text"}`, `{"type":"MessageEvent","targetType":"All","message":"","dataType":"text"}`, `send the hub text "" ` + noMeta},
		// Other spellings.
		{
			`{"TYPE":"messageevent","TagetType":"users","TARGETID":"u1","Data":"hi","DATATYPE":"Text","excluded":[],"reason":null}`,
			`{"type":"MessageEvent","targetType":"Users","targetId":"u1","message":"hi","dataType":"text"}`,
			`send user "u1" text "hi" ` + noMeta,
		},
		{
			`{"action":"join","targetType":"USERS","targetId":"u1","group":"g1"}`,
			`{"type":"GroupEvent","groupAction":"Join","targetType":"Users","targetId":"u1","groupId":"g1"}`,
			`add user "u1" g1`,
		},
		{`{"connectionId":"c1"}`, `{"type":"CloseConnectionEvent","connectionId":"c1"}`, `close connection "c1" "" []`},
		{
			`{"type":"CloseConnectionEvent","targetType":"Connections","targetId":"c1"}`,
			`{"type":"CloseConnectionEvent","connectionId":"c1"}`, `close connection "c1" "" []`,
		},
		{
			`{"action":"check","permission":"SENDTOGROUP","connectionId":"c1","targetName":"g1"}`,
			`{"type":"PermissionEvent","permissionAction":"Check","connectionId":"c1","permission":"sendToGroup","targetName":"g1"}`, `check c1 sendToGroup g1`,
		},
	}
	for _, tt := range tests {
		ev, err := output.Decode([]byte(tt.in))
		if err != nil {
			t.Errorf("Decode(%s): %v", tt.in, err)
			continue
		}
		if tt.strict == "" {
			tt.strict = tt.in
		}
		checkEvent(t, ev, tt.strict, tt.call)
	}
}

func checkEvent(t *testing.T, ev output.Event, strict, call string) {
	t.Helper()
	out, err := ev.MarshalJSON()
	if err != nil || string(out) != strict {
		t.Errorf("MarshalJSON = %s, %v, want %s", out, err, strict)
	}
	var r recorder
	if _, err := ev.Run(t.Context(), &r); err != nil || len(r.calls) != 1 || r.calls[0] != call {
		t.Errorf("running %s: %q, %v, want %q", strict, r.calls, err, call)
	}
}

// TestDecodeActions reads the 14 objects of the shipped Functions extension.
func TestDecodeActions(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, call string }{
		{`{"actionName":"sendToAll","data":"hi","dataType":"text","excluded":["c1"]}`, `send the hub text "hi" [c1] "" 0 map[]`},
		{`{"actionName":"SendToConnection","connectionId":"c1","data":"hi","dataType":"text"}`, `send connection "c1" text "hi" [] "" 0 map[]`},
		{`{"actionName":"sendToUser","userId":"u1","data":"{\"a\":1}","dataType":"json"}`, `send user "u1" json "{\"a\":1}" [] "" 0 map[]`},
		{`{"actionName":"sendToGroup","group":"g1","data":{"type":"Buffer","data":[0,255]},"dataType":"binary"}`, `send group "g1" binary "\x00\xff" [] "" 0 map[]`},
		{`{"actionName":"addUserToGroup","userId":"u1","group":"g1"}`, `add user "u1" g1`},
		{`{"actionName":"removeUserFromGroup","userId":"u1","group":"g1"}`, `remove user "u1" g1`},
		{`{"actionName":"removeUserFromAllGroups","userId":"u1"}`, `remove user "u1" from all`},
		{`{"actionName":"addConnectionToGroup","connectionId":"c1","group":"g1"}`, `add connection "c1" g1`},
		{`{"actionName":"removeConnectionFromGroup","connectionId":"c1","group":"g1"}`, `remove connection "c1" g1`},
		{`{"actionName":"closeAllConnections","excluded":["c1"],"reason":"bye"}`, `close the hub "bye" [c1]`},
		{`{"actionName":"closeClientConnection","connectionId":"c1","reason":"bye"}`, `close connection "c1" "bye" []`},
		{`{"actionName":"closeGroupConnections","group":"g1","excluded":null,"reason":"bye"}`, `close group "g1" "bye" []`},
		{`{"actionName":"grantPermission","connectionId":"c1","permission":"sendToGroup","targetName":"g1"}`, `grant c1 sendToGroup g1`},
		{`{"actionName":"revokePermission","connectionId":"c1","permission":"JoinLeaveGroup","targetName":"g1"}`, `revoke c1 joinLeaveGroup g1`},
		// As they were in the first previews of the binding.
		{`{"operation":"SendToAll","message":"hi","dataType":"text","excluded":["c1"]}`, `send the hub text "hi" [c1] "" 0 map[]`},
		{`{"operationKind":"sendToGroup","groupId":"g1","message":"hi","dataType":"text"}`, `send group "g1" text "hi" [] "" 0 map[]`},
		{`{"Operation":"AddUserToGroup","UserId":"u1","GroupId":"g1"}`, `add user "u1" g1`},
		{`{"operation":"closeClientConnection","connectionId":"c1","reason":"bye"}`, `close connection "c1" "bye" []`},
		{`{"operation":"grantGroupPermission","connectionId":"c1","permission":"sendToGroup","groupId":"g1"}`, `grant c1 sendToGroup g1`},
		{`{"operationKind":"RevokeGroupPermission","connectionId":"c1","permission":"joinLeaveGroup","targetName":"g1"}`, `revoke c1 joinLeaveGroup g1`},
	}
	for _, tt := range tests {
		ev, err := output.Decode([]byte(tt.in))
		if err != nil {
			t.Errorf("Decode(%s): %v", tt.in, err)
			continue
		}
		var r recorder
		if _, err := ev.Run(t.Context(), &r); err != nil || r.calls[0] != tt.call {
			t.Errorf("running %s: %q, %v, want %q", tt.in, r.calls, err, tt.call)
		}
	}
}

func TestDecodeFaults(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", protocol.MaxMessageSize+1)
	tests := []struct{ in, want string }{
		{``, "the JSON object is cut off"},
		{`{"message":"a"`, "the JSON object is cut off"},
		{`[]`, "not a JSON object"},
		{`{"message" "a"}`, "not JSON: "},
		{`{"message":"a"} x`, "there is more after the object"},
		{`{}`, "type is missing, and the other members do not determine it"},
		{`{"targetType":"Users","targetId":"u"}`, "type is missing"},
		{`{"type":7}`, "type must be a string"},
		{`{"type":"X"}`, `type cannot be "X": use MessageEvent`},
		{`{"message":"a","mesage":"b"}`, `mesage is not a member of an event object: did you mean "message"?`},
		{`{"message":"a","somethingElse":1}`, "somethingElse is not a member of an event object"},
		{`{"message":"a","data":"b"}`, "message is given twice, also as \"data\""},
		{`{"message":"a","MESSAGE":"b"}`, "message is given twice"},
		{`{"type":"MessageEvent"}`, "message is missing"},
		{`{"message":null}`, "message is missing"},
		{`{"message":1}`, "message must be a string or a serialised Buffer"},
		{`{"message":{"a":1},"dataType":"text"}`, "message must be a string or a serialised Buffer when dataType is text"},
		{`{"message":"!","dataType":"binary"}`, "message must be base64"},
		{`{"message":"` + long + `","dataType":"text"}`, "message is larger than 1048576 bytes"},
		{`{"message":"a","dataType":"xml"}`, `dataType cannot be "xml": use text, json or binary`},
		{`{"message":"a","targetType":"Rooms","targetId":"r"}`, `targetType cannot be "Rooms": use All, Users, Connections or Groups`},
		{`{"message":"a","targetId":"g"}`, "targetId must be absent when targetType is All"},
		{`{"message":"a","targetType":"Users"}`, "targetId cannot be used: user id is empty"},
		{`{"message":"a","targetType":"Users","targetId":"u","excludes":["c"]}`, "excludes works with targetType All and Groups only"},
		{`{"message":"a","excludes":"c"}`, "excludes must be an array of strings"},
		{`{"message":"a","excludes":[""]}`, "excludes cannot be used: connection id is empty"},
		{`{"message":"a","targetType":"Connections","targetId":"c","filter":"f"}`, "filter does not work with targetType Connections"},
		{`{"message":"a","ttlSeconds":301}`, "ttlSeconds must be from 0 to 300"},
		{`{"message":"a","ttlSeconds":1.5}`, "ttlSeconds must be a whole number"},
		{`{"message":"a","metadata":{"k":"é"}}`, `metadata cannot be used: metadata value of "k" is not ASCII`},
		{`{"message":"a","metadata":{"k":1}}`, "metadata must be an object of strings"},
		{`{"message":"a","groupId":"g"}`, "groupId does not belong to a MessageEvent"},
		{`{"groupAction":"Kick","targetType":"Users","targetId":"u","groupId":"g"}`, `groupAction cannot be "Kick": use Join, Leave or LeaveAll`},
		{`{"type":"GroupEvent","targetType":"Users","targetId":"u","groupId":"g"}`, "groupAction is missing"},
		{`{"action":"Join","targetType":"Groups","targetId":"u","groupId":"g"}`, `targetType cannot be "Groups": use Users or Connections`},
		{`{"action":"Join","targetType":"Users","targetId":"u"}`, "groupId cannot be used: group name is empty"},
		{`{"action":"LeaveAll","targetType":"Users","targetId":"u","groupId":"g"}`, "groupId must be absent when groupAction is LeaveAll"},
		{`{"action":"Join","targetType":"Users","targetId":"u","groupId":"g","filter":"f"}`, "filter works with targetType All only"},
		{`{"action":"Join","targetType":"All","targetId":"u","groupId":"g"}`, "targetId must be absent when targetType is All; groupId must be absent when targetType is All: use groupIds; groupIds is missing; filter is missing"},
		{`{"action":"LeaveAll","targetType":"All","groupIds":["g"],"filter":"f"}`, "groupAction cannot be LeaveAll when targetType is All"},
		{`{"type":"CloseConnectionEvent"}`, "connectionId cannot be used: connection id is empty"},
		{`{"connectionId":"c","excludes":["d"]}`, "excludes works with targetType Users, Groups and All only"},
		{`{"connectionId":"c","targetType":"Users","targetId":"u"}`, "connectionId and targetType exclude each other"},
		{`{"type":"CloseConnectionEvent","connectionId":"c","targetId":"u"}`, "targetType is missing: use Users, Groups or All"},
		{`{"type":"ExistenceEvent","targetType":"All"}`, `targetType cannot be "All": use Users, Connections or Groups`},
		{`{"permission":"fly","connectionId":"c","action":"Grant"}`, `permission cannot be "fly": use sendToGroup or joinLeaveGroup`},
		{`{"permission":"sendToGroup"}`, "permissionAction is missing: use Grant, Revoke or Check; connectionId cannot be used: connection id is empty; targetName cannot be used: group name is empty"},
		{`{"actionName":"sendToGrup","group":"g","data":"x"}`, "such as sendtogroup"},
		{`{"actionName":"sendToGroup","data":"x","dataType":"text"}`, "group cannot be used: group name is empty"},
		{`{"actionName":"sendToUser","dataType":"text"}`, "data is missing; userId cannot be used: user id is empty"},
		{`{"actionName":"sendToAll","data":"x","group":"g"}`, "group does not belong to sendToAll"},
		{`{"actionName":"sendToAll","type":"MessageEvent","data":"x"}`, "type and actionName exclude each other"},
		{`{"actionName":7}`, "actionName must be a string"},
		{`{"operation":7}`, "operation must be a string"},
		{`{"operation":"sendToAll","actionName":"sendToAll","data":"x"}`, "is given twice"},
		{`{"operationKind":"sendToAl","message":"x"}`, `operationKind cannot be "sendToAl"`},
		{`{"operation":"sendToUser","message":1,"dataType":"text","userId":"u"}`, "message must be a string"},
		{`{"operation":"grantGroupPermission","connectionId":"c1","permission":"sendToGroup"}`, "targetName cannot be used"},
		// Every fault at once.
		{
			`{"message":1,"dataType":"text","targetType":"Users","excludes":["c"],"ttlSeconds":-1,"colour":"red"}`,
			"colour is not a member of an event object; message must be a string or a serialised Buffer when dataType is text; targetId cannot be used: user id is empty; excludes works with targetType All and Groups only; ttlSeconds must be from 0 to 300",
		},
	}
	for _, tt := range tests {
		ev, err := output.Decode([]byte(tt.in))
		if err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Decode(%.200s) = %v, %v, want an error with %q", tt.in, ev, err, tt.want)
		}
	}
}

func TestCheckMessage(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		ev   output.MessageEvent
		want string
	}{
		{output.MessageEvent{}, ""},
		{output.MessageEvent{Message: []byte("\xff"), DataType: protocol.DataTypeText}, "is not UTF-8 text: use dataType binary"},
		{output.MessageEvent{Message: []byte("{"), DataType: protocol.DataTypeJSON}, "is not JSON: it ends too early"},
		{output.MessageEvent{Message: []byte("\"\xff\""), DataType: protocol.DataTypeJSON}, "is JSON that is not UTF-8"},
		{output.MessageEvent{Message: []byte("x"), DataType: "protobuf"}, "dataType cannot be"},
	} {
		err := tt.ev.Check()
		if (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("Check(%q as %q) = %v, want %q", tt.ev.Message, tt.ev.DataType, err, tt.want)
		}
	}
}

// FuzzDecode checks that what is refused has faults, each once, and that what is
// accepted can be run, with a strict form that does the same and is its own strict
// form.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"type":"MessageEvent","targetType":"Groups","targetId":"g1","message":"hi","dataType":"text","excludes":["c1"]}`,
		`{"message":{"type":"Buffer","data":[1,2]}}`, `{"message":"\"1\"","dataType":"json"}`,
		`{"message":{"a": 1.0e2},"dataType":"json","metadata":{"k":"v"},"ttlSeconds":1}`,
		`{"action":"Join","targetType":"Users","targetId":"u1","group":"g1"}`,
		`{"actionName":"closeGroupConnections","group":"g1","excluded":["c"],"reason":"bye"}`,
		`{"actionName":"sendToUser","userId":"u1","data":"aGk=","dataType":"binary"}`,
		`{"type":"PermissionEvent","action":"Check","connectionId":"c1","permission":"sendToGroup","targetName":"g"}`,
		`{"type":"ExistenceEvent","targetType":"Users","targetId":"u1"}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		ev, err := output.Decode(b)
		if err != nil {
			bad, _ := errors.AsType[*output.FaultError](err)
			if bad == nil || len(bad.Faults) == 0 {
				t.Fatalf("Decode(%q) = %v, which has no fault", b, err)
			}
			for i, fault := range bad.Faults {
				if slices.Contains(bad.Faults[:i], fault) {
					t.Errorf("Decode(%q) has the fault %q twice", b, fault)
				}
			}
			return
		}
		if err := ev.Check(); err != nil {
			t.Fatalf("Decode(%q) accepts what Check refuses: %v", b, err)
		}
		strict, err := ev.MarshalJSON()
		if err != nil || !json.Valid(strict) || bytes.ContainsRune(strict, '\n') {
			t.Fatalf("MarshalJSON of %q: %s, %v", b, strict, err)
		}
		again, err := output.Decode(strict)
		if err != nil {
			t.Fatalf("Decode(%s): %v", strict, err)
		}
		if got, want := callOf(t, again), callOf(t, ev); got != want {
			t.Errorf("%s does %s, want %s as %q", strict, got, want, b)
		}
		twice, err := again.MarshalJSON()
		if err != nil || !bytes.Equal(strict, twice) {
			t.Errorf("%s became %s, %v", strict, twice, err)
		}
	})
}

// callOf returns the call of the service that running ev makes. JSON is compacted,
// because the strict form of an event is one line.
func callOf(t *testing.T, ev output.Event) string {
	t.Helper()
	if m, ok := ev.(*output.MessageEvent); ok && m.DataType == protocol.DataTypeJSON {
		var b bytes.Buffer
		if err := json.Compact(&b, m.Message); err != nil {
			t.Fatalf("message %q: %v", m.Message, err)
		}
		compact := *m
		compact.Message = b.Bytes()
		ev = &compact
	}
	var r recorder
	if _, err := ev.Run(t.Context(), &r); err != nil || len(r.calls) != 1 {
		t.Fatalf("running %+v: %q, %v", ev, r.calls, err)
	}
	return r.calls[0]
}

func BenchmarkDecode(b *testing.B) {
	line := []byte(`{"type":"MessageEvent","targetType":"Groups","targetId":"g1","message":"` + strings.Repeat("x", 128) + `","dataType":"text"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := output.Decode(line); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMarshal(b *testing.B) {
	ev := &output.MessageEvent{TargetType: output.TargetGroups, TargetID: "g1", Message: bytes.Repeat([]byte("x"), 128), DataType: protocol.DataTypeText}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ev.MarshalJSON(); err != nil {
			b.Fatal(err)
		}
	}
}
