//go:build unix

package trigger_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"wps/protocol"
	"wps/trigger"
)

const hooksPage = "../docs/hooks.md"

// TestHooksPage checks that the page has each variable that a command can get, and no
// other.
func TestHooksPage(t *testing.T) {
	t.Parallel()
	got := variablesOfHooks(t)
	want := hooksPageNames(t, "### What a hook gets")
	for _, name := range got {
		if !slices.Contains(want, name) {
			t.Errorf("%s does not name the variable %s", hooksPage, name)
		}
	}
	for _, name := range want {
		if !slices.Contains(got, name) {
			t.Errorf("%s: no hook got the variable %s", hooksPage, name)
		}
	}
}

// variablesOfHooks returns the names of all variables that hooks of some events get,
// beside those of this process.
func variablesOfHooks(t *testing.T) []string {
	t.Helper()
	long := strings.Repeat("x", 200_000)
	var names []string
	h := command(t, "env | sed -n 's/=.*//p' >&2", trigger.CommandOptions{
		Env: []string{"WPS_CONNECTION_STRING=c", "WebPubSubConnectionString=c"}, // as the commands set them
		OnStderr: func(_, name string) {
			if _, ours := os.LookupEnv(name); strings.HasPrefix(name, "WPS_") && !ours || name == "WebPubSubConnectionString" {
				names = append(names, name)
			}
		},
	})
	for _, e := range []event{{name: "connect"}, {name: "message", state: long}, {name: "disconnected", body: `{"reason":"` + long + `"}`}, {name: "joined"}} {
		if w := send(t, h, e); w.Code >= 300 {
			t.Errorf("%s = %d %s", e.name, w.Code, w.Body)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// TestAnswersOnPage checks the members of answers on the page: each belongs to the
// events that its row names, and is ignored by the other one.
func TestAnswersOnPage(t *testing.T) {
	t.Parallel()
	values := map[string]string{
		"userId": `"u"`, "groups": `["g"]`, "roles": `["r"]`, "subprotocol": `"p"`, "message": `"m"`, "dataType": `"text"`,
		"metadata": `{"k":"v"}`, "states": `{"a":1}`, "error": `"no"`, "code": `"userError"`, "errorMessage": `"no"`,
		"retry": `true`, "outputs": `[{"type":"MessageEvent","message":"m"}]`,
	}
	seen := 0
	for _, row := range hooksPageRows(t, "### What it answers") {
		for _, name := range quotedName.FindAllString(row[0], -1) {
			name = strings.Trim(name, "`")
			seen++
			for _, kind := range []string{"connect", "user"} {
				a, err := trigger.ParseAnswer(eventOf(kind), []byte(`{"`+name+`":`+values[name]+`}`))
				want := row[1] == "both" || strings.Trim(row[1], "`") == kind
				if err != nil || slices.Contains(a.Ignored, name) == want {
					t.Errorf("%s of a %s event: %+v, %v", name, kind, a, err)
				}
			}
		}
	}
	if seen != len(values) {
		t.Errorf("%s has %d members, want %d", hooksPage, seen, len(values))
	}
}

// eventOf returns an event of a kind.
func eventOf(kind string) *trigger.Event {
	ev := &trigger.Event{EventContext: protocol.EventContext{Kind: protocol.EventUser, Event: "m", Hub: "chat", ConnectionID: "c"}}
	if kind == "connect" {
		ev.Kind, ev.EventContext.Event, ev.Connect = protocol.EventSystem, protocol.EventConnect, &protocol.ConnectRequest{}
	}
	return ev
}

var quotedName = regexp.MustCompile("`[^`]+`")

// hooksPageNames returns the names in the first column of the table below a heading.
func hooksPageNames(t *testing.T, heading string) []string {
	t.Helper()
	var names []string
	for _, row := range hooksPageRows(t, heading) {
		for _, name := range quotedName.FindAllString(row[0], -1) {
			names = append(names, strings.Trim(name, "`"))
		}
	}
	return names
}

// hooksPageRows returns the cells of the table below a heading.
func hooksPageRows(t *testing.T, heading string) [][]string {
	t.Helper()
	text, err := os.ReadFile(hooksPage)
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(text), "\n"+heading+"\n")
	if !ok {
		t.Fatalf("%s has no heading %q", hooksPage, heading)
	}
	rest, _, _ = strings.Cut(rest, "\n#")
	var rows [][]string
	for line := range strings.Lines(rest) {
		if strings.HasPrefix(line, "| `") {
			rows = append(rows, strings.Split(strings.Trim(line, "|\n "), " | "))
		}
	}
	return rows
}
