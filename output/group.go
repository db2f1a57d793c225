package output

import (
	"context"
	"slices"

	"wps/protocol"
)

// GroupAction is what a GroupEvent does.
type GroupAction string

// The group actions of the spec.
const (
	GroupJoin     GroupAction = "Join"
	GroupLeave    GroupAction = "Leave"
	GroupLeaveAll GroupAction = "LeaveAll"
)

// GroupEvent changes the membership of a user's connections or of one
// connection. With TargetType All, Join and Leave change the membership of every
// connection that Filter selects in all of GroupIDs.
type GroupEvent struct {
	GroupAction GroupAction
	TargetType  TargetType
	TargetID    string
	GroupID     string
	GroupIDs    []string
	Filter      string
}

// Type implements Event.
func (*GroupEvent) Type() string { return "GroupEvent" }

// Target returns whose membership changes.
func (e *GroupEvent) Target() protocol.Target { return targetOf(e.TargetType, e.TargetID) }

// Check implements Event.
func (e *GroupEvent) Check() error {
	var f faults
	if actions := []GroupAction{GroupJoin, GroupLeave, GroupLeaveAll}; !slices.Contains(actions, e.GroupAction) {
		f.add("groupAction", given(string(e.GroupAction))+"use "+orList(actions))
	}
	if e.TargetType == TargetAll {
		e.checkBulk(&f)
		return f.err()
	}
	f.target(e.TargetType, e.TargetID, TargetUsers, TargetConnections)
	if e.GroupAction != GroupLeaveAll {
		f.check("groupId", protocol.CheckGroup(e.GroupID))
	} else if e.GroupID != "" {
		f.add("groupId", "must be absent when groupAction is LeaveAll")
	}
	if len(e.GroupIDs) > 0 {
		f.add("groupIds", "works with targetType All only")
	}
	if e.Filter != "" {
		f.add("filter", "works with targetType All only")
	}
	return f.err()
}

func (e *GroupEvent) checkBulk(f *faults) {
	if e.GroupAction == GroupLeaveAll {
		f.add("groupAction", "cannot be LeaveAll when targetType is All")
	}
	if e.TargetID != "" {
		f.add("targetId", "must be absent when targetType is All")
	}
	if e.GroupID != "" {
		f.add("groupId", "must be absent when targetType is All: use groupIds")
	}
	if len(e.GroupIDs) == 0 {
		f.add("groupIds", "is missing")
	}
	for _, g := range e.GroupIDs {
		f.check("groupIds", protocol.CheckGroup(g))
	}
	if e.Filter == "" {
		f.add("filter", "is missing: it selects the connections")
	}
}

// Run implements Event.
func (e *GroupEvent) Run(ctx context.Context, s Service) (Result, error) {
	bulk := e.TargetType == TargetAll
	switch {
	case e.GroupAction == GroupLeaveAll:
		return done(s.RemoveFromAllGroups(ctx, e.Target()))
	case e.GroupAction == GroupJoin && bulk:
		return done(s.AddConnectionsToGroups(ctx, e.GroupIDs, e.Filter))
	case e.GroupAction == GroupJoin:
		return done(s.AddToGroup(ctx, e.Target(), e.GroupID))
	case bulk:
		return done(s.RemoveConnectionsFromGroups(ctx, e.GroupIDs, e.Filter))
	default:
		return done(s.RemoveFromGroup(ctx, e.Target(), e.GroupID))
	}
}

// MarshalJSON writes the strict form.
func (e *GroupEvent) MarshalJSON() ([]byte, error) {
	return marshal(struct {
		Type        string      `json:"type"`
		GroupAction GroupAction `json:"groupAction"`
		TargetType  TargetType  `json:"targetType"`
		TargetID    string      `json:"targetId,omitempty"`
		GroupID     string      `json:"groupId,omitempty"`
		GroupIDs    []string    `json:"groupIds,omitempty"`
		Filter      string      `json:"filter,omitempty"`
	}{e.Type(), e.GroupAction, e.TargetType, e.TargetID, e.GroupID, e.GroupIDs, e.Filter})
}
