package cmd_test

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"wps/output"
	"wps/protocol/traffic"
)

const (
	eventSchema   = "event.schema.json"
	inputSchema   = "event-input.schema.json"
	trafficSchema = "traffic.schema.json"
)

// TestEventSchema checks the schemas of event objects against every example of help: as
// it is read, and in the form that wps prints. Both refuse what wps refuses.
func TestEventSchema(t *testing.T) {
	t.Parallel()
	s := newSchemas()
	examples := 0
	for line := range strings.Lines(topicText(t, "events")) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "{") {
			continue
		}
		examples++
		ev, err := output.Decode([]byte(line))
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		printed, err := json.Marshal(ev)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range map[string]string{eventSchema: string(printed), inputSchema: line} {
			if err := s.check(t, name, text); err != nil {
				t.Errorf("%s: %v", text, err)
			}
		}
	}
	if examples < 15 {
		t.Errorf("%d examples in wps help events, want at least 15", examples)
	}
	for _, bad := range badEvents {
		for _, name := range []string{eventSchema, inputSchema} {
			if err := s.check(t, name, bad); err == nil {
				t.Errorf("%s accepts %s", name, bad)
			}
		}
		if ev, err := output.Decode([]byte(bad)); err == nil {
			t.Errorf("wps reads %s as %v", bad, ev)
		}
	}
}

// badEvents are refused by wps, for a reason each.
var badEvents = []string{
	`{"type":"Message","targetType":"All","message":"hi","dataType":"text"}`,
	`{"type":"MessageEvent","targetType":"All","dataType":"text"}`,
	`{"type":"MessageEvent","targetType":"Groups","message":"hi","dataType":"text"}`,
	`{"type":"MessageEvent","targetType":"All","targetId":"g1","message":"hi","dataType":"text"}`,
	`{"type":"MessageEvent","targetType":"All","message":5,"dataType":"text"}`,
	`{"type":"MessageEvent","targetType":"All","message":"?","dataType":"binary"}`,
	`{"type":"MessageEvent","targetType":"All","message":{"type":"Buffer","data":[256]},"dataType":"binary"}`,
	`{"type":"MessageEvent","targetType":"Users","targetId":"u1","message":"hi","dataType":"text","excludes":["c1"]}`,
	`{"type":"MessageEvent","targetType":"Connections","targetId":"c1","message":"hi","dataType":"text","filter":"userId eq null"}`,
	`{"type":"MessageEvent","targetType":"All","message":"hi","dataType":"text","ttlSeconds":301}`,
	`{"type":"MessageEvent","targetType":"All","message":"hi","dataType":"text","groupId":"g1"}`,
	`{"type":"GroupEvent","groupAction":"Join","targetType":"Groups","targetId":"g1","groupId":"g1"}`,
	`{"type":"GroupEvent","groupAction":"Join","targetType":"Users","targetId":"u1"}`,
	`{"type":"GroupEvent","groupAction":"LeaveAll","targetType":"Users","targetId":"u1","groupId":"g1"}`,
	`{"type":"GroupEvent","groupAction":"Join","targetType":"All","groupIds":["g1"]}`,
	`{"type":"GroupEvent","groupAction":"LeaveAll","targetType":"All","groupIds":["g1"],"filter":"userId eq null"}`,
	`{"type":"CloseConnectionEvent"}`,
	`{"type":"CloseConnectionEvent","connectionId":"c1","targetType":"All"}`,
	`{"type":"CloseConnectionEvent","targetType":"Users"}`,
	`{"type":"CloseConnectionEvent","connectionId":"c1","excludes":["c2"]}`,
	`{"type":"PermissionEvent","permissionAction":"Grant","connectionId":"c1","permission":"sendToGroup"}`,
	`{"type":"PermissionEvent","permissionAction":"Ask","connectionId":"c1","permission":"sendToGroup","targetName":"g1"}`,
	`{"type":"ExistenceEvent","targetType":"All"}`,
	`{"type":"ExistenceEvent","targetType":"Users"}`,
}

// TestTrafficSchema checks that the schema has the members of the object and no others,
// and every type; that of printed objects is the task of TestPrintedJSON.
func TestTrafficSchema(t *testing.T) {
	t.Parallel()
	s := newSchemas()
	want := membersOfType(reflect.TypeFor[traffic.Object]())
	if got := propertiesOf(t, trafficSchema); !slices.Equal(got, want) {
		t.Errorf("%s has the members\n%q, want\n%q", trafficSchema, got, want)
	}
	var types []string
	for _, one := range traffic.Types() {
		types = append(types, string(one))
	}
	if got := trafficTypes(t); !slices.Equal(got, types) {
		t.Errorf("%s has the types\n%q, want\n%q", trafficSchema, got, types)
	}
	for _, bad := range []string{
		`{"type":"opened","hub":"chat","connectionId":"c1"}`, `{"time":"2026-01-02T03:04:05Z","type":"gone"}`,
		`{"time":"today","type":"note","reason":"a"}`, `{"time":"2026-01-02T03:04:05Z","type":"message","hub":"chat","target":"group"}`,
		`{"time":"2026-01-02T03:04:05Z","type":"away","hub":"chat","connectionId":"c1","closeCode":1000}`,
	} {
		if err := s.check(t, trafficSchema, bad); err == nil {
			t.Errorf("the schema accepts %s", bad)
		}
	}
}

// trafficTypes returns the types of traffic objects that the schema has.
func trafficTypes(t *testing.T) (types []string) {
	t.Helper()
	all, _ := partOf(t, trafficSchema+"#/properties/type")["enum"].([]any)
	for _, one := range all {
		name, _ := one.(string)
		types = append(types, name)
	}
	return types
}

// membersOfType returns the names of the JSON members of a struct, sorted.
func membersOfType(of reflect.Type) (names []string) {
	for i := range of.NumField() {
		f := of.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case f.Anonymous:
			names = append(names, membersOfType(f.Type.Elem())...)
		case name != "-":
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
