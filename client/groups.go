package client

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"wps/protocol"
)

// AddToGroup adds a connection, or the open connections of a user, to group. It
// returns [ErrNotFound] when there is no such connection or user; adding twice is
// no error.
func (s *Service) AddToGroup(ctx context.Context, member protocol.Target, group string) (o protocol.Outcome, err error) {
	return s.membership(ctx, http.MethodPut, member, group)
}

// RemoveFromGroup removes a connection, or the connections of a user, from group.
// It is no error when they are not in it, or do not exist.
func (s *Service) RemoveFromGroup(ctx context.Context, member protocol.Target, group string) (o protocol.Outcome, err error) {
	return s.membership(ctx, http.MethodDelete, member, group)
}

// RemoveFromAllGroups removes a connection, or the connections of a user, from
// every group. It is no error when they do not exist.
func (s *Service) RemoveFromAllGroups(ctx context.Context, member protocol.Target) (o protocol.Outcome, err error) {
	path, err := s.memberPath(member)
	if err != nil {
		return o, err
	}
	return s.exec(ctx, s.newRequest(http.MethodDelete, path+"/groups"))
}

// membership runs the operations on one member and one group. The path of a
// connection is below the group's, that of a user above.
func (s *Service) membership(ctx context.Context, method string, member protocol.Target, group string) (o protocol.Outcome, err error) {
	memberPath, err := s.memberPath(member)
	if err != nil {
		return o, err
	}
	groupPath, err := s.target(protocol.Target{Kind: protocol.TargetGroup, ID: group})
	if err != nil {
		return o, err
	}
	if member.Kind == protocol.TargetUser {
		return s.exec(ctx, s.newRequest(method, memberPath+groupPath))
	}
	return s.exec(ctx, s.newRequest(method, groupPath+memberPath))
}

func (s *Service) memberPath(member protocol.Target) (string, error) {
	if member.Kind != protocol.TargetUser && member.Kind != protocol.TargetConnection {
		return "", fmt.Errorf("a member of a group is a user or a connection, not %s", member)
	}
	return s.target(member)
}

// AddConnectionsToGroups adds every connection that filter selects to each of
// groups; "" selects every connection of the hub. Group names may contain a slash
// here.
func (s *Service) AddConnectionsToGroups(ctx context.Context, groups []string, filter string) (o protocol.Outcome, err error) {
	return s.bulk(ctx, "/:addToGroups", groups, filter)
}

// RemoveConnectionsFromGroups removes every connection that filter selects from
// each of groups; "" selects every connection of the hub. Group names may contain
// a slash here.
func (s *Service) RemoveConnectionsFromGroups(ctx context.Context, groups []string, filter string) (o protocol.Outcome, err error) {
	return s.bulk(ctx, "/:removeFromGroups", groups, filter)
}

func (s *Service) bulk(ctx context.Context, action string, groups []string, filter string) (o protocol.Outcome, err error) {
	if len(groups) == 0 {
		return o, errors.New("no group")
	}
	for _, g := range groups {
		if err := protocol.CheckGroup(g); err != nil {
			return o, err
		}
	}
	body, err := json.Marshal(struct {
		Groups []string `json:"groups"`
		Filter string   `json:"filter,omitempty"`
	}{groups, filter})
	if err != nil {
		return o, err
	}
	r := s.newRequest(http.MethodPost, action)
	r.contentType, r.body = protocol.DataTypeJSON.ContentType(), body
	return s.exec(ctx, r)
}
