package handlercmd

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"wps/cmd/internal/cli"
	"wps/emulator"
	"wps/protocol"
	"wps/trigger"
)

// key parses the name of an event.
func key(t *testing.T, name string) trigger.Key {
	t.Helper()
	k, err := trigger.ParseKey(name)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestTriggerCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		event string
		o     triggerOptions
		given cli.FlagNames
		want  string
	}{
		{"connect", triggerOptions{to: "u", subprotocols: []string{"a", "b"}}, cli.FlagNames{"claim": true, "query": true, "header": true}, ""},
		{"disconnected", triggerOptions{to: "u"}, cli.FlagNames{"reason": true}, ""},
		{"joined", triggerOptions{to: "u", group: "g"}, cli.FlagNames{"group": true}, ""},
		{"order", triggerOptions{to: "u"}, cli.FlagNames{"data": true, "data-type": true, "meta": true}, ""},
		{"user:connect", triggerOptions{to: "u"}, cli.FlagNames{"data": true}, ""},
		{"connect", triggerOptions{}, nil, "no event handler: add --to URL"},
		{"*", triggerOptions{to: "u"}, nil, `event "*": name one event`},
		{"left", triggerOptions{to: "u"}, nil, "left needs --group"},
		{"order", triggerOptions{to: "u", subprotocols: []string{"a", "b"}}, nil, "only connect takes more than one --subprotocol"},
		{"order", triggerOptions{to: "u"}, cli.FlagNames{"claim": true}, "--claim goes with connect"},
		{"connect", triggerOptions{to: "u"}, cli.FlagNames{"reason": true}, "--reason goes with disconnected"},
		{"connect", triggerOptions{to: "u"}, cli.FlagNames{"group": true}, "--group goes with joined and left"},
		{"connected", triggerOptions{to: "u"}, cli.FlagNames{"data": true}, "--data goes with user events"},
	} {
		checkUsage(t, tt.event+": check", tt.o.check(tt.given, key(t, tt.event)), tt.want)
	}
}

// TestTriggerExamples checks that every example in the help names a hub, which the
// command needs.
func TestTriggerExamples(t *testing.T) {
	t.Parallel()
	for example := range strings.Lines(NewTrigger(cli.NewEnv(nil, nil, nil, nil)).Example) {
		words := strings.Fields(example)
		if k := key(t, words[2]); k.Hub == "" && !slices.Contains(words, "--hub") {
			t.Errorf("example %q names no hub", example)
		}
	}
}

func TestEncodeState(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{"": "", "plain": "plain", `{"n": 1}`: "eyJuIjoxfQ==", "[1]": "[1]"} {
		if got := encodeState(text); got != want {
			t.Errorf("encodeState(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestEffects(t *testing.T) {
	t.Parallel()
	bob, state, subprotocol := "bob", "eyJuIjoxfQ==", "json.webpubsub.azure.v1"
	message := func(d protocol.DataType, data string) *emulator.EventResult {
		return &emulator.EventResult{Status: http.StatusOK, Message: &protocol.Response{DataType: d, Data: []byte(data)}}
	}
	for _, tt := range []struct {
		event string
		v     *emulator.EventResult
		want  []string
	}{
		{"connect", &emulator.EventResult{}, []string{"accepted: the client may connect"}},
		{"connect", &emulator.EventResult{UserID: &bob, Roles: []string{}, Groups: []string{"a", "b"}, Subprotocol: &subprotocol, State: &state}, []string{
			"accepted: the client may connect", `  its user id becomes "bob"`, "  its roles become none", "  it is in group a, b",
			"  its subprotocol is json.webpubsub.azure.v1", `  the connection's state becomes {"n":1}`,
		}},
		{"connect", &emulator.EventResult{Problem: "status 401", ClientStatus: 401}, []string{"refused: status 401", "  the client's handshake fails with 401"}},
		{"connected", &emulator.EventResult{}, []string{"accepted: the service does not wait for this answer"}},
		{"connected", &emulator.EventResult{Problem: "status 503", Retried: true}, []string{
			"refused: status 503; the service only logs it", "  before that the service retries after 1, 3 and 5 s",
		}},
		{"order", &emulator.EventResult{}, []string{"accepted: the client receives no message"}},
		{"order", message(protocol.DataTypeText, "hi"), []string{"accepted: the client receives text hi"}},
		{"order", message(protocol.DataTypeText, "a\nb"), []string{`accepted: the client receives text "a\nb"`}},
		{"order", message(protocol.DataTypeJSON, "{\"x\": 1}\n"), []string{`accepted: the client receives json {"x":1}`}},
		{"order", message(protocol.DataTypeBinary, "123"), []string{"accepted: the client receives 3 bytes of binary data"}},
		{"order", &emulator.EventResult{Problem: "status 500"}, []string{"refused: status 500",
			"  a simple client is closed with 1011; others receive an ack with InternalServerError, if they asked for one"}},
	} {
		k := key(t, tt.event)
		c := &protocol.EventContext{Kind: k.Kind, Event: k.Event}
		if got := effects(c, tt.v); !slices.Equal(got, tt.want) {
			t.Errorf("effects(%s, %+v) = %q, want %q", tt.event, tt.v, got, tt.want)
		}
	}
}
