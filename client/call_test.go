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
)

// TestCall: whoever runs a request learns how it went, and who throttles.
func TestCall(t *testing.T) {
	t.Parallel()
	type answers = []func(*http.Request) (*http.Response, error)
	tests := []struct {
		name    string
		answers answers
		want    client.Call
		waits   []time.Duration
	}{
		{"done", answers{answer(202)}, client.Call{Tries: 1, Status: 202}, nil},
		{"refused", answers{answer(404, "x-ms-error-code", "Error.X")}, client.Call{Tries: 1, Status: 404, Code: "Error.X"}, nil},
		{"third try", answers{answer(500), failure(syscall.ECONNRESET), answer(202)}, client.Call{Tries: 3, Status: 202}, nil},
		{"no answer", answers{failure(syscall.ECONNREFUSED)}, client.Call{Tries: 1}, nil},
		{"answer, then none", answers{answer(500), failure(syscall.ECONNREFUSED)}, client.Call{Tries: 2}, nil},
		{"429", answers{answer(429), answer(202)}, client.Call{Tries: 2, Status: 202}, []time.Duration{0}},
		{"429 with seconds", answers{answer(429, "Retry-After", "7"), answer(429, "Retry-After", "-7"), answer(202)}, client.Call{Tries: 3, Status: 202}, []time.Duration{7 * time.Second, 0}},
		{"503 with milliseconds", answers{answer(503, "x-ms-retry-after-ms", "20"), answer(503, "retry-after-ms", "30"), answer(202)}, client.Call{Tries: 3, Status: 202}, []time.Duration{20 * time.Millisecond, 30 * time.Millisecond}},
		{"503 without", answers{answer(503), answer(503, "Retry-After", "soon"), answer(202)}, client.Call{Tries: 3, Status: 202}, nil},
		// A bubble begins at midnight on 2000-01-01.
		{"429 with a date", answers{answer(429, "Retry-After", "Sat, 01 Jan 2000 00:00:40 GMT"), answer(202)}, client.Call{Tries: 2, Status: 202}, []time.Duration{40 * time.Second}},
	}
	for _, tt := range tests {
		synctest.Test(t, func(t *testing.T) {
			var waits []time.Duration
			s := newService(t, "http://h.example", client.Options{
				Transport: &script{answers: tt.answers},
				Throttled: func(wait time.Duration) { waits = append(waits, wait) },
			})
			var call client.Call
			err := s.Send(client.WithCall(t.Context(), &call), group("g"), text("x"))
			if call != tt.want || !slices.Equal(waits, tt.waits) {
				t.Errorf("%s: %+v with waits %v, want %+v with %v", tt.name, call, waits, tt.want, tt.waits)
			}
			refused, _ := errors.AsType[*client.Error](err)
			if refused != nil && refused.Code != call.Code {
				t.Errorf("%s: %v, but the call has the code %q", tt.name, err, call.Code)
			}
		})
	}
}
