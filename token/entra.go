package token

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// ErrAudience is the error of a token for another audience than the service.
var ErrAudience = errors.New("the token is for another audience")

// ReadEntra reads a Microsoft Entra ID token for the REST operations of the
// service and checks its audience and times, but not its signature: anyone can
// make such a token. It is for emulators whose user has allowed that. The error
// is ErrAudience, or one of Verify's.
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
	case !slices.Equal(c.Audiences, []string{entraAudience}) && !slices.Equal(c.Audiences, []string{chinaAudience}):
		return Claims{}, ErrAudience
	}
	return c, c.checkTime(now)
}
