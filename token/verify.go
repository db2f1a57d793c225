package token

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"wps/protocol"
)

// Reasons why a token is refused.
var (
	ErrMalformed = errors.New("not a token of this kind")
	ErrSignature = errors.New("the signature does not match the access key")
	ErrNoExpiry  = errors.New("the token has no exp claim")
	ErrExpired   = errors.New("the token has expired")
	ErrNotYet    = errors.New("the token is not valid yet")
)

// maxTokenLen is the length of the longest token that is read, in bytes.
const maxTokenLen = 64 << 10

// Claims are the claims of a token.
type Claims struct {
	Audiences []string
	// UserID is the sub claim, which may be empty if HasUserID.
	UserID    string
	HasUserID bool
	Roles     []string
	Groups    []string
	Issuer    string
	// The times are zero if the token has no such claim.
	IssuedAt, NotBefore, Expires time.Time

	all payload
}

// payload is the body of a token. Names are compared with regard to case, unlike
// those of a struct.
type payload map[string]json.RawMessage

// Custom returns every claim of the token as text: a string unchanged, an array
// as its elements, anything else as JSON. This is the form of the claims of a
// connect event, which include the standard ones.
func (c *Claims) Custom() map[string][]string {
	m := make(map[string][]string, len(c.all))
	for name, raw := range c.all {
		m[name] = claimValues(raw)
	}
	return m
}

func claimValues(raw json.RawMessage) []string {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil || list == nil {
		return []string{claimText(raw)}
	}
	values := make([]string, len(list))
	for i, v := range list {
		values[i] = claimText(v)
	}
	return values
}

func claimText(raw json.RawMessage) string {
	var s string
	if len(raw) > 0 && raw[0] == '"' && json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// Verify reads tok and checks that one of keys signed it (HS256) and that now is
// between nbf and exp, with a tolerance of protocol.ClockSkew both ways. exp is
// required. The audience is left to MatchREST and MatchClient. The error is or
// wraps ErrMalformed, ErrSignature, ErrNoExpiry, ErrExpired or ErrNotYet.
func Verify(tok string, now time.Time, keys ...Key) (Claims, error) {
	if len(tok) > maxTokenLen {
		return Claims{}, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, maxTokenLen)
	}
	set := jwt.VerificationKeySet{}
	for _, k := range keys {
		if !k.IsZero() {
			set.Keys = append(set.Keys, []byte(k.secret))
		}
	}
	if len(set.Keys) == 0 {
		return Claims{}, ErrSignature
	}
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithoutClaimsValidation())
	p := payload{}
	_, err := parser.ParseWithClaims(tok, &p, func(*jwt.Token) (any, error) { return set, nil })
	switch {
	case errors.Is(err, jwt.ErrTokenSignatureInvalid):
		return Claims{}, ErrSignature
	case err != nil:
		return Claims{}, ErrMalformed
	}
	c, err := p.claims()
	if err != nil {
		return Claims{}, err
	}
	return c, c.checkTime(now)
}

func (c *Claims) checkTime(now time.Time) error {
	switch {
	case c.Expires.IsZero():
		return ErrNoExpiry
	case now.Add(-protocol.ClockSkew).After(c.Expires):
		return ErrExpired
	case now.Add(protocol.ClockSkew).Before(c.NotBefore):
		return ErrNotYet
	}
	return nil
}

// claims returns the claims of the payload. A claim of the wrong type is
// ErrMalformed.
func (p payload) claims() (Claims, error) {
	c := Claims{all: p}
	r := claimReader{p: p}
	c.Audiences = r.list("aud")
	c.Roles = r.list("role")
	c.Groups = r.list("webpubsub.group")
	c.UserID, c.HasUserID = r.text("sub")
	c.Issuer, _ = r.text("iss")
	c.IssuedAt, c.NotBefore, c.Expires = r.time("iat"), r.time("nbf"), r.time("exp")
	if r.bad != "" {
		return Claims{}, fmt.Errorf("%w: the %s claim has the wrong type", ErrMalformed, r.bad)
	}
	return c, nil
}

// claimReader reads claims by type; bad is the last one of a wrong type.
type claimReader struct {
	p   payload
	bad string
}

// get returns a claim; null counts as absent.
func (r *claimReader) get(name string) (json.RawMessage, bool) {
	raw, ok := r.p[name]
	return raw, ok && !bytes.Equal(raw, []byte("null"))
}

func (r *claimReader) text(name string) (s string, ok bool) {
	raw, ok := r.get(name)
	if ok && json.Unmarshal(raw, &s) != nil {
		r.bad = name
	}
	return s, ok
}

// list reads an array of strings, or a string, which some libraries write for an
// array of one.
func (r *claimReader) list(name string) []string {
	raw, ok := r.get(name)
	if !ok {
		return nil
	}
	if raw[0] == '"' {
		s, _ := r.text(name)
		return []string{s}
	}
	var list []string
	if json.Unmarshal(raw, &list) != nil {
		r.bad = name
	}
	return list
}

// lastSecond is the end of the year 9999, the latest time of RFC 3339.
const lastSecond = 253402300799

func (r *claimReader) time(name string) time.Time {
	raw, ok := r.get(name)
	if !ok {
		return time.Time{}
	}
	var seconds float64
	if json.Unmarshal(raw, &seconds) != nil {
		r.bad = name
		return time.Time{}
	}
	return time.Unix(int64(math.Min(math.Max(seconds, 0), lastSecond)), 0).UTC()
}

// The library calls these only to validate, which Verify does itself.
func (payload) GetExpirationTime() (*jwt.NumericDate, error) { return nil, nil }
func (payload) GetIssuedAt() (*jwt.NumericDate, error)       { return nil, nil }
func (payload) GetNotBefore() (*jwt.NumericDate, error)      { return nil, nil }
func (payload) GetIssuer() (string, error)                   { return "", nil }
func (payload) GetSubject() (string, error)                  { return "", nil }
func (payload) GetAudience() (jwt.ClaimStrings, error)       { return nil, nil }
