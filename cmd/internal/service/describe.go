package service

import (
	"fmt"
	"strings"

	"wps/output"
	"wps/protocol"
)

// describe returns what an event does, as the context of an error.
func describe(ev output.Event) string {
	switch e := ev.(type) {
	case *output.MessageEvent:
		return "send to " + e.Target().String()
	case *output.GroupEvent:
		return describeGroup(e)
	case *output.CloseConnectionEvent:
		return "close " + ConnectionsOf(e.Target()) + inTheHub(e.Target())
	case *output.ExistenceEvent:
		return "check whether " + e.Target().String() + " exists"
	case *output.PermissionEvent:
		return fmt.Sprintf("%s %s on group %q for connection %q",
			strings.ToLower(string(e.PermissionAction)), e.Permission, e.TargetName, e.ConnectionID)
	}
	return ev.Type()
}

func describeGroup(e *output.GroupEvent) string {
	target, group := e.Target().String(), fmt.Sprintf("group %q", e.GroupID)
	if e.TargetType == output.TargetAll {
		target = "the connections that the filter selects"
		if len(e.GroupIDs) == 1 {
			group = fmt.Sprintf("group %q", e.GroupIDs[0])
		} else {
			group = fmt.Sprintf("groups %q", e.GroupIDs)
		}
	}
	switch e.GroupAction {
	case output.GroupJoin:
		return "add " + target + " to " + group
	case output.GroupLeaveAll:
		return "remove " + target + " from all groups"
	default:
		return "remove " + target + " from " + group
	}
}

// inTheHub ends the text for a target that is everyone.
func inTheHub(t protocol.Target) string {
	if t.Kind == protocol.TargetAll {
		return " in the hub"
	}
	return ""
}

// Receivers returns a text for the receivers of a message to a target.
func Receivers(t protocol.Target) string {
	if t.Kind == protocol.TargetAll {
		return "every connection"
	}
	return t.String()
}

// ConnectionsOf returns a text for the connections of a target.
func ConnectionsOf(t protocol.Target) string {
	switch t.Kind {
	case protocol.TargetConnection:
		return t.String()
	case protocol.TargetAll:
		return "every connection"
	default:
		return "the connections of " + t.String()
	}
}
