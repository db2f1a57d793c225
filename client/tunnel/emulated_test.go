package tunnel_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"wps/client/tunnel"
	"wps/client/ws"
	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// patience bounds every wait of these tests.
const patience = 30 * time.Second

// throughTunnels are the options of an emulator whose user events go through tunnels.
func throughTunnels() emulator.Options {
	return emulator.Options{Hubs: map[string]emulator.HubSettings{emulator.AnyHub: {Handlers: []emulator.EventHandler{
		{URLTemplate: "tunnel:///eh/{event}", EventPattern: emulator.EveryEvent},
	}}}}
}

// start runs a client for a hub until the test ends. opened has a value for each
// connection.
func start(t *testing.T, cs token.ConnectionString, hub string, h http.HandlerFunc) (opened chan string, result chan error) {
	t.Helper()
	return startWatched(t, cs, hub, h, func(tunnel.Change) {})
}

// startWatched is start; failed is called with every change that is not an opening.
func startWatched(t *testing.T, cs token.ConnectionString, hub string, h http.HandlerFunc, failed func(tunnel.Change)) (opened chan string, result chan error) {
	t.Helper()
	opened, result = make(chan string, 1000), make(chan error, 1)
	c, err := tunnel.New(tunnel.Options{
		Endpoint: cs.Endpoint, Hub: hub, Token: tunnel.KeyToken(cs.Key), Handler: h,
		OnChange: func(c tunnel.Change) {
			if c.Err == nil {
				opened <- c.ConnectionID
			} else {
				failed(c)
			}
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	running.Go(func() { result <- c.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	select {
	case <-opened:
	case err := <-result:
		t.Fatalf("Run() = %v", err)
	case <-time.After(patience):
		t.Fatal("no tunnel")
	}
	return opened, result
}

// dial connects a client of a hub.
func dial(t *testing.T, cs token.ConnectionString, hub string) *ws.Conn {
	t.Helper()
	n, err := token.Negotiate(cs, token.ClientOptions{Hub: hub})
	if err != nil {
		t.Fatal(err)
	}
	c, err := ws.Dial(t.Context(), ws.Options{URL: n.URL, Subprotocol: protocol.SubprotocolJSON, AckTimeout: patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close(context.WithoutCancel(t.Context())) })
	return c
}

// TestEmulated: two hubs have their own tunnels in one emulator. Its end does not end
// the clients, which wait for another one.
func TestEmulated(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, throughTunnels())
	var results []chan error
	lost := make(chan tunnel.Change, 100)
	for _, hub := range []string{"one", "two"} {
		seen := make(chan string, 10)
		_, result := startWatched(t, e.ConnectionString, hub, func(_ http.ResponseWriter, r *http.Request) {
			b, _ := io.ReadAll(r.Body)
			seen <- r.URL.Path + " " + r.Header.Get("ce-hub") + " " + string(b)
		}, func(c tunnel.Change) { lost <- c })
		results = append(results, result)
		c := dial(t, e.ConnectionString, hub)
		if err := c.SendEvent(t.Context(), "say", ws.EventOptions{DataType: protocol.DataTypeText}, []byte("hi")); err != nil {
			t.Errorf("SendEvent = %v", err)
		}
		if got, want := <-seen, "/eh/say "+hub+" hi"; got != want {
			t.Errorf("event = %q, want %q", got, want)
		}
	}
	e.Server.Close()
	for _, result := range results {
		select {
		case c := <-lost:
			if c.Final || c.Retry == 0 || c.Err == nil || c.Err.Error() != "closed with 1001: the emulator has ended" {
				t.Errorf("change = %+v, want an end that is followed by an attempt", c)
			}
		case err := <-result:
			t.Errorf("Run() = %v, want it to go on", err)
		}
	}
}

// TestEmulatedRefusals: a wrong key is a refusal with 401, another server one with its
// own status.
func TestEmulatedRefusals(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, throughTunnels())
	wrong := token.NewConnectionString(e.ConnectionString.Endpoint, token.NewKey(strings.Repeat("x", 40)))
	elsewhere := token.NewConnectionString(e.ConnectionString.Endpoint.JoinPath("/elsewhere"), e.ConnectionString.Key)
	for name, tt := range map[string]struct {
		cs   token.ConnectionString
		want string
	}{"wrong key": {wrong, "401"}, "another path": {elsewhere, "404"}} {
		c, err := tunnel.New(tunnel.Options{Endpoint: tt.cs.Endpoint, Hub: "chat", Token: tunnel.KeyToken(tt.cs.Key), Handler: http.NotFoundHandler()})
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Run(t.Context()); err == nil || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "token=") {
			t.Errorf("%s: Run() = %v, want %s", name, err, tt.want)
		}
	}
}

// TestEmulatedCuts: while the tunnel is cut twice, most likely in the middle of frames,
// every event is answered, and those that are sent again have the id of the first
// time.
func TestEmulatedCuts(t *testing.T) {
	t.Parallel()
	const events, clients = 12, 6
	cuts := []int{8000, 12_000, -1} // an event has four tries
	e := emulatortest.RunWith(t, throughTunnels())
	proxy := emulatortest.NewProxy(t, e.URL, func() int {
		cut := cuts[0]
		cuts = cuts[min(1, len(cuts)-1):]
		return cut
	})
	endpoint := *e.ConnectionString.Endpoint
	endpoint.Host = strings.TrimPrefix(proxy.URL, "http://")
	// The token names the proxy, which the request does, too.
	through := token.NewConnectionString(&endpoint, e.ConnectionString.Key)
	var mu sync.Mutex
	seen := map[string]string{} // id and connection of an event, by its data
	_, result := start(t, through, "chat", func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		data, _, _ := strings.Cut(string(b), " ")
		id := r.Header.Get("ce-connectionId") + "/" + r.Header.Get("ce-id")
		mu.Lock()
		defer mu.Unlock()
		if before := seen[data]; before != "" && before != id {
			t.Errorf("event %s has the ids %s and %s", data, before, id)
		}
		seen[data] = id
		w.Header().Set("Content-Type", "text/plain")
		fmt.Fprint(w, data)
	})
	var sending sync.WaitGroup
	for n := range clients {
		c := dial(t, e.ConnectionString, "chat")
		sending.Go(func() {
			for i := range events / clients {
				data := fmt.Sprintf("%d-%d", n, i)
				if err := c.SendEvent(t.Context(), "say", ws.EventOptions{DataType: protocol.DataTypeText}, []byte(data+strings.Repeat(" ", 2000))); err != nil {
					t.Errorf("event %s: %v", data, err)
				}
			}
		})
	}
	sending.Wait()
	mu.Lock()
	defer mu.Unlock()
	if len(seen) != events {
		t.Errorf("%d events of %d were seen", len(seen), events)
	}
	if n := proxy.Cuts(); n != 2 {
		t.Errorf("the tunnel was cut %d times, want 2", n)
	}
	select {
	case err := <-result:
		t.Errorf("Run() = %v, want it to go on", err)
	default:
	}
}

// TestEmulatedRequests: the client does what the emulator asks for.
func TestEmulatedRequests(t *testing.T) {
	t.Parallel()
	e := emulatortest.RunWith(t, throughTunnels())
	opened, result := start(t, e.ConnectionString, "chat", func(http.ResponseWriter, *http.Request) {})
	ask := func(what string) {
		t.Helper()
		address := e.URL + emulator.ControlPath + "tunnels/" + e.Server.Tunnels()[0].ConnectionID + "?ask=" + what
		text, err := e.ConnectionString.Key.SignREST(address, time.Now(), time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+text)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusAccepted {
			t.Fatalf("%s = %d, want 202", what, resp.StatusCode)
		}
	}
	before := e.Server.Tunnels()[0]
	ask("rebalance")
	<-opened
	if all := e.Server.Tunnels(); len(all) != 2 || all[0] != before || all[1].ClientID != before.ClientID {
		t.Errorf("tunnels = %v, want two of one client", all)
	}
	ask("reconnect")
	<-opened
	c := dial(t, e.ConnectionString, "chat")
	for range 10 {
		if err := c.SendEvent(t.Context(), "say", ws.EventOptions{DataType: protocol.DataTypeText}, []byte("hi")); err != nil {
			t.Errorf("SendEvent = %v", err)
		}
	}
	select {
	case err := <-result:
		t.Errorf("Run() = %v, want it to go on", err)
	default:
	}
}
