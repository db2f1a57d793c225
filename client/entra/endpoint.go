package entra

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"sync"
	"syscall"
	"time"
)

// imdsAddress is the endpoint of managed identities on virtual machines.
//
// Source: the documentation of Azure Instance Metadata Service.
const imdsAddress = "http://169.254.169.254/metadata/identity/oauth2/token"

// probeTimeout limits how long it may take to find out whether a machine has a
// managed identity.
const probeTimeout = time.Second

// identityVariables are set where a managed identity has another endpoint, such as
// in App Service, Functions and Arc.
var identityVariables = []string{"IDENTITY_ENDPOINT", "MSI_ENDPOINT", "IMDS_ENDPOINT"}

// probeIdentityEndpoint returns an *unavailableError on a machine without a managed
// identity. Any answer is a sign of one.
func (b *builder) probeIdentityEndpoint(ctx context.Context) error {
	for _, name := range identityVariables {
		if text, _ := b.lookupEnv(name); text != "" {
			return nil
		}
	}
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, imdsAddress, nil)
	if err != nil {
		return err
	}
	resp, err := b.http.Do(r)
	if err != nil {
		return &unavailableError{"this machine has none: no metadata service answers"}
	}
	return resp.Body.Close()
}

// withoutProxyToLinkLocal returns a client transport in which a proxy never carries
// requests to the metadata service, which knows a machine by its address.
func withoutProxyToLinkLocal(given http.RoundTripper) http.RoundTripper {
	t, isTransport := given.(*http.Transport)
	switch {
	case given == nil:
		t = &http.Transport{
			Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			ForceAttemptHTTP2: true, TLSHandshakeTimeout: 10 * time.Second, IdleConnTimeout: 30 * time.Second,
		}
	case isTransport:
		t = t.Clone()
	default:
		return given
	}
	if proxy := t.Proxy; proxy != nil {
		t.Proxy = func(r *http.Request) (*url.URL, error) {
			if ip := net.ParseIP(r.URL.Hostname()); ip != nil && ip.IsLinkLocalUnicast() {
				return nil, nil
			}
			return proxy(r)
		}
	}
	return t
}

// network carries requests and keeps the error of the last one, because the
// libraries below return only its text.
type network struct {
	next http.RoundTripper

	mu   sync.Mutex
	last *url.Error
}

// RoundTrip implements http.RoundTripper.
func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := n.next.RoundTrip(r)
	n.mu.Lock()
	defer n.mu.Unlock()
	n.last = nil
	if err != nil {
		n.last = &url.Error{Op: r.Method, URL: r.URL.Scheme + "://" + r.URL.Host, Err: err}
		if isFinal(err) {
			err = &finalError{err}
		}
	}
	return resp, err
}

// isFinal reports whether an error would be the same for another try.
func isFinal(err error) bool {
	var untrusted *tls.CertificateVerificationError
	var dns *net.DNSError
	return errors.As(err, &untrusted) || errors.As(err, &dns) && dns.IsNotFound || errors.Is(err, syscall.ECONNREFUSED)
}

// finalError is an error that azcore does not retry.
type finalError struct{ error }

func (e *finalError) Unwrap() error { return e.error }

// NonRetriable marks the error for azcore.
func (*finalError) NonRetriable() {}

// CloseIdleConnections closes the idle connections of the transport below.
func (n *network) CloseIdleConnections() {
	if c, ok := n.next.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}

// take returns the error of the last request, nil if it had an answer.
func (n *network) take() *url.Error {
	n.mu.Lock()
	defer n.mu.Unlock()
	last := n.last
	n.last = nil
	return last
}

// githubAudience is the audience of a federated token of GitHub Actions.
//
// Source: the documentation of the action azure/login.
const githubAudience = "api://AzureADTokenExchange"

// githubToken asks GitHub Actions for the token that identifies the workflow.
func (b *builder) githubToken(ctx context.Context) (string, error) {
	address, _ := b.lookupEnv("ACTIONS_ID_TOKEN_REQUEST_URL")
	bearer, _ := b.lookupEnv("ACTIONS_ID_TOKEN_REQUEST_TOKEN")
	u, err := url.Parse(address)
	if err != nil {
		return "", errors.New("ACTIONS_ID_TOKEN_REQUEST_URL is not a URL")
	}
	query := u.Query()
	query.Set("audience", githubAudience)
	u.RawQuery = query.Encode()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return "", errors.New("ACTIONS_ID_TOKEN_REQUEST_URL is not a URL")
	}
	r.Header.Set("Authorization", "Bearer "+bearer)
	resp, err := b.http.Do(r)
	if err != nil {
		return "", fmt.Errorf("GitHub Actions does not answer: %w", rootOf(err))
	}
	defer resp.Body.Close()
	var answer struct{ Value string }
	err = json.NewDecoder(io.LimitReader(resp.Body, 64<<10)).Decode(&answer)
	if resp.StatusCode != http.StatusOK || err != nil || answer.Value == "" {
		return "", fmt.Errorf("GitHub Actions answered %s to the request for an identity token", resp.Status)
	}
	return answer.Value, nil
}
