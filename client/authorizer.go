package client

import (
	"context"
	"time"

	"wps/token"
)

// Authorizer makes the Authorization header of a request. It is called for each
// try, concurrently. The audience is the URL of the request as it is on the
// wire, query and escapes included, with the service's own host also when a
// reverse proxy is used. An error ends the request; it must not contain a secret.
type Authorizer interface {
	Authorize(ctx context.Context, audience string) (header string, err error)
}

// tokenLifetime is how long the token of one try is valid. The service also
// allows a clock difference of 5 minutes.
const tokenLifetime = 5 * time.Minute

// KeyAuthorizer signs a token for each try with an access key.
type KeyAuthorizer struct {
	Key token.Key
}

// Authorize implements [Authorizer].
func (a KeyAuthorizer) Authorize(_ context.Context, audience string) (string, error) {
	t, err := a.Key.SignREST(audience, time.Now(), tokenLifetime)
	if err != nil {
		return "", err
	}
	return "Bearer " + t, nil
}
