package tunnel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/gorilla/websocket"

	"wps/client/ws"
	"wps/internal/oneline"
	wire "wps/protocol/tunnel"
)

// place is where a connection is opened: an endpoint, and the instance of the
// service that it has named.
type place struct {
	endpoint *url.URL
	target   string
}

// address returns the URL of a tunnel, without a token.
func (c *Client) address(at place) string {
	scheme := "wss"
	if at.endpoint.Scheme == "http" {
		scheme = "ws"
	}
	query := "hub=" + escape(c.o.Hub)
	if at.target != "" {
		query += "&target=" + escape(at.target)
	}
	path := strings.Trim(at.endpoint.EscapedPath(), "/")
	if path != "" {
		path = "/" + path
	}
	return scheme + "://" + at.endpoint.Host + path + wire.Path + "?" + query
}

// escape escapes a value of a query as the service's client does.
func escape(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }

// moved returns the place that a message of the service names. An endpoint without
// TLS is refused if the first one has it: the token would be sent in the clear.
func (c *Client) moved(endpoint, target string) (place, error) {
	at := place{c.o.Endpoint, target}
	if endpoint == "" {
		return at, nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || u.User != nil {
		return at, errors.New("the service named an endpoint that is not valid")
	}
	switch {
	case u.Scheme == "https" || u.Scheme == "wss":
		u.Scheme = "https"
	case u.Scheme == c.o.Endpoint.Scheme || u.Scheme == "ws" && c.o.Endpoint.Scheme == "http":
		u.Scheme = "http"
	default:
		return at, fmt.Errorf("the service named an endpoint that begins with %s://, which is refused", oneline.Of(u.Scheme))
	}
	at.endpoint = &url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	return at, nil
}

// TokenError is the failure of Options.Token.
type TokenError struct{ Err error }

// Error returns the text of Err.
func (e *TokenError) Error() string { return e.Err.Error() }

// Unwrap returns Err.
func (e *TokenError) Unwrap() error { return e.Err }

// isRefusal reports whether an attempt has failed for a reason that stays.
func isRefusal(err error) bool {
	var refused *ws.HandshakeError
	if !errors.As(err, &refused) {
		return false
	}
	switch refused.Status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusNotImplemented:
		return true
	}
	return false
}

// dial opens a connection and waits for the first message.
func (c *Client) dial(ctx context.Context, at place) (*conn, error) {
	address := c.address(at)
	text, err := c.token(ctx, address)
	if err != nil {
		return nil, err
	}
	socket, err := ws.DialBare(ctx, ws.Options{
		URL: address + "&access_token=" + url.QueryEscape(text), HandshakeTimeout: c.o.HandshakeTimeout,
		TLS: c.o.TLS, NetDial: c.o.NetDial, LoopbackOnly: c.o.LoopbackOnly,
	})
	if err != nil {
		return nil, err
	}
	conn := newConn(c, socket)
	stop := context.AfterFunc(ctx, func() { socket.NetConn().Close() })
	defer stop()
	if err := conn.greeted(); err != nil {
		socket.Close()
		return nil, fmt.Errorf("the tunnel was accepted, then: %w", err)
	}
	return conn, nil
}

// token returns the token of one connection.
func (c *Client) token(ctx context.Context, audience string) (string, error) {
	within, cancel := context.WithTimeout(ctx, tokenTimeout)
	defer cancel()
	text, err := c.o.Token(within, audience, c.id)
	if err != nil {
		return "", &TokenError{err}
	}
	return text, nil
}

// greeted reads the first message.
func (c *conn) greeted() error {
	c.ws.SetReadLimit(wire.MaxRequest)
	if err := c.ws.SetReadDeadline(time.Now().Add(greetTimeout)); err != nil {
		return err
	}
	m, err := c.next()
	if err != nil {
		return explain(err, greetTimeout)
	}
	hello, ok := m.(*wire.Connected)
	if !ok {
		return fmt.Errorf("the first message has the type %d", m.Kind())
	}
	c.connectionID = hello.ConnectionID
	return nil
}

// explain returns why reading has failed, which had a limit in time.
func explain(err error, limit time.Duration) error {
	var closed *websocket.CloseError
	var network net.Error
	switch {
	case errors.As(err, &closed) && closed.Code == websocket.CloseAbnormalClosure, errors.As(err, &network) && !network.Timeout():
		return errors.New("the connection was cut")
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &network):
		return errors.New("the service was silent for " + limit.String())
	case errors.As(err, &closed) && closed.Text != "":
		return fmt.Errorf("closed with %d: %s", closed.Code, oneline.Of(closed.Text))
	case errors.As(err, &closed):
		return fmt.Errorf("closed with %d", closed.Code)
	case errors.Is(err, websocket.ErrReadLimit):
		return errors.New("the service sent a frame that is too large")
	}
	return err
}
