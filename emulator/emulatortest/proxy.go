package emulatortest

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// Proxy is a TCP proxy that can break the connections that go through it. All
// its methods may be called concurrently.
type Proxy struct {
	// URL is where it listens, such as http://127.0.0.1:40123.
	URL string

	target string
	l      net.Listener
	after  func() int
	wg     sync.WaitGroup

	mu      sync.Mutex
	blocked bool
	open    map[*net.TCPConn]bool
	cuts    int
}

// NewProxy starts a proxy in front of target, an http URL, and stops it when the
// test ends. With after, each connection is cut after that many bytes were sent
// to the client, most likely in the middle of a frame. It is called for one
// connection at a time.
func NewProxy(t testing.TB, target string, after func() int) *Proxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatalf("listen: %v", err)
	}
	p := &Proxy{
		URL: "http://" + l.Addr().String(), target: strings.TrimPrefix(target, "http://"),
		l: l, after: after, open: map[*net.TCPConn]bool{},
	}
	p.wg.Go(p.accept)
	t.Cleanup(func() {
		l.Close()
		p.Block(true)
		p.wg.Wait()
	})
	return p
}

// Block cuts every connection and, while on, every new one.
func (p *Proxy) Block(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.blocked = on
	for c := range p.open {
		c.SetLinger(0) // a reset, not an orderly end
		c.Close()
		delete(p.open, c)
	}
}

// Cuts returns how many connections were cut after their number of bytes.
func (p *Proxy) Cuts() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cuts
}

// Dial connects to the proxy, whatever address is given.
func (p *Proxy) Dial(ctx context.Context, network, _ string) (net.Conn, error) {
	var d net.Dialer
	return d.DialContext(ctx, network, p.l.Addr().String())
}

func (p *Proxy) accept() {
	for {
		c, err := p.l.Accept()
		if err != nil {
			return
		}
		p.wg.Go(func() { p.pipe(c.(*net.TCPConn)) })
	}
}

func (p *Proxy) pipe(down *net.TCPConn) {
	defer down.Close()
	up, err := net.Dial("tcp", p.target)
	if err != nil {
		return
	}
	defer up.Close()
	limit := p.admit(down, up.(*net.TCPConn))
	if limit == 0 {
		return
	}
	p.wg.Go(func() {
		io.Copy(up, down)
		up.Close()
	})
	if limit < 0 {
		io.Copy(down, up)
		return
	}
	if n, _ := io.Copy(down, io.LimitReader(up, int64(limit))); n == int64(limit) {
		p.mu.Lock()
		p.cuts++
		p.mu.Unlock()
		down.SetLinger(0)
	}
}

// admit registers a pair of connections and returns after how many bytes it is
// cut: 0 is at once, -1 never.
func (p *Proxy) admit(pair ...*net.TCPConn) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.blocked {
		return 0
	}
	for _, c := range pair {
		p.open[c] = true
	}
	if p.after == nil {
		return -1
	}
	return p.after()
}
