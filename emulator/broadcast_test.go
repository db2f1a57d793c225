package emulator_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
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
// clients and counts what arrives, with the plain way beside it: a prepared
// message written to one connection after the other.
//
// Servers, publishers and receivers share the process, so the numbers say how
// the two compare, not how fast either is alone.
func BenchmarkBroadcast(b *testing.B) {
	for _, publishers := range []int{1, 4, 64} {
		name := fmt.Sprintf("conns=1000/publishers=%d/by=", publishers)
		b.Run(name+"emulator", func(b *testing.B) { broadcast(b, emulated(b), 1000, publishers) })
		b.Run(name+"prepared", func(b *testing.B) { broadcast(b, prepared(b), 1000, publishers) })
	}
}

const (
	frameSize     = 128 + 4         // bytes of a message with the header that a server writes
	broadcastLead = 256             // messages that may be on their way at a time
	broadcastTime = 3 * time.Minute // -timeout does not hold for benchmarks
)

var broadcastText = strings.Repeat("x", 128)

// broadcaster is a server under test.
type broadcaster struct {
	dial  func() *websocket.Conn
	url   string // where a POST is a message to all
	token string // "" for none
}

func emulated(b *testing.B) broadcaster {
	e := emulatortest.RunWith(b, emulator.Options{KeepAlive: -1}) // a ping is not counted by receive
	url := e.URL + "/api/hubs/chat/:send"
	token, err := e.ConnectionString.Key.SignREST(url, time.Now(), time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	return broadcaster{func() *websocket.Conn { return dial(b, e, clientOptions{}).ws }, url, token}
}

// publish sends one message to all.
func (s *broadcaster) publish(ctx context.Context, c *http.Client) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, strings.NewReader(broadcastText))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "text/plain")
	if s.token != "" {
		req.Header.Set("Authorization", "Bearer "+s.token)
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
	web := httptest.NewServer(s)
	b.Cleanup(web.Close)
	return broadcaster{func() *websocket.Conn {
		c, _, err := dialURL(b, "ws"+strings.TrimPrefix(web.URL, "http"))
		if err != nil {
			b.Fatal(err)
		}
		<-s.joined
		return c.ws
	}, web.URL, ""}
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
	c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: publishers}}
	defer c.CloseIdleConnections()
	var next atomic.Int64
	var publishing sync.WaitGroup
	for range publishers {
		publishing.Go(func() {
			for next.Add(1) <= int64(n) {
				select {
				case lead <- struct{}{}:
				case <-ctx.Done():
					return
				}
				if err := s.publish(ctx, c); err != nil {
					fail(err)
				}
			}
		})
	}
	publishing.Wait()
}

// receive reads n messages and tells of each one that is complete. It counts
// bytes only, to leave the time to the server.
func receive(c net.Conn, n int, complete func(int)) error {
	buf := make([]byte, 4<<10)
	for got, done := 0, 0; done < n; {
		k, err := c.Read(buf)
		if err != nil {
			return err
		}
		for got += k; done < n && got >= (done+1)*frameSize; done++ {
			complete(done)
		}
	}
	return nil
}
