package output

import (
	"context"
	"slices"

	"wps/protocol"
)

// PermissionAction is what a PermissionEvent does.
type PermissionAction string

// The permission actions.
const (
	PermissionGrant  PermissionAction = "Grant"
	PermissionRevoke PermissionAction = "Revoke"
	PermissionCheck  PermissionAction = "Check"
)

// PermissionEvent grants, revokes or checks a permission of an open connection.
// TargetName is the group of the permission.
type PermissionEvent struct {
	PermissionAction PermissionAction
	ConnectionID     string
	Permission       protocol.Permission
	TargetName       string
}

// Type implements Event.
func (*PermissionEvent) Type() string { return "PermissionEvent" }

// Check implements Event.
func (e *PermissionEvent) Check() error {
	var f faults
	if actions := []PermissionAction{PermissionGrant, PermissionRevoke, PermissionCheck}; !slices.Contains(actions, e.PermissionAction) {
		f.add("permissionAction", given(string(e.PermissionAction))+"use "+orList(actions))
	}
	f.check("connectionId", protocol.CheckID("connection id", e.ConnectionID))
	if permissions := []protocol.Permission{protocol.PermissionSendToGroup, protocol.PermissionJoinLeaveGroup}; !slices.Contains(permissions, e.Permission) {
		f.add("permission", given(string(e.Permission))+"use "+orList(permissions))
	}
	f.check("targetName", protocol.CheckGroup(e.TargetName))
	return f.err()
}

// Run implements Event. The answer to Check is in the result.
func (e *PermissionEvent) Run(ctx context.Context, s Service) (Result, error) {
	switch e.PermissionAction {
	case PermissionGrant:
		return done(s.GrantPermission(ctx, e.ConnectionID, e.Permission, e.TargetName))
	case PermissionRevoke:
		return done(s.RevokePermission(ctx, e.ConnectionID, e.Permission, e.TargetName))
	default:
		return answered(s.CheckPermission(ctx, e.ConnectionID, e.Permission, e.TargetName))
	}
}

// MarshalJSON writes the strict form.
func (e *PermissionEvent) MarshalJSON() ([]byte, error) {
	return marshal(struct {
		Type             string              `json:"type"`
		PermissionAction PermissionAction    `json:"permissionAction"`
		ConnectionID     string              `json:"connectionId"`
		Permission       protocol.Permission `json:"permission"`
		TargetName       string              `json:"targetName"`
	}{e.Type(), e.PermissionAction, e.ConnectionID, e.Permission, e.TargetName})
}
