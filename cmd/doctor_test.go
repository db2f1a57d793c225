package cmd_test

import (
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestDoctorClock: a service whose clock differs by an hour.
func TestDoctorClock(t *testing.T) {
	t.Parallel()
	for ahead, want := range map[time.Duration]string{
		time.Hour:        "failed   clock        this machine's clock is ",
		-time.Hour:       "failed   clock        this machine's clock is ",
		2 * time.Minute:  "warning  clock        this machine's clock is ",
		-2 * time.Minute: "warning  clock        this machine's clock is ",
		0:                "ok       clock        this machine's clock is that of the service",
	} {
		env := answering(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", time.Now().Add(ahead).UTC().Format(http.TimeFormat))
			w.Header().Set("api-supported-versions", "2024-12-01")
			w.WriteHeader(http.StatusOK)
		})
		delete(env, "WPS_HUB")
		code, stdout, stderr := run(t, env, "doctor")
		if !strings.Contains(stdout, want) || (code == 1) != strings.HasPrefix(want, "failed") || stderr != "" {
			t.Errorf("%v: exit code %d, stdout\n%s\nstderr %s", ahead, code, stdout, stderr)
		}
		side := map[bool]string{true: "late, compared with the service's\n", false: "ahead of the service's\n"}[ahead > 0]
		if ahead != 0 && !strings.Contains(stdout, side) {
			t.Errorf("%v: stdout\n%s\nwant %q", ahead, stdout, side)
		}
	}
}

// TestDoctorCertificate: a certificate that no authority of this machine signed.
func TestDoctorCertificate(t *testing.T) {
	t.Parallel()
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	defer s.Close()
	code, stdout, _ := run(t, map[string]string{"WPS_CONNECTION_STRING": "Endpoint=" + s.URL + ";AccessKey=SECRET"}, "doctor")
	if code != 1 || !strings.Contains(stdout, "failed   tls          the certificate is not trusted: its authority is unknown; issued by O=Acme Co\n") || !strings.Contains(stdout, "--ca-file") {
		t.Errorf("exit code %d, stdout\n%s", code, stdout)
	}
}

// TestDoctorOtherServer: a web site that answers everything.
func TestDoctorOtherServer(t *testing.T) {
	t.Parallel()
	env := answering(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
	})
	code, stdout, _ := run(t, env, "doctor")
	if code != 1 || !strings.Contains(stdout, "failed   health       HEAD /api/health was answered with 200 OK, not by Web PubSub\n") {
		t.Errorf("exit code %d, stdout\n%s", code, stdout)
	}
}

// TestDoctorHandlers: each fault of a handler is found by its own check.
func TestDoctorHandlers(t *testing.T) {
	t.Parallel()
	allowed := func(w http.ResponseWriter, r *http.Request) bool {
		if r.Method == http.MethodOptions || r.Method == http.MethodGet {
			w.Header().Set("WebHook-Allowed-Origin", r.Header.Get("WebHook-Request-Origin"))
			return true
		}
		return false
	}
	body := func(r *http.Request) int { n, _ := io.Copy(io.Discard, r.Body); return int(n) }
	answers := 0
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		code    int
		want    string
	}{
		{"no validation", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotFound) }, 1, "failed   validation   "},
		{"validation without the header", func(http.ResponseWriter, *http.Request) {}, 1, "failed   validation   "},
		{"validation needs a sign-in", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusUnauthorized) }, 1, "failed   validation   "},
		{"500 for events", func(w http.ResponseWriter, r *http.Request) {
			if !allowed(w, r) {
				w.WriteHeader(http.StatusInternalServerError)
			}
		}, 1, "failed   connect      the answer 500 is of no use to the service: status 500\n"},
		{"broken connect answer", func(w http.ResponseWriter, r *http.Request) {
			if !allowed(w, r) {
				_, _ = io.WriteString(w, "{not JSON")
			}
		}, 1, "failed   connect      the answer 200 is of no use to the service: "},
		{"a small limit", func(w http.ResponseWriter, r *http.Request) {
			if !allowed(w, r) && body(r) > 100_000 {
				w.WriteHeader(http.StatusRequestEntityTooLarge)
			}
		}, 1, "failed   large body   an event of 1 MiB was refused with 413\n"},
		{"no signature check", func(w http.ResponseWriter, r *http.Request) {
			if !allowed(w, r) {
				w.WriteHeader(http.StatusNoContent)
			}
		}, 0, "warning  signature    an event with a wrong signature was accepted\n"},
		{"every origin", func(w http.ResponseWriter, r *http.Request) {
			if !allowed(w, r) {
				w.WriteHeader(http.StatusNoContent)
			}
		}, 0, "warning  origins      the handler accepts events of every host\n"},
		{"no deduplication", func(w http.ResponseWriter, r *http.Request) {
			if allowed(w, r) || r.Header.Get("ce-eventName") != "message" {
				w.WriteHeader(http.StatusNoContent)
				return
			}
			answers++
			_, _ = io.WriteString(w, strings.Repeat("x", answers))
		}, 0, "warning  duplicate    an event that was sent again got another answer\n"},
		{"state", func(w http.ResponseWriter, r *http.Request) {
			if !allowed(w, r) {
				w.Header().Set("ce-connectionState", "abc")
				w.WriteHeader(http.StatusNoContent)
			}
		}, 0, "ok       state        the handler takes its state of 3 bytes back\n"},
		{"own rights", func(w http.ResponseWriter, r *http.Request) {
			if !allowed(w, r) {
				w.WriteHeader(http.StatusForbidden)
			}
		}, 0, "warning  connect      refused with 403\n"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := httptest.NewServer(tt.handler)
			defer s.Close()
			code, stdout, stderr := run(t, map[string]string{"WPS_CONNECTION_STRING": "Endpoint=https://name.webpubsub.azure.com;AccessKey=SECRET", "WPS_HUB": "chat"}, "doctor", "--handler", s.URL)
			if code != tt.code || !strings.Contains(stdout, tt.want) || stderr != "" || strings.Contains(stdout, "SECRET") {
				t.Errorf("exit code %d, want %d, stdout\n%s\nwant a line %q\nstderr %s", code, tt.code, stdout, tt.want, stderr)
			}
		})
	}
}
