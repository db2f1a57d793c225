package emulator_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
)

// overWire is a handler's transport that a test writes itself.
type overWire func(*http.Request) (*http.Response, error)

func (f overWire) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// seconds returns the times of requests, in seconds since the first.
func seconds(all []got) string {
	var s []string
	for _, g := range all {
		s = append(s, fmt.Sprint(g.at.Sub(all[0].at).Seconds()))
	}
	return strings.Join(s, " ")
}

// TestRetries: which answers are tried again and when, with the same body, id
// and request id, and what the client sees at last.
func TestRetries(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		statuses []int // 0 is a connection failure
		times    string
		client   int
	}{
		{"503 then good", []int{503, 200}, "0 1", 101},
		{"408 twice", []int{408, 408, 204}, "0 1 4", 101},
		{"failure, 599, 500", []int{0, 599, 500, 200}, "0 1 4 9", 101},
		{"always 503", []int{503, 503, 503, 503, 200}, "0 1 4 9", 503},
		{"always 408", []int{408, 408, 408, 408, 200}, "0 1 4 9", 408},
		{"always down", []int{0, 0, 0, 0, 200}, "0 1 4 9", 500},
		{"429", []int{429, 200}, "0", 429},
		{"404", []int{404, 200}, "0", 404},
		{"304", []int{304, 200}, "0", 304},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			n := 0
			h := &handler{reply: on("connect", func(w http.ResponseWriter, _ *http.Request) {
				status := tt.statuses[n]
				n++
				if status == 0 {
					panic("the connection fails")
				}
				w.WriteHeader(status)
			})}
			only := everything(h)
			only.SystemEvents = []string{"connect"}
			inBubble(t, emulator.Options{Hubs: hubs(only)}, func(t *testing.T, b *bubble) {
				if _, resp, err := b.dialTry(clientOptions{user: "u"}); resp == nil || resp.StatusCode != tt.client {
					t.Errorf("client got %v, %v, want %d", resp, err, tt.client)
				}
				all := h.events()
				if got := seconds(all); got != tt.times {
					t.Errorf("sent at %s, want %s", got, tt.times)
				}
				for _, g := range all[1:] {
					for _, name := range []string{protocol.HeaderID, protocol.HeaderRequestID, protocol.HeaderTime} {
						if a, b := all[0].Header.Get(name), g.Header.Get(name); a != b || a == "" {
							t.Errorf("%s changed from %q to %q", name, a, b)
						}
					}
					if g.body != all[0].body {
						t.Errorf("body changed from %q to %q", all[0].body, g.body)
					}
				}
			})
		})
	}
}

// TestRequestIDs are new for each event.
func TestRequestIDs(t *testing.T) {
	t.Parallel()
	h := &handler{}
	inBubble(t, emulator.Options{Hubs: hubs(everything(h))}, func(t *testing.T, b *bubble) {
		b.dial(clientOptions{}).send("x")
		seen := map[string]bool{}
		for _, g := range h.wait(t, 3) {
			id := g.Header.Get(protocol.HeaderRequestID)
			if len(id) != 36 || id[14] != '4' || seen[id] {
				t.Errorf("request id %q, want a new random UUID", id)
			}
			seen[id] = true
		}
	})
}

// TestTimeLimit: 100 seconds for one event, retries included.
func TestTimeLimit(t *testing.T) {
	t.Parallel()
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for name, tt := range map[string]struct {
		reply func(http.ResponseWriter, *http.Request)
		sent  string
	}{
		"no answer":       {hang, "0"},
		"slow then again": {slowThen(90*time.Second, 503, hang), "0 91"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := &handler{reply: on("chat", tt.reply)}
			only := everything(h)
			only.SystemEvents = nil
			inBubble(t, emulator.Options{Hubs: hubs(only)}, func(t *testing.T, b *bubble) {
				j, _ := b.dialJSON(clientOptions{})
				go func() { // a live client answers pings
					j.send(event(1, "json", "1"))
				}()
				began := time.Now()
				j.ws.SetReadDeadline(time.Time{})
				if _, text, err := j.ws.ReadMessage(); err != nil || string(text) != failed(1, "InternalServerError", "Internal server error") {
					t.Errorf("got %q, %v", text, err)
				}
				if took := time.Since(began); took != 100*time.Second {
					t.Errorf("took %s, want 100 s", took)
				}
				if got := seconds(h.events()); got != tt.sent {
					t.Errorf("sent at %s, want %s", got, tt.sent)
				}
			})
		})
	}
}

// slowThen answers first after d with a status, then by f.
func slowThen(d time.Duration, status int, f func(http.ResponseWriter, *http.Request)) func(http.ResponseWriter, *http.Request) {
	first := true
	return func(w http.ResponseWriter, r *http.Request) {
		if !first {
			f(w, r)
			return
		}
		first = false
		time.Sleep(d)
		w.WriteHeader(status)
	}
}

// TestLongEventKeepsTheConnection: while its event is being handled, a client that
// answers pings is not silent, and what it sends meanwhile waits.
func TestLongEventKeepsTheConnection(t *testing.T) {
	t.Parallel()
	h := &handler{reply: func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get(protocol.HeaderID) == "2" {
			time.Sleep(95 * time.Second)
		}
	}}
	inBubble(t, emulator.Options{Hubs: hubs(everything(h))}, func(t *testing.T, b *bubble) {
		j, _ := b.dialJSON(clientOptions{})
		go func() {
			for i := range 20 { // far more than is read ahead
				j.ws.WriteMessage(websocket.TextMessage, []byte(event(i, "text", `"`+strings.Repeat("x", 9000)+`"`)))
			}
		}()
		j.ws.SetReadDeadline(time.Time{})
		for i := range 20 {
			if _, text, err := j.ws.ReadMessage(); err != nil || string(text) != ok(i) {
				t.Fatalf("ack %d: %q, %v", i, text, err)
			}
		}
	})
}

// TestClientGoesAway cancels its pending user event, not its connected event.
func TestClientGoesAway(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	ended := map[string]error{}
	h := &handler{reply: func(w http.ResponseWriter, r *http.Request) {
		event := r.Header.Get(protocol.HeaderEventName)
		if event != "message" && event != "connected" {
			return
		}
		wait := time.NewTimer(30 * time.Second)
		select {
		case <-wait.C:
		case <-r.Context().Done():
		}
		mu.Lock()
		defer mu.Unlock()
		ended[event] = r.Context().Err()
	}}
	inBubble(t, emulator.Options{Hubs: hubs(everything(h))}, func(t *testing.T, b *bubble) {
		c := b.dial(clientOptions{})
		c.send("x")
		h.wait(t, 3)
		c.ws.NetConn().Close()
		time.Sleep(time.Second)
		mu.Lock()
		if err, over := ended["message"]; !over || !errors.Is(err, context.Canceled) {
			t.Errorf("message ended %v with %v, want canceled within a second", over, err)
		}
		mu.Unlock()
		time.Sleep(time.Minute)
		mu.Lock()
		defer mu.Unlock()
		if err, over := ended["connected"]; !over || err != nil {
			t.Errorf("connected ended %v with %v, want undisturbed", over, err)
		}
		if got := names(h.events()); len(h.events()) != 4 || !strings.HasSuffix(got, " disconnected") {
			t.Errorf("events = %q", got)
		}
	})
}

// TestGracefulCloseWaitsForItsTurn: a close frame after messages is handled after
// them, because frames are handled in order.
func TestGracefulCloseWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	h := &handler{reply: on("message", func(w http.ResponseWriter, r *http.Request) { time.Sleep(3 * time.Second) })}
	only := everything(h)
	only.SystemEvents = []string{"disconnected"}
	inBubble(t, emulator.Options{Hubs: hubs(only)}, func(t *testing.T, b *bubble) {
		c := b.dial(clientOptions{})
		c.send("a")
		c.send("b")
		c.ws.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(1000, "done"), time.Now().Add(patience))
		time.Sleep(time.Minute)
		all := h.events()
		if got := names(all); got != "message message disconnected" {
			t.Fatalf("events = %q", got)
		}
		if all[0].body != "a" || all[1].body != "b" || all[2].body != `{"reason":"done"}` {
			t.Errorf("bodies = %q %q %q", all[0].body, all[1].body, all[2].body)
		}
	})
}

// TestConnectCanceled: a client that disconnects during connect ends the request,
// and there is neither connected nor disconnected.
func TestConnectCanceled(t *testing.T) {
	t.Parallel()
	over := make(chan error, 1)
	h := &handler{reply: on("connect", func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		over <- r.Context().Err()
	})}
	e := emulatortest.RunWith(t, emulator.Options{Hubs: hubs(everything(h))})
	url := negotiated(t, e, clientOptions{hub: "chat"})
	dialled := make(chan struct{})
	transports := make(chan net.Conn, 1)
	go func() {
		defer close(dialled)
		d := websocket.Dialer{NetDialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			c, err := (&net.Dialer{}).DialContext(ctx, network, addr)
			transports <- c
			return c, err
		}}
		if _, _, err := d.DialContext(t.Context(), url, nil); err == nil {
			t.Error("connected without an answer")
		}
	}()
	h.wait(t, 1)
	(<-transports).Close()
	<-dialled
	select {
	case <-over:
	case <-time.After(patience):
		t.Error("the connect event went on")
	}
	e.Server.Close()
	if got := names(h.events()); got != "connect" {
		t.Errorf("events = %q, want connect alone", got)
	}
}

// TestCloseIsBounded: a closing server cancels unblocking events after two
// seconds.
func TestCloseIsBounded(t *testing.T) {
	t.Parallel()
	h := &handler{reply: on("disconnected", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })}
	inBubble(t, emulator.Options{Hubs: hubs(everything(h))}, func(t *testing.T, b *bubble) {
		b.dial(clientOptions{})
		h.wait(t, 2)
		began := time.Now()
		b.server.Close()
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("Close took %s", took)
		}
		if got := names(h.events()); got != "connect connected disconnected" {
			t.Errorf("events = %q", got)
		}
		if _, resp, err := b.dialTry(clientOptions{}); err == nil || resp.StatusCode != 503 {
			t.Errorf("dial after Close: %v, %v, want 503", resp, err)
		}
	})
}

// TestCloseDuringConnect ends the pending connect event at once.
func TestCloseDuringConnect(t *testing.T) {
	t.Parallel()
	h := &handler{reply: on("connect", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })}
	inBubble(t, emulator.Options{Hubs: hubs(everything(h))}, func(t *testing.T, b *bubble) {
		done := make(chan struct{})
		go func() {
			defer close(done)
			if _, resp, err := b.dialTry(clientOptions{}); err == nil || resp == nil || resp.StatusCode != 500 {
				t.Errorf("client got %v, %v, want 500", resp, err)
			}
		}()
		h.wait(t, 1)
		began := time.Now()
		b.server.Close()
		<-done
		if took := time.Since(began); took != 0 {
			t.Errorf("Close took %s, want none", took)
		}
		if got := names(h.events()); got != "connect" {
			t.Errorf("events = %q, want connect alone", got)
		}
	})
}

// TestRedirects are followed; a POST stays one after 307.
func TestRedirects(t *testing.T) {
	t.Parallel()
	h := &handler{reply: func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Referer") != "" {
			t.Errorf("Referer = %q, which may hold a secret", r.Header.Get("Referer"))
		}
		switch {
		case r.Header.Get(protocol.HeaderEventName) == "loop":
			http.Redirect(w, r, r.URL.Path, http.StatusTemporaryRedirect)
		case !strings.HasSuffix(r.URL.Path, "/moved"):
			http.Redirect(w, r, r.URL.Path+"/moved", http.StatusTemporaryRedirect)
		}
	}}
	secret := everything(h)
	secret.URLTemplate += "?code=secret"
	secret.SystemEvents = nil
	inBubble(t, emulator.Options{Hubs: hubs(secret)}, func(t *testing.T, b *bubble) {
		j, _ := b.dialJSON(clientOptions{})
		j.send(event(1, "json", "[1]"))
		j.expectText(ok(1))
		all := h.events()
		if len(all) != 2 || all[1].URL.Path != "/chat/chat/moved" || all[1].body != "[1]" || all[1].Header.Get(protocol.HeaderID) != "2" {
			t.Errorf("events = %+v, want the second at its new place", all)
		}
		j.send(`{"type":"event","event":"loop","data":1,"ackId":2}`)
		j.expectText(failed(2, "InternalServerError", "Internal server error"))
		if n := len(h.events()) - 2; n != 10 {
			t.Errorf("a loop was followed %d times, want 10", n)
		}
	})
}

// TestMetadataOfEvents goes up as headers, with keys in lower case; what HTTP
// cannot carry fails the event and is not sent.
func TestMetadataOfEvents(t *testing.T) {
	t.Parallel()
	h := &handler{}
	inBubble(t, emulator.Options{Hubs: hubs(everything(h))}, func(t *testing.T, b *bubble) {
		j, _ := b.dialJSON(clientOptions{})
		j.send(`{"type":"event","event":"chat","data":1,"ackId":1,"metadata":{"Trace-Id":"a,b"}}`)
		j.expectText(ok(1))
		synctest.Wait()
		all := h.events()
		chat := slices.IndexFunc(all, func(g got) bool { return g.event() == "chat" })
		if got := all[chat].Header.Get("x-webpubsub-metadata-trace-id"); got != "a,b" {
			t.Errorf("metadata header = %q, want a,b", got)
		}
		j.send(`{"type":"event","event":"chat","data":1,"ackId":2,"metadata":{"k":"a\nb: c"}}`)
		j.expectText(failed(2, "InternalServerError", "Internal server error"))
		if n := len(h.events()); n != len(all) {
			t.Errorf("%d events, want %d", n, len(all))
		}
	})
}

// TestBrokenAnswers: a body that ends early fails the event, once.
func TestBrokenAnswers(t *testing.T) {
	t.Parallel()
	tries := 0
	h := everything(nil)
	h.SystemEvents = nil
	h.Transport = overWire(func(r *http.Request) (*http.Response, error) {
		header := http.Header{}
		if r.Method == http.MethodOptions {
			header.Set(protocol.HeaderAllowedOrigin, "*")
			return &http.Response{StatusCode: 200, Header: header, Body: http.NoBody}, nil
		}
		tries++
		body := io.MultiReader(strings.NewReader("half"), brokenReader{})
		return &http.Response{StatusCode: 200, Header: header, Body: io.NopCloser(body), ContentLength: -1}, nil
	})
	inBubble(t, emulator.Options{Hubs: hubs(h)}, func(t *testing.T, b *bubble) {
		j, _ := b.dialJSON(clientOptions{})
		j.send(event(1, "json", "1"))
		j.expectText(failed(1, "InternalServerError", "Internal server error"))
		if tries != 1 {
			t.Errorf("tried %d times, want once", tries)
		}
	})
}

type brokenReader struct{}

func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// TestHandlerDown: nothing answers where the handler should be. The client waits
// for the retries of the validation, later ones get its result; a handler that
// comes up is found by the next but one.
func TestHandlerDown(t *testing.T) {
	t.Parallel()
	var up atomic.Bool
	h := &handler{}
	far := everything(h)
	near := far.Transport
	far.Transport = overWire(func(r *http.Request) (*http.Response, error) {
		if !up.Load() {
			return nil, &net.OpError{Op: "dial", Err: errors.New("connection refused")}
		}
		return near.RoundTrip(r)
	})
	inBubble(t, emulator.Options{Hubs: hubs(far)}, func(t *testing.T, b *bubble) {
		for _, step := range []struct {
			took   time.Duration
			status int
		}{{9 * time.Second, 500}, {0, 500}, {0, 101}} {
			began := time.Now()
			_, resp, err := b.dialTry(clientOptions{})
			if resp == nil || resp.StatusCode != step.status || time.Since(began) != step.took {
				t.Errorf("client got %v, %v after %s, want %d after %s", resp, err, time.Since(began), step.status, step.took)
			}
			up.Store(true)
			time.Sleep(time.Second)
			synctest.Wait()
		}
	})
}

// TestHandlerOverTCP runs the same machinery over real sockets: a handler that
// cuts connections, and answers of many sizes.
func TestHandlerOverTCP(t *testing.T) {
	t.Parallel()
	var cut atomic.Int32
	h := &handler{reply: func(w http.ResponseWriter, r *http.Request) {
		switch r.Header.Get(protocol.HeaderEventName) {
		case "cut":
			if cut.Add(1) == 1 {
				panic(http.ErrAbortHandler) // closes the connection
			}
		case "chunks":
			for range 3 {
				io.WriteString(w, strings.Repeat("c", 1<<16))
				w.(http.Flusher).Flush()
			}
		case "huge":
			w.Header().Set("Content-Length", fmt.Sprint(protocol.MaxUpstreamResponse+1))
			w.WriteHeader(200)
		}
	}}
	web := newWeb(t, h)
	e := emulatortest.RunWith(t, emulator.Options{Hubs: hubs(emulator.EventHandler{
		URLTemplate: web, SystemEvents: emulator.AllSystemEvents(), EventPattern: "*",
	})})
	j, _ := dialJSON(t, e, clientOptions{})
	send := func(name string, id int) {
		j.send(fmt.Sprintf(`{"type":"event","event":"%s","data":1,"ackId":%d}`, name, id))
	}
	send("cut", 1)
	j.expectText(ok(1)) // after a second
	send("chunks", 2)
	if m := j.object(); len(m["data"].(string)) != 3<<16 { // no Content-Type: Go's server sniffs text
		t.Errorf("reply = %d characters, want %d", len(m["data"].(string)), 3<<16)
	}
	j.expectText(ok(2))
	send("huge", 3)
	j.expectText(failed(3, "InternalServerError", "Internal server error"))
}

// TestManyConnections: all events of all connections arrive, each exactly once.
func TestManyConnections(t *testing.T) {
	t.Parallel()
	const n = 50
	h := &handler{}
	e := emulatortest.RunWith(t, emulator.Options{Hubs: hubs(emulator.EventHandler{
		URLTemplate: newWeb(t, h), SystemEvents: emulator.AllSystemEvents(), EventPattern: "*",
	})})
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			c, _, err := dialTry(t, e, clientOptions{subprotocol: []string{protocol.SubprotocolJSON}})
			if err != nil {
				t.Error(err)
				return
			}
			c.readTry()
			for i := range 5 {
				c.ws.WriteMessage(websocket.TextMessage, []byte(event(i, "json", "1")))
				if _, text, _ := c.readTry(); text != ok(i) {
					t.Errorf("got %q, want ack %d", text, i)
				}
			}
			c.ws.Close()
		})
	}
	wg.Wait()
	perConnection := map[string][]string{}
	for _, g := range h.wait(t, 8*n) {
		id := g.Header.Get(protocol.HeaderConnectionID)
		perConnection[id] = append(perConnection[id], g.Header.Get(protocol.HeaderID)+g.event())
	}
	if len(perConnection) != n {
		t.Errorf("%d connections, want %d", len(perConnection), n)
	}
	for id, events := range perConnection {
		slices.Sort(events)
		if got := strings.Join(events, " "); got != "0connect 1connected 2chat 3chat 4chat 5chat 6chat 7disconnected" {
			t.Errorf("connection %s: %s", id, got)
		}
	}
}

// TestHandlerOverHTTP2: a handler with TLS is called over HTTP/2, where
// header names are in lower case, and nothing else changes.
func TestHandlerOverHTTP2(t *testing.T) {
	t.Parallel()
	h := &handler{reply: on("chat", say(200, "re", "Content-Type", "text/plain", "ce-connectionState", "s"))}
	web := httptest.NewUnstartedServer(h)
	web.EnableHTTP2 = true
	web.StartTLS()
	t.Cleanup(web.Close)
	e := emulatortest.RunWith(t, emulator.Options{Hubs: hubs(emulator.EventHandler{
		URLTemplate: web.URL, EventPattern: "*", Transport: web.Client().Transport,
	})})
	j, _ := dialJSON(t, e, clientOptions{user: "ü"})
	for i := range 2 {
		j.send(event(i, "json", "[1]"))
		j.expectText(`{"type":"message","from":"server","dataType":"text","data":"re"}`)
		j.expectText(ok(i))
	}
	g := h.wait(t, 2)[1]
	if g.Proto != "HTTP/2.0" || g.body != "[1]" || g.Header.Get(protocol.HeaderUserID) != "ü" || g.Header.Get(protocol.HeaderConnectionState) != "s" {
		t.Errorf("event = %s %v %q", g.Proto, g.Header, g.body)
	}
	if _, sent := g.Header["User-Agent"]; sent {
		t.Errorf("User-Agent = %q, want none", g.Header.Get("User-Agent"))
	}
}
