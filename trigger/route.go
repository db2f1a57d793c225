package trigger

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"wps/protocol"
	"wps/token"
)

// AnyEvent is the Event of a Key for every user event without a key of its own.
const AnyEvent = "*"

// Key is the unique key of a route, compared without regard to case.
type Key struct {
	// Hub is "" for every hub; a route with the name of the hub takes precedence.
	Hub   string
	Kind  protocol.EventKind
	Event string
}

// String returns the key as ParseKey reads it.
func (k Key) String() string {
	s := k.Event
	if named, _ := kindOf(k.Event); named != k.Kind {
		s = string(k.Kind) + ":" + s
	}
	if k.Hub != "" {
		s = k.Hub + "/" + s
	}
	return s
}

func (k Key) folded() Key {
	return Key{strings.ToLower(k.Hub), k.Kind, strings.ToLower(k.Event)}
}

// ParseKey reads "[HUB/][KIND:]EVENT". connect, connected, disconnected (also
// spelled disconnect) are system events, joined and left those of groups, and
// every other name is a user event, unless KIND (system, user or group) is
// given. "*" is every user event without a key of its own.
func ParseKey(s string) (Key, error) {
	var k Key
	name := s
	if hub, rest, ok := strings.Cut(s, "/"); ok {
		if err := protocol.CheckHub(hub); err != nil {
			return Key{}, fmt.Errorf("event %q: %v", s, err)
		}
		k.Hub, name = hub, rest
	}
	kind, rest, forced := strings.Cut(name, ":")
	if forced {
		name, k.Kind = rest, protocol.EventKind(strings.ToLower(kind))
	}
	k.Event = name
	natural, proper := kindOf(name)
	switch {
	case !forced:
		k.Kind, k.Event = natural, proper
	case k.Kind == protocol.EventUser:
	case k.Kind != protocol.EventSystem && k.Kind != protocol.EventGroup:
		return Key{}, fmt.Errorf("event %q: %q is not a kind of event: use system, user or group", s, kind)
	case natural != k.Kind:
		return Key{}, fmt.Errorf("event %q: %q is not a %s event", s, name, k.Kind)
	default:
		k.Event = proper
	}
	if k.Event == AnyEvent {
		return k, nil
	}
	if err := protocol.CheckEventName(k.Event); err != nil {
		return Key{}, fmt.Errorf("event %q: %v", s, err)
	}
	return k, nil
}

// kindOf returns the kind of an event that is named without one, and its name on
// the wire.
func kindOf(name string) (protocol.EventKind, string) {
	switch n := strings.ToLower(name); n {
	case protocol.EventConnect, protocol.EventConnected, protocol.EventDisconnected:
		return protocol.EventSystem, n
	case "disconnect": // as the specification calls it
		return protocol.EventSystem, protocol.EventDisconnected
	case protocol.EventJoined, protocol.EventLeft:
		return protocol.EventGroup, n
	}
	return protocol.EventUser, name
}

// routes finds the hook of an event.
type routes struct {
	hooks map[Key]Hook // keys folded
	other Hook         // nil: none
}

func newRoutes(all []Route, other Hook) (routes, error) {
	r := routes{make(map[Key]Hook, len(all)), other}
	for _, route := range all {
		k := route.Key.folded()
		if _, twice := r.hooks[k]; twice {
			return r, fmt.Errorf("event %s has two hooks", route.Key)
		}
		r.hooks[k] = route.Hook
	}
	return r, nil
}

// find returns the hook of an event, nil for none. The name of the event takes
// precedence over "*", and the hub of the event over every hub.
func (r *routes) find(c *protocol.EventContext) Hook {
	own := Key{c.Hub, c.Kind, c.Event}.folded()
	for _, k := range [...]Key{own, {"", own.Kind, own.Event}, {own.Hub, own.Kind, AnyEvent}, {"", own.Kind, AnyEvent}} {
		if hook := r.hooks[k]; hook != nil {
			return hook
		}
	}
	return r.other
}

func distinctHooks(o Options) []Hook {
	var all []Hook
	for _, r := range o.Routes {
		if !slices.Contains(all, r.Hook) {
			all = append(all, r.Hook)
		}
	}
	if o.Default != nil && !slices.Contains(all, o.Default) {
		all = append(all, o.Default)
	}
	return all
}

func closeHooks(ctx context.Context, hooks []Hook) error {
	var errs []error
	for _, h := range hooks {
		if err := h.Close(ctx); err != nil {
			errs = append(errs, fmt.Errorf("close hook %s: %w", h, err))
		}
	}
	return errors.Join(errs...)
}

// checkKeys refuses empty keys and keys that are given twice.
func checkKeys(keys []token.Key) error {
	for i, k := range keys {
		if k.IsZero() {
			return errors.New("an access key is empty")
		}
		for _, other := range keys[:i] {
			if k.Equal(other) {
				return errors.New("two access keys are the same")
			}
		}
	}
	return nil
}
