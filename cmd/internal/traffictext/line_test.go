package traffictext_test

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"wps/cmd/internal/cli"
	"wps/cmd/internal/traffictext"
	"wps/protocol"
	"wps/protocol/traffic"
)

// kinds returns an object of each kind that has parts of its own.
func kinds() map[string]*traffic.Object {
	made := func(t traffic.Type, set func(*traffic.Object)) *traffic.Object {
		o := traffic.New(t, time.Date(2026, 1, 2, 3, 4, 5, 6_000_000, time.Local))
		if set != nil {
			set(o)
		}
		return o
	}
	id := uint64(7)
	return map[string]*traffic.Object{
		"opened    hub chat connection 0123456789abcdef0123456789abcdef user \"ana\" json.webpubsub.azure.v1": made(traffic.Opened, func(o *traffic.Object) {
			o.Hub, o.ConnectionID, o.UserID, o.Subprotocol = "chat", "0123456789abcdef0123456789abcdef", "ana", "json.webpubsub.azure.v1"
		}),
		"closed    1008 (too slow)": made(traffic.Closed, func(o *traffic.Object) { o.CloseCode, o.Reason = 1008, "too slow" }),
		"received  sendToGroup group \"g\" 2 bytes, text \"hi\"": made(traffic.Received, func(o *traffic.Object) {
			o.Group, o.Frame = "g", &traffic.Frame{Request: "sendToGroup", AckID: &id}
			o.SetPayload(protocol.DataTypeText, []byte("hi"))
		}),
		"sent      ack Forbidden (no)": made(traffic.Sent, func(o *traffic.Object) {
			o.Frame, o.Code, o.Reason = &traffic.Frame{Request: "ack"}, "Forbidden", "no"
		}),
		"message   to user \"u\": 65537 bytes, text, 3 receivers \"" + strings.Repeat("x", 65536) + "\" (1 byte more)": made(traffic.Message, func(o *traffic.Object) {
			o.Fanout = &traffic.Fanout{Target: protocol.TargetUser, TargetID: "u", Receivers: 3}
			o.SetPayload(protocol.DataTypeText, []byte(strings.Repeat("x", 65537)))
		}),
		"rest      202 POST /api in 1.5 ms": made(traffic.REST, func(o *traffic.Object) {
			o.HTTP, o.Status, o.Milliseconds = &traffic.HTTP{Method: "POST", Path: "/api"}, 202, 1.5
		}),
		"refused   401 GET /client (the token has expired)": made(traffic.Refused, func(o *traffic.Object) {
			o.HTTP, o.Status, o.Reason = &traffic.HTTP{Method: "GET", Path: "/client"}, 401, "the token has expired"
		}),
		"event     \"order\": 200 in 2 ms after 2 attempts by ./hook.sh data \"a\\n\" reply \"b\"": made(traffic.Handled, func(o *traffic.Object) {
			o.Event, o.Status, o.Milliseconds = "order", 200, 2
			o.Handling = &traffic.Handling{EventType: protocol.EventUser, Hook: "./hook.sh", Attempts: make([]traffic.Attempt, 2)}
			o.SetPayload(protocol.DataTypeText, []byte("a\n"))
			o.SetReply(protocol.DataTypeText, []byte("b"))
		}),
		"permission group \"g\" granted sendToGroup": made(traffic.Permission, func(o *traffic.Object) {
			o.Group, o.Grant = "g", &traffic.Grant{Permission: protocol.PermissionSendToGroup, Granted: true}
		}),
		"dropped   2 events not shown": made(traffic.Dropped, func(o *traffic.Object) { o.Count = 2 }),
		"note     ":                    made(traffic.Note, nil),
	}
}

func TestPipe(t *testing.T) {
	t.Parallel()
	for want, o := range kinds() {
		var out bytes.Buffer
		env := cli.NewEnv(nil, &out, io.Discard, func(string) (string, bool) { return "", false })
		if err := traffictext.NewPrinter(env.Out, true).Print(o); err != nil {
			t.Fatal(err)
		}
		if got := out.String(); got != "03:04:05.006 "+want+"\n" {
			t.Errorf("Print = %.300q, want %.300q", got, want)
		}
	}
}

// TestHostile checks that on a terminal no text of an object ends its line or moves
// the cursor, and that data is below it.
func TestHostile(t *testing.T) {
	t.Parallel()
	const hostile = "\x1b[2J\r\nforged"
	o := traffic.New(traffic.Handled, time.Now())
	o.Hub, o.UserID, o.Event, o.Reason = hostile, hostile, hostile, hostile
	o.Handling = &traffic.Handling{Hook: hostile}
	o.SetPayload(protocol.DataTypeText, []byte("one\r\ntwo\x1b[2J"))
	var out bytes.Buffer
	env := cli.NewEnv(nil, &out, io.Discard, func(string) (string, bool) { return "", false })
	env.Out.TreatStdoutAsTerminal()
	if err := traffictext.NewPrinter(env.Out, true).Print(o); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(out.String(), "\n")
	if len(lines) != 4 || lines[1] != "  data one" || lines[2] != "    two\ufffd[2J" || strings.ContainsAny(out.String(), "\x1b\r") || !utf8.Valid(out.Bytes()) {
		t.Errorf("Print = %q, want one line and two of data", lines)
	}
}
