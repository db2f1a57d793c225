package hooks

import (
	"strings"

	"github.com/spf13/cobra"

	"wps/protocol"
	"wps/trigger"
)

// EventNames returns the system events and group events of the service.
func EventNames() []string {
	return []string{
		protocol.EventConnect, protocol.EventConnected, protocol.EventDisconnected, protocol.EventJoined, protocol.EventLeft,
	}
}

// CompleteOn completes the value of --on: EVENT, or EVENT=HOOK.
func CompleteOn(c *cobra.Command, args []string, typed string) ([]cobra.Completion, cobra.ShellCompDirective) {
	event, hook, joined := strings.Cut(typed, "=")
	if !joined {
		return EventNames(), cobra.ShellCompDirectiveNoFileComp
	}
	found, directive := CompleteHook(c, args, hook)
	for i, name := range found {
		found[i] = event + "=" + name
	}
	return found, directive
}

// CompleteHook completes a HOOK, which is a file or the name of a built-in hook.
func CompleteHook(_ *cobra.Command, _ []string, typed string) (found []cobra.Completion, _ cobra.ShellCompDirective) {
	if !strings.HasPrefix(typed, ":") {
		return nil, cobra.ShellCompDirectiveDefault
	}
	for _, name := range trigger.Builtins() {
		if strings.HasPrefix(name, typed) {
			found = append(found, name)
		}
	}
	return found, cobra.ShellCompDirectiveNoFileComp
}
