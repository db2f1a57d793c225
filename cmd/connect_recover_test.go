package cmd_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/url"
	"strings"
	"testing"

	"wps/cmd"
	"wps/cmd/internal/cli"
	"wps/emulator/emulatortest"
	"wps/token"
)

// TestConnectRecovers checks what "wps connect" prints when its connection breaks
// and is recovered, and when it is lost.
func TestConnectRecovers(t *testing.T) {
	t.Parallel()
	for _, subprotocol := range []string{"json-reliable", "protobuf-reliable"} {
		e := emulatortest.Run(t)
		proxy := emulatortest.NewProxy(t, e.URL, nil)
		endpoint, err := url.Parse(proxy.URL)
		if err != nil {
			t.Fatal(err)
		}
		cs := token.NewConnectionString(endpoint, e.ConnectionString.Key)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		r, w := io.Pipe()
		var stderr strings.Builder
		env := cli.NewEnv(strings.NewReader(""), w, &stderr, lookup(map[string]string{"WPS_CONNECTION_STRING": cs.Reveal(), "WPS_HUB": "chat"}))
		exit := make(chan int, 1)
		go func() {
			exit <- cmd.Run(ctx, []string{"connect", "--subprotocol", subprotocol, "-o", "json"}, env)
			w.Close()
		}()
		lines := bufio.NewScanner(r)
		next := func(want string) (id string) {
			t.Helper()
			if !lines.Scan() {
				t.Fatalf("%s: output ended, want %s; stderr: %s", subprotocol, want, stderr.String())
			}
			var line struct{ Type, Event, ConnectionID string }
			if err := json.Unmarshal(lines.Bytes(), &line); err != nil || line.Type+" "+line.Event != want {
				t.Fatalf("%s: printed %s, want %s", subprotocol, lines.Text(), want)
			}
			return line.ConnectionID
		}
		id := next("system connected")
		proxy.Block(true)
		next("system recovering")
		proxy.Block(false)
		next("system recovered")
		proxy.Block(true)
		next("system recovering")
		code := cmd.Run(ctx, []string{"close", id}, cli.NewEnv(nil, io.Discard, io.Discard, lookup(map[string]string{"WPS_CONNECTION_STRING": e.ConnectionString.Reveal(), "WPS_HUB": "chat"})))
		if code != 0 {
			t.Fatalf("wps close = %d", code)
		}
		proxy.Block(false)
		next("system lost")
		next("closed ")
		next(" ") // the error
		if code := <-exit; code != 1 {
			t.Errorf("%s: exit code %d, want 1", subprotocol, code)
		}
		if !strings.Contains(stderr.String(), "could not be recovered") {
			t.Errorf("%s: stderr %q does not say why", subprotocol, stderr.String())
		}
	}
}

// TestConnectReconnects cuts the connection of a client with --reconnect, keeps the
// service away for one attempt, and lets it come back.
func TestConnectReconnects(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	proxy := emulatortest.NewProxy(t, e.URL, nil)
	endpoint, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	cs := token.NewConnectionString(endpoint, e.ConnectionString.Key)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	r, w := io.Pipe()
	env := cli.NewEnv(strings.NewReader(""), w, io.Discard, lookup(map[string]string{"WPS_CONNECTION_STRING": cs.Reveal(), "WPS_HUB": "chat"}))
	exit := make(chan int, 1)
	go func() {
		exit <- cmd.Run(ctx, []string{"connect", "--reconnect", "--join", "g", "--expect", "end", "-o", "json"}, env)
		w.Close()
	}()
	lines := bufio.NewScanner(r)
	next := func() string {
		t.Helper()
		if !lines.Scan() {
			t.Fatal("the output ended")
		}
		return lines.Text()
	}
	if line := next(); !strings.Contains(line, `"event":"connected"`) {
		t.Fatalf("first line %s", line)
	}
	proxy.Block(true)
	for attempt := range 2 {
		if line := next(); !strings.Contains(line, `"event":"reconnecting"`) || !strings.Contains(line, "connecting again in ") {
			t.Fatalf("line %d after the cut: %s", attempt, line)
		}
	}
	proxy.Block(false)
	for line := next(); !strings.Contains(line, `"event":"connected"`); line = next() {
		if !strings.Contains(line, `"event":"reconnecting"`) {
			t.Fatalf("while it is away: %s", line)
		}
	}
	connection := map[string]string{"WPS_CONNECTION_STRING": e.ConnectionString.Reveal(), "WPS_HUB": "chat"}
	if code, _, stderr := run(t, connection, "wait", "group", "g"); code != 0 {
		t.Fatalf("it did not join again: %s", stderr)
	}
	if code, _, stderr := run(t, connection, "send", "--group", "g", "the end"); code != 0 {
		t.Fatal(stderr)
	}
	if line := next(); !strings.Contains(line, `"data":"the end"`) {
		t.Errorf("after it came back: %s", line)
	}
	next() // closed
	if code := <-exit; code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}
