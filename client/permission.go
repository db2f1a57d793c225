package client

import (
	"context"
	"net/http"

	"wps/protocol"
)

// GrantPermission grants a live connection the right p on group. It does not join
// the group. It returns [ErrNotFound] when there is no such connection.
func (s *Service) GrantPermission(ctx context.Context, connectionID string, p protocol.Permission, group string) (o protocol.Outcome, err error) {
	r, err := s.permission(http.MethodPut, connectionID, p, group)
	if err != nil {
		return o, err
	}
	return s.exec(ctx, r)
}

// RevokePermission revokes the right p on group of a connection. It does not
// leave the group. It is no error when there is no such connection.
func (s *Service) RevokePermission(ctx context.Context, connectionID string, p protocol.Permission, group string) (o protocol.Outcome, err error) {
	r, err := s.permission(http.MethodDelete, connectionID, p, group)
	if err != nil {
		return o, err
	}
	return s.exec(ctx, r)
}

// CheckPermission reports whether a connection has the right p on group. For a
// connection that does not exist the service also answers no.
func (s *Service) CheckPermission(ctx context.Context, connectionID string, p protocol.Permission, group string) (yes bool, o protocol.Outcome, err error) {
	r, err := s.permission(http.MethodHead, connectionID, p, group)
	if err != nil {
		return false, o, err
	}
	return s.answer(ctx, r)
}

func (s *Service) permission(method, connectionID string, p protocol.Permission, group string) (*request, error) {
	if _, err := protocol.ParsePermission(string(p)); err != nil {
		return nil, err
	}
	if err := protocol.CheckGroup(group); err != nil {
		return nil, err
	}
	path, err := s.target(protocol.Target{Kind: protocol.TargetConnection, ID: connectionID})
	if err != nil {
		return nil, err
	}
	return s.newRequest(method, "/permissions/"+protocol.EscapeSegment(string(p))+path, param("targetName", group)), nil
}
