// Command balancer is a load balancer for scripts/scale: it forwards each request to
// the next of the addresses in its arguments, prints its own address, and serves until
// it is killed.
package main

import (
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"sync/atomic"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		log.Fatal(err)
	}
}

func run(addresses []string) error {
	next, err := roundRobin(addresses)
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", ln.Addr())
	server := &http.Server{Handler: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(next()) }, Transport: &http.Transport{MaxIdleConnsPerHost: 256},
	}}
	return server.Serve(ln)
}

// roundRobin returns a function that returns the addresses in turn.
func roundRobin(addresses []string) (func() *url.URL, error) {
	if len(addresses) == 0 {
		return nil, errors.New("give the URLs of the instances, as in balancer http://localhost:9000")
	}
	var all []*url.URL
	for _, a := range addresses {
		u, err := url.Parse(a)
		if err != nil {
			return nil, err
		}
		all = append(all, u)
	}
	var turn atomic.Uint64
	return func() *url.URL { return all[(turn.Add(1)-1)%uint64(len(all))] }, nil
}
