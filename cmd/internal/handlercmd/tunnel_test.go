package handlercmd

import (
	"bytes"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"wps/client/tunnel"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/hooks"
	"wps/token"
)

// changes are what happens to a tunnel: it is opened, lost, opened again after three
// attempts, gets a second connection and loses that.
func changes() []tunnel.Change {
	down := errors.New("http://h does not answer: connection refused\x1b[2J")
	return []tunnel.Change{
		{ConnectionID: "c1", Open: 1},
		{ConnectionID: "c1", Err: errors.New("the connection was cut"), Retry: time.Second},
		{Err: down, Retry: 2 * time.Second},
		{Err: down, Retry: 4 * time.Second},
		{Err: errors.New("503"), Retry: 8 * time.Second},
		{ConnectionID: "c2", Open: 1},
		{ConnectionID: "c3", Open: 2},
		{ConnectionID: "c3", Open: 1, Err: errors.New("the connection was cut"), Retry: time.Second},
		{ConnectionID: "c4", Open: 2},
		{ConnectionID: "c4", Open: 1, Err: tunnel.ErrClosed, Final: true},
	}
}

// printed returns what is printed of changes.
func printed(t *testing.T, format string) (stdout, stderr string) {
	t.Helper()
	var out, problems bytes.Buffer
	env := cli.NewEnv(nil, &out, &problems, func(string) (string, bool) { return "", false })
	env.Out.Format = format
	one := &hubTunnel{hub: "chat"}
	all := &tunnels{env: env, opened: make(chan struct{}, 1)}
	for _, c := range changes() {
		all.changed(one, c)
	}
	if len(all.opened) != 1 {
		t.Errorf("%d values say that the tunnel is open, want 1", len(all.opened))
	}
	return out.String(), problems.String()
}

// TestTunnelChanges: as text a tunnel that is lost, the first failure of a kind and
// its return are a line; JSON has every change.
func TestTunnelChanges(t *testing.T) {
	t.Parallel()
	stdout, stderr := printed(t, "text")
	want := `tunnel of hub chat lost: the connection was cut; connecting again
tunnel of hub chat: http://h does not answer: connection refused�[2J; trying again until it succeeds
tunnel of hub chat: 503; trying again until it succeeds
tunnel of hub chat is open again
`
	if stdout != "" || stderr != want {
		t.Errorf("printed %q and %q, want %q", stdout, stderr, want)
	}
	stdout, stderr = printed(t, "json")
	lines := strings.Split(strings.TrimSpace(stdout), "\n")
	if len(lines) != len(changes()) || stderr != "" {
		t.Fatalf("printed %q and %q, want %d lines", stdout, stderr, len(changes()))
	}
	for n, want := range map[int]string{
		0: `{"type":"tunnel","hub":"chat","state":"connected","connectionId":"c1","connections":1}`,
		1: `{"type":"tunnel","hub":"chat","state":"disconnected","connectionId":"c1","connections":0,"error":"the connection was cut","retrySeconds":1}`,
		9: `{"type":"tunnel","hub":"chat","state":"disconnected","connectionId":"c4","connections":1,"error":"the service closed the tunnel"}`,
	} {
		if lines[n] != want {
			t.Errorf("line %d = %s, want %s", n, lines[n], want)
		}
	}
}

// TestRegistration: the command that is printed registers the events that have hooks.
func TestRegistration(t *testing.T) {
	t.Parallel()
	const az = "az webpubsub hub create --name my-service --resource-group RESOURCE_GROUP --hub-name chat --event-handler "
	tests := []struct {
		endpoint, path string
		flags          []string
		want           string
	}{
		{"https://my-service.webpubsub.azure.com", "", []string{"--forward", "http://h"},
			az + `url-template="tunnel:///eventhandler" user-event-pattern="*" system-event="connect" system-event="connected" system-event="disconnected"`},
		{"https://my-service.webpubsub.azure.cn", "/eh", []string{"--on", "message=:echo", "--on", "Chat/say=:echo", "--on", "other/x=:echo", "--on", "connect=:accept"},
			az + `url-template="tunnel:///eh" user-event-pattern="message,say" system-event="connect"`},
		{"https://my-service.webpubsub.azure.us", "", []string{"--on", "disconnected=:log", "--on", "*=:echo", "--on", "m=:echo"},
			az + `url-template="tunnel:///eventhandler" user-event-pattern="*" system-event="disconnected"`},
		{"https://events.example", "", []string{"--on", "connect=:accept"},
			strings.Replace(az, "my-service", "NAME", 1) + `url-template="tunnel:///eventhandler" system-event="connect"`},
		{"http://localhost:8080", "", []string{"--on", "connect=:accept"}, "wps emulator --handler 'chat=tunnel:///eventhandler'"},
	}
	for _, tt := range tests {
		var o hooks.Flags
		f := pflag.NewFlagSet("", pflag.ContinueOnError)
		o.Register(f)
		o.RegisterForward(f)
		if err := f.Parse(tt.flags); err != nil {
			t.Fatal(err)
		}
		u, err := url.Parse(tt.endpoint)
		if err != nil {
			t.Fatal(err)
		}
		got := registration(token.NewConnectionString(u, token.NewKey("k")), "chat", tt.path, o.Wanted("chat", ""))
		if got != tt.want {
			t.Errorf("%v at %s\n got %s\nwant %s", tt.flags, tt.endpoint, got, tt.want)
		}
	}
}

// TestSameService: the token of an identity is sent to the host of the service and to
// its instances, and nowhere else.
func TestSameService(t *testing.T) {
	t.Parallel()
	const host = "name.webpubsub.azure.com"
	for other, want := range map[string]bool{
		host: true, "NAME.webpubsub.azure.com": true, "name-1.webpubsub.azure.com": true,
		"evil.example": false, "azure.com": false, "name.webpubsub.azure.com.evil.example": false, "": false, "webpubsub.azure.com": false,
	} {
		if got := sameService(other, host); got != want {
			t.Errorf("sameService(%q) = %v, want %v", other, got, want)
		}
	}
	if sameService("a.example", "b.example") || !sameService("localhost:1", "localhost:1") {
		t.Error("hosts of one domain are one service, or the same host is not")
	}
}
