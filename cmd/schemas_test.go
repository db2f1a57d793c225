package cmd_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"wps/output"
	"wps/protocol/traffic"
)

const (
	eventSchema   = "../docs/schemas/event.schema.json"
	trafficSchema = "../docs/schemas/traffic.schema.json"
)

// schema returns a compiled JSON Schema.
func schema(t *testing.T, file string) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	c.AssertContent()
	s, err := c.Compile(file)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valid returns what is wrong with a JSON text by a schema.
func valid(t *testing.T, s *jsonschema.Schema, text []byte) error {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return s.Validate(v)
}

// TestEventSchema checks the schema against every example of help in the form that wps
// prints, and that it refuses what wps refuses.
func TestEventSchema(t *testing.T) {
	t.Parallel()
	s := schema(t, eventSchema)
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
		if err := valid(t, s, printed); err != nil {
			t.Errorf("%s: %v", printed, err)
		}
	}
	if examples < 15 {
		t.Errorf("%d examples in wps help events, want at least 15", examples)
	}
	for _, bad := range badEvents {
		if err := valid(t, s, []byte(bad)); err == nil {
			t.Errorf("the schema accepts %s", bad)
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

// TestTrafficSchema checks the schema against what commands print, and that it has the
// members of the object and no others.
func TestTrafficSchema(t *testing.T) {
	t.Parallel()
	want := membersOfType(reflect.TypeFor[traffic.Object]())
	if got := propertiesOf(t, trafficSchema); !slices.Equal(got, want) {
		t.Errorf("%s has the members\n%q, want\n%q", trafficSchema, got, want)
	}
	s, events := schema(t, trafficSchema), schema(t, eventSchema)
	checked := map[string]int{}
	for heading, lines := range printedJSON(t) {
		isStream := strings.HasPrefix(heading, "wps emulator events") || strings.HasPrefix(heading, "wps emulator --on")
		for _, line := range lines {
			var o struct{ Type, Event any }
			if err := json.Unmarshal([]byte(line), &o); err != nil {
				t.Fatal(err)
			}
			name, _ := o.Type.(string)
			object, isObject := o.Event.(map[string]any)
			switch {
			case isStream && slices.Contains(traffic.Types(), traffic.Type(name)):
				checked[name]++
				if err := valid(t, s, []byte(line)); err != nil {
					t.Errorf("%s: %v", line, err)
				}
			case isObject:
				checked["event object"]++
				if err := events.Validate(object); err != nil {
					t.Errorf("%s: %v", line, err)
				}
			}
		}
	}
	for _, name := range []string{"opened", "received", "message", "rest", "refused", "event", "closed", "event object"} {
		if checked[name] == 0 {
			t.Errorf("nothing of type %q was printed", name)
		}
	}
	for _, bad := range []string{
		`{"type":"opened","hub":"chat","connectionId":"c1"}`, `{"time":"2026-01-02T03:04:05Z","type":"gone"}`,
		`{"time":"today","type":"note"}`, `{"time":"2026-01-02T03:04:05Z","type":"message","hub":"chat","target":"group"}`,
	} {
		if err := valid(t, s, []byte(bad)); err == nil {
			t.Errorf("the schema accepts %s", bad)
		}
	}
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

// propertiesOf returns the names of the properties of a schema, sorted.
func propertiesOf(t *testing.T, file string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var s struct{ Properties map[string]any }
	if err := json.Unmarshal(text, &s); err != nil {
		t.Fatal(err)
	}
	return slices.Sorted(maps.Keys(s.Properties))
}
