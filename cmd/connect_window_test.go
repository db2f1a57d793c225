package cmd_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gorilla/websocket"

	"wps/cmd"
	"wps/cmd/internal/cli"
)

// acker is a Web PubSub service that acknowledges messages to a group in batches,
// each when it is complete.
type acker struct {
	batch, total int
	refuse       uint64 // ack id of the message that is refused
	got          []string
	fault        error
}

func (a *acker) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{Subprotocols: []string{"json.webpubsub.azure.v1"}}
	ws, err := up.Upgrade(w, r, nil)
	if err != nil {
		a.fault = err
		return
	}
	defer ws.Close()
	if err := ws.WriteJSON(map[string]any{"type": "system", "event": "connected", "connectionId": "c1"}); err != nil {
		a.fault = err
		return
	}
	var open []uint64
	for {
		var m struct {
			Type  string
			Group string
			AckID uint64
			Data  string
		}
		if err := ws.ReadJSON(&m); err != nil {
			return // closed by the client, or broken: then the test misses acks
		}
		if m.Type != "sendToGroup" {
			continue
		}
		a.got = append(a.got, m.Data)
		open = append(open, m.AckID)
		if len(open) < a.batch && len(a.got) < a.total {
			continue
		}
		for _, id := range open {
			ack := map[string]any{"type": "ack", "ackId": id, "success": id != a.refuse}
			if id == a.refuse {
				a.batch = 1 // the client sends no more batches
				ack["error"] = map[string]string{"name": "Forbidden", "message": "no"}
			}
			if err := ws.WriteJSON(ack); err != nil {
				a.fault = err
				return
			}
		}
		open = open[:0]
	}
}

func connectTo(t *testing.T, a *acker, in io.Reader, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	s := httptest.NewServer(a)
	defer s.Close()
	env := map[string]string{
		"WPS_CONNECTION_STRING": "Endpoint=" + s.URL + ";AccessKey=" + secretKey + ";Version=1.0;",
		"WPS_HUB":               "chat",
	}
	var out, errs bytes.Buffer
	e := cli.NewEnv(in, &out, &errs, lookup(env))
	code = cmd.Run(t.Context(), append([]string{"connect", "--to-group", "g1"}, args...), e)
	if a.fault != nil {
		t.Errorf("service: %v", a.fault)
	}
	return code, out.String(), errs.String()
}

func numbers(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintln(&b, i+1)
	}
	return b.String()
}

// TestConnectWindow checks that 64 lines are in flight at once, in order, and that
// each is acknowledged.
func TestConnectWindow(t *testing.T) {
	t.Parallel()
	a := &acker{batch: 64, total: 1000}
	code, stdout, stderr := connectTo(t, a, strings.NewReader(numbers(1000)), "--acks", "-o", "json")
	if code != 0 || strings.Count(stdout, `"type":"ack"`) != 1000 {
		t.Errorf("exit code %d, %d acks, %s", code, strings.Count(stdout, `"type":"ack"`), stderr)
	}
	if got := strings.Join(a.got, "\n") + "\n"; got != numbers(1000) {
		t.Errorf("lines arrived as %.100q", got)
	}
}

// TestConnectWindowRefused checks that the error names the line that was refused and
// how many others were sent.
func TestConnectWindowRefused(t *testing.T) {
	t.Parallel()
	a := &acker{batch: 64, total: 1000, refuse: 100}
	code, _, stderr := connectTo(t, a, strings.NewReader(numbers(1000)))
	if code != 4 || !strings.Contains(stderr, "line 100 (the 99 before it were sent, and ") || !strings.Contains(stderr, "Forbidden: no") {
		t.Errorf("exit code %d, %s", code, stderr)
	}
}

// TestConnectWindowLocal checks that an invalid line is reported after the lines
// before it are acknowledged.
func TestConnectWindowLocal(t *testing.T) {
	t.Parallel()
	in := strings.Repeat("\"x\"\n", 9) + "nonsense\n\"x\"\n"
	a := &acker{batch: 64, total: 9}
	code, _, stderr := connectTo(t, a, strings.NewReader(in), "--data-type", "json")
	if code != 2 || !strings.Contains(stderr, "line 10 (the 9 before it were sent): it is not JSON") || len(a.got) != 9 {
		t.Errorf("exit code %d, %d arrived, %s", code, len(a.got), stderr)
	}
}
