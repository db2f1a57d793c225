package tunnel_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"wps/client/tunnel"
	"wps/client/ws"
	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// BenchmarkEvents sends user events of 16 clients, each after the ack of the one
// before, to one handler: over HTTP, and over a tunnel. In one run, so that the two
// can be compared.
func BenchmarkEvents(b *testing.B) {
	h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(protocol.HeaderAllowedOrigin, "*")
		w.WriteHeader(http.StatusOK)
	})
	web := httptest.NewServer(h)
	defer web.Close()
	for name, template := range map[string]string{"way=http": web.URL, "way=tunnel": "tunnel:///eh"} {
		b.Run(name, func(b *testing.B) {
			e := emulatortest.RunWith(b, emulator.Options{Hubs: map[string]emulator.HubSettings{"chat": {Handlers: []emulator.EventHandler{
				{URLTemplate: template, EventPattern: emulator.EveryEvent},
			}}}})
			stop := openTunnel(b, e.ConnectionString, h)
			defer stop()
			b.ReportAllocs()
			sendEvents(b, e.ConnectionString)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
		})
	}
}

// openTunnel opens a tunnel and returns what closes it.
func openTunnel(b *testing.B, cs token.ConnectionString, h http.Handler) (stop func()) {
	b.Helper()
	opened := make(chan struct{}, 1)
	c, err := tunnel.New(tunnel.Options{
		Endpoint: cs.Endpoint, Hub: "chat", Token: tunnel.KeyToken(cs.Key), Handler: h,
		OnChange: func(tunnel.Change) { opened <- struct{}{} },
	})
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	var running sync.WaitGroup
	running.Go(func() { _ = c.Run(ctx) })
	<-opened
	return func() { cancel(); running.Wait() }
}

// sendEvents sends b.N events.
func sendEvents(b *testing.B, cs token.ConnectionString) {
	b.Helper()
	const clients = 16
	n, err := token.Negotiate(cs, token.ClientOptions{Hub: "chat"})
	if err != nil {
		b.Fatal(err)
	}
	var conns []*ws.Conn
	for range clients {
		c, err := ws.Dial(b.Context(), ws.Options{URL: n.URL, Subprotocol: protocol.SubprotocolJSON})
		if err != nil {
			b.Fatal(err)
		}
		defer c.Close(b.Context())
		conns = append(conns, c)
	}
	b.ResetTimer()
	var sending sync.WaitGroup
	for i, c := range conns {
		sending.Go(func() {
			for range (b.N + clients - 1 - i) / clients {
				if err := c.SendEvent(b.Context(), "say", ws.EventOptions{DataType: protocol.DataTypeText}, []byte("hello, this is an event of some size")); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	sending.Wait()
	b.StopTimer()
}
