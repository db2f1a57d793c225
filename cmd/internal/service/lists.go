package service

import (
	"fmt"
	"strings"

	"wps/cmd/internal/cli"
	"wps/output"
	"wps/protocol"
)

// WarnAboutLists warns about names with a comma: a user or group may have such a
// name, but probably a list was meant, of which nothing would be reached.
func WarnAboutLists(out *cli.Printer, kind protocol.TargetKind, names ...string) {
	for _, name := range names {
		if strings.Contains(name, ",") {
			out.Warn(fmt.Sprintf("%q is the name of one %s: pass several separately, or as event objects to wps apply", name, kind))
		}
	}
}

// warnAboutLists is WarnAboutLists for the names in an event.
func warnAboutLists(out *cli.Printer, ev output.Event) {
	target := func(t protocol.Target) {
		if t.Kind == protocol.TargetUser || t.Kind == protocol.TargetGroup {
			WarnAboutLists(out, t.Kind, t.ID)
		}
	}
	switch e := ev.(type) {
	case *output.MessageEvent:
		target(e.Target())
	case *output.GroupEvent:
		target(e.Target())
		WarnAboutLists(out, protocol.TargetGroup, append(e.GroupIDs, e.GroupID)...)
	case *output.CloseConnectionEvent:
		target(e.Target())
	case *output.ExistenceEvent:
		target(e.Target())
	case *output.PermissionEvent:
		WarnAboutLists(out, protocol.TargetGroup, e.TargetName)
	}
}
