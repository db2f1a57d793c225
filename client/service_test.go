package client_test

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"wps/client"
	"wps/client/ws"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// connect opens a JSON connection to an emulator, with every right.
func connect(t testing.TB, e *emulatortest.Emulator, o token.ClientOptions, d ws.Options) *ws.Conn {
	t.Helper()
	if o.Hub == "" {
		o.Hub = "chat"
	}
	if o.Roles == nil {
		o.Roles = []string{protocol.RoleSendToGroup, protocol.RoleJoinLeaveGroup}
	}
	n, err := token.Negotiate(e.ConnectionString, o)
	if err != nil {
		t.Fatalf("Negotiate: %v", err)
	}
	d.URL = n.URL
	c, err := ws.Dial(within(t), d)
	if err != nil {
		t.Fatalf("Dial: %v", err)
	}
	t.Cleanup(func() {
		// Whether the close is answered is a matter of the tests that look at it.
		_ = c.Close(within(t))
	})
	return c
}

// receive returns the next message or system frame.
func receive(t testing.TB, c *ws.Conn) *protocol.Response {
	t.Helper()
	r, err := c.Receive(within(t))
	if err != nil {
		t.Fatalf("Receive: %v", err)
	}
	return r
}

// message returns the next message, skipping system frames.
func message(t testing.TB, c *ws.Conn) *protocol.Response {
	t.Helper()
	for {
		if r := receive(t, c); r.Type == protocol.ResponseMessage {
			return r
		}
	}
}

// TestEmulated uses the REST operations on an emulator and checks their effects:
// messages arrive, groups have members, and closed connections do not exist.
func TestEmulated(t *testing.T) {
	t.Parallel()
	e, svc := emulated(t)
	ctx := within(t)
	c := connect(t, e, token.ClientOptions{UserID: "u1"}, ws.Options{Subprotocol: protocol.SubprotocolJSON})
	must := func(what string, err error) {
		t.Helper()
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	exists := func(target protocol.Target, want bool) {
		t.Helper()
		if got, _, err := svc.Exists(ctx, target); err != nil || got != want {
			t.Fatalf("Exists(%v) = %v, %v, want %v", target, got, err, want)
		}
	}
	arrives := func(target protocol.Target, m protocol.Send) {
		t.Helper()
		must("Send", errorOf(svc.Send(ctx, target, m)))
		r := message(t, c)
		if r.DataType != m.DataType || string(r.Data) != string(m.Data) {
			t.Fatalf("sent %s %q to %v, got %s %q", m.DataType, m.Data, target, r.DataType, r.Data)
		}
	}

	must("Health", svc.Health(ctx))
	me := connection(c.ConnectionID())
	exists(me, true)
	exists(user("u1"), true)
	exists(user("u2"), false)
	exists(group("a b+c%2Fd"), false)
	must("AddToGroup", errorOf(svc.AddToGroup(ctx, me, "a b+c%2Fd")))
	exists(group("a b+c%2Fd"), true)

	arrives(everyone, text("to all"))
	arrives(group("a b+c%2Fd"), protocol.Send{DataType: protocol.DataTypeJSON, Data: []byte(`{"a": [1, "é"]}`)})
	arrives(user("u1"), protocol.Send{DataType: protocol.DataTypeBinary, Data: []byte{0, 255}})
	arrives(me, text("")) // an empty text stays a text

	must("RemoveFromGroup", errorOf(svc.RemoveFromGroup(ctx, me, "a b+c%2Fd")))
	exists(group("a b+c%2Fd"), false)
	must("AddToGroup", errorOf(svc.AddToGroup(ctx, user("u1"), "g2")))
	must("RemoveFromAllGroups", errorOf(svc.RemoveFromAllGroups(ctx, user("u1"))))
	exists(group("g2"), false)
	if _, err := svc.AddToGroup(ctx, connection("missing"), "g"); !errors.Is(err, client.ErrNotFound) ||
		err.Error() != "404 Not Found: Connection `missing` is not found. (Error.Connection.NotExisted)" {
		t.Errorf("AddToGroup of a missing connection = %v", err)
	}
	must("CloseConnections", errorOf(svc.CloseConnections(ctx, me, protocol.Close{Reason: "maintenance"})))
	exists(me, false)
}

// TestWrongKey: a 401 without a body is reported as such.
func TestWrongKey(t *testing.T) {
	t.Parallel()
	e := emulatortest.Run(t)
	svc := newService(t, e.URL, client.Options{}) // with another key
	if _, err := svc.Send(within(t), everyone, text("x")); !errors.Is(err, client.ErrUnauthorized) || err.Error() != "401 Unauthorized" {
		t.Errorf("Send = %v, want 401", err)
	}
	if _, _, err := svc.Exists(within(t), user("u")); !errors.Is(err, client.ErrUnauthorized) {
		t.Errorf("Exists = %v, want 401", err)
	}
}

// TestConcurrentUse: one Service serves many callers.
func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	e, svc := emulated(t)
	c := connect(t, e, token.ClientOptions{}, ws.Options{Subprotocol: protocol.SubprotocolJSON})
	const callers, each = 8, 10
	var wg sync.WaitGroup
	for i := range callers {
		wg.Go(func() {
			for j := range each {
				if _, err := svc.Send(within(t), everyone, text(fmt.Sprintf("%d/%d", i, j))); err != nil {
					t.Errorf("Send: %v", err)
				}
			}
		})
	}
	got := map[string]bool{}
	for range callers * each {
		got[string(message(t, c).Data)] = true
	}
	wg.Wait()
	if len(got) != callers*each {
		t.Errorf("%d different messages came, want %d", len(got), callers*each)
	}
}

// TestLogHoldsNoSecret: each try is a line, which names the request by its id
// and holds neither key nor token.
func TestLogHoldsNoSecret(t *testing.T) {
	t.Parallel()
	var log lockedBuffer
	s := serve(t, status(500))
	svc := newService(t, s.URL, client.Options{
		Retries: 1, RetryDelay: 1, Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	_, err := svc.Send(within(t), group("g"), text("a secret text"))
	id := s.requests()[0].header.Get("X-Ms-Client-Request-Id")
	if got := log.String(); strings.Count(got, "requestId="+id) != 2 || strings.Count(got, "status=500") != 2 || !strings.Contains(got, "path=/api/hubs/chat/groups/g/:send") {
		t.Errorf("log = %s, want two tries of %s", got, id)
	}
	for _, bad := range []string{key.Reveal(), "Bearer", "eyJ", "secret"} {
		if strings.Contains(log.String(), bad) || strings.Contains(err.Error(), bad) {
			t.Errorf("%q is in the log %q or the error %v", bad, log.String(), err)
		}
	}
}

// lockedBuffer is a strings.Builder for several writers.
type lockedBuffer struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
