package idleconn_test

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"wps/internal/idleconn"
)

// pipes is a listener whose connections are those sent to it.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	conn, ok := <-p
	if !ok {
		return nil, net.ErrClosed
	}
	return conn, nil
}

func (p pipes) Close() error   { close(p); return nil }
func (p pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (p pipes) dial() net.Conn {
	near, far := net.Pipe()
	p <- far
	return near
}

// TestUnusedConnections has a connection without a request, one that waits for its
// answer and one between requests: shutting down waits for the answer only.
func TestUnusedConnections(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const answerAfter = 2 * time.Second
		web := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/slow" {
				time.Sleep(answerAfter)
			}
		})}
		idleconn.CloseAtShutdown(web)
		listener := make(pipes)
		served := make(chan error, 1)
		go func() { served <- web.Serve(listener) }()

		unused, slow, between := listener.dial(), listener.dial(), listener.dial()
		go io.WriteString(between, "GET /fast HTTP/1.1\r\nHost: x\r\n\r\n")
		if answer, err := http.ReadResponse(bufio.NewReader(between), nil); err != nil || answer.StatusCode != http.StatusOK {
			t.Fatalf("answer before the shutdown = %v, %v", answer, err)
		}
		go io.WriteString(slow, "GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
		synctest.Wait()

		start := time.Now()
		go func() { served <- web.Shutdown(t.Context()) }()
		if answer, err := http.ReadResponse(bufio.NewReader(slow), nil); err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("answer during the shutdown = %v, %v", answer, err)
		}
		if _, err := unused.Read(make([]byte, 1)); err != io.EOF {
			t.Errorf("read of the unused connection = %v, want EOF", err)
		}
		<-served
		<-served
		if took := time.Since(start); took >= answerAfter+time.Second {
			t.Errorf("the shutdown took %v, want that of the answer, %v", took, answerAfter)
		}
	})
}
