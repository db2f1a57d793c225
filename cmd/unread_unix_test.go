//go:build unix

package cmd_test

import (
	"bufio"
	"context"
	"net/http"
	"os"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// load causes n lines of the log: user events of a listen, requests without a token
// of an emulator.
func (s *served) load(t *testing.T, n int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	if s.Args[1] == "emulator" {
		cs, err := token.ParseConnectionString(s.url)
		if err != nil {
			t.Fatal(err)
		}
		c := &http.Client{Transport: &http.Transport{}}
		defer c.CloseIdleConnections()
		for range n {
			r, err := http.NewRequestWithContext(ctx, http.MethodHead, cs.Endpoint.String()+"/api/hubs/chat/users/"+strings.Repeat("u", 100)+"?api-version="+protocol.APIVersion, nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := c.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			resp.Body.Close()
		}
		return
	}
	sender, err := emulator.NewEventSender(s.url, "localhost", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	for i := range n {
		c := protocol.EventContext{Kind: protocol.EventUser, Event: strings.Repeat("e", 100), Hub: "chat", ConnectionID: "c" + strconv.Itoa(i), ID: "2", Time: time.Now()}
		c.Signature = token.Signature(c.ConnectionID, token.NewKey(protocol.DefaultAccessKey))
		if v, err := sender.Send(ctx, c, http.Header{"Content-Type": {"text/plain"}}, nil, nil); err != nil || v.Problem != "" {
			t.Fatalf("event %d: %v, %v", i, v, err)
		}
	}
}

// TestUnreadLog checks that a service whose stderr or stdout is a pipe that is not
// read goes on to serve, and stops as ever.
func TestUnreadLog(t *testing.T) {
	t.Parallel()
	tests := map[string][]string{
		"listen":         {"listen", "-v"},
		"listen json":    {"listen", "-o", "json"}, // to stdout
		"emulator":       {"emulator"},
		"emulator debug": {"emulator", "--debug"},
	}
	for name, args := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serveHook(t, stuck, args...)
			s.load(t, 1500)
			pid := s.event(t)
			s.send(t, syscall.SIGTERM, syscall.SIGINT) // two of a kind may be taken for one
			s.endsUnread(t, pid)
		})
	}
}

// endsUnread waits for the end of wps without reading its streams.
func (s *served) endsUnread(t *testing.T, pid int) {
	t.Helper()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_, _ = s.Process.Wait()
	}()
	select {
	case <-ended:
	case <-time.After(patience):
		_ = s.Process.Kill()
		<-ended
		t.Error("wps did not end")
	}
	if pid > 0 && syscall.Kill(pid, 0) != syscall.ESRCH {
		t.Errorf("the hook %d is left", pid)
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// TestClosedLog checks that a service stops gently when its stderr is closed: a
// running hook finishes, and nothing is left.
func TestClosedLog(t *testing.T) {
	t.Parallel()
	for name, args := range services {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			finish := fifo(t, t.TempDir(), "finish")
			s := serveHook(t, `echo $$ >PIDS; read line <`+finish, args...)
			pid := s.event(t)
			s.pipe.Close()
			s.load(t, 1)
			f, err := os.OpenFile(finish, os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			if _, err := f.WriteString("go\n"); err != nil {
				t.Fatal(err)
			}
			s.ends(t, 0, pid)
		})
	}
}

// TestConnectUnread checks that one signal ends a client whose output is not read.
func TestConnectUnread(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t).ConnectionString.Reveal()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	errs, errsW, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer errs.Close()
	c := wpsCommand(t, t.TempDir(), "connect", "--group", "g")
	c.Env = append(c.Env, "WPS_CONNECTION_STRING="+e)
	c.Stdout, c.Stderr = w, errsW
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	errsW.Close()
	s := &served{Cmd: c, pipe: errs, stderr: bufio.NewReader(errs)}
	s.line(t, "connected as")
	for range 3 {
		if code, _, text := run(t, map[string]string{"WPS_CONNECTION_STRING": e, "WPS_HUB": "chat"}, "send", "--group", "g", strings.Repeat("x", 100<<10)); code != 0 {
			t.Fatalf("send: %s", text)
		}
	}
	_ = r.SetReadDeadline(time.Now().Add(patience))
	if _, err := r.Read(make([]byte, 1)); err != nil { // it prints, and the pipe is smaller than the rest
		t.Fatal(err)
	}
	s.send(t, syscall.SIGTERM)
	s.endsUnread(t, 0)
}
