package output_test

import (
	"context"
	"errors"
	"fmt"

	"wps/output"
	"wps/protocol"
)

// recorder is a service that records its calls, and fails those of some numbers,
// counted from 1.
type recorder struct {
	calls []string
	fail  map[int]error
	yes   bool
}

var errRefused = errors.New("refused")

func (r *recorder) note(format string, args ...any) error {
	r.calls = append(r.calls, fmt.Sprintf(format, args...))
	return r.fail[len(r.calls)]
}

func (r *recorder) Send(_ context.Context, to protocol.Target, m protocol.Send) (protocol.Outcome, error) {
	return protocol.Outcome{}, r.note("send %v %s %q %v %q %d %v", to, m.DataType, m.Data, m.Excluded, m.Filter, m.TTLSeconds, m.Metadata)
}

func (r *recorder) AddToGroup(_ context.Context, t protocol.Target, g string) (protocol.Outcome, error) {
	return protocol.Outcome{}, r.note("add %v %s", t, g)
}

func (r *recorder) RemoveFromGroup(_ context.Context, t protocol.Target, g string) (protocol.Outcome, error) {
	return protocol.Outcome{}, r.note("remove %v %s", t, g)
}

func (r *recorder) RemoveFromAllGroups(_ context.Context, t protocol.Target) (protocol.Outcome, error) {
	return protocol.Outcome{}, r.note("remove %v from all", t)
}

func (r *recorder) AddConnectionsToGroups(_ context.Context, groups []string, filter string) (protocol.Outcome, error) {
	return protocol.Outcome{}, r.note("bulk add %v %s", groups, filter)
}

func (r *recorder) RemoveConnectionsFromGroups(_ context.Context, groups []string, filter string) (protocol.Outcome, error) {
	return protocol.Outcome{}, r.note("bulk remove %v %s", groups, filter)
}

func (r *recorder) CloseConnections(_ context.Context, t protocol.Target, c protocol.Close) (protocol.Outcome, error) {
	return protocol.Outcome{}, r.note("close %v %q %v", t, c.Reason, c.Excluded)
}

func (r *recorder) Exists(_ context.Context, t protocol.Target) (bool, protocol.Outcome, error) {
	return r.yes, protocol.Outcome{}, r.note("exists %v", t)
}

func (r *recorder) GrantPermission(_ context.Context, id string, p protocol.Permission, group string) (protocol.Outcome, error) {
	return protocol.Outcome{}, r.note("grant %s %s %s", id, p, group)
}

func (r *recorder) RevokePermission(_ context.Context, id string, p protocol.Permission, group string) (protocol.Outcome, error) {
	return protocol.Outcome{}, r.note("revoke %s %s %s", id, p, group)
}

func (r *recorder) CheckPermission(_ context.Context, id string, p protocol.Permission, group string) (bool, protocol.Outcome, error) {
	return r.yes, protocol.Outcome{}, r.note("check %s %s %s", id, p, group)
}

var _ output.Service = (*recorder)(nil)
