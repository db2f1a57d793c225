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

// Why a token is refused.
var (
	ErrMalformed = errors.New("not a token of this kind")
	ErrSignature = errors.New("the signature does not fit the access key")
	ErrNoExpiry  = errors.New("the token has no exp claim")
	ErrExpired   = errors.New("the token has expired")
	ErrNotYet    = errors.New("the token is not valid yet")
)

// maxTokenLen is the longest token that is looked at, in bytes.
const maxTokenLen = 64 << 10

// Claims are what a token says.
type Claims struct {
	Audiences []string
	// UserID is the sub claim; HasUserID tells an empty one from none.
	UserID    string
	HasUserID bool
	Roles     []string
	Groups    []string
	Issuer    string
	// A time that the token does not give is zero.
	IssuedAt, NotBefore, Expires time.Time

	all payload
}

// payload is the body of a token. Names are compared exactly, which a struct
// with JSON tags would not do.
type payload map[string]json.RawMessage

// Custom gives every claim of the token as text: a string as it is, an array as
// its elements, anything else as its JSON. This is the form of the claims
// of a connect event, standard claims included.
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

// Verify reads tok and checks that one of keys signed it (HS256) and that now
// lies between nbf and exp, with protocol.ClockSkew allowed both ways. exp must
// be there. The audience is left to MatchREST and MatchClient. The error is, or
// wraps, one of the errors above.
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

// claims sorts the payload. A claim of the wrong type is ErrMalformed.
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

// claimReader takes claims by type; bad is the last one that did not fit.
type claimReader struct {
	p   payload
	bad string
}

// get gives a claim; null counts as absent.
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

// list reads an array of strings; a lone string, which some writers make of an
// array of one, will do too.
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

// lastSecond is the end of the year 9999, the latest time that RFC 3339 writes.
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

// The library asks for these only when it validates, which Verify does itself.
func (payload) GetExpirationTime() (*jwt.NumericDate, error) { return nil, nil }
func (payload) GetIssuedAt() (*jwt.NumericDate, error)       { return nil, nil }
func (payload) GetNotBefore() (*jwt.NumericDate, error)      { return nil, nil }
func (payload) GetIssuer() (string, error)                   { return "", nil }
func (payload) GetSubject() (string, error)                  { return "", nil }
func (payload) GetAudience() (jwt.ClaimStrings, error)       { return nil, nil }
