package emulator_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"wps/emulator"
	"wps/protocol"
	"wps/token"
)

// TestControlNeverReads proves that a client of the control API which asks and
// reads nothing is cut off after 30 s.
func TestControlNeverReads(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"status", "connections", "groups", "events", "events?follow=true"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			inBubble(t, emulator.Options{}, func(t *testing.T, b *bubble) {
				b.dial(clientOptions{user: strings.Repeat("u", 8<<10), groups: []string{strings.Repeat("g", 1000)}})
				nc := controlConn(t, b.server)
				url := "http://localhost" + emulator.ControlPath + path
				text, err := token.NewKey(protocol.DefaultAccessKey).SignREST(url, time.Now(), time.Hour)
				if err != nil {
					t.Fatal(err)
				}
				fmt.Fprintf(nc, "GET %s HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer %s\r\n\r\n", strings.TrimPrefix(url, "http://localhost"), text)
				time.Sleep(31 * time.Second)
				synctest.Wait()
				if got, err := io.ReadAll(nc); len(got) > 0 || err != nil {
					t.Errorf("after 31 s the client read %.60q, %v, want a closed connection", got, err)
				}
			})
		})
	}
}

// controlConn connects to a server that sees the client as one on its machine.
func controlConn(t *testing.T, s *emulator.Server) net.Conn {
	t.Helper()
	p := pipes{conns: make(chan net.Conn), done: make(chan struct{})}
	web := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.RemoteAddr = "127.0.0.1:1"
		s.ServeHTTP(w, r)
	})}
	go web.Serve(&p)
	nc, err := p.dial(t.Context(), "", "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { nc.Close(); web.Close() })
	return nc
}
