package emulator_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
)

// runLocal starts an emulator whose events a handler in this process gets.
func runLocal(t *testing.T, h http.HandlerFunc) *emulatortest.Emulator {
	t.Helper()
	return emulatortest.RunWith(t, emulator.Options{Hubs: hubs(emulator.EventHandler{
		Handler: h, EventPattern: emulator.EveryEvent, SystemEvents: []string{protocol.EventConnect},
	})})
}

// TestInProcess proves that a handler in this process sees an event as a server
// would receive it, without a validation, and that its answer is read by the same
// rules.
func TestInProcess(t *testing.T) {
	t.Parallel()
	var events atomic.Int32
	e := runLocal(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost {
			t.Errorf("a request %s was sent, want events only", r.Method)
		}
		if r.Header.Get(protocol.HeaderEventName) != "chat" {
			w.Header()["ce-connectionState"] = []string{"s"}
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		for name := range r.Header {
			if name != http.CanonicalHeaderKey(name) {
				t.Errorf("header %q is not in canonical form", name)
			}
		}
		n := events.Add(1)
		c, err := protocol.ReadEventContext(r.Header)
		if err != nil || c.UserID != "ü" || c.Hub != "chat" || c.State != "s" || c.Signature == "" {
			t.Errorf("event %d = %+v, %v", n, c, err)
		}
		if got := r.Header.Get(protocol.MetadataHeader + "k"); got != "v" {
			t.Errorf("metadata k = %q, want v", got)
		}
		if r.URL.Path != "/chat/chat" || r.RequestURI != "/chat/chat" || r.ContentLength != 4 || string(body) != `"hi"` || r.Header.Get("Content-Type") != "application/json" {
			t.Errorf("request = %+v %q", r, body)
		}
		w.Header().Set("Content-Type", "text/plain")
		w.WriteHeader(http.StatusEarlyHints)
		w.WriteHeader(http.StatusOK)
		w.Header().Set("Content-Type", "application/json") // too late
		io.WriteString(w, "re")
	})
	c, _ := dialJSON(t, e, clientOptions{user: "ü"})
	for range 2 {
		c.send(`{"type":"event","event":"chat","dataType":"json","data":"hi","metadata":{"k":"v"}}`)
		c.expectText(`{"type":"message","from":"server","dataType":"text","data":"re"}`)
	}
}

// TestInProcessFailures: what a handler in this process may do wrong fails the
// event, and nothing else.
func TestInProcessFailures(t *testing.T) {
	t.Parallel()
	for name, h := range map[string]http.HandlerFunc{
		"refuses": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) },
		"writes too much": func(w http.ResponseWriter, _ *http.Request) {
			chunk := make([]byte, 1<<20)
			for i := 0; ; i++ {
				if _, err := w.Write(chunk); err != nil {
					if i != protocol.MaxUpstreamResponse>>20 {
						t.Errorf("chunk %d was refused", i)
					}
					return
				}
			}
		},
		"writes no JSON": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, "{")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := runLocal(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get(protocol.HeaderEventName) == "chat" {
					h(w, r)
				}
			})
			c, _ := dialJSON(t, e, clientOptions{})
			c.send(event(1, "text", `"x"`))
			c.expectText(failed(1, "InternalServerError", "Internal server error"))
			c.silent()
		})
	}
}

// TestInProcessFinalFailure proves that a failure is sent again unless the handler
// says that it is final.
func TestInProcessFinalFailure(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	e := runLocal(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(protocol.HeaderEventName) == "chat" {
			calls.Add(1)
			w.(interface{ Final() }).Final()
			w.WriteHeader(http.StatusInternalServerError)
		}
	})
	c, _ := dialJSON(t, e, clientOptions{})
	c.send(event(1, "text", `"x"`))
	c.expectText(failed(1, "InternalServerError", "Internal server error"))
	if n := calls.Load(); n != 1 {
		t.Errorf("the handler was asked %d times, want once", n)
	}
}

// TestInProcessContext proves that the request of a handler ends with its
// connection, and that a panic is tried again like a connection that failed.
func TestInProcessContext(t *testing.T) {
	t.Parallel()
	began, ended := make(chan struct{}), make(chan error, 1)
	var tries atomic.Int32
	e := runLocal(t, func(_ http.ResponseWriter, r *http.Request) {
		switch {
		case r.Header.Get(protocol.HeaderEventName) != "chat":
		case tries.Add(1) == 1:
			panic("once")
		default:
			close(began)
			<-r.Context().Done()
			ended <- r.Context().Err()
		}
	})
	c, _ := dialJSON(t, e, clientOptions{})
	c.send(event(1, "text", `"x"`))
	<-began
	c.ws.Close()
	if err := <-ended; !errors.Is(err, context.Canceled) {
		t.Errorf("the request ended with %v, want canceled", err)
	}
}

// TestServerTransport proves that a REST client in this process needs no socket.
func TestServerTransport(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	web := &http.Client{Transport: e.Server.Transport()}
	defer web.CloseIdleConnections()
	resp, err := web.Get("http://nowhere/api/health")
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("health = %v, %v, want 200", resp, err)
	}
	if resp, err = web.Post("http://nowhere/api/hubs/chat/:send", "text/plain", strings.NewReader("x")); err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(resp.Body); resp.StatusCode != http.StatusUnauthorized || len(body) > 0 || err != nil {
		t.Errorf("send without a token = %d %q, %v, want 401", resp.StatusCode, body, err)
	}
}
