// Package output is the output binding: event objects, each one instruction to
// the service, that are read from JSON or YAML, checked, written as JSON and run.
// It talks to no network; the caller passes a Service. Package output/apply runs a
// stream of them.
//
//	ev, err := output.Decode([]byte(`{"type":"MessageEvent","message":"hi","dataType":"text"}`))
//	result, err := ev.Run(ctx, service)
package output

import (
	"context"
	"encoding/json"

	"wps/protocol"
)

// Event is one instruction of the output binding. The event types are pointers
// to MessageEvent, GroupEvent, CloseConnectionEvent, ExistenceEvent and
// PermissionEvent. MarshalJSON writes the strict form, which Decode reads.
type Event interface {
	json.Marshaler
	// Type returns the name of the event type, such as "MessageEvent".
	Type() string
	// Check returns everything that is wrong, as a *FaultError; nil if the event can
	// be run.
	Check() error
	// Run runs an event in which Check finds nothing wrong.
	Run(ctx context.Context, s Service) (Result, error)
}

// Result is the result of an event that was run.
type Result struct {
	// Asked reports that the event was a question, and Yes its answer.
	Asked, Yes bool
	protocol.Outcome
}

// done is the result of an event that is no question.
func done(o protocol.Outcome, err error) (Result, error) {
	return Result{Outcome: o}, err
}

// answered is the result of a question.
func answered(yes bool, o protocol.Outcome, err error) (Result, error) {
	return Result{Asked: err == nil, Yes: yes, Outcome: o}, err
}

// Service is what events act on. Names are unescaped. The outcome counts with an
// error, too.
type Service interface {
	Send(ctx context.Context, to protocol.Target, m protocol.Send) (protocol.Outcome, error)
	AddToGroup(ctx context.Context, member protocol.Target, group string) (protocol.Outcome, error)
	RemoveFromGroup(ctx context.Context, member protocol.Target, group string) (protocol.Outcome, error)
	RemoveFromAllGroups(ctx context.Context, member protocol.Target) (protocol.Outcome, error)
	AddConnectionsToGroups(ctx context.Context, groups []string, filter string) (protocol.Outcome, error)
	RemoveConnectionsFromGroups(ctx context.Context, groups []string, filter string) (protocol.Outcome, error)
	CloseConnections(ctx context.Context, of protocol.Target, c protocol.Close) (protocol.Outcome, error)
	Exists(ctx context.Context, t protocol.Target) (yes bool, o protocol.Outcome, err error)
	GrantPermission(ctx context.Context, connectionID string, p protocol.Permission, group string) (protocol.Outcome, error)
	RevokePermission(ctx context.Context, connectionID string, p protocol.Permission, group string) (protocol.Outcome, error)
	CheckPermission(ctx context.Context, connectionID string, p protocol.Permission, group string) (yes bool, o protocol.Outcome, err error)
}

// TargetType is the kind of an event's target.
type TargetType string

// The target types of the spec.
const (
	TargetAll         TargetType = "All"
	TargetUsers       TargetType = "Users"
	TargetConnections TargetType = "Connections"
	TargetGroups      TargetType = "Groups"
)

var targetKinds = map[TargetType]protocol.TargetKind{
	TargetAll: protocol.TargetAll, TargetUsers: protocol.TargetUser,
	TargetConnections: protocol.TargetConnection, TargetGroups: protocol.TargetGroup,
}

// targetOf returns the target of a type and an id; "" means All.
func targetOf(t TargetType, id string) protocol.Target {
	if t == "" {
		t = TargetAll
	}
	return protocol.Target{Kind: targetKinds[t], ID: id}
}
