package token

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"

	"wps/protocol"
)

// ErrNoAccessKey is the error of a connection string with an Endpoint and without
// an AccessKey.
var ErrNoAccessKey = errors.New("no AccessKey= part in the connection string")

// ConnectionString is the address of a service and its key, or the identity that
// takes the key's place. Printing or encoding it hides secrets.
type ConnectionString struct {
	// Endpoint has the scheme http or https, a host, and optionally a port and a
	// path without a trailing slash; never a query, a fragment or user data.
	Endpoint *url.URL
	// Key is the zero Key if Identity is set.
	Key Key
	// Identity is how to sign in with Entra ID instead of the key; nil with a key.
	Identity *Identity
}

// NewConnectionString joins an endpoint and a key. A trailing slash of the
// endpoint's path is removed.
func NewConnectionString(endpoint *url.URL, key Key) ConnectionString {
	e := url.URL{Scheme: endpoint.Scheme, Host: endpoint.Host, Path: strings.TrimRight(endpoint.Path, "/")}
	return ConnectionString{Endpoint: &e, Key: key}
}

// String returns the connection string with *** for the key.
func (c ConnectionString) String() string { return c.text(Key.String) }

// GoString keeps the key out of %#v.
func (c ConnectionString) GoString() string { return c.String() }

// MarshalText keeps the key out of JSON.
func (c ConnectionString) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// Reveal returns the connection string with its key, which is a secret.
func (c ConnectionString) Reveal() string { return c.text(Key.Reveal) }

func (c ConnectionString) text(show func(Key) string) string {
	switch {
	case c.Endpoint == nil:
		return ""
	case c.Identity != nil:
		return "Endpoint=" + c.Endpoint.String() + ";" + c.Identity.text(show(c.Identity.ClientSecret)) + "Version=1.0;"
	}
	return "Endpoint=" + c.Endpoint.String() + ";AccessKey=" + show(c.Key) + ";Version=1.0;"
}

// ParseConnectionString reads "Endpoint=...;AccessKey=...;Port=...;Version=1.0;", or
// the same with AuthType=azure, azure.msi, azure.app, azure.workload, azure.cli or
// azure.azd in place of AccessKey, and ClientId, TenantId, ClientSecret and
// ClientCertPath if that needs them.
// The parts may have any order and their names any case. Blanks around names and
// values are ignored; a value is all that follows the first "=". Port (1 to
// 65535) replaces the port of the endpoint. A part that is given twice is an
// error; unknown parts are ignored. The error names the part and never repeats a
// value; without an AccessKey it is ErrNoAccessKey.
//
// Source: the parsers of the JavaScript, .NET and Go SDKs; where they differ, the
// strictest that accepts all valid strings.
func ParseConnectionString(s string) (ConnectionString, error) {
	parts, err := connectionParts(s)
	if err != nil {
		return ConnectionString{}, err
	}
	text, ok := parts["endpoint"]
	if !ok {
		return ConnectionString{}, errors.New("no Endpoint= part in the connection string")
	}
	endpoint, err := ParseEndpoint(text)
	if err != nil {
		return ConnectionString{}, fmt.Errorf("part Endpoint: %w", err)
	}
	if port, ok := parts["port"]; ok {
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
			return ConnectionString{}, errors.New("part Port: must be a number from 1 to 65535")
		}
		endpoint.Host = net.JoinHostPort(endpoint.Hostname(), port)
	}
	identity, err := parseIdentity(parts)
	if err != nil {
		return ConnectionString{}, err
	}
	key := parts["accesskey"]
	switch {
	case identity != nil && key != "":
		return ConnectionString{}, errors.New("AccessKey and AuthType exclude each other in the connection string")
	case identity != nil:
		return ConnectionString{Endpoint: NewConnectionString(endpoint, Key{}).Endpoint, Identity: identity}, nil
	case key == "":
		return ConnectionString{}, ErrNoAccessKey
	}
	return NewConnectionString(endpoint, NewKey(key)), nil
}

// knownParts are the parts of a connection string that must not be given twice.
var knownParts = map[string]string{
	"endpoint": "Endpoint", "accesskey": "AccessKey", "port": "Port", "version": "Version",
	"authtype": "AuthType", "clientid": "ClientId", "tenantid": "TenantId",
	"clientsecret": "ClientSecret", "clientcertpath": "ClientCertPath",
}

func connectionParts(s string) (map[string]string, error) {
	parts := map[string]string{}
	for part := range strings.SplitSeq(strings.TrimSpace(s), ";") {
		name, value, ok := strings.Cut(part, "=")
		if !ok {
			continue
		}
		name = strings.ToLower(strings.TrimSpace(name))
		shown, known := knownParts[name]
		if !known {
			continue
		}
		if _, twice := parts[name]; twice {
			return nil, fmt.Errorf("%s is given twice in the connection string", shown)
		}
		parts[name] = strings.TrimSpace(value)
	}
	return parts, nil
}

// ParseEndpoint reads the address of a service. The default scheme is https. The
// error does not repeat the text, which may be a key in the wrong place.
func ParseEndpoint(s string) (*url.URL, error) {
	s = strings.TrimSpace(s)
	if s == "" {
		return nil, errors.New("the address is empty")
	}
	if !strings.Contains(s, "://") {
		s = "https://" + s
	}
	u, err := url.Parse(s)
	if err != nil {
		return nil, errors.New("not an address such as https://NAME.webpubsub.azure.com")
	}
	return checkedEndpoint(u)
}

func checkedEndpoint(u *url.URL) (*url.URL, error) {
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, errors.New("the address must begin with https:// or http://")
	case u.Hostname() == "":
		return nil, errors.New("the address has no host")
	case u.User != nil:
		return nil, errors.New("the address must not contain a user name or password")
	case u.RawQuery != "" || u.Fragment != "" || u.ForceQuery:
		return nil, errors.New("the address must not contain a query or a fragment")
	}
	if err := protocol.CheckPort(u); err != nil {
		return nil, err
	}
	return &url.URL{Scheme: u.Scheme, Host: u.Host, Path: strings.TrimRight(u.Path, "/")}, nil
}
