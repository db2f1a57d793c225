//go:build unix

package trigger_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"wps/trigger"
)

// finalRecorder is a ResponseWriter of a caller in this process.
type finalRecorder struct {
	*httptest.ResponseRecorder
	final bool
}

func (f *finalRecorder) Final() { f.final = true }

// A failure is final unless the hook died, took too long, or asked for the event
// again.
func TestFinalFailures(t *testing.T) {
	t.Parallel()
	limit := func(o *trigger.Options) { o.HookTimeout = 300 * time.Millisecond }
	json := trigger.CommandOptions{ResponseType: "json"}
	for _, test := range []struct {
		name, event string
		h           func(t *testing.T) *trigger.Handler
		body        string
		status      int
		final       bool
	}{
		{"success", "message", commandOf("true", json), "", 200, false},
		{"exit 1", "message", commandOf("exit 1", json), "", 500, true},
		{"exit 77", "message", commandOf("exit 77", json), "", 401, false}, // nothing is sent again after it
		{"exit 75", "message", commandOf("exit 75", json), "", 503, false},
		{"a signal", "message", commandOf("kill -9 $$", json), "", 500, false},
		{"a signal, connected", "connected", commandOf("kill -9 $$", json), "", 500, false},
		{"exit 1, connected", "connected", commandOf("exit 1", json), "", 200, false},
		{"too slow", "message", commandOf("sleep 1000", json, limit), "", 500, false},
		{"broken output", "message", commandOf("echo {", json), "", 500, true},
		{"too much output", "message", commandOf("yes", json), "", 500, true},
		{"broken event objects", "message", commandOf(`echo x >> "$WPS_OUTPUT"`, json), "", 500, true},
		{"an error as the answer", "connect", commandOf(`echo '{"error":"no"}'`, json), "", 500, true},
		{"a worker that dies", "message", workerOf(), "die", 500, false},
		{"a worker that is too slow", "message", workerOf(limit), "hang", 500, false},
		{"a worker that prints noise", "message", workerOf(), "noise", 500, true},
		{"a worker that asks again", "message", workerOf(), "retry", 503, false},
		{"a worker's error", "message", workerOf(), `json "error":"no"`, 500, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			w := &finalRecorder{ResponseRecorder: httptest.NewRecorder()}
			test.h(t).ServeHTTP(w, event{name: test.event, body: test.body}.request(t))
			if w.Code != test.status || w.final != test.final {
				t.Errorf("answer = %d, final %v, want %d, %v", w.Code, w.final, test.status, test.final)
			}
		})
	}
}

func commandOf(line string, o trigger.CommandOptions, more ...func(*trigger.Options)) func(*testing.T) *trigger.Handler {
	return func(t *testing.T) *trigger.Handler { return command(t, line, o, more...) }
}

func workerOf(more ...func(*trigger.Options)) func(*testing.T) *trigger.Handler {
	return func(t *testing.T) *trigger.Handler { return newWorker(t, 1, trigger.CommandOptions{}, more...) }
}
