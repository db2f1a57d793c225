package cmd_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"wps/cmd"
	"wps/cmd/internal/cli"
)

// TestApplyFaultyService checks that every line is reported as done, failed or not
// tried, whatever the service does, and that the service accepted those reported as
// done.
func TestApplyFaultyService(t *testing.T) {
	t.Parallel()
	refuse := func(status int) func(http.ResponseWriter, *http.Request, int) bool {
		return func(w http.ResponseWriter, _ *http.Request, i int) bool {
			if i <= 20 {
				return false
			}
			w.Header().Set("x-ms-error-code", "Error.Test")
			w.WriteHeader(status)
			return true
		}
	}
	tests := []struct {
		name  string
		args  []string
		fault func(http.ResponseWriter, *http.Request, int) bool
		error string
		code  int
		http  int
		tries int
	}{
		{"500 repeatedly", []string{"--retries", "1"}, refuse(500), "500 Internal Server Error (Error.Test)", 1, 500, 2},
		{"403", nil, refuse(403), "403 Forbidden (Error.Test)", 4, 403, 1},
		{"slow", []string{"--timeout", "1s"}, func(w http.ResponseWriter, r *http.Request, i int) bool {
			if i > 20 {
				<-r.Context().Done()
			}
			return i > 20
		}, "no answer within 1s", 1, 0, 1},
		{"closes connections", []string{"--retries", "0"}, func(w http.ResponseWriter, _ *http.Request, i int) bool {
			if i <= 20 {
				return false
			}
			panic(http.ErrAbortHandler)
		}, "does not answer: the connection was closed before an answer", 1, 0, 1},
	}
	for _, tt := range tests {
		for _, mode := range [][]string{nil, {"--concurrency", "8"}, {"--concurrency", "8", "--keep-going"}} {
			t.Run(tt.name+strings.Join(mode, ""), func(t *testing.T) {
				t.Parallel()
				s := newService(t, tt.fault)
				n, wantCode, keepGoing := 60, tt.code, len(mode) == 3
				if keepGoing {
					n, wantCode = 30, 1 // too few for an outage
				}
				args := append([]string{"apply", "-o", "json", events(t, n)}, append(tt.args, mode...)...)
				code, stdout, stderr := run(t, s.env(), args...)
				lines, count := results(t, stdout, n)
				if code != wantCode || count["done"] != 20 || len(s.taken()) != 20 || !strings.Contains(stderr, "20 done, ") {
					t.Errorf("exit code %d, %v, %d taken, stderr %q", code, count, len(s.taken()), stderr)
				}
				if keepGoing && count["failed"] != n-20 || mode == nil && count["failed"] != 1 || count["failed"]+count["not tried"] != n-20 {
					t.Errorf("%v", count)
				}
				for _, l := range lines {
					switch l.Status {
					case "failed":
						if !strings.HasSuffix(l.Error, tt.error) || l.HTTPStatus != tt.http || l.Tries != tt.tries || len(l.Event) == 0 {
							t.Errorf("failed line %+v, want %s, %d after %d tries", l, tt.error, tt.http, tt.tries)
						}
					case "done":
						if l.HTTPStatus != 202 || l.Tries != 1 || l.Milliseconds <= 0 || l.Error != "" {
							t.Errorf("done line %+v", l)
						}
					}
				}
			})
		}
	}
}

// TestApplyOutage checks that a service that accepts nothing ends a run with
// --keep-going, and that every line is reported.
func TestApplyOutage(t *testing.T) {
	t.Parallel()
	refuse := func(status int, header ...string) func(http.ResponseWriter, *http.Request, int) bool {
		return func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			for i := 0; i+1 < len(header); i += 2 {
				w.Header().Set(header[i], header[i+1])
			}
			w.WriteHeader(status)
			return true
		}
	}
	closed := newService(t, nil)
	closed.Close()
	tests := []struct {
		name   string
		s      *service
		failed int
		code   int
		error  string
		hint   string
	}{
		{"refused connection", closed, 10, 1, "connection refused: the service accepted none of the last 10 events", "check the Endpoint"},
		{"wrong key", newService(t, refuse(401)), 10, 4, "401 Unauthorized: the service accepted none of the last 10 events", "the AccessKey must belong"},
		{"errors", newService(t, refuse(500)), 10, 1, "500 Internal Server Error: the service accepted none", `check the service with "wps health"`},
		{"hangs", newService(t, func(_ http.ResponseWriter, r *http.Request, _ int) bool {
			<-r.Context().Done()
			return true
		}), 10, 1, "no answer within 10ms: the service accepted none", "increase --timeout"},
		{"throttles for hours", newService(t, refuse(429, "Retry-After", "7200")), 1, 1, "429 Too Many Requests: the service asks to wait 2h0m0s", "the service limits"},
		{"breaks off answers", newService(t, func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader(http.StatusAccepted)
			return true
		}), 50, 1, `line 50: send to user "u9": read answer: unexpected EOF; the service may have carried out the request`, "-o json prints"},
		{"404", newService(t, func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			w.Header().Set("x-ms-error-code", "Warning.User.NotExisted")
			w.WriteHeader(http.StatusNotFound)
			return true
		}), 50, 1, "50 of 50 events failed", "-o json prints"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			args := []string{"apply", "--keep-going", "--retries", "0", events(t, 50)}
			if tt.name == "hangs" {
				args = append(args, "--timeout", "10ms")
			}
			code, _, stderr := run(t, tt.s.env(), args...)
			counts := fmt.Sprintf("0 done, %d failed", tt.failed)
			if tt.failed < 50 {
				counts += fmt.Sprintf(", %d not tried", 50-tt.failed)
			}
			if code != tt.code || !strings.Contains(stderr, "\n"+counts) && !strings.HasPrefix(stderr, counts) || !strings.Contains(stderr, tt.error) || !strings.Contains(stderr, "\nhint: "+tt.hint) {
				t.Errorf("exit code %d, want %d; %s", code, tt.code, stderr)
			}
			for i := 1; i <= tt.failed; i++ {
				if n := strings.Count(stderr, fmt.Sprintf("wps: line %d: ", i)); n != 1 {
					t.Errorf("line %d is reported %d times in %s", i, n, stderr)
				}
			}
		})
	}
}

// TestApplyThrottled checks that after a 429 all requests wait as long as the
// service asks for.
func TestApplyThrottled(t *testing.T) {
	t.Parallel()
	var refused atomic.Int64 // time of the 429, in Unix nanoseconds
	var early atomic.Int32
	s := newService(t, func(w http.ResponseWriter, _ *http.Request, i int) bool {
		if i == 30 {
			refused.Store(time.Now().UnixNano())
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}
		if at := refused.Load(); at > 0 && time.Since(time.Unix(0, at)) < 900*time.Millisecond {
			early.Add(1)
		}
		return false
	})
	code, stdout, stderr := run(t, s.env(), "apply", "--concurrency", "6", "-o", "json", events(t, 600))
	lines, count := results(t, stdout, 600)
	if code != 0 || count["done"] != 600 {
		t.Errorf("exit code %d, %v, %s", code, count, stderr)
	}
	// Others continue until the 429 is read, which may take a while on a busy machine.
	// If only the refused request waited, all 569 would be early.
	if got := early.Load(); got > 300 {
		t.Errorf("%d requests arrived while all should wait", got)
	}
	if !slices.ContainsFunc(lines, func(l line) bool { return l.Tries == 2 && l.Milliseconds >= 900 }) {
		t.Error("no line has two tries")
	}
}

// TestApplyLostNetwork checks that runs with a journal finally send everything when
// connections break, before or after the service accepted the message. Only
// messages of the second kind are sent twice.
func TestApplyLostNetwork(t *testing.T) {
	t.Parallel()
	const n = 300
	cut := 0
	var s *service
	s = newService(t, func(_ http.ResponseWriter, r *http.Request, i int) bool {
		if i%40 != 0 {
			return false
		}
		if i%80 == 0 {
			s.mu.Lock()
			s.accepted = append(s.accepted, r.Header.Get("test-body"))
			cut++
			s.mu.Unlock()
		}
		panic(http.ErrAbortHandler)
	})
	in, journal := events(t, n), filepath.Join(t.TempDir(), "journal")
	runs := 0
	for code := 1; code != 0; runs++ {
		var stderr string
		code, _, stderr = run(t, s.env(), "apply", "--concurrency", "4", "--retries", "0", "--journal", journal, in)
		if runs > n || code > 1 {
			t.Fatalf("run %d: exit code %d, %s", runs, code, stderr)
		}
	}
	times := map[string]int{}
	for _, text := range s.taken() {
		times[text]++
	}
	for i := range n {
		if times[fmt.Sprint(i+1)] == 0 {
			t.Errorf("line %d was never accepted", i+1)
		}
	}
	if twice := len(s.taken()) - n; twice > cut || runs < 3 {
		t.Errorf("%d were sent twice in %d runs, %d were cut off after their message", twice, runs, cut)
	}
}

// TestApplyInterruptedEvent checks that an event that was in flight when the run was
// interrupted is reported as possibly sent.
func TestApplyInterruptedEvent(t *testing.T) {
	t.Parallel()
	for _, mode := range [][]string{nil, {"--keep-going"}, {"--concurrency", "3"}} {
		t.Run(strings.Join(mode, ""), func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			s := newService(t, func(_ http.ResponseWriter, r *http.Request, n int) bool {
				if n == 3 || mode == nil || mode[0] == "--keep-going" {
					cancel()
				}
				<-r.Context().Done()
				return true
			})
			var stderr bytes.Buffer
			env := s.env()
			e := cli.NewEnv(strings.NewReader(""), io.Discard, &stderr, lookup(env))
			code := cmd.Run(ctx, append([]string{"apply", events(t, 5)}, mode...), e)
			want := 1
			if len(mode) == 2 {
				want = 3
			}
			if got := strings.Count(stderr.String(), ": interrupted, it may have been sent: "); code != 130 || got != want ||
				!strings.HasSuffix(stderr.String(), fmt.Sprintf("0 done, %d failed, %d not tried, in hub \"chat\"\n", want, 5-want)) && !strings.Contains(stderr.String(), " not tried in ") {
				t.Errorf("exit code %d, %d reported, want %d: %s", code, got, want, stderr.String())
			}
		})
	}
}

// TestApplyKilled checks that runs that are killed and resumed with their journal
// send every line, and only lines that were in flight twice.
func TestApplyKilled(t *testing.T) {
	t.Parallel()
	const (
		n           = 4000
		rounds      = 10
		concurrency = 8
	)
	var left atomic.Int64
	due := make(chan struct{}, rounds)
	s := newService(t, func(http.ResponseWriter, *http.Request, int) bool {
		if left.Add(-1) == 0 {
			due <- struct{}{}
		}
		return false
	})
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	in, journal := events(t, n), filepath.Join(t.TempDir(), "journal")
	for round := range rounds + 1 {
		wps := exec.Command(self, "apply", "--concurrency", fmt.Sprint(concurrency), "--journal", journal, "-o", "json", in)
		wps.Args[0] = "wps" // the name by which the test binary is wps
		for name, value := range s.env() {
			wps.Env = append(wps.Env, name+"="+value)
		}
		var stdout, stderr bytes.Buffer
		wps.Stdout, wps.Stderr = &stdout, &stderr
		left.Store(int64(50 + 37*round%300))
		if round == rounds {
			left.Store(n * rounds)
		}
		if err := wps.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- wps.Wait() }()
		var err error
		select {
		case <-due:
			_ = wps.Process.Kill() // it may have ended
			err = <-ended
		case err = <-ended:
		}
		if round < rounds && err == nil || round == rounds && err != nil {
			t.Fatalf("round %d: %v, %s", round, err, stderr.String())
		}
		if round == rounds {
			results(t, stdout.String(), n)
		}
	}
	times := map[string]int{}
	for _, text := range s.taken() {
		times[text]++
	}
	twice := 0
	for i := range n {
		switch c := times[fmt.Sprint(i+1)]; {
		case c == 0:
			t.Errorf("line %d was never sent", i+1)
		case c > 1:
			twice += c - 1
		}
	}
	if twice > rounds*concurrency {
		t.Errorf("%d were sent twice, more than were in flight", twice)
	}
}
