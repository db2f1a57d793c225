package client

import (
	"context"
	"errors"
	"net/http"

	"wps/protocol"
)

// CloseConnections closes the connections of a target. It is no error when there
// are none.
func (s *Service) CloseConnections(ctx context.Context, of protocol.Target, c protocol.Close) (o protocol.Outcome, err error) {
	path, err := s.target(of)
	if err != nil {
		return o, err
	}
	if err := c.Check(of); err != nil {
		return o, err
	}
	if of.Kind == protocol.TargetConnection {
		return s.exec(ctx, s.newRequest(http.MethodDelete, path, param("reason", c.Reason)))
	}
	r := s.newRequest(http.MethodPost, path+"/:closeConnections",
		params("excluded", c.Excluded), param("reason", c.Reason))
	r.success = http.StatusNoContent
	return s.exec(ctx, r)
}

// Exists reports whether a connection is open, a user has one, or a group has a
// member.
func (s *Service) Exists(ctx context.Context, t protocol.Target) (yes bool, o protocol.Outcome, err error) {
	if t.Kind == protocol.TargetAll {
		return false, o, errors.New("existence of a hub cannot be checked: name a group, a user or a connection")
	}
	path, err := s.target(t)
	if err != nil {
		return false, o, err
	}
	return s.answer(ctx, s.newRequest(http.MethodHead, path))
}

// answer runs a request to which 404 means no, if it is the service's.
func (s *Service) answer(ctx context.Context, r *request) (yes bool, o protocol.Outcome, err error) {
	o, err = s.exec(ctx, r)
	refused, ok := errors.AsType[*Error](err)
	if !ok || refused.Status != http.StatusNotFound || errors.Is(err, ErrNotService) {
		return err == nil, o, err
	}
	return false, o, nil
}

// Health returns nil when the service answers. It needs no authorization.
func (s *Service) Health(ctx context.Context) error {
	_, err := s.exec(ctx, &request{method: http.MethodHead, url: s.root + "/api/health" + apiVersion, anonymous: true})
	return err
}
