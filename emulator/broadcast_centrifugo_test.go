package emulator_test

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/websocket"
)

// centrifugo starts centrifugo, a process of its own, whose clients subscribe over
// WebSocket and whose publishers use its HTTP API, as those of the service do.
func centrifugo(b *testing.B) broadcaster {
	program, err := exec.LookPath("centrifugo")
	if err != nil {
		b.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") // it takes no port 0
	if err != nil {
		b.Fatal(err)
	}
	address := l.Addr().String()
	l.Close()
	_, port, _ := net.SplitHostPort(address)
	server := exec.CommandContext(b.Context(), program)
	server.Env = []string{
		"CENTRIFUGO_HTTP_SERVER_ADDRESS=127.0.0.1", "CENTRIFUGO_HTTP_SERVER_PORT=" + port, "CENTRIFUGO_LOG_LEVEL=none",
		"CENTRIFUGO_CLIENT_INSECURE=true", "CENTRIFUGO_HTTP_API_INSECURE=true", "CENTRIFUGO_HEALTH_ENABLED=true",
		"CENTRIFUGO_CLIENT_PING_INTERVAL=10m", // longer than a measurement
	}
	server.Dir = b.TempDir()
	server.WaitDelay = patience
	if err := server.Start(); err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		server.Process.Kill()
		server.Wait() // killed: its error says so
	})
	awaitHealth(b, "http://"+address+"/health")
	return broadcaster{
		func() *websocket.Conn { return centrifugoClient(b, "ws://"+address+"/connection/websocket") },
		framing{before: `{"push":{"channel":"t","pub":{"data":"`, after: `"}}}`, noise: "\n"},
		func(n int) []publish {
			all := make([]publish, n)
			c := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: n}}
			b.Cleanup(c.CloseIdleConnections)
			for i := range all {
				all[i] = func(ctx context.Context, message string) error {
					return centrifugoPublish(ctx, c, "http://"+address+"/api/publish", message)
				}
			}
			return all
		},
	}
}

// awaitHealth waits until a server is healthy.
func awaitHealth(b *testing.B, url string) {
	b.Helper()
	for limit := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		resp, err := http.Get(url)
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		if time.Now().After(limit) {
			b.Fatalf("%s: %v", url, err)
		}
	}
}

// centrifugoClient subscribes; it returns when the server has noted it.
func centrifugoClient(b *testing.B, url string) *websocket.Conn {
	c, _, err := dialURL(b, url)
	if err != nil {
		b.Fatal(err)
	}
	for id, command := range []string{`{"id":1,"connect":{}}`, `{"id":2,"subscribe":{"channel":"t"}}`} {
		if err := c.ws.WriteMessage(websocket.TextMessage, []byte(command)); err != nil {
			b.Fatal(err)
		}
		_, text, err := c.ws.ReadMessage()
		if err != nil || strings.Contains(string(text), `"error"`) || !strings.Contains(string(text), fmt.Sprintf(`"id":%d`, id+1)) {
			b.Fatalf("answer to %s: %s, %v", command, text, err)
		}
	}
	return c.ws
}

// centrifugoPublish publishes one message.
func centrifugoPublish(ctx context.Context, c *http.Client, url, message string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(`{"channel":"t","data":"`+message+`"}`))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := c.Do(req)
	if err != nil {
		return err
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("publish: %s", resp.Status)
	}
	return nil
}
