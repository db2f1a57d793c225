package doctorcmd

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/cmd/internal/explain"
	"wps/protocol"
)

// Limits of what is fine.
const (
	stepTimeout = 10 * time.Second // of DNS and TCP
	clockWarn   = time.Minute      // difference that is warned of; protocol.ClockSkew is an error
	daysWarn    = 14               // of a certificate
)

// milliseconds returns how long something took since start.
func milliseconds(start time.Time) float64 {
	return float64(time.Since(start).Microseconds()) / 1000
}

// service checks the way to the service, and then the access to it.
func (d *doctor) service(ctx context.Context) {
	if d.reach(ctx) && d.health(ctx) && ctx.Err() == nil {
		d.access(ctx)
	}
}

// reach checks proxy, DNS and TCP.
func (d *doctor) reach(ctx context.Context) bool {
	to := d.cs.Endpoint
	proxy, from := d.env.Settings.Proxy(to)
	if proxy == "" {
		d.report(finding{Check: "proxy", Status: ok, Text: "none"})
	} else {
		d.report(finding{Check: "proxy", Status: ok, Text: proxy + ", from " + from})
		if u, err := url.Parse(proxy); err == nil {
			to = u
		}
	}
	host, port := to.Hostname(), to.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443", "socks5": "1080"}[to.Scheme]
	}
	return d.dns(ctx, host) && d.tcp(ctx, host, port, from)
}

func (d *doctor) dns(ctx context.Context, host string) bool {
	if net.ParseIP(host) != nil {
		d.report(finding{Check: "dns", Status: ok, Text: host + " is an address"})
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	start := time.Now()
	addresses, err := net.DefaultResolver.LookupIPAddr(ctx, host)
	if err != nil {
		d.report(finding{Check: "dns", Status: failed, Text: "no address of " + host + " was found", Hint: "check the name in " + d.source.From + ", and this machine's DNS; a service with a private endpoint has a name inside its network only"})
		return false
	}
	texts := make([]string, len(addresses))
	for i, a := range addresses {
		texts[i] = a.String()
	}
	d.report(finding{Check: "dns", Status: ok, Text: host + " is " + strings.Join(texts, ", "), Milliseconds: milliseconds(start)})
	return true
}

func (d *doctor) tcp(ctx context.Context, host, port, proxyVariable string) bool {
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	start := time.Now()
	address := net.JoinHostPort(host, port)
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err == nil {
		conn.Close()
		d.report(finding{Check: "tcp", Status: ok, Text: "connected to " + address, Milliseconds: milliseconds(start)})
		return true
	}
	reason := (&client.UnreachableError{Endpoint: address, Cause: err}).Error()
	hint := "check the endpoint in " + d.source.From + ", and the firewall of this machine and its network"
	switch {
	case proxyVariable != "":
		reason = "the proxy " + reason
		hint = "check the proxy in " + proxyVariable + ", or put the host of the endpoint into NO_PROXY"
	case d.source.From == cli.FromDefault:
		hint = d.env.Settings.DefaultHint()
	}
	d.report(finding{Check: "tcp", Status: failed, Text: reason, Hint: hint})
	return false
}

// health sends one request without a token, and checks TLS, clock and health with
// its answer.
func (d *doctor) health(ctx context.Context) bool {
	resp, took, err := d.ask(ctx) //nolint:bodyclose // it is closed
	if !d.tls(resp, err) {
		return false
	}
	if err != nil {
		d.fail("health", explain.Service(d.env.Settings, err), "see what answers at the endpoint")
		return false
	}
	d.clock(resp, time.Now().Add(-took/2))
	if resp.StatusCode != http.StatusOK || resp.Header.Get("Content-Type") != "" && strings.Contains(resp.Header.Get("Content-Type"), "html") {
		d.report(finding{Check: "health", Status: failed, Text: "HEAD /api/health was answered with " + resp.Status + ", not by Web PubSub", Hint: "another server answers there: check the Endpoint in " + d.source.From})
		return false
	}
	d.report(finding{Check: "health", Status: ok, Text: "the service is healthy", Milliseconds: float64(took.Microseconds()) / 1000})
	return true
}

// ask sends the request. It is not that of package client, which hides the answer.
func (d *doctor) ask(ctx context.Context) (*http.Response, time.Duration, error) {
	ctx, cancel := context.WithTimeout(ctx, d.env.Settings.Timeout)
	defer cancel()
	pool, err := d.env.Settings.RootCAs()
	if err != nil {
		return nil, 0, err
	}
	t := client.NewTransport(client.Options{RootCAs: pool})
	defer t.CloseIdleConnections()
	r, err := http.NewRequestWithContext(ctx, http.MethodHead, d.cs.Endpoint.String()+"/api/health?api-version="+protocol.APIVersion, nil)
	if err != nil {
		return nil, 0, err
	}
	start := time.Now()
	resp, err := t.RoundTrip(r)
	took := time.Since(start)
	if err != nil {
		endpoint := d.cs.Endpoint.Scheme + "://" + d.cs.Endpoint.Host
		return nil, took, &client.UnreachableError{Endpoint: endpoint, Cause: err, Proxy: client.ProxyFromEnvironment(d.cs.Endpoint)}
	}
	return resp, took, resp.Body.Close()
}

// tls reports the certificate of the service.
func (d *doctor) tls(resp *http.Response, err error) bool {
	if d.cs.Endpoint.Scheme != "https" {
		f := finding{Check: "tls", Status: ok, Text: "none: the endpoint is http://"}
		if !cli.IsLoopback(d.cs.Endpoint) {
			f.Status, f.Hint = warning, "use an https:// endpoint: messages and tokens cross the network unencrypted"
		}
		d.report(f)
		return true
	}
	var untrusted *tls.CertificateVerificationError
	switch {
	case errors.As(err, &untrusted):
		text := "the certificate is not trusted"
		if len(untrusted.UnverifiedCertificates) > 0 {
			text += ": " + untrustedReason(untrusted.Err) + "; issued by " + untrusted.UnverifiedCertificates[0].Issuer.String()
		}
		d.report(finding{Check: "tls", Status: failed, Text: text, Hint: "name a file that contains it or its authority in --ca-file or WPS_CA_FILE; check the clock if it is not valid yet"})
		return false
	case err != nil || resp.TLS == nil || len(resp.TLS.PeerCertificates) == 0:
		return true // the next check reports it
	}
	d.report(certificateFinding(resp.TLS.PeerCertificates[0], tls.VersionName(resp.TLS.Version), time.Now()))
	return true
}

// untrustedReason returns why a certificate is not trusted, in the reader's words.
func untrustedReason(err error) string {
	var host x509.HostnameError
	var invalid x509.CertificateInvalidError
	var unknown x509.UnknownAuthorityError
	switch {
	case errors.As(err, &host):
		return "it is for another host"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "it has expired or is not valid yet"
	case errors.As(err, &unknown):
		return "its authority is unknown"
	}
	return err.Error()
}

// certificateFinding reports a trusted certificate.
func certificateFinding(c *x509.Certificate, version string, now time.Time) finding {
	days := int(c.NotAfter.Sub(now).Hours() / 24)
	f := finding{Check: "tls", Status: ok, Text: fmt.Sprintf("%s, issued by %s, %s left", version, c.Issuer, cli.Plural(days, "day"))}
	if days < daysWarn {
		f.Status, f.Hint = warning, "renew the certificate"
	}
	return f
}

// clock compares this machine's clock with the Date of an answer, which was made at
// about the time at.
func (d *doctor) clock(resp *http.Response, at time.Time) {
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		d.report(finding{Check: "clock", Status: skipped, Text: "the answer has no date"})
		return
	}
	d.report(clockFinding(at.Sub(date)))
}

// clockFinding reports how far this machine's clock is ahead. The date of an answer
// has whole seconds.
func clockFinding(ahead time.Duration) finding {
	ahead = ahead.Truncate(time.Second)
	f := finding{Check: "clock", Status: ok, Text: "this machine's clock is that of the service"}
	switch {
	case ahead > time.Second:
		f.Text = fmt.Sprintf("this machine's clock is %v ahead of the service's", ahead)
	case ahead < -time.Second:
		f.Text = fmt.Sprintf("this machine's clock is %v late, compared with the service's", -ahead)
	}
	switch away := ahead.Abs(); {
	case away > protocol.ClockSkew:
		f.Status, f.Hint = failed, fmt.Sprintf("set the clock: the service rejects tokens that are more than %v off", protocol.ClockSkew)
	case away > clockWarn:
		f.Status, f.Hint = warning, fmt.Sprintf("set the clock: from %v on, the service rejects tokens", protocol.ClockSkew)
	}
	return f
}
