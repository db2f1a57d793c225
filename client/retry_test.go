package client_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"wps/client"
	"wps/protocol"
)

// try is one try of a request, as a script saw it.
type try struct {
	after                  time.Duration // since the first one
	id, authorization, url string
	body                   string
}

// script is a transport that answers the tries of a request one after the other;
// the last answer is repeated.
type script struct {
	answers []func(*http.Request) (*http.Response, error)
	start   time.Time
	tries   []try
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	if s.start.IsZero() {
		s.start = time.Now()
	}
	var b []byte
	if r.Body != nil {
		b, _ = io.ReadAll(r.Body)
		r.Body.Close()
	}
	s.tries = append(s.tries, try{
		time.Since(s.start), r.Header.Get("X-Ms-Client-Request-Id"), r.Header.Get("Authorization"), r.URL.String(), string(b),
	})
	return s.answers[min(len(s.tries), len(s.answers))-1](r)
}

// answer is a status with headers in pairs.
func answer(code int, header ...string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		h := http.Header{}
		for i := 0; i < len(header); i += 2 {
			h.Set(header[i], header[i+1])
		}
		return &http.Response{
			StatusCode: code, Status: fmt.Sprintf("%d %s", code, http.StatusText(code)), Header: h, Body: http.NoBody, Request: r,
		}, nil
	}
}

func failure(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// silence never answers.
func silence(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// sendThrough sends one message through a script.
func sendThrough(t *testing.T, ctx context.Context, s *script, o client.Options) error {
	t.Helper()
	o.Transport = s
	return errorOf(newService(t, "http://h.example", o).Send(ctx, group("g"), text("the body")))
}

// TestRetryAfter: the wait is the one that the answer asks for, to the
// millisecond; each try has a new token, has the same id and the whole body.
func TestRetryAfter(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		header []string
		wait   time.Duration
	}{
		{"seconds", []string{"Retry-After", "7"}, 7 * time.Second},
		{"date", []string{"Retry-After", "Sat, 01 Jan 2000 00:00:09 GMT"}, 0}, // see below
		{"date of a server an hour ahead", []string{"Retry-After", "Sat, 01 Jan 2000 01:00:09 GMT", "Date", "Sat, 01 Jan 2000 01:00:00 GMT"}, 9 * time.Second},
		{"date of a server an hour late", []string{"Retry-After", "Fri, 31 Dec 1999 23:00:09 GMT", "Date", "Fri, 31 Dec 1999 23:00:00 GMT"}, 9 * time.Second},
		{"date of a server without a date", []string{"Retry-After", "Sat, 01 Jan 2000 00:00:09 GMT", "Date", "today"}, 0}, // see below
		{"milliseconds", []string{"Retry-After-Ms", "1500", "Retry-After", "7"}, 1500 * time.Millisecond},
		{"milliseconds of the service", []string{"X-Ms-Retry-After-Ms", "20"}, 20 * time.Millisecond},
		{"the longest", []string{"Retry-After", "60"}, time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				first, last := tt.wait, 2*tt.wait
				if tt.wait == 0 { // the clock of synctest begins with the year 2000
					first, last = 9*time.Second, 9*time.Second
				}
				s := &script{answers: []func(*http.Request) (*http.Response, error){answer(503, tt.header...), answer(429, tt.header...), answer(202)}}
				if tt.wait == 0 {
					s.answers = []func(*http.Request) (*http.Response, error){answer(503, tt.header...), answer(202)}
				}
				if err := sendThrough(t, t.Context(), s, client.Options{}); err != nil {
					t.Fatal(err)
				}
				if got := s.tries[1].after; got != first {
					t.Errorf("second try after %v, want %v", got, first)
				}
				if got := s.tries[len(s.tries)-1].after; got != last {
					t.Errorf("last try after %v, want %v", got, last)
				}
				checkTries(t, s.tries)
			})
		})
	}
}

// checkTries: all tries are the same request, each with its own token.
func checkTries(t *testing.T, tries []try) {
	t.Helper()
	for _, got := range tries {
		if got.body != "the body" || got.id != tries[0].id || got.url != tries[0].url {
			t.Errorf("try = %+v, want the same as %+v", got, tries[0])
		}
		checkBearerAt(t, got)
	}
	if len(tries) > 1 && tries[1].after > time.Second && tries[0].authorization == tries[1].authorization {
		t.Error("the second try has the token of the first")
	}
}

func checkBearerAt(t *testing.T, got try) {
	t.Helper()
	if !strings.HasPrefix(got.authorization, "Bearer ") {
		t.Errorf("Authorization = %q", got.authorization)
	}
}

// TestRetryAfterTooLong: an answer that asks for a longer wait than allowed is
// final, however large its number is.
func TestRetryAfterTooLong(t *testing.T) {
	t.Parallel()
	for _, header := range [][2]string{
		{"Retry-After", "61"},
		{"Retry-After", "18446744074"}, // in nanoseconds, little over 2^64
		{"Retry-After", "9223372036854775808"},
		{"Retry-After", strings.Repeat("9", 40)},
		{"Retry-After", "Sat, 01 Jan 2000 00:01:01 GMT"}, // synctest begins at midnight
		{"Retry-After", "Fri, 31 Dec 9999 23:59:59 GMT"},
		{"Retry-After-Ms", "60001"},
		{"Retry-After-Ms", "18446744073710"},
		{"X-Ms-Retry-After-Ms", "99999999999999999999"},
	} {
		for _, code := range []int{429, 503} {
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: []func(*http.Request) (*http.Response, error){answer(code, header[0], header[1]), answer(202)}}
				err := sendThrough(t, t.Context(), s, client.Options{})
				if e, ok := errors.AsType[*client.Error](err); !ok || e.Status != code || len(s.tries) != 1 {
					t.Errorf("Send with %d and %s: %s = %v after %d tries, want %[1]d after 1", code, header[0], header[1], err, len(s.tries))
				}
			})
		}
	}
}

// TestRetryLimit: a request gets as many tries as allowed, with growing waits
// between, and then the last answer is the error.
func TestRetryLimit(t *testing.T) {
	t.Parallel()
	for retries, want := range map[int]int{0: 4, -1: 1, 1: 2, 5: 6} {
		synctest.Test(t, func(t *testing.T) {
			s := &script{answers: []func(*http.Request) (*http.Response, error){answer(500)}}
			err := sendThrough(t, t.Context(), s, client.Options{Retries: retries, RetryDelay: time.Second})
			var e *client.Error
			if !errors.As(err, &e) || e.Status != 500 || len(s.tries) != want {
				t.Errorf("Retries %d: Send = %v after %d tries, want 500 after %d", retries, err, len(s.tries), want)
			}
			checkTries(t, s.tries)
			for i := 1; i < len(s.tries); i++ {
				wait, base := s.tries[i].after-s.tries[i-1].after, time.Duration(1<<(i-1))*time.Second
				if wait < base*8/10 || wait > base {
					t.Errorf("wait %d is %v, want %v or up to a fifth less", i, wait, base)
				}
			}
		})
	}
}

// TestRetried has the answers and faults after which a request is retried.
func TestRetried(t *testing.T) {
	t.Parallel()
	refused := &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	tests := []struct {
		name  string
		first func(*http.Request) (*http.Response, error)
		again bool
	}{
		{"408", answer(408), true},
		{"429", answer(429), true},
		{"500", answer(500), true},
		{"502", answer(502), true},
		{"503", answer(503), true},
		{"504", answer(504), true},
		{"307", answer(307, "Location", "http://other.example/"), false},
		{"400", answer(400), false},
		{"401", answer(401), false},
		{"403", answer(403), false},
		{"404", answer(404), false},
		{"409", answer(409), false},
		{"413", answer(413), false},
		{"415", answer(415), false},
		{"501", answer(501), false},
		{"505", answer(505), false},
		{"400 with Retry-After", answer(400, "Retry-After", "1"), false},
		{"reset", failure(&net.OpError{Op: "read", Err: syscall.ECONNRESET}), true},
		{"cut off", failure(io.ErrUnexpectedEOF), true},
		{"silent for a while", silence, true},
		{"name server silent", failure(&net.DNSError{IsTimeout: true}), true},
		{"refused", failure(refused), false},
		{"unknown name", failure(&net.DNSError{IsNotFound: true}), false},
		{"certificate", failure(&tls.CertificateVerificationError{Err: errors.New("unknown authority")}), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := &script{answers: []func(*http.Request) (*http.Response, error){tt.first, answer(202)}}
				err := sendThrough(t, t.Context(), s, client.Options{})
				if (err == nil) != tt.again || (len(s.tries) == 2) != tt.again {
					t.Errorf("Send = %v after %d tries, want another try: %v", err, len(s.tries), tt.again)
				}
				checkTries(t, s.tries)
			})
		})
	}
}

// TestUnreachable: errors of the network name the endpoint and the cause, and
// never the token.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault func(*http.Request) (*http.Response, error)
		o     client.Options
		want  string
		took  time.Duration // 0: not looked at
	}{
		{"refused", failure(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}), client.Options{}, "http://h.example does not answer: connection refused", 0},
		{"unknown name", failure(&net.DNSError{Err: "no such host", Name: "h.example", IsNotFound: true}), client.Options{}, "http://h.example does not answer: no such host", 0},
		{"refused on Windows", failure(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.Errno(10061)}), client.Options{}, "http://h.example does not answer: connection refused", 0},
		{"silence", silence, client.Options{Retries: -1}, "http://h.example does not answer: no answer in time", 30 * time.Second},
		{"silence, own bound", silence, client.Options{Retries: -1, TryTimeout: time.Second}, "http://h.example does not answer: no answer in time", time.Second},
		{"silence of a proxy", silence, client.Options{Retries: -1, ReverseProxy: &url.URL{Scheme: "https", Host: "proxy.example:1"}}, "https://proxy.example:1 does not answer: no answer in time", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				err := sendThrough(t, t.Context(), &script{answers: []func(*http.Request) (*http.Response, error){tt.fault}}, tt.o)
				var unreachable *client.UnreachableError
				if !errors.As(err, &unreachable) || err.Error() != tt.want {
					t.Errorf("Send = %v, want %q", err, tt.want)
				}
				if took := time.Since(start); tt.took > 0 && took != tt.took {
					t.Errorf("Send took %v, want %v", took, tt.took)
				}
			})
		})
	}
}

// TestContextEnds: a call ends with its context at any time, and its error names
// the last answer.
func TestContextEnds(t *testing.T) {
	t.Parallel()
	t.Run("between tries", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
			defer cancel()
			start := time.Now()
			err := sendThrough(t, ctx, &script{answers: []func(*http.Request) (*http.Response, error){answer(503, "Retry-After", "30")}}, client.Options{})
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "last answer: 503 Service Unavailable") {
				t.Errorf("Send = %v, want the deadline and the last answer", err)
			}
			if took := time.Since(start); took != 2*time.Second {
				t.Errorf("Send took %v, want 2 s", took)
			}
		})
	})
	t.Run("within a try", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			time.AfterFunc(time.Second, cancel)
			s := &script{answers: []func(*http.Request) (*http.Response, error){silence}}
			if err := sendThrough(t, ctx, s, client.Options{}); !errors.Is(err, context.Canceled) || len(s.tries) != 1 {
				t.Errorf("Send = %v after %d tries, want the end of the context after 1", err, len(s.tries))
			}
		})
	})
	t.Run("before", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		s := serve(t, status(202))
		if _, err := newService(t, s.URL, client.Options{}).Send(ctx, everyone, text("x")); !errors.Is(err, context.Canceled) {
			t.Errorf("Send = %v, want the end of the context", err)
		}
	})
}

// mute is an authorizer without a token.
type mute struct{ asked atomic.Int32 }

var errNoToken = errors.New("no token today")

func (m *mute) Authorize(context.Context, string) (string, error) {
	m.asked.Add(1)
	return "", errNoToken
}

// TestAuthorizerFails: a request that cannot be signed is not sent, and not
// retried.
func TestAuthorizerFails(t *testing.T) {
	t.Parallel()
	s, auth := serve(t, status(202)), &mute{}
	_, err := newService(t, s.URL, client.Options{Authorizer: auth}).Send(within(t), everyone, text("x"))
	if !errors.Is(err, errNoToken) || err.Error() != "authorize: no token today" || auth.asked.Load() != 1 || len(s.requests()) > 0 {
		t.Errorf("Send = %v, asked %d times, sent %d", err, auth.asked.Load(), len(s.requests()))
	}
	healthy := serve(t, status(200))
	if err := newService(t, healthy.URL, client.Options{Authorizer: auth}).Health(within(t)); err != nil {
		t.Errorf("Health = %v, want no token to be needed", err)
	}
}

// TestAnswerBreaksOff: when the answer ends before its body does, the service has
// carried out the request, which is not repeated.
func TestAnswerBreaksOff(t *testing.T) {
	t.Parallel()
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, `{"value":[`)
	})
	_, err := list(newService(t, s.URL, client.Options{}).ListConnections(within(t), "g", client.ListOptions{}))
	if err == nil || !strings.Contains(err.Error(), "read answer: unexpected EOF") {
		t.Errorf("ListConnections = %v, want a broken answer", err)
	}
	s.only(t)
	_, err = newService(t, s.URL, client.Options{}).Send(within(t), everyone, text("m"))
	unreachable, _ := errors.AsType[*client.UnreachableError](err)
	if err == nil || err.Error() != "read answer: unexpected EOF; the service may have carried out the request" || unreachable != nil {
		t.Errorf("Send = %v, want a broken answer", err)
	}
}

// TestRefusalBreaksOff: the status of a refusal is enough, also for a retry.
func TestRefusalBreaksOff(t *testing.T) {
	t.Parallel()
	tries := 0
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		if tries++; tries < 3 {
			w.Header().Set("Content-Length", "100")
			w.WriteHeader([]int{http.StatusServiceUnavailable, http.StatusForbidden}[tries-1])
			io.WriteString(w, "cut")
		}
	})
	_, err := newService(t, s.URL, client.Options{RetryDelay: time.Millisecond}).Send(within(t), everyone, text("m"))
	refused, _ := errors.AsType[*client.Error](err)
	if refused == nil || refused.Status != http.StatusForbidden || tries != 2 {
		t.Errorf("Send = %v after %d tries, want 403 after 2", err, tries)
	}
}

// TestBodyIsSentAgainWhole: a server that refuses without reading stops the first
// try in the middle of the body, and the next one still sends it from its start.
// The tries must not share a reader.
func TestBodyIsSentAgainWhole(t *testing.T) {
	t.Parallel()
	want := strings.Repeat("0123456789abcdef", protocol.MaxMessageSize/16)
	var tries atomic.Int32
	bodies := make(chan string, 8)
	web := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if tries.Add(1) < 4 {
			w.WriteHeader(http.StatusServiceUnavailable)
			http.NewResponseController(w).Flush()
			return
		}
		b, err := io.ReadAll(r.Body)
		bodies <- string(b) + fmt.Sprint(err)
		w.WriteHeader(http.StatusAccepted)
	})
	svc := newService(t, startServer(t, web), client.Options{RetryDelay: time.Nanosecond})
	if _, err := svc.Send(within(t), everyone, text(want)); err != nil {
		t.Fatal(err)
	}
	if got := <-bodies; got != want+"<nil>" {
		t.Errorf("%d bytes came, ending in %.60q, want %d", len(got), got[max(0, len(got)-60):], len(want))
	}
	if got := tries.Load(); got != 4 {
		t.Errorf("%d tries, want 4", got)
	}
}

// TestBodyAfterDeadConnection: when a kept connection turns out to be dead, the
// transport uses another one; the body is sent there from its start.
func TestBodyAfterDeadConnection(t *testing.T) {
	t.Parallel()
	s := serve(t, status(202))
	var dials, dead atomic.Int32
	transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := (&net.Dialer{}).DialContext(ctx, network, addr)
		return &mortal{Conn: conn, dead: &dead, first: dials.Add(1) == 1}, err
	}}
	svc := newService(t, s.URL, client.Options{Transport: transport, Retries: -1})
	for i := range 2 {
		dead.Store(int32(i))
		if _, err := svc.Send(within(t), everyone, text("the body")); err != nil {
			t.Fatalf("Send %d = %v", i, err)
		}
	}
	for _, r := range s.requests() {
		if r.body != "the body" {
			t.Errorf("%q came", r.body)
		}
	}
	if n := len(s.requests()); n != 2 || dials.Load() != 2 {
		t.Errorf("%d requests on %d connections, want 2 on 2", n, dials.Load())
	}
}

// mortal is a connection that, when it is the first, fails to write once dead is
// set.
type mortal struct {
	net.Conn
	dead  *atomic.Int32
	first bool
}

func (m *mortal) Write(b []byte) (int, error) {
	if m.first && m.dead.Load() > 0 {
		return 0, syscall.EPIPE
	}
	return m.Conn.Write(b)
}
