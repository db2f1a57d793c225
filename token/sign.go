package token

import (
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// restClaims are the claims of a REST token. The jwt library writes a single
// audience as an array unless a global variable says otherwise; this type writes
// a string, as the SDKs do.
type restClaims struct {
	Audience string `json:"aud"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
	noValidation
}

// noValidation implements jwt.Claims for claims that are only written.
type noValidation struct{}

func (noValidation) GetExpirationTime() (*jwt.NumericDate, error) { return nil, nil }
func (noValidation) GetIssuedAt() (*jwt.NumericDate, error)       { return nil, nil }
func (noValidation) GetNotBefore() (*jwt.NumericDate, error)      { return nil, nil }
func (noValidation) GetIssuer() (string, error)                   { return "", nil }
func (noValidation) GetSubject() (string, error)                  { return "", nil }
func (noValidation) GetAudience() (jwt.ClaimStrings, error)       { return nil, nil }

// SignREST returns the bearer token of one REST request. audience is the URL of
// the request as it is sent, including the query.
func (k Key) SignREST(audience string, now time.Time, lifetime time.Duration) (string, error) {
	return k.sign(restClaims{Audience: audience, IssuedAt: now.Unix(), Expires: now.Add(lifetime).Unix()})
}

var errNoKey = errors.New("no access key is set to sign with")

func (k Key) sign(c jwt.Claims) (string, error) {
	if k.IsZero() {
		return "", errNoKey
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString([]byte(k.secret))
}

// tunnelClaims are the claims of a token that opens a tunnel.
type tunnelClaims struct {
	Subject  string `json:"sub"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
	Audience string `json:"aud"`
	noValidation
}

// SignTunnel returns the token that opens a tunnel. audience is its ws or wss URL
// with the query but without the token; clientID is the same for all connections
// of a tunnel client.
//
// Source: the tunnel client in the npm package @azure/web-pubsub-socket.io.
func (k Key) SignTunnel(audience, clientID string, now time.Time, lifetime time.Duration) (string, error) {
	return k.sign(tunnelClaims{Subject: clientID, IssuedAt: now.Unix(), Expires: now.Add(lifetime).Unix(), Audience: audience})
}
