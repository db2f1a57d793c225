//go:build unix

package trigger_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"testing"

	"wps/token"
	"wps/trigger"
)

// loadConns is how many connections send the load.
const loadConns = 16

// load sends b.N events over loadConns connections, as bytes that were prepared,
// and reads only what it must of the answers, so that the server is measured. Each event has a connection and an id of its own.
func load(b *testing.B, h http.Handler) {
	b.Helper()
	web := httptest.NewServer(h)
	defer web.Close()
	loadAt(b, web.Listener.Addr().String())
}

func loadAt(b *testing.B, addr string) {
	b.Helper()
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for i := range loadConns {
		n := (b.N + i) / loadConns
		wg.Go(func() {
			if err := sendMany(addr, i, n); err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}

func sendMany(addr string, i, n int) error {
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		return err
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	id := fmt.Sprint("c", i)
	before, after := eventBytes(id)
	var out []byte
	for k := range n {
		out = append(out[:0], before...)
		out = strconv.AppendInt(out, int64(k), 10)
		out = append(out, after...)
		if _, err := conn.Write(out); err != nil {
			return err
		}
		if err := skipAnswer(in); err != nil {
			return err
		}
	}
	return nil
}

// eventBytes returns a signed user event with 128 bytes of text, as the parts
// before and after its id.
func eventBytes(connection string) (before, after []byte) {
	body := bytes.Repeat([]byte("0123456789abcdef"), 8)
	return fmt.Appendf(nil, "POST /eh/chat/message HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\n"+
			"ce-specversion: 1.0\r\nce-awpsversion: 1.0\r\nce-type: azure.webpubsub.user.message\r\nce-source: /hubs/chat/client/%s\r\n"+
			"ce-time: 2026-09-01T10:20:30Z\r\nce-connectionId: %s\r\nce-hub: chat\r\nce-eventName: message\r\nWebHook-Request-Origin: localhost\r\n"+
			"ce-signature: %s\r\nce-userId: u1\r\nce-id: ", len(body), connection, connection, token.Signature(connection, token.NewKey(testKey))),
		append([]byte("\r\n\r\n"), body...)
}

func skipAnswer(in *bufio.Reader) error {
	length := 0
	for first := true; ; first = false {
		line, err := in.ReadSlice('\n')
		switch {
		case err != nil:
			return err
		case first && !bytes.HasPrefix(line, []byte("HTTP/1.1 200 OK")):
			return fmt.Errorf("answer %q", line)
		case len(line) == 2:
			_, err := in.Discard(length)
			return err
		}
		if n, ok := bytes.CutPrefix(line, []byte("Content-Length: ")); ok {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(n))); err != nil {
				return err
			}
		}
	}
}

// BenchmarkListen compares hooks with their lower bounds: a bare handler that
// returns the body, and one that runs a command for it. With
// $WPS_BENCH_HANDLER, a HOST:PORT, another event handler is measured too.
func BenchmarkListen(b *testing.B) {
	b.Run("by=http", func(b *testing.B) { load(b, http.HandlerFunc(bareEcho)) })
	b.Run("by=echo", func(b *testing.B) {
		hook, err := trigger.Builtin(":echo", nil)
		loadHook(b, hook, err)
	})
	for name, n := range map[string]int{"by=worker": 1, "by=4-workers": 4} {
		b.Run(name, func(b *testing.B) {
			hook, err := trigger.Worker(self(b), n, trigger.CommandOptions{Env: []string{workerMode + "=fast"}})
			loadHook(b, hook, err)
		})
	}
	b.Run("by=http-exec", func(b *testing.B) { load(b, http.HandlerFunc(bareCommand)) })
	b.Run("by=command", func(b *testing.B) {
		hook, err := trigger.Command("/bin/cat", trigger.CommandOptions{})
		loadHook(b, hook, err)
	})
	if addr := os.Getenv("WPS_BENCH_HANDLER"); addr != "" {
		b.Run("by=middleware", func(b *testing.B) { loadAt(b, addr) })
	}
}

func loadHook(b *testing.B, hook trigger.Hook, err error) {
	b.Helper()
	if err != nil {
		b.Fatal(err)
	}
	load(b, handler(b, trigger.Options{Default: hook, Keys: []token.Key{token.NewKey(testKey)}}))
}

func bareEcho(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(body)
}

func bareCommand(w http.ResponseWriter, r *http.Request) {
	cmd := exec.CommandContext(r.Context(), "/bin/cat")
	cmd.Stdin = r.Body
	out, err := cmd.Output()
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write(out)
}
