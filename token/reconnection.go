package token

import (
	"crypto/rand"
	"slices"
	"time"
)

// ReconnectionLifetime is how long a reconnection token is valid, in whole seconds
// and without tolerance.
//
// Source: the vendor's emulator; the client specification says about one week.
const ReconnectionLifetime = 7 * 24 * time.Hour

// reconnectionIssuer is the iss claim of a reconnection token.
const reconnectionIssuer = "https://webpubsub.azure.com"

// reconnectionClaims grant the right to resume the connection that is the
// audience. The id makes every token unique.
type reconnectionClaims struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	ID       string `json:"jti"`
	Expires  int64  `json:"exp"`
	noValidation
}

// SignReconnection returns the reconnection token of a connection, which is a
// secret.
func (k Key) SignReconnection(connectionID string, now time.Time) (string, error) {
	return k.sign(reconnectionClaims{
		Issuer: reconnectionIssuer, Audience: connectionID, ID: rand.Text(),
		Expires: now.Add(ReconnectionLifetime).Unix(),
	})
}

// VerifyReconnection returns an error unless tok grants the right to resume a
// connection. The error is or wraps one of Verify's.
func VerifyReconnection(tok, connectionID string, now time.Time, keys ...Key) error {
	c, err := Verify(tok, now, keys...)
	switch {
	case err != nil:
		return err
	case c.Issuer != reconnectionIssuer || !slices.Equal(c.Audiences, []string{connectionID}):
		return ErrMalformed
	case !now.Before(c.Expires):
		return ErrExpired
	}
	return nil
}
