package output_test

import (
	"encoding/json"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"wps/output"
)

// eventSchema describes the event objects that wps prints.
const eventSchema = "../docs/schemas/event.schema.json"

// TestEventsPageHasMembersOfSchema checks that the section of each event has a row for
// each member that the JSON Schema knows, and no others.
func TestEventsPageHasMembersOfSchema(t *testing.T) {
	t.Parallel()
	var schema struct {
		Defs map[string]struct {
			Properties map[string]json.RawMessage
		} `json:"$defs"`
	}
	if err := json.Unmarshal(readText(t, eventSchema), &schema); err != nil {
		t.Fatal(err)
	}
	checked := 0
	for name, def := range schema.Defs {
		if !strings.HasSuffix(name, "Event") {
			continue
		}
		checked++
		delete(def.Properties, "type")
		want := slices.Sorted(maps.Keys(def.Properties))
		var got []string
		for _, row := range tableRows(section(t, name)) {
			got = append(got, codes(row[0])...)
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: %s has rows of %q, want those of %s: %q", eventsPage, name, got, eventSchema, want)
		}
	}
	if checked != len(everyMember())-2 { // two events have two forms
		t.Errorf("%s: %d events", eventSchema, checked)
	}
}

// actionMembers are values for the members of actions.
var actionMembers = map[string]any{
	"data": "hi", "dataType": "text", "excluded": []string{"c1"}, "group": "g1", "userId": "u1",
	"connectionId": "c1", "reason": "r", "permission": "sendToGroup", "targetName": "g1",
}

// optional are the members of actions that may be absent.
var optional = []string{"dataType", "excluded", "reason"}

// TestActionsOnPage checks the table of actions: each is read with all its members and
// with those alone that are required, and refused without one of these or with others.
func TestActionsOnPage(t *testing.T) {
	t.Parallel()
	actions := 0
	for _, row := range tableRows(section(t, "Actions of Azure Functions")) {
		members := codes(row[1])
		for _, action := range codes(row[0]) {
			actions++
			checkAction(t, action, members, strings.TrimPrefix(row[2], "a "))
		}
	}
	if actions != 14 {
		t.Errorf("%s: %d actions, want 14", eventsPage, actions)
	}
}

func checkAction(t *testing.T, action string, members []string, typ string) {
	t.Helper()
	all := map[string]any{"actionName": action}
	for _, m := range members {
		all[m] = actionMembers[m]
	}
	if ev, err := decode(t, all); err != nil || ev.Type() != typ {
		t.Errorf("%s with all members = %v, %v, want a %s", action, ev, err, typ)
	}
	for m, value := range actionMembers {
		changed := maps.Clone(all)
		if !slices.Contains(members, m) {
			changed[m] = value
			if ev, err := decode(t, changed); err == nil {
				t.Errorf("%s with %s = %v, want an error", action, m, ev)
			}
			continue
		}
		delete(changed, m)
		if _, err := decode(t, changed); (err == nil) != slices.Contains(optional, m) {
			t.Errorf("%s without %s: %v", action, m, err)
		}
	}
}

func decode(t *testing.T, object map[string]any) (output.Event, error) {
	t.Helper()
	b, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return output.Decode(b)
}

func readText(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// section returns the part of the page below a heading of the second level.
func section(t *testing.T, heading string) string {
	t.Helper()
	_, text, ok := strings.Cut(string(readText(t, eventsPage)), "\n## "+heading+"\n")
	if !ok {
		t.Errorf("%s has no section %s", eventsPage, heading)
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return text
}

// tableRows returns the cells of the rows of tables, without their heads.
func tableRows(text string) [][]string {
	var rows [][]string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "| `") {
			rows = append(rows, strings.Split(strings.Trim(line, "| "), " | "))
		}
	}
	return rows
}

var codeSpan = regexp.MustCompile("`([^`]+)`")

// codes returns what a cell has in code spans.
func codes(cell string) []string {
	var all []string
	for _, m := range codeSpan.FindAllStringSubmatch(cell, -1) {
		all = append(all, m[1])
	}
	return all
}
