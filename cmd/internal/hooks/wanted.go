package hooks

import (
	"slices"
	"strings"

	"wps/protocol"
	"wps/trigger"
)

// Wanted are the events of a hub that have a hook.
type Wanted struct {
	// System are connect, connected and disconnected, in this order.
	System []string
	// User are names of user events, or "*" alone for all of them.
	User []string
}

// Wanted returns the events of a hub that the flags name; defaultHub is the hub of an
// EVENT without one, "" for every hub. The flags are those of a Handler.
func (o *Flags) Wanted(hub, defaultHub string) (w Wanted) {
	if o.forward != "" {
		return Wanted{[]string{protocol.EventConnect, protocol.EventConnected, protocol.EventDisconnected}, []string{trigger.AnyEvent}}
	}
	system := map[string]bool{}
	for _, pair := range o.On {
		event, _, _ := strings.Cut(pair, "=")
		key, err := trigger.ParseKey(event)
		if key.Hub == "" {
			key.Hub = defaultHub
		}
		switch {
		case err != nil || key.Hub != "" && !strings.EqualFold(key.Hub, hub): // an error was reported before
		case key.Kind == protocol.EventSystem:
			system[key.Event] = true
		case key.Kind == protocol.EventUser:
			w.User = append(w.User, key.Event)
		}
	}
	for _, name := range []string{protocol.EventConnect, protocol.EventConnected, protocol.EventDisconnected} {
		if system[name] {
			w.System = append(w.System, name)
		}
	}
	if slices.Contains(w.User, trigger.AnyEvent) {
		w.User = []string{trigger.AnyEvent}
	}
	return w
}
