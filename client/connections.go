package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"wps/protocol"
)

// CloseConnections closes the connections of a target. Closing what is not
// there is no error.
func (s *Service) CloseConnections(ctx context.Context, of protocol.Target, c protocol.Close) error {
	path, err := s.target(of)
	if err != nil {
		return err
	}
	if err := c.Check(of); err != nil {
		return err
	}
	if of.Kind == protocol.TargetConnection {
		return s.run(ctx, s.newRequest(http.MethodDelete, path, param("reason", c.Reason)))
	}
	return s.run(ctx, s.newRequest(http.MethodPost, path+"/:closeConnections",
		params("excluded", c.Excluded), param("reason", c.Reason)))
}

// Exists tells whether a connection is open, a user has one, or a group has a
// member.
func (s *Service) Exists(ctx context.Context, t protocol.Target) (bool, error) {
	if t.Kind == protocol.TargetAll {
		return false, errors.New("a hub cannot be asked for: name a group, a user or a connection")
	}
	path, err := s.target(t)
	if err != nil {
		return false, err
	}
	return s.answer(ctx, s.newRequest(http.MethodHead, path))
}

// answer runs a question to which 404 means no. A 404 without the headers that
// every answer of the service carries comes from somebody else.
func (s *Service) answer(ctx context.Context, r *request) (bool, error) {
	_, err := s.do(ctx, r)
	var e *Error
	if !errors.As(err, &e) || e.Status != http.StatusNotFound {
		return err == nil, err
	}
	if !e.fromService {
		return false, fmt.Errorf("%w: the answer is not from Web PubSub", err)
	}
	return false, nil
}

// Health tells whether the service answers. It needs no authorization.
func (s *Service) Health(ctx context.Context) error {
	ctx = context.WithValue(ctx, publicKey{}, true)
	return s.run(ctx, &request{method: http.MethodHead, url: s.root + "/api/health" + apiVersion})
}
