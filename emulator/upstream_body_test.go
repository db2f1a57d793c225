package emulator_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
)

// endless is a body that ends only when it is closed.
type endless struct {
	once   sync.Once
	closed chan struct{}
}

func (b *endless) Read([]byte) (int, error) { <-b.closed; return 0, net.ErrClosed }

func (b *endless) Close() error {
	b.once.Do(func() { close(b.closed) })
	return nil
}

// TestEndlessBody proves that an event ends at its limit although the body of the
// answer does not, and that the body of a 101 is not waited for.
func TestEndlessBody(t *testing.T) {
	t.Parallel()
	for status, took := range map[int]time.Duration{101: 0, 200: 100 * time.Second, 403: 100 * time.Second} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			h := everything(nil)
			h.SystemEvents = nil
			h.Transport = overWire(func(r *http.Request) (*http.Response, error) {
				if r.Method == http.MethodOptions {
					allowed := http.Header{}
					allowed.Set(protocol.HeaderAllowedOrigin, "*")
					return &http.Response{StatusCode: 200, Header: allowed, Body: http.NoBody}, nil
				}
				return &http.Response{StatusCode: status, Header: http.Header{}, Body: &endless{closed: make(chan struct{})}, ContentLength: -1}, nil
			})
			inBubble(t, emulator.Options{Hubs: hubs(h), KeepAlive: -1}, func(t *testing.T, b *bubble) {
				j, _ := b.dialJSON(clientOptions{})
				j.send(event(1, "json", "1"))
				began := time.Now()
				j.ws.SetReadDeadline(time.Time{})
				_, text, err := j.ws.ReadMessage()
				if err != nil || string(text) != failed(1, "InternalServerError", "Internal server error") || time.Since(began) != took {
					t.Errorf("got %q, %v after %s, want a failure after %s", text, err, time.Since(began), took)
				}
			})
		})
	}
}

// TestSwitchingProtocols has a handler answer 101 and keep the connection, to
// events and to the validation: events fail, and Close ends.
func TestSwitchingProtocols(t *testing.T) {
	t.Parallel()
	for _, switched := range []string{http.MethodOptions, http.MethodPost} {
		t.Run(switched, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "localhost:0")
			if err != nil {
				t.Fatal(err)
			}
			var serving sync.WaitGroup
			t.Cleanup(serving.Wait)
			t.Cleanup(func() { l.Close() })
			serving.Go(func() { answerSwitching(l, switched, &serving) })
			h := emulator.EventHandler{URLTemplate: "http://" + l.Addr().String(), SystemEvents: []string{"connected", "disconnected"}, EventPattern: "*"}
			e := emulatortest.RunWith(t, emulator.Options{Hubs: hubs(h)})
			c, _ := dialJSON(t, e, clientOptions{})
			c.send(event(1, "json", "1"))
			c.expectText(failed(1, "InternalServerError", "Internal server error"))
			e.Server.Close()
		})
	}
}

// answerSwitching answers requests of one method with 101, and then keeps the
// connection until its peer closes it; other requests with 200.
func answerSwitching(l net.Listener, method string, serving *sync.WaitGroup) {
	for {
		c, err := l.Accept()
		if err != nil {
			return
		}
		serving.Go(func() {
			defer c.Close()
			for in := bufio.NewReader(c); ; {
				r, err := http.ReadRequest(in)
				if err != nil {
					return
				}
				io.Copy(io.Discard, r.Body)
				answer := "HTTP/1.1 200 OK\r\nWebHook-Allowed-Origin: *\r\nContent-Length: 0\r\n\r\n"
				if r.Method == method {
					answer = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"
				}
				if _, err := io.Copy(c, strings.NewReader(answer)); err != nil {
					return
				}
			}
		})
	}
}
