package explain

import (
	"errors"
	"net/http"

	"wps/client"
	"wps/cmd/internal/cli"
	"wps/output"
	"wps/protocol"
)

// Listed adds the next step to an error of listing a group.
func Listed(err error, group string) error {
	refused, ok := errors.AsType[*client.Error](err)
	if !ok || errors.Is(err, client.ErrNotService) {
		return err
	}
	if hint := slashHintOf(refused.Status, protocol.Target{Kind: protocol.TargetGroup, ID: group}); hint != "" {
		return cli.WithHint(err, hint)
	}
	return err
}

// slashHint explains a 401 or a 404 of a request whose path has a name with a
// slash: neither the key nor the existence of the name is the cause.
func slashHint(ev output.Event, status int) string {
	switch e := ev.(type) {
	case *output.MessageEvent:
		return slashHintOf(status, e.Target())
	case *output.GroupEvent:
		if e.TargetType == output.TargetAll {
			return "" // the names are in the body
		}
		return slashHintOf(status, e.Target(), protocol.Target{Kind: protocol.TargetGroup, ID: e.GroupID})
	case *output.CloseConnectionEvent:
		return slashHintOf(status, e.Target())
	case *output.ExistenceEvent:
		return slashHintOf(status, e.Target())
	case *output.PermissionEvent:
		return slashHintOf(status, protocol.Target{Kind: protocol.TargetConnection, ID: e.ConnectionID})
	}
	return ""
}

func slashHintOf(status int, path ...protocol.Target) string {
	if status != http.StatusUnauthorized && status != http.StatusNotFound {
		return ""
	}
	for _, t := range path {
		if protocol.SlashWarning(t) != "" {
			return "the slash in " + t.String() + " is probably the cause: the service cannot address such a name in a path; use a name without one, or --filter where the command has it"
		}
	}
	return ""
}
