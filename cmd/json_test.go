package cmd_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"
)

// members returns the names of a JSON object's members, prefixed with its type if it
// has one: "message.data".
func members(t *testing.T, object string) []string {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(object), &m); err != nil {
		t.Fatalf("%s: %v", object, err)
	}
	prefix, _ := m["type"].(string)
	var names []string
	for name, value := range m {
		names = append(names, prefix+"."+name)
		if nested[name] {
			names = append(names, innerMembers(prefix+"."+name, value)...)
		}
	}
	return names
}

// nested are the members whose value is an object, or a list of objects, that is
// documented as well.
var nested = map[string]bool{"latency": true, "series": true, "held": true, "differences": true, "settings": true, "hubs": true, "attempts": true, "loads": true}

func innerMembers(prefix string, value any) (names []string) {
	switch v := value.(type) {
	case map[string]any:
		for name := range v {
			names = append(names, prefix+"."+name)
		}
	case []any:
		for _, one := range v {
			names = append(names, innerMembers(prefix, one)...)
		}
	}
	return names
}

// documented returns the members that "wps help json" lists, by heading.
func documented(t *testing.T) map[string]map[string]bool {
	t.Helper()
	code, topic, _ := run(t, nil, "help", "json")
	if code != 0 {
		t.Fatalf("wps help json: exit code %d", code)
	}
	all := map[string]map[string]bool{}
	heading := ""
	for line := range strings.Lines(topic) {
		line = strings.TrimSuffix(line, "\n")
		switch {
		case strings.HasPrefix(line, "wps "):
			heading = line
			all[heading] = map[string]bool{}
		case strings.HasPrefix(line, "  {"):
			for _, name := range members(t, strings.ReplaceAll(line, "...", "")) {
				all[heading][name] = false
			}
		}
	}
	return all
}

// checkDocumented checks that the JSON output of the commands has exactly the members
// that "wps help json" lists, and each of them at least once.
func checkDocumented(t *testing.T, printed []printedLine) {
	t.Helper()
	all := documented(t)
	if len(all) < 10 {
		t.Fatalf("wps help json has %d headings, want at least 10", len(all))
	}
	for _, line := range printed {
		known := all[line.heading]
		if known == nil && line.heading != "" {
			t.Errorf("%q is not a heading of wps help json", line.heading)
		}
		for _, name := range members(t, line.text) {
			if _, ok := known[name]; !ok && line.heading != "" {
				t.Errorf("%s: %s is printed but not documented: %s", line.heading, name, line.text)
			}
			if known != nil {
				known[name] = true
			}
		}
	}
	for heading, known := range all {
		for name := range maps.Keys(known) {
			if !known[name] && !notPrinted[name] {
				t.Errorf("%s: %s is documented but never printed", heading, name)
			}
		}
	}
}

// notPrinted are members that these runs do not print, each with the test that
// covers it.
var notPrinted = map[string]bool{
	"event.repeated": true, // only the service sends an event again
	"event.hook":     true, // script emulator_handlers
	// emulator.TestAttempts
	"event.attempts": true, "event.attempts.status": true, "event.attempts.milliseconds": true, "event.attempts.error": true,
	".interrupted": true, // script bench_interrupted
	".late":        true, // bench.TestRateIsOfItsTime
	".ended":       true, // bench.TestFanoutAllEnded
	".target":      true, // emulator.TestTunnelControl
	".moreGroups":  true, // emulator.TestListedGroups
	".commit":      true, // cli.TestBuildInfo
	".date":        true, // the same

	"tunnel.error": true, "tunnel.retrySeconds": true, // handlercmd.TestTunnelChanges
}
