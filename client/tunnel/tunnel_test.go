package tunnel_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gorilla/websocket"

	"wps/client"
	"wps/client/tunnel"
	"wps/protocol"
	wire "wps/protocol/tunnel"
	"wps/token"
)

// echo answers with what it got.
func echo(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/plain")
	w.Header()["ce-connectionState"] = []string{"e30="}
	w.Header().Set("Connection", "close")
	b, _ := io.ReadAll(r.Body)
	fmt.Fprintf(w, "%s %s %s %v %s", r.Method, r.URL.EscapedPath(), r.URL.RawQuery, r.Header["X"], b)
}

// TestRequests: a request reaches the handler with path, query, header and body, and
// its answer goes back, with what belongs to the request.
func TestRequests(t *testing.T) {
	t.Parallel()
	inBubble(t, echo, func(t *testing.T, s *service) {
		c, r := s.accept("c1")
		if r.URL.Path != "/base/server/tunnel" || r.URL.Query().Get("hub") != "Chat.1" || r.URL.Query().Has("target") || r.Header.Get("Sec-WebSocket-Protocol") != "" {
			t.Errorf("handshake = %v %v", r.URL, r.Header)
		}
		claims, err := token.Verify(r.URL.Query().Get("access_token"), time.Now(), key)
		if err != nil || claims.UserID == "" || !slices.Equal(claims.Audiences, []string{"ws://svc.test/base/server/tunnel?hub=Chat.1"}) {
			t.Errorf("claims = %+v, %v", claims, err)
		}
		c.write(post(7, "hi"))
		m := c.response()
		if want := "POST /eh/message code=s%2F [1 2] hi"; m.AckID != 7 || m.Status != 200 || m.ChannelName != "n" || m.LocalRouting || m.NotCompleted || string(m.Body) != want {
			t.Errorf("answer = %+v %s, want %s", m, m.Body, want)
		}
		if fmt.Sprint(m.Header) != "map[ce-connectionstate:[e30=] content-type:[text/plain]]" {
			t.Errorf("header = %v", m.Header)
		}
		for _, bad := range []*wire.Request{{Method: "POST", URL: "%zz"}, {Method: "POST", URL: "mailto:x"}, {URL: "tunnel:///"}, {Method: "A B", URL: "tunnel:///"}} {
			c.write(bad)
			if m := c.response(); m.Status != 400 || len(m.Body) == 0 {
				t.Errorf("answer to %+v = %+v, want 400", bad, m)
			}
		}
	})
}

// TestAnswers: every request is answered, whatever the handler does, and a long
// answer in parts.
func TestAnswers(t *testing.T) {
	t.Parallel()
	long := bytes.Repeat([]byte("0123456789abcdef"), protocol.MaxUpstreamResponse/16)
	h := func(w http.ResponseWriter, r *http.Request) {
		switch b, _ := io.ReadAll(r.Body); string(b) {
		case "panic":
			w.Write([]byte("begun"))
			panic("x")
		case "long":
			w.WriteHeader(201)
			w.Write(long)
		case "too long":
			w.Write(long)
			w.Write([]byte("x"))
		case "early":
			w.WriteHeader(103)
			w.WriteHeader(202)
			w.WriteHeader(500)
		}
	}
	inBubble(t, h, func(t *testing.T, s *service) {
		c, _ := s.accept("c1")
		for body, want := range map[string]int{"panic": 500, "too long": 500, "early": 202, "nothing": 200} {
			c.write(post(1, body))
			if m := c.response(); m.Status != want || len(m.Body) > 0 || m.NotCompleted {
				t.Errorf("%s: %d with %d bytes, want %d", body, m.Status, len(m.Body), want)
			}
		}
		c.write(post(9, "long"))
		var got []byte
		for n := 0; ; n++ {
			m := c.response()
			if m.AckID != 9 || m.Status != 201 || len(m.Body) > wire.PartSize || (n > 0) != (len(m.Header) == 0) && n > 0 {
				t.Fatalf("part %d = %d, %d bytes", n, m.Status, len(m.Body))
			}
			if got = append(got, m.Body...); !m.NotCompleted {
				break
			}
		}
		if !bytes.Equal(got, long) {
			t.Errorf("the parts have %d bytes, want %d", len(got), len(long))
		}
	})
}

// TestCut: after a cut the client connects again with a new token and the same id;
// while the service is down it waits longer each time, without an end.
func TestCut(t *testing.T) {
	t.Parallel()
	inBubble(t, echo, func(t *testing.T, s *service) {
		c, first := s.accept("c1")
		time.Sleep(time.Second) // so that the next token is another one
		c.ws.NetConn().Close()
		change := <-s.changes
		if change.ConnectionID != "c1" || change.Open != 0 || change.Err == nil || change.Err.Error() != "the connection was cut" || change.Retry > time.Second || change.Final {
			t.Errorf("change = %+v, want that it was cut", change)
		}
		c, second := s.accept("c2")
		one, two := first.URL.Query().Get("access_token"), second.URL.Query().Get("access_token")
		before, _ := token.Verify(one, time.Now(), key)
		after, err := token.Verify(two, time.Now(), key)
		if one == two || err != nil || after.UserID != before.UserID {
			t.Errorf("tokens of %q and %q, %v, want two of one client", before.UserID, after.UserID, err)
		}
		s.down.Store(true)
		c.ws.NetConn().Close()
		<-s.changes
		for n := range 10 {
			change := <-s.changes
			var unreachable *client.UnreachableError
			if longest := min(2<<n, 30) * int(time.Second); change.ConnectionID != "" || !errors.As(change.Err, &unreachable) || int(change.Retry) > longest || int(change.Retry) < longest*8/10 {
				t.Errorf("attempt %d: %+v, want up to %v", n, change, time.Duration(longest))
			}
		}
		s.down.Store(false)
		s.accept("c3")
	})
}

// TestFirstAttempt: if the first attempt fails, Run returns why.
func TestFirstAttempt(t *testing.T) {
	t.Parallel()
	for _, status := range []int{400, 401, 403, 404, 500, 503} {
		inBubble(t, echo, func(t *testing.T, s *service) {
			s.answers <- status
			err := s.ends()
			if err == nil || !strings.Contains(err.Error(), fmt.Sprint(status)) || errors.Is(err, client.ErrUnauthorized) != (status == 401 || status == 403) {
				t.Errorf("Run() = %v, want the refusal with %d", err, status)
			}
			if len(s.changes) > 0 {
				t.Errorf("change = %+v, want none", <-s.changes)
			}
		})
	}
	inBubble(t, echo, func(t *testing.T, s *service) { // no greeting
		s.answers <- 101
		if err := s.ends(); err == nil || !strings.Contains(err.Error(), "silent for 10s") {
			t.Errorf("Run() = %v, want that the service was silent", err)
		}
		(<-s.conns).ws.Close()
	})
	inBubble(t, echo, func(t *testing.T, s *service) { // another greeting
		s.answers <- 101
		c := <-s.conns
		c.write(&wire.Status{})
		if err := s.ends(); err == nil || !strings.Contains(err.Error(), "type 5") {
			t.Errorf("Run() = %v, want that the first message is wrong", err)
		}
		c.ws.Close()
	})
}

// TestLaterAttempts: a refusal that stays ends Run at any time, others do not.
func TestLaterAttempts(t *testing.T) {
	t.Parallel()
	for _, status := range []int{401, 403, 404} {
		inBubble(t, echo, func(t *testing.T, s *service) {
			c, _ := s.accept("c1")
			c.ws.NetConn().Close()
			s.answers <- 500
			s.answers <- 429
			s.answers <- status
			if err := s.ends(); err == nil || !strings.Contains(err.Error(), fmt.Sprint(status)) {
				t.Errorf("Run() = %v, want the refusal with %d", err, status)
			}
		})
	}
}

// TestReconnect: the service moves a connection. The new one is opened before the old
// one has ended, and what was being answered is answered over the old one.
func TestReconnect(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	h := func(w http.ResponseWriter, r *http.Request) {
		<-release
		echo(w, r)
	}
	inBubble(t, h, func(t *testing.T, s *service) {
		release = make(chan struct{}) // of the bubble
		old, _ := s.accept("c1")
		time.Sleep(2 * time.Second)
		old.write(post(1, "running"))
		old.write(&wire.Reconnect{TargetID: "a b/c", Endpoint: "http://other.test:81/p/", Text: "move"})
		c, r := s.accept("c2")
		if want := "/p/server/tunnel?hub=Chat.1&target=a%20b%2Fc&"; r.Host != "other.test:81" || !strings.HasPrefix(r.RequestURI, want) {
			t.Errorf("handshake with %s %s, want %s", r.Host, r.RequestURI, want)
		}
		close(release)
		if m := old.response(); m.AckID != 1 || m.Status != 200 {
			t.Errorf("answer = %+v", m)
		}
		old.closed()
		c.write(post(2, "here"))
		if m := c.response(); m.AckID != 2 || m.Status != 200 {
			t.Errorf("answer = %+v", m)
		}
		// After a cut the same place is tried again.
		c.ws.NetConn().Close()
		<-s.changes
		if _, r := s.accept("c3"); r.Host != "other.test:81" || r.URL.Query().Get("target") != "a b/c" {
			t.Errorf("handshake with %s %s, want the same place", r.Host, r.RequestURI)
		}
	})
}

// TestReconnectAtOnce: a connection that is moved as soon as it is open is opened
// again after a delay.
func TestReconnectAtOnce(t *testing.T) {
	t.Parallel()
	inBubble(t, echo, func(t *testing.T, s *service) {
		began := time.Now()
		for n := range 5 {
			c, _ := s.accept(fmt.Sprint(n))
			c.write(&wire.Reconnect{})
			c.closed()
		}
		if took := time.Since(began); took < 3*time.Second {
			t.Errorf("five connections within %v", took)
		}
	})
}

// TestBadEndpoint: an endpoint without TLS, or that is none, is not used; the
// connection is opened where it was.
func TestBadEndpoint(t *testing.T) {
	t.Parallel()
	for _, endpoint := range []string{"ftp://h", "http://u:p@h", "://", "x"} {
		inBubble(t, echo, func(t *testing.T, s *service) {
			c, _ := s.accept("c1")
			c.write(&wire.Rebalance{Endpoint: endpoint})
			c.write(&wire.Reconnect{Endpoint: endpoint})
			c.closed()
			if change := <-s.changes; change.Err == nil || !strings.Contains(change.Err.Error(), "the service named an endpoint") {
				t.Errorf("change = %+v, want that the endpoint is refused", change)
			}
			if _, r := s.accept("c2"); r.Host != "svc.test" {
				t.Errorf("handshake with %s, want svc.test", r.Host)
			}
		})
	}
}

// TestRebalance: the service asks for more connections, up to the limit, and ends
// them one by one.
func TestRebalance(t *testing.T) {
	t.Parallel()
	inBubble(t, echo, func(t *testing.T, s *service) {
		first, _ := s.accept("c0")
		all := []*serviceConn{first}
		for n := 1; n < tunnel.MaxConnections; n++ {
			first.write(&wire.Rebalance{TargetID: fmt.Sprint(n)})
			c, r := s.accept(fmt.Sprint("c", n))
			if r.URL.Query().Get("target") != fmt.Sprint(n) {
				t.Errorf("handshake %d = %s", n, r.RequestURI)
			}
			all = append(all, c)
		}
		first.write(&wire.Rebalance{TargetID: "one too many"})
		for n, c := range all {
			c.write(post(int64(n), "hi"))
			if m := c.response(); m.AckID != int64(n) {
				t.Errorf("answer = %+v, want %d", m, n)
			}
		}
		synctest.Wait()
		if len(s.requests) > 0 {
			t.Errorf("there are more than %d connections", tunnel.MaxConnections)
		}
		for n, c := range all {
			c.write(&wire.Close{Text: fmt.Sprint("bye ", n)})
			c.closed()
		}
		// Which of them is noticed last is not said.
		if err := s.ends(); !errors.Is(err, tunnel.ErrClosed) || !strings.HasPrefix(err.Error(), "the service closed the tunnel: bye ") {
			t.Errorf("Run() = %v, want ErrClosed with the text", err)
		}
		for range all[1:] {
			if change := <-s.changes; !errors.Is(change.Err, tunnel.ErrClosed) || !change.Final {
				t.Errorf("change = %+v, want a final one", change)
			}
		}
	})
}

// TestStop: when ctx ends, what is being answered is answered, further requests are
// refused, and the connection is closed.
func TestStop(t *testing.T) {
	t.Parallel()
	var release chan struct{}
	h := func(http.ResponseWriter, *http.Request) { <-release }
	inBubble(t, h, func(t *testing.T, s *service) {
		release = make(chan struct{})
		c, _ := s.accept("c1")
		c.write(post(1, "running"))
		synctest.Wait()
		s.stop()
		synctest.Wait()
		c.write(post(2, "late"))
		if m := c.response(); m.AckID != 2 || m.Status != 503 {
			t.Errorf("answer = %+v, want 503", m)
		}
		close(release)
		if m := c.response(); m.AckID != 1 || m.Status != 200 {
			t.Errorf("answer = %+v, want that of the running request", m)
		}
		c.closed()
		if err := s.ends(); err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	})
	inBubble(t, h, func(t *testing.T, s *service) { // a handler that takes too long
		release = make(chan struct{})
		c, _ := s.accept("c1")
		c.write(post(1, "running"))
		synctest.Wait()
		began := time.Now()
		s.stop()
		c.closed()
		if took := time.Since(began); took != 5*time.Second {
			t.Errorf("closed after %v, want 5 s", took)
		}
		close(release)
		if err := s.ends(); err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	})
}

// TestStopWhileAway: ctx ends an attempt, and a wait for one.
func TestStopWhileAway(t *testing.T) {
	t.Parallel()
	inBubble(t, echo, func(t *testing.T, s *service) {
		c, _ := s.accept("c1")
		s.down.Store(true)
		c.ws.NetConn().Close()
		<-s.changes
		<-s.changes
		s.stop()
		if err := s.ends(); err != nil {
			t.Errorf("Run() = %v, want nil", err)
		}
	})
}

// TestSilence: a service that does not answer pings for a minute is given up; one
// that does is not.
func TestSilence(t *testing.T) {
	t.Parallel()
	inBubble(t, echo, func(t *testing.T, s *service) {
		c, _ := s.accept("c1")
		var silent atomic.Bool
		answer := c.ws.PingHandler()
		c.ws.SetPingHandler(func(data string) error {
			if silent.Load() {
				return nil
			}
			return answer(data)
		})
		reading := make(chan error)
		go func() {
			_, _, err := c.ws.ReadMessage() // which answers pings
			reading <- err
		}()
		time.Sleep(time.Hour)
		if len(s.changes) > 0 {
			t.Errorf("change = %+v, want none", <-s.changes)
		}
		silent.Store(true)
		if change := <-s.changes; change.Err == nil || change.Err.Error() != "the service was silent for 1m0s" {
			t.Errorf("change = %+v, want that the service was silent", change)
		}
		<-reading
	})
}

// TestBadFrames: a frame that cannot be read ends the connection, and another one is
// opened; messages of unknown types are ignored.
func TestBadFrames(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		kind       int
		data, want string
	}{
		"text":      {websocket.TextMessage, "x", "text message"},
		"short":     {websocket.BinaryMessage, "x", "cut short"},
		"too large": {websocket.BinaryMessage, strings.Repeat("x", wire.MaxRequest+1), "too large"},
		"unknown":   {websocket.BinaryMessage, "\x06\x00\x00\x00\x93\x63\xa2{}\xc0", ""},
	} {
		inBubble(t, echo, func(t *testing.T, s *service) {
			c, _ := s.accept("c1")
			go c.ws.WriteMessage(tt.kind, []byte(tt.data))
			if tt.want == "" {
				synctest.Wait()
				c.write(post(1, "x"))
				c.response()
				return
			}
			if change := <-s.changes; change.Err == nil || !strings.Contains(change.Err.Error(), tt.want) {
				t.Errorf("%s: change = %+v, want %s", name, change, tt.want)
			}
			s.accept("c2")
		})
	}
}

// TestLimits: requests beyond what may be answered at a time get 503.
func TestLimits(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		body string
		most int
	}{
		"requests": {"", tunnel.MaxRequests},
		"bodies":   {strings.Repeat("x", protocol.MaxMessageSize), tunnel.MaxBodies / protocol.MaxMessageSize},
	} {
		var release chan struct{}
		h := func(http.ResponseWriter, *http.Request) { <-release }
		inBubble(t, h, func(t *testing.T, s *service) {
			release = make(chan struct{})
			c, _ := s.accept("c1")
			for n := range tt.most {
				c.write(post(int64(n), tt.body))
			}
			c.write(post(-1, tt.body+"x"[:min(1, len(tt.body)+1)]))
			if m := c.response(); m.AckID != -1 || m.Status != 503 {
				t.Errorf("%s: answer = %d of %d, want 503 for the one too many", name, m.Status, m.AckID)
			}
			close(release)
			for range tt.most {
				if m := c.response(); m.Status != 200 {
					t.Errorf("%s: answer = %+v, want 200", name, m)
				}
			}
		})
	}
}

func TestNewErrors(t *testing.T) {
	t.Parallel()
	good := func() tunnel.Options {
		return tunnel.Options{Endpoint: &url.URL{Scheme: "https", Host: "h"}, Hub: "chat", Token: tunnel.KeyToken(key), Handler: http.NotFoundHandler()}
	}
	c, err := tunnel.New(good())
	if err != nil || c.URL() != "wss://h/server/tunnel?hub=chat" {
		t.Errorf("New = %v, %v", c.URL(), err)
	}
	for _, change := range []func(*tunnel.Options){
		func(o *tunnel.Options) { o.Endpoint = nil },
		func(o *tunnel.Options) { o.Endpoint = &url.URL{Scheme: "ftp", Host: "h"} },
		func(o *tunnel.Options) { o.Hub = "1" },
		func(o *tunnel.Options) { o.Token = nil },
		func(o *tunnel.Options) { o.Handler = nil },
	} {
		o := good()
		change(&o)
		if _, err := tunnel.New(o); err == nil {
			t.Errorf("New(%+v) = nil, want an error", o)
		}
	}
	o := good()
	secret := errors.New("sign-in failed")
	o.Token = func(context.Context, string, string) (string, error) { return "", secret }
	if c, err = tunnel.New(o); err != nil {
		t.Fatal(err)
	}
	var failed *tunnel.TokenError
	if err := c.Run(t.Context()); !errors.As(err, &failed) || !errors.Is(err, secret) {
		t.Errorf("Run() = %v, want a TokenError", err)
	}
}
