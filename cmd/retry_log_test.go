package cmd_test

import (
	"net/http"
	"regexp"
	"testing"
)

// TestRetriesAreLogged: -v shows each try that is repeated, with its result and the
// wait.
func TestRetriesAreLogged(t *testing.T) {
	t.Parallel()
	tries := 0
	env := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		if tries++; tries < 3 {
			w.Header().Set("Retry-After-Ms", "1")
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		w.WriteHeader(http.StatusAccepted)
	})
	code, _, stderr := run(t, env, "send", "hi", "-v")
	retries := regexp.MustCompile(`msg=retry try="([12]) of 4" result="503 Service Unavailable" "again in"=1ms`).FindAllStringSubmatch(stderr, -1)
	if code != 0 || len(retries) != 2 || retries[0][1] != "1" || retries[1][1] != "2" {
		t.Errorf("exit code %d, stderr %s, want two retries", code, stderr)
	}
	tries = -1
	if code, _, stderr := run(t, env, "send", "hi", "--retries", "1"); code != 1 || !regexp.MustCompile(`503 Service Unavailable \(after 2 tries\)\n`).MatchString(stderr) {
		t.Errorf("--retries 1: exit code %d, stderr %s", code, stderr)
	}
	if _, _, stderr := run(t, env, "send", "hi"); regexp.MustCompile("retry").MatchString(stderr) {
		t.Errorf("without -v: stderr %s", stderr)
	}
}

// TestHealthWaits: --wait tries until a service that starts is healthy.
func TestHealthWaits(t *testing.T) {
	t.Parallel()
	tries := 0
	env := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		if tries++; tries < 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	})
	code, stdout, stderr := run(t, env, "health", "--wait", "20s", "--retries", "0")
	if code != 0 || tries != 3 || stdout == "" {
		t.Errorf("exit code %d after %d tries, stdout %q, stderr %q", code, tries, stdout, stderr)
	}
	tries = 0
	if code, _, _ := run(t, env, "health", "--retries", "0"); code != 1 || tries != 1 {
		t.Errorf("without --wait: exit code %d after %d tries", code, tries)
	}
}
