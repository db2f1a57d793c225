// Package output is the output binding: event objects, each one instruction to
// the service, that are read from JSON or YAML, checked, written as JSON and run,
// in order or side by side, with a journal of what is done. It talks to no
// network; whoever runs events hands it a Service.
//
//	ev, err := output.Decode([]byte(`{"type":"MessageEvent","message":"hi","dataType":"text"}`))
//	result, err := ev.Run(ctx, service)
//	summary, err := output.Run(ctx, service, output.NewReader(os.Stdin), output.RunOptions{})
package output

import (
	"context"
	"encoding/json"

	"wps/protocol"
)

// Event is one instruction of the output binding. The event types are pointers
// to MessageEvent, GroupEvent, CloseConnectionEvent, ExistenceEvent and
// PermissionEvent. MarshalJSON writes the one strict form of each, which Decode
// reads back.
type Event interface {
	json.Marshaler
	// Type is the name of the event type, such as "MessageEvent".
	Type() string
	// Check tells everything that is wrong at once, as a *FaultError; nil when
	// the event can be run.
	Check() error
	// Run does what the event says. It trusts that Check found nothing.
	Run(ctx context.Context, s Service) (Result, error)
}

// Result is what came of an event that was run.
type Result struct {
	// Asked tells that the event was a question, and Yes its answer.
	Asked, Yes bool
	Call
}

// Call tells how the service took an event; zero members are not known.
type Call struct {
	// Tries is how often the event was sent.
	Tries int `json:"tries,omitempty"`
	// HTTPStatus is that of the last answer, and Code the service's own code in
	// it.
	HTTPStatus int    `json:"httpStatus,omitempty"`
	Code       string `json:"code,omitempty"`
}

// Service is what events act on. Names are unescaped.
type Service interface {
	Send(ctx context.Context, to protocol.Target, m protocol.Send) error
	AddToGroup(ctx context.Context, member protocol.Target, group string) error
	RemoveFromGroup(ctx context.Context, member protocol.Target, group string) error
	RemoveFromAllGroups(ctx context.Context, member protocol.Target) error
	AddConnectionsToGroups(ctx context.Context, groups []string, filter string) error
	RemoveConnectionsFromGroups(ctx context.Context, groups []string, filter string) error
	CloseConnections(ctx context.Context, of protocol.Target, c protocol.Close) error
	Exists(ctx context.Context, t protocol.Target) (bool, error)
	GrantPermission(ctx context.Context, connectionID string, p protocol.Permission, group string) error
	RevokePermission(ctx context.Context, connectionID string, p protocol.Permission, group string) error
	CheckPermission(ctx context.Context, connectionID string, p protocol.Permission, group string) (bool, error)
}

// TargetType says whom an event concerns.
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

// targetOf joins a target type and id; "" means All.
func targetOf(t TargetType, id string) protocol.Target {
	if t == "" {
		t = TargetAll
	}
	return protocol.Target{Kind: targetKinds[t], ID: id}
}
