package token

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// ErrAudience tells of a token that is meant for something else.
var ErrAudience = errors.New("the token is meant for another audience")

// ReadEntra reads a Microsoft Entra ID token for the service's REST operations
// and checks its audience and times, but not who signed it: anybody can make
// one. It is for emulators whose user has asked for that.
//
// Source: the vendor's emulator, setting AllowUnvalidatedEntraTokens.
func ReadEntra(tok string, now time.Time) (Claims, error) {
	if len(tok) > maxTokenLen {
		return Claims{}, fmt.Errorf("%w: longer than %d bytes", ErrMalformed, maxTokenLen)
	}
	p := payload{}
	if _, _, err := jwt.NewParser().ParseUnverified(tok, &p); err != nil {
		return Claims{}, ErrMalformed
	}
	c, err := p.claims()
	switch {
	case err != nil:
		return Claims{}, err
	case !slices.Equal(c.Audiences, []string{entraAudience}):
		return Claims{}, ErrAudience
	}
	return c, c.checkTime(now)
}
