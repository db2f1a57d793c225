package emulator_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// BenchmarkBroadcast sends messages of 128 bytes to all clients of a server and
// counts what arrives: the emulator, with others beside it. Those are a prepared
// message written to one connection after the other, a queue for each connection
// whose writer joins what waits, nats-server on WebSocket, and Centrifugo.
//
// The server is a process of its own; publishers and receivers share this one. A
// message that is lost, doubled or out of the order of its publisher fails it.
func BenchmarkBroadcast(b *testing.B) {
	for _, publishers := range []int{1, 4, 64} {
		name := fmt.Sprintf("conns=1000/publishers=%d/by=", publishers)
		b.Run(name+"emulator", func(b *testing.B) { broadcast(b, emulated(b), 1000, publishers) })
		b.Run(name+"prepared", func(b *testing.B) { broadcast(b, prepared(b), 1000, publishers) })
		b.Run(name+"coalescing", func(b *testing.B) { broadcast(b, coalescing(b), 1000, publishers) })
		b.Run(name+"nats", func(b *testing.B) { broadcast(b, nats(b), 1000, publishers) })
		b.Run(name+"centrifugo", func(b *testing.B) { broadcast(b, centrifugo(b), 1000, publishers) })
	}
	for _, conns := range []int{5000, 10000} {
		name := fmt.Sprintf("conns=%d/publishers=4/by=", conns)
		b.Run(name+"emulator", func(b *testing.B) { broadcast(b, emulated(b), conns, 4) })
		b.Run(name+"prepared", func(b *testing.B) { broadcast(b, prepared(b), conns, 4) })
		b.Run(name+"coalescing", func(b *testing.B) { broadcast(b, coalescing(b), conns, 4) })
	}
}

const (
	broadcastLead = 64              // messages that may be on their way at a time
	broadcastTime = 3 * time.Minute // -timeout does not hold for benchmarks
)

// broadcaster is a server under test.
type broadcaster struct {
	// dial connects a client that gets every message sent from now on.
	dial func() *websocket.Conn
	// framing is how messages are laid out in what a client receives.
	framing framing
	// publishers returns functions that send one message to all and return when
	// the server has it; each is called by one goroutine at a time.
	publishers func(n int) []publish
}

type publish func(ctx context.Context, message string) error

// broadcast publishes b.N messages and waits until every connection has all.
func broadcast(b *testing.B, s broadcaster, conns, publishers int) {
	limited, cancel := context.WithTimeout(b.Context(), broadcastTime)
	defer cancel()
	ctx, fail := context.WithCancelCause(limited)
	defer fail(nil)
	arrived := make([]atomic.Int32, b.N) // connections that have as many messages and one more
	lead := make(chan struct{}, broadcastLead)
	var receiving sync.WaitGroup
	for range conns {
		ws := s.dial()
		context.AfterFunc(ctx, func() { ws.Close() })
		receiving.Go(func() {
			r := newReceiver(s.framing, publishers, func(n int) {
				if arrived[n].Add(1) == int32(conns) {
					<-lead
				}
			})
			if err := r.receive(ws.NetConn(), b.N); err != nil {
				fail(err)
			}
		})
	}
	b.SetBytes(int64(conns * messageSize))
	b.ResetTimer()
	publishAll(ctx, fail, s, b.N, publishers, lead)
	receiving.Wait()
	b.StopTimer()
	if err := context.Cause(ctx); err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(float64(conns*b.N)/b.Elapsed().Seconds(), "deliveries/s")
}

// publishAll sends n messages from some publishers, as far ahead of the
// receivers as lead has room.
func publishAll(ctx context.Context, fail func(error), s broadcaster, n, publishers int, lead chan<- struct{}) {
	var next atomic.Int64
	var publishing sync.WaitGroup
	for publisher, publish := range s.publishers(publishers) {
		publishing.Go(func() {
			for number := 0; next.Add(1) <= int64(n); number++ {
				select {
				case lead <- struct{}{}:
				case <-ctx.Done():
					return
				}
				if err := publish(ctx, stamped(publisher, number)); err != nil {
					fail(err)
				}
			}
		})
	}
	publishing.Wait()
}

// byHTTP publishes with a POST; token is "" for none.
func byHTTP(b *testing.B, url, token string) func(int) []publish {
	return func(n int) []publish {
		c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n}}
		b.Cleanup(c.CloseIdleConnections)
		all := make([]publish, n)
		for i := range all {
			all[i] = func(ctx context.Context, message string) error { return postText(ctx, c, url, token, message) }
		}
		return all
	}
}

func postText(ctx context.Context, c *http.Client, url, token, message string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(message))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "text/plain")
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusAccepted {
		return fmt.Errorf("publish: %s", resp.Status)
	}
	return nil
}
