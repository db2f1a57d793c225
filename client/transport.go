package client

import (
	"cmp"
	"crypto/tls"
	"net"
	"net/http"
	"time"
)

// defaultIdleConns is the default of Options.IdleConns.
const defaultIdleConns = 256

// dialTimeout limits the opening of a network connection.
const dialTimeout = 10 * time.Second

// NewTransport returns the transport that New makes from o when o.Transport is nil,
// so that several services can share it. It keeps the connections of many concurrent
// calls to one host. Answers are small, so it asks for no compression.
func NewTransport(o Options) *http.Transport {
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
	if o.RootCAs != nil {
		t.TLSClientConfig = &tls.Config{RootCAs: o.RootCAs, MinVersion: tls.VersionTLS12}
	}
	if o.LoopbackOnly {
		t.Proxy, t.DialContext = nil, DialLoopback
	}
	return t
}
