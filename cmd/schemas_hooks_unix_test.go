//go:build unix

package cmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wps/protocol"
	"wps/trigger"
)

const hookSchema = "hook.schema.json#/$defs/"

// TestHookSchemas checks what hooks get: the context, in its variable and in its file,
// and the data of events on stdin.
func TestHookSchemas(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	hook := newScript(t, folder, "hook.sh", `base="$(dirname "$0")/$WPS_EVENT"
cat > "$base.data"
printf %s "$WPS_CONTEXT" > "$base.context"
cat "$WPS_CONTEXT_FILE" > "$base.file"
`)
	j := &jsonRun{t: t, env: map[string]string{"WPS_HUB": "chat"}, dir: t.TempDir()}
	stop, url := j.background("listen", "--addr", "localhost:0", "--on", "connect", hook, "--on", "connected", hook, "--on", "message", hook, "--on", "disconnected", hook, "--on", "joined", hook)
	for _, args := range [][]string{
		{"connect", "--user", "u1", "--claim", "k=v", "--subprotocol", "s1"}, {"connected"}, {"message", "--data", "hi", "--user", "u1"}, {"disconnected"}, {"joined", "--group", "g1"},
	} {
		j.output(append([]string{"trigger", "--to", url}, args...)...)
	}
	stop(true)
	s := newSchemas()
	check := func(part, file string) {
		t.Helper()
		text := textOf(t, filepath.Join(folder, file))
		if err := s.check(t, hookSchema+part, text); err != nil {
			t.Errorf("%s is %s: %v", file, text, err)
		}
		for _, changed := range mutations(t, text) {
			if isAddition := strings.HasPrefix(changed.what, "a member more"); s.check(t, hookSchema+part, changed.text) == nil && (!isAddition || part == "context") {
				t.Errorf("%s%s accepts %s: %s", hookSchema, part, changed.what, changed.text)
			}
		}
	}
	for _, event := range []string{"connect", "connected", "message", "disconnected", "joined"} {
		check("context", event+".context")
		check("context", event+".file")
	}
	check("connect", "connect.data")
	check("disconnected", "disconnected.data")
	check("group", "joined.data")
}

// newScript writes a script into a folder, and returns its path.
func newScript(t *testing.T, folder, name, text string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+text), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestWorkerSchemas checks the lines that a worker gets, and that it may answer what the
// schema accepts and nothing else.
func TestWorkerSchemas(t *testing.T) {
	t.Parallel()
	s := newSchemas()
	user := func(d protocol.DataType, body string) *trigger.Event {
		return &trigger.Event{EventContext: protocol.EventContext{Kind: protocol.EventUser, Event: "message", Hub: "chat", ConnectionID: "c1", ID: "2", HasState: true, State: "s"}, DataType: d, Body: []byte(body)}
	}
	connect := &trigger.Event{
		EventContext: protocol.EventContext{Kind: protocol.EventSystem, Event: protocol.EventConnect, Hub: "chat", ConnectionID: "c1", UserID: "u1", ID: "0"},
		Body:         []byte(`{"claims":{}}`), Connect: &protocol.ConnectRequest{Claims: map[string][]string{"a": {"b"}}},
	}
	for _, c := range []struct {
		ev     *trigger.Event
		answer string
		good   bool
	}{
		{user(protocol.DataTypeText, "hi"), `{"id":1}`, true},
		{user(protocol.DataTypeJSON, `{"n":[1]}`), `{"id":1,"message":"hi","dataType":"text","outputs":[{"message":"hi","dataType":"text"}]}`, true},
		{user(protocol.DataTypeBinary, "\xff"), `{"id":1,"message":{"a":1},"dataType":"json","states":{"n":1},"metadata":{"k":"v"}}`, true},
		{user(protocol.DataTypeProtobuf, "\xff"), `{"id":1,"retry":true}`, true},
		{connect, `{"id":1,"userId":"u2","groups":["g1"],"roles":[],"subprotocol":null}`, true},
		{connect, `{"id":1,"error":{"code":"unauthorized","error":"no"}}`, true},
		{user(protocol.DataTypeText, "hi"), `{"message":"hi","dataType":"text"}`, false},
		{user(protocol.DataTypeText, "hi"), `{"id":"1"}`, false},
		{user(protocol.DataTypeText, "hi"), `{"id":1,"states":7}`, false},
		{user(protocol.DataTypeText, "hi"), `{"id":1,"outputs":{}}`, false},
		{connect, `[{"id":1}]`, false},
		{connect, `{"id":1,"code":"nonsense"}`, false},
	} {
		folder := t.TempDir()
		script := newScript(t, folder, "worker.sh", `cd "$(dirname "$0")"
while IFS= read -r line; do
  printf '%s\n' "$line" > event
  cat answer
done
`)
		if err := os.WriteFile(filepath.Join(folder, "answer"), []byte(c.answer+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		w, err := trigger.Worker(script, 1, trigger.CommandOptions{})
		if err != nil {
			t.Fatal(err)
		}
		_, err = w.Answer(t.Context(), c.ev)
		if closeErr := w.Close(t.Context()); closeErr != nil {
			t.Error(closeErr)
		}
		if (err == nil) != c.good {
			t.Errorf("the answer %s: %v, want it accepted: %v", c.answer, err, c.good)
		}
		if err := s.check(t, hookSchema+"workerAnswer", c.answer); (err == nil) != c.good {
			t.Errorf("the schema and the answer %s: %v, want it accepted: %v", c.answer, err, c.good)
		}
		event := textOf(t, filepath.Join(folder, "event"))
		if err := s.check(t, hookSchema+"workerEvent", event); err != nil {
			t.Errorf("the worker got %s: %v", event, err)
		}
	}
}
