package emulator_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"wps/emulator"
)

// TestListedGroups checks that the list of connections names so many groups of each
// and counts the rest.
func TestListedGroups(t *testing.T) {
	t.Parallel()
	b := runBench(t)
	r, ctx := remote(t, b.ConnectionString), waiting(t)
	var groups []string
	for i := range 1500 {
		groups = append(groups, fmt.Sprintf("g%04d", i))
	}
	dialJSON(t, b.Emulator, clientOptions{groups: groups})
	all, err := r.Connections(ctx, "")
	if err != nil || len(all) != 1 {
		t.Fatalf("connections = %v, %v", all, err)
	}
	if c := all[0]; len(c.Groups) != 1000 || c.Groups[0] != "g0000" || c.Groups[999] != "g0999" || c.MoreGroups != 500 {
		t.Errorf("the connection has %d groups from %q, and %d more; want 1000 and 500", len(c.Groups), c.Groups[0], c.MoreGroups)
	}
	if all, err := r.Groups(ctx, ""); err != nil || len(all) != 1500 || all[1499].Group != "g1499" {
		t.Errorf("%d groups, %v, want 1500", len(all), err)
	}
}

// TestLargeHeader checks that a request, and the handshake of a client, with a header
// above the limit is refused, and one below it is not.
func TestLargeHeader(t *testing.T) {
	t.Parallel()
	addr := serveOn(t)
	for _, path := range []string{"/api/health?api-version=2024-12-01", "/client/hubs/chat"} {
		for size, want := range map[int]string{900 << 10: "", 2 << 20: "431"} {
			c, err := overTCP(t.Context(), "tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
				t.Fatal(err)
			}
			go func() { // ends with c
				_, _ = io.WriteString(c, "GET "+path+" HTTP/1.1\r\nHost: localhost\r\nX: "+strings.Repeat("x", size)+"\r\n\r\n")
			}()
			line, _ := bufio.NewReader(c).ReadString('\n') // "" if the connection is closed while the header is sent
			c.Close()
			if refused := line == "" || strings.Contains(line, "431"); refused != (want != "") {
				t.Errorf("%s with a header of %d bytes = %q, want %q", path, size, line, want)
			}
		}
	}
}

// serveOn runs Serve on a free port, and returns its address.
func serveOn(t *testing.T) string {
	t.Helper()
	s, err := emulator.New(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		cancel()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String()
}
