package token

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"wps/protocol"
)

// DefaultLifetime is how long a client token is valid if no lifetime is given.
const DefaultLifetime = 60 * time.Minute

// ClientKind is the protocol family of a client.
type ClientKind string

// The client kinds: WebSocket, MQTT over WebSocket, Socket.IO.
const (
	KindDefault  ClientKind = "default"
	KindMQTT     ClientKind = "mqtt"
	KindSocketIO ClientKind = "socketio"
)

// ParseClientKind reads a client kind without regard to case; "" is
// KindDefault.
func ParseClientKind(s string) (ClientKind, error) {
	switch k := ClientKind(strings.ToLower(s)); k {
	case "":
		return KindDefault, nil
	case KindDefault, KindMQTT, KindSocketIO:
		return k, nil
	}
	return "", fmt.Errorf("unknown client kind %q: use default, mqtt or socketio", s)
}

// path returns the path before the hub in the client URL and in the audience.
func (k ClientKind) path() string {
	switch k {
	case KindMQTT:
		return "/clients/mqtt/hubs/"
	case KindSocketIO:
		return "/clients/socketio/hubs/"
	}
	return "/client/hubs/"
}

// ClientOptions describe a client and its rights.
type ClientOptions struct {
	// Hub is the hub to connect to; its lower case is used.
	Hub string
	// UserID is the owner of the connection; "" for an anonymous connection.
	UserID string
	// Roles are rights such as "webpubsub.joinLeaveGroup.g1".
	Roles []string
	// Groups are joined on connecting; no role is needed for that.
	Groups []string
	// Claims are further claims for the connect event. One value becomes a
	// string, several an array.
	Claims map[string][]string
	// Lifetime is counted in whole seconds; 0 means DefaultLifetime.
	Lifetime time.Duration
	// Kind is the protocol family; "" means KindDefault.
	Kind ClientKind
	// Now is when the token is issued; zero means time.Now().
	Now time.Time
}

// Negotiation is what a client needs to connect, with the members of the
// Functions input binding. URL and AccessToken are secrets.
type Negotiation struct {
	BaseURL     string `json:"baseUrl"`
	URL         string `json:"url"`
	AccessToken string `json:"accessToken"`
}

// reservedClaims cannot be custom claims; the value is the reason or the way to
// set the claim.
var reservedClaims = map[string]string{
	"aud": "it follows from endpoint and hub", "exp": "set the lifetime",
	"iat": "it is the time of signing", "nbf": "it is the time of signing",
	"iss": "the service writes it", "sub": "set the user id",
	"role": "set the roles", "webpubsub.group": "set the groups",
}

// Negotiate returns the client URL and token that o describes, signed with the
// key of cs. Nothing is sent.
func Negotiate(cs ConnectionString, o ClientOptions) (Negotiation, error) {
	if err := o.check(); err != nil {
		return Negotiation{}, err
	}
	tok, err := cs.Key.sign(o.claims(cs.Endpoint))
	if err != nil {
		return Negotiation{}, err
	}
	return NewNegotiation(cs.Endpoint, o.Hub, o.Kind, tok), nil
}

// NewNegotiation returns the client URL for a token that exists, such as one that
// the service made.
func NewNegotiation(endpoint *url.URL, hub string, kind ClientKind, tok string) Negotiation {
	base := ClientURL(endpoint, hub, kind)
	return Negotiation{BaseURL: base, URL: base + "?access_token=" + tok, AccessToken: tok}
}

// Check returns an error if no token can have these options.
func (o *ClientOptions) Check() error { return o.check() }

// Issue returns the client token that o describes in the form of the tokens that
// the service itself issues: with its issuer, the id of the key, and nbf. It is
// valid for minutes; o.Lifetime and o.Claims are ignored.
//
// Source: a recorded token of the real service.
func (k Key) Issue(endpoint *url.URL, keyID string, o ClientOptions, minutes int) (string, error) {
	o.Lifetime, o.Claims = 0, nil
	if err := o.check(); err != nil {
		return "", err
	}
	if k.IsZero() {
		return "", errNoKey
	}
	c := o.claims(endpoint)
	now := c["iat"].(int64)
	c["nbf"], c["exp"], c["iss"] = now, now+int64(minutes)*60, entraAudience
	t := jwt.NewWithClaims(jwt.SigningMethodHS256, c)
	t.Header["kid"] = keyID
	return t.SignedString([]byte(k.secret))
}

func (o *ClientOptions) check() error {
	if err := protocol.CheckHub(o.Hub); err != nil {
		return err
	}
	for _, g := range o.Groups {
		if err := protocol.CheckGroup(g); err != nil {
			return err
		}
	}
	if slices.Contains(o.Roles, "") {
		return errors.New("a role is empty")
	}
	for _, name := range slices.Sorted(maps.Keys(o.Claims)) {
		if name == "" {
			return errors.New("a claim has no name")
		}
		if why, taken := reservedClaims[name]; taken {
			return fmt.Errorf("claim %q cannot be set: %s", name, why)
		}
	}
	if o.Lifetime < 0 || o.Lifetime > 0 && o.Lifetime < time.Second {
		return fmt.Errorf("lifetime %v is too short: at least 1s", o.Lifetime)
	}
	return nil
}

func (o *ClientOptions) claims(endpoint *url.URL) jwt.MapClaims {
	now := o.Now
	if now.IsZero() {
		now = time.Now()
	}
	lifetime := o.Lifetime
	if lifetime == 0 {
		lifetime = DefaultLifetime
	}
	c := jwt.MapClaims{
		"aud": ClientAudience(endpoint, o.Hub, o.Kind),
		"iat": now.Unix(),
		"exp": now.Add(lifetime).Unix(),
	}
	if o.UserID != "" {
		c["sub"] = o.UserID
	}
	if len(o.Roles) > 0 {
		c["role"] = o.Roles
	}
	if len(o.Groups) > 0 {
		c["webpubsub.group"] = o.Groups
	}
	for name, values := range o.Claims {
		if len(values) == 1 {
			c[name] = values[0]
		} else if len(values) > 1 {
			c[name] = values
		}
	}
	return c
}

// ClientURL returns the address that a client of a kind connects to, without a
// token. The scheme is ws or wss for WebSocket and MQTT, and http or https for
// Socket.IO, whose library takes the origin as its address and the path as its
// option "path". The hub is in lower case and escaped.
func ClientURL(endpoint *url.URL, hub string, kind ClientKind) string {
	address := ClientAudience(endpoint, hub, kind)
	if kind == KindSocketIO {
		return address
	}
	return "ws" + strings.TrimPrefix(address, "http")
}

// ClientAudience returns the aud claim of a client token: the client address with
// the scheme of the endpoint.
func ClientAudience(endpoint *url.URL, hub string, kind ClientKind) string {
	return strings.TrimRight(endpoint.String(), "/") + kind.path() + protocol.EscapeSegment(strings.ToLower(hub))
}
