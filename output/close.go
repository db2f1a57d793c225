package output

import (
	"context"

	"wps/protocol"
)

// CloseConnectionEvent closes one connection (ConnectionID), or those of a
// target (TargetType Users, Groups or All).
type CloseConnectionEvent struct {
	ConnectionID string
	// Reason is sent to clients of a Web PubSub subprotocol; "" means none.
	Reason     string
	TargetType TargetType
	TargetID   string
	// Excludes are ids of connections that stay open; not with ConnectionID.
	Excludes []string
}

// Type implements Event.
func (*CloseConnectionEvent) Type() string { return "CloseConnectionEvent" }

// Target returns whose connections are closed.
func (e *CloseConnectionEvent) Target() protocol.Target {
	if e.TargetType == "" {
		return targetOf(TargetConnections, e.ConnectionID)
	}
	return targetOf(e.TargetType, e.TargetID)
}

// Check implements Event.
func (e *CloseConnectionEvent) Check() error {
	var f faults
	switch {
	case e.TargetType != "" && e.ConnectionID != "":
		f.add("connectionId", "and targetType exclude each other")
	case e.TargetType != "":
		f.target(e.TargetType, e.TargetID, TargetUsers, TargetGroups, TargetAll)
	default:
		f.check("connectionId", protocol.CheckID("connection id", e.ConnectionID))
		if e.TargetID != "" {
			f.add("targetType", "is missing: use Users, Groups or All")
		}
		if c := (protocol.Close{Excluded: e.Excludes}); c.Check(e.Target()) != nil {
			f.add("excludes", "works with targetType Users, Groups and All only")
		}
	}
	f.excludes(e.Excludes)
	return f.err()
}

// Run implements Event.
func (e *CloseConnectionEvent) Run(ctx context.Context, s Service) (Result, error) {
	return done(s.CloseConnections(ctx, e.Target(), protocol.Close{Reason: e.Reason, Excluded: e.Excludes}))
}

// MarshalJSON writes the strict form.
func (e *CloseConnectionEvent) MarshalJSON() ([]byte, error) {
	return marshal(struct {
		Type         string     `json:"type"`
		ConnectionID string     `json:"connectionId,omitempty"`
		Reason       string     `json:"reason,omitempty"`
		TargetType   TargetType `json:"targetType,omitempty"`
		TargetID     string     `json:"targetId,omitempty"`
		Excludes     []string   `json:"excludes,omitempty"`
	}{e.Type(), e.ConnectionID, e.Reason, e.TargetType, e.TargetID, e.Excludes})
}
