package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"wps/protocol"
)

// GenerateOptions describe a token of [Service.GenerateClientToken].
type GenerateOptions struct {
	// UserID is "" for an anonymous client.
	UserID string
	Roles  []string
	Groups []string
	// Lifetime is rounded down to whole minutes, at least one; 0 means the
	// service's default of one hour.
	Lifetime time.Duration
	// ClientType is "Default" or "MQTT"; "" means Default.
	ClientType string
}

// GenerateClientToken returns a client token that the service makes. It is meant
// for Entra ID: with an access key, sign a token locally, because the service may
// refuse this call with [ErrUnauthorized]. The token is a secret.
func (s *Service) GenerateClientToken(ctx context.Context, o GenerateOptions) (string, error) {
	r, err := s.generate(o)
	if err != nil {
		return "", err
	}
	b, _, err := s.fetch(ctx, r)
	if err != nil {
		return "", err
	}
	var out struct{ Token string }
	if err := json.Unmarshal(b, &out); err != nil || out.Token == "" {
		return "", errors.New("the answer has no token")
	}
	return out.Token, nil
}

func (s *Service) generate(o GenerateOptions) (*request, error) {
	if o.Lifetime < 0 {
		return nil, fmt.Errorf("lifetime is %v, it must not be negative", o.Lifetime)
	}
	for _, g := range o.Groups {
		if err := protocol.CheckGroup(g); err != nil {
			return nil, err
		}
	}
	minutes := ""
	if o.Lifetime > 0 {
		minutes = strconv.FormatInt(int64(max(o.Lifetime/time.Minute, 1)), 10)
	}
	return s.newRequest(http.MethodPost, "/:generateToken",
		param("userId", o.UserID), params("role", o.Roles), params("group", o.Groups),
		param("minutesToExpire", minutes), param("clientType", o.ClientType)), nil
}
