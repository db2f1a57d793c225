package client

import (
	"cmp"
	"net"
	"net/http"
	"time"
)

// defaultIdleConns is the default of Options.IdleConns.
const defaultIdleConns = 256

// dialTimeout limits the opening of a network connection.
const dialTimeout = 10 * time.Second

// newTransport returns a transport that keeps the connections of many concurrent
// calls to one host. Answers are small, so it asks for no compression.
func newTransport(o Options) *http.Transport {
	d := net.Dialer{Timeout: dialTimeout, KeepAlive: 30 * time.Second}
	t := &http.Transport{
		Proxy:               http.ProxyFromEnvironment,
		DialContext:         d.DialContext,
		ForceAttemptHTTP2:   true,
		MaxIdleConnsPerHost: cmp.Or(o.IdleConns, defaultIdleConns),
		IdleConnTimeout:     90 * time.Second,
		TLSHandshakeTimeout: 10 * time.Second,
		DisableCompression:  true,
	}
	if o.LoopbackOnly {
		t.Proxy, t.DialContext = nil, DialLoopback
	}
	return t
}
