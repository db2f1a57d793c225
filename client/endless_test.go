package client_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"wps/client"
)

// peer accepts connections on loopback, reads the head of one request from each,
// writes answer, then more again and again, and keeps the connection open until
// the other side closes it.
func peer(t *testing.T, answer, more string) (address string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			answerAndKeep(c, answer, more)
		}
	}()
	t.Cleanup(func() { l.Close(); <-ended })
	return "http://" + l.Addr().String()
}

func answerAndKeep(c net.Conn, answer, more string) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Minute)) // bounds a test that fails
	if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
		return
	}
	if _, err := io.WriteString(c, answer); err != nil {
		return
	}
	for more != "" {
		if _, err := io.WriteString(c, more); err != nil {
			return
		}
	}
	_, _ = io.Copy(io.Discard, c)
}

const switching = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"

// TestUnaskedSwitch checks that a 101, whose body is the bare connection, is
// refused at once, also when the peer keeps the connection and the context has no
// deadline.
func TestUnaskedSwitch(t *testing.T) {
	t.Parallel()
	for name, more := range map[string]string{"silent": "", "endless": strings.Repeat("x", 1<<10)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, peer(t, switching, more), client.Options{TryTimeout: -1})
			o, err := s.Send(within(t), everyone, text("hi"))
			if _, broken := errors.AsType[*client.BrokenAnswerError](err); !broken || !strings.Contains(err.Error(), "101") {
				t.Errorf("Send() = %v, want an error about status 101", err)
			}
			if o.Tries != 1 {
				t.Errorf("Send() made %d tries, want 1", o.Tries)
			}
		})
	}
}

// TestAnswerWithoutEnd checks that the limit of a try ends every answer that does
// not end by itself.
func TestAnswerWithoutEnd(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
	tests := map[string]struct{ answer, more string }{
		"no head":          {"", ""},
		"half a head":      {ok, ""},
		"endless head":     {ok, "X-More: yes\r\n"},
		"interim answers":  {"", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"},
		"half a body":      {ok + "Content-Length: 100\r\n\r\nhalf", ""},
		"chunk that lasts": {ok + "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", ""},
		"empty chunks":     {ok + "Transfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"},
		"until it closes":  {ok + "Connection: close\r\n\r\nsome", ""},
		"endless refusal":  {"HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"},
		"refusal in half":  {"HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\nhalf", ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newService(t, peer(t, tt.answer, tt.more), client.Options{Retries: -1, TryTimeout: 100 * time.Millisecond})
			if _, err := s.Send(within(t), everyone, text("hi")); err == nil || errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("Send() = %v, want an error before the limit of the test", err)
			}
		})
	}
}
