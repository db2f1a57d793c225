package emulator_test

import (
	"bytes"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"wps/emulator"
	"wps/emulator/emulatortest"
)

// TestMissingParts proves that parts of the service that the emulator lacks are
// answered with 501, and that the first request for each is logged as a warning:
// their clients show neither status nor body, and retry for ever.
func TestMissingParts(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer // written by handlers that have answered
	e := emulatortest.RunWith(t, emulator.Options{Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))})
	for _, path := range []string{"/clients/mqtt/hubs/chat?access_token=secret", "/clients/socketio/hubs/chat/?EIO=4"} {
		for range 3 {
			resp, err := http.Get(e.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close()
			if err != nil || resp.StatusCode != 501 || !strings.Contains(string(body), "The emulator does not have this yet: ") {
				t.Errorf("GET %s = %d %s, %v, want 501 that says so", path, resp.StatusCode, body, err)
			}
		}
	}
	if got := log.String(); strings.Count(got, "\n") != 2 || strings.Count(got, "level=WARN") != 2 || strings.Contains(got, "secret") {
		t.Errorf("log of six requests:\n%s\nwant a warning for each of the two parts", got)
	}
}
