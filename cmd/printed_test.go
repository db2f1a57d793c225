package cmd_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"wps/cmd"
)

// TestPrintedJSON runs every command with -o json, and checks what they print against
// "wps help json" and the published schemas.
func TestPrintedJSON(t *testing.T) {
	t.Parallel()
	printed := printedJSON(t).printed
	t.Run("documented", func(t *testing.T) { checkDocumented(t, printed) })
	t.Run("valid", func(t *testing.T) { checkValid(t, printed) })
	t.Run("traffic", func(t *testing.T) { checkTrafficTypes(t, printed) })
	t.Run("changed", func(t *testing.T) { checkMutations(t, printed) })
}

// checkValid checks that each line is valid by a schema of its command, and each schema
// of a command describes a line.
func checkValid(t *testing.T, printed []printedLine) {
	t.Helper()
	s, index := newSchemas(), schemaIndex(t, "Output")
	seen := map[string]map[string]bool{}
	for _, line := range printed {
		name, err := s.match(t, schemasOfCommand(index, line.command), line.text)
		if err != nil {
			t.Errorf("%s printed %s: %v", line.command, line.text, err)
		}
		if seen[line.command] == nil {
			seen[line.command] = map[string]bool{}
		}
		seen[line.command][name] = true
		family, _, _ := strings.Cut(index[line.command][0], "#")
		if err := s.check(t, family, line.text); err != nil {
			t.Errorf("%s printed %s, which the root of %s does not describe: %v", line.command, line.text, family, err)
		}
	}
	for command, names := range index {
		for _, name := range names {
			if !seen[command][name] {
				t.Errorf("nothing that %q printed is valid by %s: add a sample", command, name)
			}
		}
	}
}

// checkTrafficTypes checks that the usual types of traffic objects were printed.
func checkTrafficTypes(t *testing.T, printed []printedLine) {
	t.Helper()
	for _, name := range []string{"opened", "joined", "left", "received", "sent", "message", "rest", "refused", "event", "permission", "closed", "tunnelOpened", "tunnelClosed"} {
		if !slices.ContainsFunc(printed, func(line printedLine) bool {
			return line.command == "wps emulator events" && strings.Contains(line.text, `"type":"`+name+`"`)
		}) {
			t.Errorf("nothing of type %q was printed", name)
		}
	}
}

// TestPrintedErrors checks the error of every command, and of one that does not exist.
func TestPrintedErrors(t *testing.T) {
	t.Parallel()
	s := newSchemas()
	for _, command := range append(cmd.PrintingCommands(), "wps nonsense", "wps group nonsense") {
		words := append(strings.Fields(command)[1:], "-o", "json", "--no-such-flag")
		code, stdout, _ := run(t, nil, words...)
		line, ended := strings.CutSuffix(stdout, "\n")
		if code != 2 || !ended || strings.Contains(line, "\n") || !strings.Contains(line, `"code":"usage"`) {
			t.Errorf("%s --no-such-flag: exit code %d, stdout %q, want 2 and one error", command, code, stdout)
		}
		if err := s.check(t, errorSchema, line); err != nil {
			t.Errorf("%s printed %s: %v", command, line, err)
		}
	}
}

// schemasOfHelp are the schemas of what a heading of "wps help json" describes, by its
// beginning.
var schemasOfHelp = map[string][]string{
	"wps COMMAND that fails":             {errorSchema},
	"wps negotiate":                      {"service.schema.json#/$defs/negotiation", "service.schema.json#/$defs/serving"},
	"wps send, broadcast":                {"service.schema.json#/$defs/done"},
	"wps exists":                         {"service.schema.json#/$defs/existence"},
	"wps permission check":               {"service.schema.json#/$defs/allowed"},
	"wps group list":                     {"service.schema.json#/$defs/member"},
	"wps apply":                          {"apply.schema.json#/$defs/result"},
	"wps connect":                        {"connect.schema.json#/$defs/message", "connect.schema.json#/$defs/system", "connect.schema.json#/$defs/ack", "connect.schema.json#/$defs/closed"},
	"wps emulator, when ready":           {"emulator.schema.json#/$defs/ready"},
	"wps emulator status":                {"emulator.schema.json#/$defs/status"},
	"wps emulator connections":           {"emulator.schema.json#/$defs/connection"},
	"wps emulator groups":                {"emulator.schema.json#/$defs/group"},
	"wps emulator tunnels, for each":     {"emulator.schema.json#/$defs/tunnel"},
	"wps emulator tunnels CONNECTION":    {"emulator.schema.json#/$defs/asked"},
	"wps emulator close":                 {"emulator.schema.json#/$defs/closed"},
	"wps emulator events":                {trafficSchema},
	"wps emulator --on":                  {"handler.schema.json#/$defs/listening", "handler.schema.json#/$defs/tunnel", trafficSchema},
	"wps bench send":                     {"bench.schema.json#/$defs/run"},
	"members of latency":                 nil,
	"wps bench compare":                  {"bench.schema.json#/$defs/comparison"},
	"wps bench predict":                  {"bench.schema.json#/$defs/prediction"},
	"wps trigger":                        {"handler.schema.json#/$defs/answer"},
	"wps replay":                         {"handler.schema.json#/$defs/replayed"},
	"wps health":                         {"service.schema.json#/$defs/health"},
	"wps doctor":                         {"service.schema.json#/$defs/check"},
	"wps wait":                           {"service.schema.json#/$defs/wait"},
	"wps context list":                   {"tools.schema.json#/$defs/context"},
	"wps context show":                   {"tools.schema.json#/$defs/settings"},
	"wps context add, use, edit, rename": {"tools.schema.json#/$defs/contextChanged"},
	"wps token inspect":                  {"tools.schema.json#/$defs/token"},
	"wps version":                        {"tools.schema.json#/$defs/version"},
}

// TestHelpJSONAndSchemas checks that "wps help json" and the schemas have the same
// members.
func TestHelpJSONAndSchemas(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for heading, names := range documented(t) {
		schemas, key := schemasOfHeading(heading)
		used[key] = true
		if key == "" {
			t.Errorf("schemasOfHelp has no schemas of %q", heading)
			continue
		}
		described := map[string]bool{}
		for _, name := range schemas {
			for member := range schemaMembers(t, name) {
				described[member] = true
			}
		}
		if key == "wps replay" { // its types have the same members
			names = withoutTypes(names)
		}
		for member := range names {
			if !described[member] {
				t.Errorf("wps help json has %s below %q, and no schema describes it", member, heading)
			}
		}
		for member := range described {
			if _, ok := names[member]; !ok && !leftOutOfHelp(key, member) {
				t.Errorf("%v describe %s, which wps help json lacks below %q", schemas, member, heading)
			}
		}
	}
	for key := range schemasOfHelp {
		if !used[key] && key != "members of latency" {
			t.Errorf("wps help json has no heading %q", key)
		}
	}
}

// withoutTypes returns names of members without the types of their objects.
func withoutTypes(names map[string]bool) map[string]bool {
	all := map[string]bool{}
	for name := range names {
		_, member, _ := strings.Cut(name, ".")
		all["."+member] = true
	}
	return all
}

// schemasOfHeading returns the schemas of a heading and the key of schemasOfHelp, the
// longest that it begins with.
func schemasOfHeading(heading string) (names []string, key string) {
	for begin, all := range schemasOfHelp {
		if strings.HasPrefix(heading, begin) && len(begin) > len(key) {
			names, key = all, begin
		}
	}
	return names, key
}

// leftOutOfHelp reports whether help says in words what a member is: the rare types of
// traffic objects, data that is no text or was cut, what only wps listen and recordings
// have, and that an answered event has the members of a traffic object.
func leftOutOfHelp(key, member string) bool {
	kind, name, _ := strings.Cut(member, ".")
	switch {
	case key == "wps emulator --on":
		return kind != "listening" && kind != "tunnel"
	case slices.Contains([]string{"dataBase64", "replyBase64", "left", "replyLeft"}, name), slices.Contains([]string{"event.repeated", "event.group", "sent.group"}, member):
		return true
	}
	return slices.Contains([]string{"away", "recovered", "fault", "throttled", "dropped", "note"}, kind)
}

// schemaMembers returns the names of the members that a schema describes, as members
// does those of an object.
func schemaMembers(t *testing.T, name string) map[string]bool {
	t.Helper()
	part := partOf(t, name)
	properties, _ := part["properties"].(map[string]any)
	all := map[string]bool{}
	add := func(prefix string, wanted func(string) bool) {
		for member, p := range properties {
			if !wanted(member) {
				continue
			}
			all[prefix+"."+member] = true
			if property, _ := p.(map[string]any); nested[member] {
				for inner := range innerProperties(property) {
					all[prefix+"."+member+"."+inner] = true
				}
			}
		}
	}
	if name != trafficSchema {
		kind, _ := properties["type"].(map[string]any)
		prefix, _ := kind["const"].(string)
		add(prefix, func(string) bool { return true })
		return all
	}
	for _, kind := range trafficTypes(t) {
		add(kind, func(member string) bool { return slices.Contains(trafficMembers(t, kind), member) })
	}
	return all
}

// innerProperties returns the properties of an object, or of the objects of a list.
func innerProperties(property map[string]any) map[string]any {
	if items, ok := property["items"].(map[string]any); ok {
		property = items
	}
	properties, _ := property["properties"].(map[string]any)
	return properties
}

// trafficMembers returns the members that a type of traffic object can have.
func trafficMembers(t *testing.T, kind string) (names []string) {
	t.Helper()
	rules, _ := partOf(t, trafficSchema)["allOf"].([]any)
	for _, one := range rules {
		text, err := json.Marshal(one)
		if err != nil {
			t.Fatal(err)
		}
		var rule struct {
			If struct {
				Properties struct{ Type struct{ Const string } }
			}
			Then struct {
				PropertyNames struct{ Enum []string }
			}
		}
		if err := json.Unmarshal(text, &rule); err != nil {
			t.Fatal(err)
		}
		if rule.If.Properties.Type.Const == kind {
			names = append(names, rule.Then.PropertyNames.Enum...)
		}
	}
	if len(names) == 0 {
		t.Errorf("%s has no members of the type %s", trafficSchema, kind)
	}
	return names
}
