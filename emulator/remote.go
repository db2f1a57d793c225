package emulator

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"wps/protocol"
	"wps/protocol/traffic"
	"wps/token"
)

// Errors of a Remote. Other errors of its methods are those of the network.
var (
	// ErrNotEmulator: the server has no control API.
	ErrNotEmulator = errors.New("the server is not a wps emulator")
	// ErrUnauthorized: the emulator has another access key.
	ErrUnauthorized = errors.New("the access key is not that of this emulator")
	// ErrOtherHost: the control API accepts requests from the emulator's own
	// machine only.
	ErrOtherHost = errors.New("the emulator runs on another host")
	// ErrNotFound: the connection does not exist.
	ErrNotFound = errors.New("not found")
	// ErrBusy: the emulator accepts no further event stream.
	ErrBusy = errors.New("too many event streams are open")
)

// Remote inspects a running emulator through its control API. All methods may be
// called concurrently. Close releases its connections.
type Remote struct {
	cs   token.ConnectionString
	http *http.Client
}

// NewRemote returns a Remote for an emulator's connection string. It does not
// connect yet, and never through a proxy.
func NewRemote(cs token.ConnectionString) *Remote {
	return &Remote{cs, &http.Client{Transport: &http.Transport{
		ResponseHeaderTimeout: time.Minute, // contexts are shorter
	}}}
}

// Trust makes r trust the certificate authorities of a pool, nil for those of the
// system. It is called before anything else.
func (r *Remote) Trust(pool *x509.CertPool) {
	r.http.Transport.(*http.Transport).TLSClientConfig = &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}
}

// Close closes idle connections.
func (r *Remote) Close() { r.http.CloseIdleConnections() }

// maxStatus bounds an answer, in bytes: some hundred thousand connections.
const maxStatus = 256 << 20

// Status returns the status of the emulator.
func (r *Remote) Status(ctx context.Context) (st Status, err error) {
	return st, r.get(ctx, "status", &st)
}

// Connections returns the connections of a hub, at most 100,000 of them; "" means
// every hub.
func (r *Remote) Connections(ctx context.Context, hub string) (all []ConnectionStatus, err error) {
	return all, r.get(ctx, "connections"+hubQuery(hub), &all)
}

// Groups returns the groups of a hub, at most 100,000 of them; "" means every hub.
func (r *Remote) Groups(ctx context.Context, hub string) (all []GroupStatus, err error) {
	return all, r.get(ctx, "groups"+hubQuery(hub), &all)
}

// Tunnels returns the tunnel connections of a hub; "" means every hub.
func (r *Remote) Tunnels(ctx context.Context, hub string) (all []TunnelStatus, err error) {
	return all, r.get(ctx, "tunnels"+hubQuery(hub), &all)
}

// TunnelAsks are what AskTunnel accepts.
var TunnelAsks = []string{"reconnect", "rebalance", "close"}

// AskTunnel asks the client of a tunnel connection for one of TunnelAsks, as the
// service may. The error is ErrNotFound when the connection is not there.
func (r *Remote) AskTunnel(ctx context.Context, id, ask string) error {
	resp, err := r.do(ctx, http.MethodPost, "tunnels/"+protocol.EscapeSegment(id)+"?ask="+protocol.EscapeSegment(ask))
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func hubQuery(hub string) string {
	if hub == "" {
		return ""
	}
	return "?hub=" + protocol.EscapeSegment(hub)
}

// CloseConnection closes a connection of any hub as the service's REST does. The
// error is ErrNotFound when it is not there.
func (r *Remote) CloseConnection(ctx context.Context, id, reason string) error {
	path := "connections/" + protocol.EscapeSegment(id)
	if reason != "" {
		path += "?reason=" + protocol.EscapeSegment(reason)
	}
	resp, err := r.do(ctx, http.MethodDelete, path)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// TrafficOptions select the objects that a Remote asks for.
type TrafficOptions struct {
	// Recent is how many of the objects kept come first, at most.
	Recent int
	// Follow continues with new ones until the context or the emulator ends.
	Follow bool
	// Data asks for payloads, headers, and the objects about single frames and
	// requests.
	Data   bool
	Filter traffic.Filter
}

// Traffic calls each for every object, until there are no more, each fails, or ctx
// ends.
func (r *Remote) Traffic(ctx context.Context, o TrafficOptions, each func(*traffic.Object) error) error {
	q := o.Filter.Query()
	q.Set("recent", strconv.Itoa(o.Recent))
	q.Set("follow", strconv.FormatBool(o.Follow))
	q.Set("data", strconv.FormatBool(o.Data))
	resp, err := r.do(ctx, http.MethodGet, "events?"+q.Encode())
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	lines.Buffer(nil, traffic.MaxLine)
	for lines.Scan() {
		var x traffic.Object
		if err := json.Unmarshal(lines.Bytes(), &x); err != nil {
			return fmt.Errorf("read an event: %v", err)
		}
		if err := each(&x); err != nil {
			return err
		}
	}
	return lines.Err()
}

func (r *Remote) get(ctx context.Context, path string, into any) error {
	resp, err := r.do(ctx, http.MethodGet, path)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if err := json.NewDecoder(io.LimitReader(resp.Body, maxStatus)).Decode(into); err != nil {
		var syntax *json.SyntaxError
		if errors.As(err, &syntax) { // the page of another server
			return ErrNotEmulator
		}
		return fmt.Errorf("read the answer: %w", err)
	}
	return nil
}

// do sends a request with a token for its address. It returns an answer whose
// status is below 300, or an error.
func (r *Remote) do(ctx context.Context, method, path string) (*http.Response, error) {
	address := strings.TrimRight(r.cs.Endpoint.String(), "/") + ControlPath + path
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return nil, err
	}
	tok, err := r.cs.Key.SignREST(address, time.Now(), remoteLifetime)
	if err != nil {
		return nil, err
	}
	req.Header.Set("Authorization", "Bearer "+tok)
	resp, err := r.http.Do(req)
	if err != nil {
		return nil, err
	}
	if err := remoteError(resp); err != nil {
		resp.Body.Close()
		return nil, err
	}
	return resp, nil
}

// remoteLifetime is how long the token of one request is good for.
const remoteLifetime = 5 * time.Minute

func remoteError(resp *http.Response) error {
	code := resp.Header.Get(protocol.HeaderErrorCode)
	switch {
	case resp.StatusCode < 300:
		return nil
	case resp.StatusCode == http.StatusUnauthorized:
		return ErrUnauthorized
	case code == codeForbidden:
		return ErrOtherHost
	case code == codeTooMany:
		return ErrBusy
	case code == codeControlNotFound:
		return ErrNotFound
	}
	return ErrNotEmulator
}
