package emulator_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"wps/emulator"
	"wps/emulator/emulatortest"
)

// BenchmarkBroadcast sends messages of 128 bytes over REST to 1,000 simple
// clients and counts what arrives, with others beside it: a prepared message
// written to one connection after the other, a queue for each connection whose
// writer joins what waits, and nats-server on WebSocket.
//
// Servers, publishers and receivers share the process, so the numbers say how
// the two compare, not how fast either is alone.
func BenchmarkBroadcast(b *testing.B) {
	for _, publishers := range []int{1, 4, 64} {
		name := fmt.Sprintf("conns=1000/publishers=%d/by=", publishers)
		b.Run(name+"emulator", func(b *testing.B) { broadcast(b, emulated(b), 1000, publishers) })
		b.Run(name+"prepared", func(b *testing.B) { broadcast(b, prepared(b), 1000, publishers) })
		b.Run(name+"coalescing", func(b *testing.B) { broadcast(b, coalescing(b), 1000, publishers) })
		b.Run(name+"nats", func(b *testing.B) { broadcast(b, nats(b), 1000, publishers) })
	}
	for _, conns := range []int{5000, 9500} { // both ends hold a file each
		name := fmt.Sprintf("conns=%d/publishers=4/by=", conns)
		b.Run(name+"emulator", func(b *testing.B) { broadcast(b, emulated(b), conns, 4) })
		b.Run(name+"prepared", func(b *testing.B) { broadcast(b, prepared(b), conns, 4) })
	}
}

const (
	broadcastLead = 256             // messages that may be on their way at a time
	broadcastTime = 3 * time.Minute // -timeout does not hold for benchmarks
)

var broadcastText = strings.Repeat("x", 128)

// broadcaster is a server under test.
type broadcaster struct {
	dial func() *websocket.Conn
	// publishers gives functions that send one message to all and return when
	// the server has it; each is called by one goroutine at a time.
	publishers func(n int) []func(context.Context) error
}

func emulated(b *testing.B) broadcaster {
	e := emulatortest.RunWith(b, emulator.Options{KeepAlive: -1})
	url := e.URL + "/api/hubs/chat/:send"
	token, err := e.ConnectionString.Key.SignREST(url, time.Now(), time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	return broadcaster{func() *websocket.Conn { return dial(b, e, clientOptions{}).ws }, byHTTP(b, url, token)}
}

// byHTTP publishes with a POST; token is "" for none.
func byHTTP(b *testing.B, url, token string) func(int) []func(context.Context) error {
	return func(n int) []func(context.Context) error {
		c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n}}
		b.Cleanup(c.CloseIdleConnections)
		return slices.Repeat([]func(context.Context) error{func(ctx context.Context) error {
			return postText(ctx, c, url, token)
		}}, n)
	}
}

func postText(ctx context.Context, c *http.Client, url, token string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(broadcastText))
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

// preparedServer writes each message to one connection after the other.
type preparedServer struct {
	joined chan struct{} // gets one for each connection that is in conns
	mu     sync.RWMutex
	conns  []*lockedConn
}

// lockedConn is a connection that allows one writer at a time.
type lockedConn struct {
	mu sync.Mutex
	*websocket.Conn
}

func (s *preparedServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		s.send(w, r)
		return
	}
	var u websocket.Upgrader
	ws, err := u.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	defer ws.Close()
	s.mu.Lock()
	s.conns = append(s.conns, &lockedConn{Conn: ws})
	s.mu.Unlock()
	s.joined <- struct{}{}
	for { // until the client goes
		if _, _, err := ws.ReadMessage(); err != nil {
			return
		}
	}
}

func (s *preparedServer) send(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	message, err := websocket.NewPreparedMessage(websocket.TextMessage, data)
	if err != nil {
		return
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	for _, c := range s.conns {
		c.mu.Lock()
		_ = c.WritePreparedMessage(message) // what is lost, the receivers miss
		c.mu.Unlock()
	}
	w.WriteHeader(http.StatusAccepted)
}

func prepared(b *testing.B) broadcaster {
	s := &preparedServer{joined: make(chan struct{})}
	return served(b, s, s.joined)
}

// served is a server of this process that takes clients and posted messages at
// one address, and sends to joined for each client that it has noted.
func served(b *testing.B, h http.Handler, joined <-chan struct{}) broadcaster {
	web := httptest.NewServer(h)
	b.Cleanup(web.Close)
	return broadcaster{func() *websocket.Conn {
		c, _, err := dialURL(b, "ws"+strings.TrimPrefix(web.URL, "http"))
		if err != nil {
			b.Fatal(err)
		}
		<-joined
		return c.ws
	}, byHTTP(b, web.URL, "")}
}

// broadcast publishes b.N messages and waits until every connection has all.
func broadcast(b *testing.B, s broadcaster, conns, publishers int) {
	limited, cancel := context.WithTimeout(b.Context(), broadcastTime)
	defer cancel()
	ctx, fail := context.WithCancelCause(limited)
	defer fail(nil)
	arrived := make([]atomic.Int32, b.N) // connections that have the message
	lead := make(chan struct{}, broadcastLead)
	var receiving sync.WaitGroup
	for range conns {
		ws := s.dial()
		context.AfterFunc(ctx, func() { ws.Close() })
		receiving.Go(func() {
			err := receive(ws.NetConn(), b.N, func(n int) {
				if arrived[n].Add(1) == int32(conns) {
					<-lead
				}
			})
			if err != nil {
				fail(err)
			}
		})
	}
	b.SetBytes(int64(conns * len(broadcastText)))
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
	for _, publish := range s.publishers(publishers) {
		publishing.Go(func() {
			for next.Add(1) <= int64(n) {
				select {
				case lead <- struct{}{}:
				case <-ctx.Done():
					return
				}
				if err := publish(ctx); err != nil {
					fail(err)
				}
			}
		})
	}
	publishing.Wait()
}

// receive reads n messages and tells of each one that is complete. It counts the
// letter that messages are made of, to leave the time to the server.
func receive(c net.Conn, n int, complete func(int)) error {
	buf := make([]byte, 4<<10)
	for got, done := 0, 0; done < n; {
		k, err := c.Read(buf)
		if err != nil {
			return err
		}
		for got += bytes.Count(buf[:k], []byte("x")); done < n && got >= (done+1)*len(broadcastText); done++ {
			complete(done)
		}
	}
	return nil
}
