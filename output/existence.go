package output

import (
	"context"

	"wps/protocol"
)

// ExistenceEvent asks whether a user or a group has a connection, or whether a
// connection is open.
type ExistenceEvent struct {
	TargetType TargetType
	TargetID   string
}

// Type implements Event.
func (*ExistenceEvent) Type() string { return "ExistenceEvent" }

// Target returns what is asked for.
func (e *ExistenceEvent) Target() protocol.Target { return targetOf(e.TargetType, e.TargetID) }

// Check implements Event.
func (e *ExistenceEvent) Check() error {
	var f faults
	f.target(e.TargetType, e.TargetID, TargetUsers, TargetConnections, TargetGroups)
	return f.err()
}

// Run implements Event. The answer is in the result.
func (e *ExistenceEvent) Run(ctx context.Context, s Service) (Result, error) {
	return answered(s.Exists(ctx, e.Target()))
}

// MarshalJSON writes the strict form.
func (e *ExistenceEvent) MarshalJSON() ([]byte, error) {
	return marshal(struct {
		Type       string     `json:"type"`
		TargetType TargetType `json:"targetType"`
		TargetID   string     `json:"targetId"`
	}{e.Type(), e.TargetType, e.TargetID})
}
