package ws

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
)

// proxies finds the proxy of the environment for a handshake. The WebSocket library
// knows http:// and socks5:// proxies; one with https:// is for it an http:// proxy,
// to which the connection is encrypted here.
type proxies struct {
	secure string // host and port of an https:// proxy, "" if there is none
	config *tls.Config
}

// find is the Proxy function of the dialer.
func (p *proxies) find(r *http.Request) (*url.URL, error) {
	u, err := http.ProxyFromEnvironment(r)
	if err != nil || u == nil || u.Scheme != "https" {
		return u, err
	}
	plain := *u
	plain.Scheme = "http"
	if u.Port() == "" {
		plain.Host = net.JoinHostPort(u.Hostname(), "443")
	}
	p.secure = plain.Host
	return &plain, nil
}

// encrypt begins TLS on a connection to an https:// proxy, and leaves others as
// they are. After an error the connection is closed.
func (p *proxies) encrypt(ctx context.Context, conn net.Conn, addr string) (net.Conn, error) {
	if p.secure == "" || addr != p.secure {
		return conn, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if p.config != nil {
		config = p.config.Clone()
	}
	config.ServerName, _, _ = net.SplitHostPort(addr)
	encrypted := tls.Client(conn, config)
	if err := encrypted.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, err
	}
	return encrypted, nil
}
