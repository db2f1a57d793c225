package output_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"wps/output"
	"wps/protocol"
)

const eventsPage = "../docs/events.md"

// everyMember are events with all members that they can have.
func everyMember() []output.Event {
	return []output.Event{
		&output.MessageEvent{
			TargetType: output.TargetGroups, TargetID: "g1", Message: []byte("hi"), DataType: protocol.DataTypeText,
			Excludes: []string{"c1"}, Filter: "userId ne 'u1'", TTLSeconds: 60, Metadata: map[string]string{"k": "v"},
		},
		&output.GroupEvent{GroupAction: output.GroupJoin, TargetType: output.TargetUsers, TargetID: "u1", GroupID: "g1"},
		&output.GroupEvent{GroupAction: output.GroupLeave, TargetType: output.TargetAll, GroupIDs: []string{"g1"}, Filter: "userId eq 'u1'"},
		&output.CloseConnectionEvent{ConnectionID: "c1", Reason: "r"},
		&output.CloseConnectionEvent{TargetType: output.TargetGroups, TargetID: "g1", Excludes: []string{"c1"}},
		&output.PermissionEvent{PermissionAction: output.PermissionCheck, ConnectionID: "c1", Permission: protocol.PermissionSendToGroup, TargetName: "g1"},
		&output.ExistenceEvent{TargetType: output.TargetUsers, TargetID: "u1"},
	}
}

// TestEventsPage checks that the section of each event on the page names every member,
// and that its examples are event objects in the form that wps prints.
func TestEventsPage(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(eventsPage)
	if err != nil {
		t.Fatal(err)
	}
	for _, ev := range everyMember() {
		_, section, ok := strings.Cut(string(text), "\n## "+ev.Type()+"\n")
		section, _, _ = strings.Cut(section, "\n## ")
		if !ok {
			t.Errorf("%s has no section %s", eventsPage, ev.Type())
		}
		for member := range members(t, ev) {
			if member != "type" && !strings.Contains(section, "\n| `"+member+"` |") {
				t.Errorf("%s: %s has no row of %s", eventsPage, ev.Type(), member)
			}
		}
	}
	examples := 0
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "{") {
			continue
		}
		examples++
		ev, err := output.Decode([]byte(line))
		if err != nil {
			t.Errorf("%s: %s: %v", eventsPage, line, err)
			continue
		}
		if printed, err := json.Marshal(ev); err != nil || string(printed) != line {
			t.Errorf("%s: %s is printed as %s (%v)", eventsPage, line, printed, err)
		}
	}
	if examples < 8 {
		t.Errorf("%s: %d examples, want at least 8", eventsPage, examples)
	}
}

// members returns the members of the JSON of an event.
func members(t *testing.T, ev output.Event) map[string]json.RawMessage {
	t.Helper()
	b, err := json.Marshal(ev)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}
