package emulator_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
)

func newWeb(t *testing.T, h http.Handler) string {
	t.Helper()
	web := httptest.NewServer(h)
	t.Cleanup(web.Close)
	return web.URL + "/{hub}/{event}"
}

// validated answers validation with f and events with 200.
func validated(f func(w http.ResponseWriter, r *http.Request)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			f(w, r)
		}
	})
}

// TestValidation: what lets a handler have events.
func TestValidation(t *testing.T) {
	t.Parallel()
	const allowed = "WebHook-Allowed-Origin"
	get := func(options int, f func(http.ResponseWriter, *http.Request)) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodOptions {
				w.WriteHeader(options)
				return
			}
			f(w, r)
		}
	}
	for _, tt := range []struct {
		name   string
		answer func(http.ResponseWriter, *http.Request)
		good   bool
	}{
		{"star", say(200, "", allowed, "*"), true},
		{"host", say(200, "", allowed, "SVC.test"), true},
		{"204", say(204, "", allowed, "svc.test"), true},
		{"second line", say(200, "", allowed, "other.test", allowed, "svc.test"), true},
		{"comma list", say(200, "", allowed, "other.test, svc.test"), false},
		{"other host", say(200, "", allowed, "other.test"), false},
		{"host with a port", say(200, "", allowed, "svc.test:8080"), true},
		{"other host with a port", say(200, "", allowed, "other.test:80"), false},
		{"host and more", say(200, "", allowed, "svc.test:80:80"), false},
		{"no header", say(200, ""), false},
		{"405", say(405, "", allowed, "*"), false},
		{"GET after 404", get(404, say(200, "", allowed, "*")), true},
		{"GET is 404 too", get(404, say(404, "", allowed, "*")), false},
		{"no GET after 405", get(405, say(200, "", allowed, "*")), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inBubble(t, emulator.Options{Hubs: hubs(everything(validated(tt.answer)))}, func(t *testing.T, b *bubble) {
				want := 101
				if !tt.good {
					want = 500
				}
				if _, resp, err := b.dialTry(clientOptions{}); resp == nil || resp.StatusCode != want {
					t.Errorf("client got %v, %v, want %d", resp, err, want)
				}
			})
		})
	}
}

// TestValidationRequest holds the origin and nothing else.
func TestValidationRequest(t *testing.T) {
	t.Parallel()
	var all []got
	h := validated(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		all = append(all, got{r, string(body), time.Now()})
		w.Header().Set(protocol.HeaderAllowedOrigin, r.Header.Get(protocol.HeaderRequestOrigin))
	})
	inBubble(t, emulator.Options{Hubs: hubs(everything(h))}, func(t *testing.T, b *bubble) {
		b.dial(clientOptions{user: "u"})
		if len(all) != 1 {
			t.Fatalf("%d validations, want 1", len(all))
		}
		r := all[0]
		if r.URL.Path != "/chat/validate" || r.body != "" || len(r.Header) != 2 ||
			r.Header.Get(protocol.HeaderRequestOrigin) != "svc.test" || r.Header.Get(protocol.HeaderAWPSVersion) != "1.0" || r.Header["User-Agent"] != nil {
			t.Errorf("validation = %s %v %q", r.URL, r.Header, r.body)
		}
	})
}

// TestValidationCache: 60 seconds for a good result, 1, 2, 4 ... 60 for bad ones
// in a row; an old result counts while it is renewed.
func TestValidationCache(t *testing.T) {
	t.Parallel()
	var times []int
	good := true
	var began time.Time
	h := validated(func(w http.ResponseWriter, r *http.Request) {
		times = append(times, int(time.Since(began).Seconds()))
		if good {
			w.Header().Set(protocol.HeaderAllowedOrigin, "*")
		}
	})
	inBubble(t, emulator.Options{Hubs: hubs(everything(h))}, func(t *testing.T, b *bubble) {
		began = time.Now()
		at := func(second, want int) {
			t.Helper()
			time.Sleep(time.Until(began.Add(time.Duration(second) * time.Second)))
			c, resp, _ := b.dialTry(clientOptions{})
			if resp == nil || resp.StatusCode != want {
				t.Errorf("second %d: %v, want %d", second, resp, want)
			}
			if c != nil {
				c.ws.Close()
			}
			synctest.Wait()
		}
		at(0, 101)
		at(59, 101)
		good = false
		at(60, 101)  // the old result, renewed meanwhile: bad
		at(60, 500)  // within the second
		at(61, 500)  // renewed, bad: 2 s
		at(62, 500)  // kept
		at(63, 500)  // renewed, bad: 4 s
		at(66, 500)  // kept
		at(67, 500)  // 8 s
		at(75, 500)  // 16 s
		at(91, 500)  // 32 s
		at(122, 500) // kept
		at(123, 500) // 60 s
		at(182, 500) // kept
		at(183, 500) // 60 s again
		good = true
		at(242, 500) // kept
		at(243, 500) // the old result; now good
		at(243, 101)
		good = false
		at(303, 101) // after success 1 s again
		at(304, 500)
		if got, want := times, []int{0, 60, 61, 63, 67, 75, 91, 123, 183, 243, 303, 304}; !equal(got, want) {
			t.Errorf("validated at %v, want %v", got, want)
		}
	})
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// TestValidationIsShared by all that need it at the same time, and by handlers
// of one URL.
func TestValidationIsShared(t *testing.T) {
	t.Parallel()
	var n atomic.Int32
	h := validated(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		time.Sleep(time.Second)
		w.Header().Set(protocol.HeaderAllowedOrigin, "*")
	})
	inBubble(t, emulator.Options{Hubs: hubs(everything(h))}, func(t *testing.T, b *bubble) {
		var wg sync.WaitGroup
		for range 10 {
			wg.Go(func() { b.dial(clientOptions{}) })
		}
		wg.Wait()
		if n.Load() != 1 {
			t.Errorf("validated %d times, want once", n.Load())
		}
	})
	var options atomic.Int32
	web := newWeb(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			options.Add(1)
			w.Header().Set(protocol.HeaderAllowedOrigin, "*")
		}
	}))
	e := emulatortest.RunWith(t, emulator.Options{Hubs: hubs(
		emulator.EventHandler{URLTemplate: web, SystemEvents: []string{"connect"}},
		emulator.EventHandler{URLTemplate: web, EventPattern: "*"},
	)})
	j, _ := dialJSON(t, e, clientOptions{})
	j.send(event(1, "json", "1"))
	j.expectText(ok(1))
	if n := options.Load(); n != 1 {
		t.Errorf("two handlers of one URL validated %d times, want once", n)
	}
}

// TestValidationLimits: 10 seconds, not tried again then; 503 is.
func TestValidationLimits(t *testing.T) {
	t.Parallel()
	tries := 0
	hang := validated(func(_ http.ResponseWriter, r *http.Request) { tries++; <-r.Context().Done() })
	inBubble(t, emulator.Options{Hubs: hubs(everything(hang))}, func(t *testing.T, b *bubble) {
		began := time.Now()
		if _, resp, err := b.dialTry(clientOptions{}); resp == nil || resp.StatusCode != 500 {
			t.Errorf("client got %v, %v, want 500", resp, err)
		}
		if took := time.Since(began); took != 10*time.Second || tries != 1 {
			t.Errorf("took %s and %d tries, want 10 s and one", took, tries)
		}
	})
	busy := validated(slowThen(0, 503, say(200, "", "WebHook-Allowed-Origin", "*")))
	inBubble(t, emulator.Options{Hubs: hubs(everything(busy))}, func(t *testing.T, b *bubble) {
		began := time.Now()
		b.dial(clientOptions{})
		if took := time.Since(began); took != time.Second {
			t.Errorf("took %s, want one retry after 1 s", took)
		}
	})
}

// TestNotValid: what a handler that is not valid means for each kind of event.
func TestNotValid(t *testing.T) {
	t.Parallel()
	h := &handler{}
	only := everything(validated(say(200, "")))
	only.SystemEvents = []string{"connected", "disconnected"}
	inBubble(t, emulator.Options{Hubs: hubs(only)}, func(t *testing.T, b *bubble) {
		j, _ := b.dialJSON(clientOptions{})
		j.send(event(1, "json", "1"))
		j.expectText(failed(1, "InternalServerError", "Internal server error"))
		c := b.dial(clientOptions{})
		c.send("x")
		c.expectClose(1011, "Internal server error")
		synctest.Wait()
		if len(h.events()) > 0 {
			t.Errorf("events = %s, want none", names(h.events()))
		}
	})
}

// TestValidationOfManyURLs keeps a bounded number of results.
func TestValidationOfManyURLs(t *testing.T) {
	t.Parallel()
	n := 0
	h := validated(func(w http.ResponseWriter, r *http.Request) {
		n++
		w.Header().Set(protocol.HeaderAllowedOrigin, "*")
	})
	settings := map[string]emulator.HubSettings{emulator.AnyHub: {Handlers: []emulator.EventHandler{everything(h)}}}
	inBubble(t, emulator.Options{Hubs: settings}, func(t *testing.T, b *bubble) {
		for i := range 1100 {
			c := b.dial(clientOptions{hub: "h" + strings.Repeat("x", i%100) + strings.Repeat("y", i/100)})
			c.ws.Close()
		}
		if n < 1100 {
			t.Errorf("validated %d hubs, want each", n)
		}
	})
}
