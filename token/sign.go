package token

import (
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// restClaims are the claims of a REST token. The library writes a lone audience
// as an array unless told otherwise for the whole process; a type of our own
// keeps it a plain string, as the SDKs send it.
type restClaims struct {
	Audience string `json:"aud"`
	IssuedAt int64  `json:"iat"`
	Expires  int64  `json:"exp"`
	noValidation
}

// noValidation completes jwt.Claims for claims that are only written.
type noValidation struct{}

func (noValidation) GetExpirationTime() (*jwt.NumericDate, error) { return nil, nil }
func (noValidation) GetIssuedAt() (*jwt.NumericDate, error)       { return nil, nil }
func (noValidation) GetNotBefore() (*jwt.NumericDate, error)      { return nil, nil }
func (noValidation) GetIssuer() (string, error)                   { return "", nil }
func (noValidation) GetSubject() (string, error)                  { return "", nil }
func (noValidation) GetAudience() (jwt.ClaimStrings, error)       { return nil, nil }

// SignREST makes the bearer token of one REST request. audience is the whole
// address of the request as it goes over the wire, query included.
func (k Key) SignREST(audience string, now time.Time, lifetime time.Duration) (string, error) {
	return k.sign(restClaims{Audience: audience, IssuedAt: now.Unix(), Expires: now.Add(lifetime).Unix()})
}

var errNoKey = errors.New("no access key to sign with")

func (k Key) sign(c jwt.Claims) (string, error) {
	if k.IsZero() {
		return "", errNoKey
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString([]byte(k.secret))
}
