package cmd_test

import (
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// testProxy is the script command "proxy http|https TARGET": an HTTP proxy for every
// host, which reaches TARGET, host:port, in its place. It asks for the user ana with
// the password SECRET, and sets
//
//	$PROXY        its address, host:port
//	$PROXY_CA     with https, a file with its certificate
func testProxy(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || args[0] != "http" && args[0] != "https" {
		ts.Fatalf("usage: proxy {http | https} target")
	}
	p := &forwarder{target: args[1]}
	server := httptest.NewUnstartedServer(p)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if args[0] == "https" {
		server.StartTLS()
		ca := ts.MkAbs("proxy.pem")
		ts.Check(os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
		ts.Setenv("PROXY_CA", ca)
	} else {
		server.Start()
	}
	ts.Defer(func() {
		server.Close()
		p.tunnels.Wait()
	})
	ts.Setenv("PROXY", server.Listener.Addr().String())
}

// forwarder is the handler of a proxy.
type forwarder struct {
	target  string
	tunnels sync.WaitGroup
}

func (p *forwarder) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	auth := http.Request{Header: http.Header{"Authorization": r.Header["Proxy-Authorization"]}}
	if user, password, _ := auth.BasicAuth(); user != "ana" || password != "SECRET" {
		w.Header().Set("Proxy-Authenticate", "Basic")
		w.WriteHeader(http.StatusProxyAuthRequired)
		return
	}
	if r.Method == http.MethodConnect {
		p.connect(w)
		return
	}
	forward := httputil.ReverseProxy{Rewrite: func(out *httputil.ProxyRequest) {
		host := out.In.Host
		out.SetURL(&url.URL{Scheme: "http", Host: p.target})
		out.Out.Host = host
	}}
	forward.ServeHTTP(w, r)
}

// connect connects the client with the target.
func (p *forwarder) connect(w http.ResponseWriter) {
	to, err := net.Dial("tcp", p.target)
	if err != nil {
		w.WriteHeader(http.StatusBadGateway)
		return
	}
	from, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		to.Close()
		return
	}
	_, _ = from.Write([]byte("HTTP/1.1 200 OK\r\n\r\n"))
	for _, pair := range []struct {
		to   net.Conn
		from io.Reader
	}{{to, buffered}, {from, to}} {
		p.tunnels.Go(func() {
			_, _ = io.Copy(pair.to, pair.from) // ends with either connection
			to.Close()
			from.Close()
		})
	}
}
