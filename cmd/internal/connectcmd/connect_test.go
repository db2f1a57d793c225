package connectcmd

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"reflect"
	"strings"
	"testing"

	"wps/cmd/internal/cli"
	"wps/protocol"
)

// valid returns options that check accepts, changed by change.
func valid(change func(*connectOptions)) *connectOptions {
	o := &connectOptions{subprotocol: "json", dataType: "text"}
	change(o)
	return o
}

func TestCheck(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		want   string // the beginning of the usage error; "" is none
		given  cli.FlagNames
		change func(*connectOptions)
	}{
		{"", nil, func(*connectOptions) {}},
		{"", cli.FlagNames{"data-type": true}, func(o *connectOptions) { o.toGroup, o.noEcho, o.acks, o.dataType = "g", true, true, "JSON" }},
		{"", nil, func(o *connectOptions) { o.subprotocol, o.event = "none", "message" }},
		{`--subprotocol "nonsense" is unknown`, nil, func(o *connectOptions) { o.subprotocol = "nonsense" }},
		{`--subprotocol "mqtt" is not spoken by wps connect`, nil, func(o *connectOptions) { o.subprotocol = "mqtt" }},
		{"--to-group and --event exclude", nil, func(o *connectOptions) { o.toGroup, o.event = "g", "e" }},
		{"--join does not go with --subprotocol none", nil, func(o *connectOptions) { o.subprotocol, o.join = "none", []string{"g"} }},
		{"--event e does not go with --subprotocol none", nil, func(o *connectOptions) { o.subprotocol, o.event = "none", "e" }},
		{"--url has its own token", nil, func(o *connectOptions) { o.url, o.roles = "ws://h", []string{"r"} }},
		{"--to-group of a simple client", nil, func(o *connectOptions) { o.url, o.subprotocol, o.toGroup = "ws://h", "none", "g" }},
		{"--no-echo goes with --to-group", nil, func(o *connectOptions) { o.event, o.noEcho = "e", true }},
		{"--acks and --data-type go with", cli.FlagNames{"data-type": true}, func(*connectOptions) {}},
		{"--count and --wait must be 0 or more", nil, func(o *connectOptions) { o.wait = -1 }},
		{"group name is empty", nil, func(o *connectOptions) { o.groups = []string{""} }},
		{"--to-group: ", nil, func(o *connectOptions) { o.toGroup = strings.Repeat("g", 1025) }},
		{"--event: ", nil, func(o *connectOptions) { o.event = " " }},
		{"--data-type: ", nil, func(o *connectOptions) { o.dataType = "xml" }},
	} {
		o := valid(tt.change)
		err := o.check(tt.given)
		usage, isUsage := errors.AsType[*cli.UsageError](err)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%+v.check() = %v, want no error", o, err)
		case tt.want != "" && (!isUsage || !strings.HasPrefix(usage.Text, tt.want)):
			t.Errorf("%+v.check() = %v, want the usage error %q", o, err, tt.want)
		}
	}
}

// TestClientURL checks what the URL asks of the service, and that --url is used as
// it is.
func TestClientURL(t *testing.T) {
	t.Parallel()
	env := cli.NewEnv(strings.NewReader(""), io.Discard, io.Discard, func(name string) (string, bool) {
		return map[string]string{"WPS_HUB": "chat"}[name], name == "WPS_HUB"
	})
	const given = "wss://h.example/client/hubs/chat?access_token=x"
	for _, tt := range []struct {
		o    *connectOptions
		want string // "" is a usage error
	}{
		{valid(func(*connectOptions) {}), "ws://localhost:8080/client/hubs/chat?"},
		{valid(func(o *connectOptions) { o.subprotocol, o.toGroup = "none", "g 1" }),
			"ws://localhost:8080/client/hubs/chat?group=g+1&webpubsub_mode=sendToGroup"},
		{valid(func(o *connectOptions) { o.subprotocol, o.toGroup, o.noEcho = "none", "g", true }),
			"ws://localhost:8080/client/hubs/chat?group=g&noEcho=true&webpubsub_mode=sendToGroup"},
		{valid(func(o *connectOptions) { o.url = given }), "wss://h.example/client/hubs/chat?"},
		{valid(func(o *connectOptions) { o.url = "https://h.example" }), ""},
	} {
		got, _, err := tt.o.clientURL(t.Context(), env)
		if _, usage := errors.AsType[*cli.UsageError](err); usage != (tt.want == "") {
			t.Errorf("%+v.clientURL() = %v, want %q", tt.o, err, tt.want)
			continue
		}
		if tt.o.url != "" && err == nil && got != tt.o.url {
			t.Errorf("clientURL() = %q, want %q", got, tt.o.url)
		}
		if got = withoutToken(t, got); got != tt.want {
			t.Errorf("%+v.clientURL() = %q, want %q", tt.o, got, tt.want)
		}
	}
}

// withoutToken returns a URL without its token, "" for "".
func withoutToken(t *testing.T, address string) string {
	t.Helper()
	if address == "" {
		return ""
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	query := u.Query()
	query.Del("access_token")
	u.RawQuery, u.ForceQuery = query.Encode(), true
	return u.String()
}

func TestTokenRoles(t *testing.T) {
	t.Parallel()
	o := &connectOptions{roles: []string{"own"}, join: []string{"a", "b"}, toGroup: "c"}
	const want = "own webpubsub.joinLeaveGroup.a webpubsub.joinLeaveGroup.b webpubsub.sendToGroup.c"
	if got := strings.Join(o.tokenRoles(), " "); got != want {
		t.Errorf("tokenRoles() = %s, want %s", got, want)
	}
}

func TestCheckLine(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		dataType protocol.DataType
		line     string
		want     string
	}{
		{protocol.DataTypeText, "a", ""},
		{protocol.DataTypeText, "\xff", "it is not UTF-8 text"},
		{protocol.DataTypeJSON, `{"a":1}`, ""},
		{protocol.DataTypeJSON, "a", "it is not JSON"},
		{protocol.DataTypeBinary, "\xff", ""},
	} {
		got := ""
		if err := checkLine(tt.dataType, []byte(tt.line)); err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("checkLine(%s, %q) = %q, want %q", tt.dataType, tt.line, got, tt.want)
		}
	}
}

func TestLineTallyText(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		tally  lineTally
		simple bool
		want   string
	}{
		{lineTally{}, false, ""},
		{lineTally{sent: 3, acked: 3}, false, ""},
		{lineTally{sent: 3, ended: true}, true, ""},
		{lineTally{sent: 3, acked: 1, ended: true}, false, "1 line acknowledged, 2 more in flight"},
		{lineTally{sent: 3, acked: 3, unsent: true}, false, "3 lines acknowledged, the rest of the input not sent"},
		{lineTally{sent: 1, unsent: true}, true, "1 line sent, the rest of the input not sent"},
	} {
		if got := tt.tally.text(tt.simple); got != tt.want {
			t.Errorf("%+v.text(%v) = %q, want %q", tt.tally, tt.simple, got, tt.want)
		}
	}
}

func TestSentAround(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		before, after int
		want          string
	}{
		{0, 0, ""},
		{1, 0, " (the one before it was sent)"},
		{2, 0, " (the 2 before it were sent)"},
		{2, 3, " (the 2 before it were sent, and 3 after it)"},
	} {
		if got := sentAround(tt.before, tt.after); got != tt.want {
			t.Errorf("sentAround(%d, %d) = %q, want %q", tt.before, tt.after, got, tt.want)
		}
	}
}

// TestSubprotocolOf checks that the names on the wire are taken beside our own.
func TestSubprotocolOf(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"json": "json", "JSON-reliable": "json-reliable", "none": "none",
		"json.webpubsub.azure.v1": "json", "json.reliable.webpubsub.azure.v1": "json-reliable",
		"protobuf.webpubsub.azure.v1": "protobuf", "Protobuf.Reliable.WebPubSub.Azure.v1": "protobuf-reliable",
		"": "", "json.webpubsub.azure.v2": "", "mqtt": "",
	} {
		if got, err := subprotocolOf(name); got != want || (err == nil) != (want != "") {
			t.Errorf("subprotocolOf(%q) = %q, %v, want %q", name, got, err, want)
		}
	}
}

// TestTextLine checks that the lines of text messages are what encoding/json makes
// of them.
func TestTextLine(t *testing.T) {
	t.Parallel()
	for _, m := range []protocol.Response{
		{From: "group", Group: "g1", FromUserID: "u1", Data: []byte("hi"), SequenceID: 7},
		{From: "server"},
		{Data: []byte("\"\\\b\f\n\r\t\x00\x1f\x7f<&>\u2028\u2029\u00e9\U0001f600")},
		{From: "group", Group: "\u2028", FromUserID: "\u2029\"", Data: []byte("\u2027\u202a")},
		{Data: []byte("a\xffb\xe2\x80")},
	} {
		m.Type, m.DataType = protocol.ResponseMessage, protocol.DataTypeText
		var got, want any
		line := escapeSeparators(appendTextLine(nil, &m))
		encoded, err := json.Marshal(lineOf(&m))
		if err != nil || json.Unmarshal(encoded, &want) != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(line, &got); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("line %s (%v), want %s", line, err, encoded)
		}
		if bytes.ContainsAny(bytes.TrimSuffix(line, []byte("\n")), "\n\u2028\u2029") || !bytes.HasSuffix(line, []byte("}\n")) {
			t.Errorf("%q is not one line", line)
		}
	}
}
