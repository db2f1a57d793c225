package client_test

import (
	"errors"
	"net/http"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"wps/client"
	"wps/protocol"
)

// TestOutcome: a method returns how its request went, and each refusal of too
// many requests is reported.
func TestOutcome(t *testing.T) {
	t.Parallel()
	type answers = []func(*http.Request) (*http.Response, error)
	tests := []struct {
		name    string
		answers answers
		want    protocol.Outcome
		waits   []time.Duration
	}{
		{"done", answers{answer(202)}, protocol.Outcome{Tries: 1, HTTPStatus: 202}, nil},
		{"refused", answers{answer(404, "x-ms-error-code", "Error.X")}, protocol.Outcome{Tries: 1, HTTPStatus: 404, Code: "Error.X"}, nil},
		{"third try", answers{answer(500), failure(syscall.ECONNRESET), answer(202)}, protocol.Outcome{Tries: 3, HTTPStatus: 202}, nil},
		{"not authorized", nil, protocol.Outcome{}, nil},
		{"no answer", answers{failure(syscall.ECONNREFUSED)}, protocol.Outcome{Tries: 1}, nil},
		{"answer, then none", answers{answer(500), failure(syscall.ECONNREFUSED)}, protocol.Outcome{Tries: 2}, nil},
		{"429", answers{answer(429), answer(202)}, protocol.Outcome{Tries: 2, HTTPStatus: 202}, []time.Duration{0}},
		{"429 with seconds", answers{answer(429, "Retry-After", "7"), answer(429, "Retry-After", "-7"), answer(202)}, protocol.Outcome{Tries: 3, HTTPStatus: 202}, []time.Duration{7 * time.Second, 0}},
		{"503 with milliseconds", answers{answer(503, "x-ms-retry-after-ms", "20"), answer(503, "retry-after-ms", "30"), answer(202)}, protocol.Outcome{Tries: 3, HTTPStatus: 202}, []time.Duration{20 * time.Millisecond, 30 * time.Millisecond}},
		{"503 without", answers{answer(503), answer(503, "Retry-After", "soon"), answer(202)}, protocol.Outcome{Tries: 3, HTTPStatus: 202}, nil},
		// A bubble begins at midnight on 2000-01-01.
		{"429 with a date", answers{answer(429, "Retry-After", "Sat, 01 Jan 2000 00:00:40 GMT"), answer(202)}, protocol.Outcome{Tries: 2, HTTPStatus: 202}, []time.Duration{40 * time.Second}},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			var waits []time.Duration
			var auth client.Authorizer
			if tt.answers == nil {
				auth = &mute{}
			}
			s := newService(t, "http://h.example", client.Options{
				Authorizer: auth, Transport: &script{answers: tt.answers},
				Throttled: func(wait time.Duration) { waits = append(waits, wait) },
			})
			got, err := s.Send(t.Context(), group("g"), text("x"))
			if got != tt.want || !slices.Equal(waits, tt.waits) {
				t.Errorf("%s: %+v with waits %v, want %+v with %v", tt.name, got, waits, tt.want, tt.waits)
			}
			refused, _ := errors.AsType[*client.Error](err)
			if refused != nil && refused.Code != got.Code {
				t.Errorf("%s: %v, but the outcome has the code %q", tt.name, err, got.Code)
			}
		})
	}
}
