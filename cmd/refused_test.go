package cmd_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"testing"

	"wps/cmd"
	"wps/cmd/internal/cli"
)

// TestServiceRefuses checks the errors and hints for answers that the emulator does
// not send.
func TestServiceRefuses(t *testing.T) {
	t.Parallel()
	answer := func(status int, code string) func(http.ResponseWriter, *http.Request, int) bool {
		return func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			w.Header().Set("x-ms-error-code", code)
			w.WriteHeader(status)
			return true
		}
	}
	silent := func(_ http.ResponseWriter, r *http.Request, _ int) bool {
		<-r.Context().Done()
		return true
	}
	once := []string{"--retries", "0"}
	tests := []struct {
		name  string
		fault func(http.ResponseWriter, *http.Request, int) bool
		args  []string
		code  int
		want  string
	}{
		{"401", answer(401, ""), once, 4, "wps: send to the hub: 401 Unauthorized\nhint: the AccessKey must belong to this Endpoint, and this machine's clock must be right\n"},
		{"403", answer(403, "Forbidden"), once, 4, "wps: send to the hub: 403 Forbidden (Forbidden)\nhint: with an access key this is network access: see the service's page Networking, Public access and access control rules; access keys may be disabled, too\n"},
		{"429", answer(429, "TooManyRequests"), once, 1, "wps: send to the hub: 429 Too Many Requests (TooManyRequests)\nhint: the service limits the request rate: wait, or add units\n"},
		{"asks to wait", func(w http.ResponseWriter, _ *http.Request, _ int) bool {
			w.Header().Set("Retry-After", "50")
			w.WriteHeader(http.StatusTooManyRequests)
			return true
		}, []string{"--retries", "1", "--timeout", "2s"}, 1, "wps: send to the hub: ENDPOINT: no success within 2s; the last answer was 429 Too Many Requests\nhint: increase --timeout, or check the service with \"wps health\"\n"},
		{"silence", silent, []string{"--retries", "0", "--timeout", "50ms"}, 1, "wps: send to the hub: ENDPOINT: no answer within 50ms\nhint: increase --timeout, or check the service with \"wps health\"\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, tt.fault)
			code, stdout, stderr := run(t, s.env(), append([]string{"send", "hi"}, tt.args...)...)
			stderr = strings.ReplaceAll(stderr, s.URL, "ENDPOINT")
			if code != tt.code || stdout != "" || stderr != tt.want {
				t.Errorf("exit code %d, stdout %q, stderr %q, want %d, none, %q", code, stdout, stderr, tt.code, tt.want)
			}
		})
	}
}

// TestInterrupted checks that a command that is interrupted while it waits ends with
// exit code 130 and prints nothing.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	ctx, interrupt := context.WithCancel(t.Context())
	s := newService(t, func(_ http.ResponseWriter, r *http.Request, _ int) bool {
		interrupt()
		<-r.Context().Done()
		return true
	})
	var stdout, stderr bytes.Buffer
	env := s.env()
	e := cli.NewEnv(io.MultiReader(), &stdout, &stderr, lookup(env))
	if code := cmd.Run(ctx, []string{"send", "hi"}, e); code != 130 || stdout.Len()+stderr.Len() > 0 {
		t.Errorf("exit code %d, stdout %q, stderr %q, want 130 and silence", code, stdout.String(), stderr.String())
	}
}

// silentInput is an input that blocks until ctx ends; onRead is called before.
type silentInput struct {
	onRead func()
	ctx    context.Context
}

func (i silentInput) Read([]byte) (int, error) {
	i.onRead()
	<-i.ctx.Done()
	return 0, io.EOF
}

// TestInterruptedInput checks that a command that waits for input ends when it is
// interrupted.
func TestInterruptedInput(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"send"}, {"send", "--lines"}, {"apply"}, {"apply", "--check-first"}} {
		ctx, interrupt := context.WithCancel(t.Context())
		s := newService(t, nil)
		var stdout, stderr bytes.Buffer
		env := s.env()
		e := cli.NewEnv(silentInput{interrupt, t.Context()}, &stdout, &stderr, lookup(env))
		if code := cmd.Run(ctx, args, e); code != 130 || stdout.Len() > 0 || len(s.taken()) > 0 {
			t.Errorf("%q: exit code %d, stdout %q, stderr %q, want 130", args, code, stdout.String(), stderr.String())
		}
	}
}
