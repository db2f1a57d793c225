package emulator_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"wps/emulator"
	"wps/emulator/emulatortest"
	"wps/protocol"
	"wps/token"
)

// broadcastServer names, in the environment, the server that this process is to
// be instead of a test.
const broadcastServer = "WPS_BROADCAST_SERVER"

// TestMain fails when a goroutine is still running after the tests.
func TestMain(m *testing.M) {
	if name := os.Getenv(broadcastServer); name != "" {
		os.Exit(serveBroadcast(name))
	}
	emulatortest.Main(m)
}

// serveBroadcast prints its address and serves until stdin ends.
func serveBroadcast(name string) int {
	handlers := map[string]func() (http.Handler, error){
		"emulator":   func() (http.Handler, error) { return emulator.New(emulator.Options{KeepAlive: -1}) },
		"prepared":   func() (http.Handler, error) { return &preparedServer{}, nil },
		"coalescing": func() (http.Handler, error) { return &coalescingServer{}, nil },
	}
	h, err := handlers[name]()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	web := &http.Server{Handler: h}
	var serving sync.WaitGroup
	serving.Go(func() { _ = web.Serve(l) }) // ErrServerClosed
	fmt.Println("http://" + l.Addr().String())
	_, _ = io.Copy(io.Discard, os.Stdin)
	web.Close()
	serving.Wait()
	return 0
}

// startBroadcast starts a server as a process and returns its URL.
func startBroadcast(b *testing.B, name string) string {
	b.Helper()
	server := exec.Command(os.Args[0])
	server.Env = append(os.Environ(), broadcastServer+"="+name)
	server.Stderr = os.Stderr
	stdin, err := server.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	stdout, err := server.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { server.Process.Kill() })
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if !late.Stop() || err != nil {
		b.Fatalf("%s did not start: %v", name, err)
	}
	b.Cleanup(func() {
		late := time.AfterFunc(patience, func() { server.Process.Kill() })
		defer late.Stop()
		stdin.Close()
		if err := server.Wait(); err != nil {
			b.Errorf("%s: %v", name, err)
		}
	})
	return strings.TrimSpace(line)
}

func emulated(b *testing.B) broadcaster {
	endpoint, err := url.Parse(startBroadcast(b, "emulator"))
	if err != nil {
		b.Fatal(err)
	}
	cs := token.NewConnectionString(endpoint, token.NewKey(protocol.DefaultAccessKey))
	send := endpoint.String() + "/api/hubs/chat/:send"
	bearer, err := cs.Key.SignREST(send, time.Now(), time.Hour)
	if err != nil {
		b.Fatal(err)
	}
	return broadcaster{dial: func() *websocket.Conn {
		n, err := token.Negotiate(cs, token.ClientOptions{Hub: "chat"})
		if err != nil {
			b.Fatal(err)
		}
		return dialNoted(b, n.URL)
	}, publishers: byHTTP(b, send, bearer)}
}

func prepared(b *testing.B) broadcaster   { return compared(b, "prepared") }
func coalescing(b *testing.B) broadcaster { return compared(b, "coalescing") }

// compared is a server that accepts clients and posted messages at one address,
// and greets each client when it has noted it.
func compared(b *testing.B, name string) broadcaster {
	url := startBroadcast(b, name)
	return broadcaster{dial: func() *websocket.Conn {
		ws := dialNoted(b, "ws"+strings.TrimPrefix(url, "http"))
		if _, _, err := ws.ReadMessage(); err != nil {
			b.Fatal(err)
		}
		return ws
	}, publishers: byHTTP(b, url, "")}
}

// greeting is what a compared server sends to a client that it has noted.
const greeting = "hello"

// dialNoted connects a client to a server that has noted it when the handshake
// ends, or says so later.
func dialNoted(b *testing.B, url string) *websocket.Conn {
	c, _, err := dialURL(b, url)
	if err != nil {
		b.Fatal(err)
	}
	return c.ws
}

// preparedServer writes each message to one connection after the other.
type preparedServer struct {
	mu    sync.RWMutex
	conns []*lockedConn
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
	err = ws.WriteMessage(websocket.TextMessage, []byte(greeting))
	s.mu.Unlock()
	for err == nil { // until the client goes
		_, _, err = ws.ReadMessage()
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
