package cmd_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// answering returns the environment of a server with this handler.
func answering(t *testing.T, handler http.HandlerFunc) map[string]string {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	return map[string]string{"WPS_CONNECTION_STRING": "Endpoint=" + s.URL + ";AccessKey=c2VjcmV0", "WPS_HUB": "chat"}
}

// TestOtherServer: a web site that answers everything with a page is not taken for
// the service by any command.
func TestOtherServer(t *testing.T) {
	t.Parallel()
	for _, code := range []int{200, 302, 404} {
		env := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			w.WriteHeader(code)
			w.Write([]byte("<html>"))
		})
		for _, args := range []string{
			"send hi", "broadcast hi", "exists --user u", "close --user u", "close c", "health", "group list g",
			"group join g --user u", "group leave g --user u", "permission check sendToGroup --connection c --group g",
			"permission grant sendToGroup --connection c --group g", "connect", "bench send --duration 1s", "health --auth", "group leave-all --user u",
		} {
			exit, stdout, stderr := run(t, env, strings.Fields(args)...)
			if exit != 1 || stdout != "" || !strings.Contains(stderr, "the answer is not from Web PubSub\n") || !strings.Contains(stderr, "\nhint: another server answers there: check the Endpoint in $WPS_CONNECTION_STRING\n") {
				t.Errorf("wps %s at a site that answers %d: exit code %d, stdout %q, stderr %q", args, code, exit, stdout, stderr)
			}
		}
	}
}

// TestCausesOfProblem: what the member errors says is the cause.
func TestCausesOfProblem(t *testing.T) {
	t.Parallel()
	env := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusBadRequest)
		json.NewEncoder(w).Encode(map[string]any{"title": "One or more validation errors occurred.", "status": 400, "errors": map[string][]string{"hub": {"Invalid hub name.", "Too long."}}})
	})
	_, _, stderr := run(t, env, "send", "hi")
	if want := "wps: send to the hub: 400 Bad Request: One or more validation errors occurred: hub: Invalid hub name.; hub: Too long.\n"; stderr != want {
		t.Errorf("stderr %q, want %q", stderr, want)
	}
}

// TestSlashHint: the hint of a refusal names the slash where one is in the path,
// and the key or the membership where there is none.
func TestSlashHint(t *testing.T) {
	t.Parallel()
	for _, code := range []int{401, 404} {
		env := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("x-ms-error-code", "Warning.NotExisted")
			w.WriteHeader(code)
		})
		for _, args := range [][]string{
			{"send", "--group", "Team A/B", "hi"}, {"send", "--user", "tenant/ana", "hi"}, {"close", "--user", "a/b"},
			{"group", "join", "g/h", "--user", "u"}, {"group", "join", "g", "--user", "tenant/ana"}, {"group", "list", "g/h"},
			{"permission", "grant", "sendToGroup", "--connection", "c/d", "--group", "g"},
		} {
			_, _, stderr := run(t, env, args...)
			if !strings.Contains(stderr, "\nhint: the slash in ") || strings.Contains(stderr, "AccessKey") || strings.Contains(stderr, "connect first") {
				t.Errorf("wps %q with %d: stderr %q, want a hint about the slash", args, code, stderr)
			}
		}
		_, _, stderr := run(t, env, "permission", "grant", "sendToGroup", "--connection", "c", "--group", "g/h") // in the query
		if strings.Contains(stderr, "slash") {
			t.Errorf("a group in the query: stderr %q, want no hint about the slash", stderr)
		}
	}
}

// TestNoRawErrors: what the network and Go say of a silent or closing endpoint
// never stands alone.
func TestNoRawErrors(t *testing.T) {
	t.Parallel()
	silent := answering(t, func(_ http.ResponseWriter, r *http.Request) {
		io.Copy(io.Discard, r.Body) // only then the server notices that the client is gone
		<-r.Context().Done()
	})
	closing := answering(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	for _, args := range []string{
		"health", "send hi", "exists --user u", "group list g", "connect", "emulator status", "emulator connections",
	} {
		for name, env := range map[string]map[string]string{"silent": silent, "closing": closing} {
			words := append(strings.Fields(args), "--timeout", "150ms", "--retries", "0")
			exit, stdout, stderr := run(t, env, words...)
			if exit != 1 || stdout != "" || !strings.HasPrefix(stderr, "wps: ") {
				t.Errorf("wps %s, %s: exit code %d, stdout %q, stderr %q", args, name, exit, stdout, stderr)
			}
			for _, raw := range []string{"context deadline", "EOF", "i/o timeout", "read tcp", "connection reset by peer", "Client.Timeout"} {
				if strings.Contains(stderr, raw) {
					t.Errorf("wps %s, %s: stderr %q has the raw text %q", args, name, stderr, raw)
				}
			}
		}
	}
	_, _, stderr := run(t, silent, "health", "--timeout", "100ms", "--retries", "0")
	if !strings.HasPrefix(stderr, "wps: http://127.0.0.1:") || !strings.Contains(stderr, ": no answer within 100ms\nhint: ") {
		t.Errorf("health of a silent endpoint: stderr %q", stderr)
	}
}
