package emulator_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// coalescingServer has a bounded queue and a writer goroutine for each
// connection; the writer joins what waits into one write.
type coalescingServer struct {
	mu     sync.RWMutex
	queues []chan []byte
}

func (s *coalescingServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodPost {
		data, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		frame := append([]byte{0x81, 126, byte(len(data) >> 8), byte(len(data))}, data...)
		s.mu.RLock()
		for _, q := range s.queues {
			q <- frame
		}
		s.mu.RUnlock()
		w.WriteHeader(http.StatusAccepted)
		return
	}
	var u websocket.Upgrader
	ws, err := u.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	queue := make(chan []byte, 1000)
	queue <- append([]byte{0x81, byte(len(greeting))}, greeting...)
	s.mu.Lock()
	s.queues = append(s.queues, queue)
	s.mu.Unlock()
	ended := make(chan struct{})
	var writing sync.WaitGroup
	writing.Go(func() { coalesce(ws.NetConn(), queue, ended) })
	for {
		if _, _, err := ws.ReadMessage(); err != nil {
			break
		}
	}
	close(ended)
	ws.Close()
	writing.Wait()
}

func coalesce(c net.Conn, queue <-chan []byte, ended <-chan struct{}) {
	var buf []byte
	for {
		select {
		case frame := <-queue:
			buf = append(buf[:0], frame...)
		case <-ended:
			return
		}
		for n := len(queue); n > 0 && len(buf) < 64<<10; n-- {
			buf = append(buf, <-queue...)
		}
		if _, err := c.Write(buf); err != nil {
			return
		}
	}
}

// nats starts nats-server, a process of its own, whose clients subscribe over
// WebSocket and whose publishers use its own protocol over TCP.
func nats(b *testing.B) broadcaster {
	program, err := exec.LookPath("nats-server")
	if err != nil {
		b.Fatal(err)
	}
	config := filepath.Join(b.TempDir(), "nats.conf")
	text := "host: 127.0.0.1\nport: -1\nwebsocket { host: 127.0.0.1, port: -1, no_tls: true }\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		b.Fatal(err)
	}
	said := &lines{found: make(chan string, 2)}
	server := exec.CommandContext(b.Context(), program, "-c", config)
	server.Stderr = said
	server.WaitDelay = patience
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		server.Process.Kill()
		server.Wait() // killed: its error says so
	})
	ws, tcp := said.next(b), said.next(b)
	return broadcaster{func() *websocket.Conn { return natsClient(b, "ws://"+ws) }, natsFraming, func(n int) []publish {
		all := make([]publish, n)
		for i := range all {
			all[i] = natsPublisher(b, tcp)
		}
		return all
	}}
}

// natsFraming is how nats-server sends a message to the one subscription of a
// client. It pings the client from time to time.
var natsFraming = framing{before: fmt.Sprintf("MSG t 1 %d\r\n", messageSize), after: "\r\n", noise: "PING\r\n"}

// lines finds the two addresses in what nats-server logs: first that of
// WebSocket, then that of clients.
type lines struct {
	rest  string
	found chan string
}

func (l *lines) Write(p []byte) (int, error) {
	l.rest += string(p)
	for {
		line, rest, whole := strings.Cut(l.rest, "\n")
		if !whole {
			return len(p), nil
		}
		l.rest = rest
		for _, mark := range []string{"Listening for websocket clients on ws://", "Listening for client connections on "} {
			if _, address, ok := strings.Cut(line, mark); ok {
				l.found <- strings.TrimSpace(address)
			}
		}
	}
}

func (l *lines) next(b *testing.B) string {
	select {
	case address := <-l.found:
		return address
	case <-time.After(patience):
		b.Fatal("nats-server did not say where it listens")
		return ""
	}
}

// natsClient subscribes; it returns when the server has noted it.
func natsClient(b *testing.B, url string) *websocket.Conn {
	c, _, err := dialURL(b, url)
	if err != nil {
		b.Fatal(err)
	}
	if err := c.ws.WriteMessage(websocket.BinaryMessage, []byte("CONNECT {\"verbose\":false}\r\nSUB t 1\r\nPING\r\n")); err != nil {
		b.Fatal(err)
	}
	for {
		_, text, err := c.ws.ReadMessage()
		if err != nil {
			b.Fatal(err)
		}
		if strings.Contains(string(text), "PONG") {
			return c.ws
		}
	}
}

// natsPublisher returns a function that publishes one message and waits for the server's answer.
func natsPublisher(b *testing.B, address string) publish {
	c, err := net.Dial("tcp", address)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { c.Close() })
	in := bufio.NewReader(c)
	if _, err := c.Write([]byte("CONNECT {\"verbose\":false}\r\n")); err != nil {
		b.Fatal(err)
	}
	return func(ctx context.Context, message string) error {
		stop := context.AfterFunc(ctx, func() { c.Close() })
		defer stop()
		if _, err := fmt.Fprintf(c, "PUB t %d\r\n%s\r\nPING\r\n", len(message), message); err != nil {
			return err
		}
		for {
			line, err := in.ReadString('\n')
			if err != nil || strings.HasPrefix(line, "PONG") {
				return err
			}
		}
	}
}
