package settings

import (
	"strings"

	"go.yaml.in/yaml/v3"

	"wps/emulator"
	"wps/protocol"
)

// keepAlive is the interval of keep-alive pings that a file may ask for, in
// seconds. It is the service's default, and what the emulator does.
const keepAlive = "20"

// hub reads the settings of a hub, which may be null.
func (r *reader) hub(key, n *yaml.Node) error {
	name := key.Value
	if err := r.checkHub(key); err != nil {
		return err
	}
	m, err := r.members(n, "a hub", "eventHandlers", "eventListeners", "anonymousConnectPolicy", "webSocketKeepAliveIntervalInSeconds")
	if err != nil {
		return err
	}
	if err := r.unsupported(m["eventListeners"], m["webSocketKeepAliveIntervalInSeconds"]); err != nil {
		return err
	}
	policy, err := r.text(m["anonymousConnectPolicy"], "anonymousConnectPolicy")
	switch {
	case err != nil:
		return err
	case strings.EqualFold(policy, "allow"):
		r.out.AnonymousHubs = append(r.out.AnonymousHubs, name)
	case policy != "" && !strings.EqualFold(policy, "deny"):
		return r.fail(m["anonymousConnectPolicy"], "use allow or deny", "anonymousConnectPolicy %q is unknown", policy)
	}
	handlers, err := r.list(m["eventHandlers"], "eventHandlers")
	if err != nil {
		return err
	}
	for _, h := range handlers {
		if err := r.handler(name, h); err != nil {
			return err
		}
	}
	return nil
}

// checkHub checks the name of a hub that was not read before.
func (r *reader) checkHub(key *yaml.Node) error {
	if key.Value == emulator.AnyHub && !r.selective {
		return nil
	}
	if err := protocol.CheckHub(key.Value); err != nil {
		return r.fail(key, `in hubs, "*" in quotes is every hub`, "%v", err)
	}
	if r.hubs[strings.ToLower(key.Value)] {
		return r.fail(key, "names must differ by more than their case", "hub %q comes twice", key.Value)
	}
	r.hubs[strings.ToLower(key.Value)] = true
	return nil
}

// unsupported refuses settings of a hub that the emulator cannot follow.
func (r *reader) unsupported(listeners, interval *yaml.Node) error {
	items, err := r.list(listeners, "eventListeners")
	if err != nil {
		return err
	}
	if len(items) > 0 {
		return r.fail(listeners, "leave eventListeners out", "the emulator has no Event Hub to send events to")
	}
	seconds, err := r.text(interval, "webSocketKeepAliveIntervalInSeconds")
	if err != nil {
		return err
	}
	if seconds != "" && seconds != keepAlive {
		return r.fail(interval, "leave webSocketKeepAliveIntervalInSeconds out", "the emulator pings clients every %s seconds, not %q", keepAlive, seconds)
	}
	return nil
}

// handler reads one event handler of a hub.
func (r *reader) handler(hub string, n *yaml.Node) error {
	if isNull(n) {
		return r.fail(n, "", "an event handler is missing")
	}
	if len(r.out.Handlers) == MaxHandlers {
		return r.fail(n, "use fewer", "the file has more than %d event handlers", MaxHandlers)
	}
	m, err := r.members(n, "an event handler", "urlTemplate", "systemEvents", "userEventPattern", "eventPattern", "auth")
	if err != nil {
		return err
	}
	if err := r.auth(m["auth"]); err != nil {
		return err
	}
	h := HubHandler{Hub: hub}
	if h.URLTemplate, err = r.text(m["urlTemplate"], "urlTemplate"); err != nil {
		return err
	}
	if err := r.events(m, &h.EventHandler); err != nil {
		return err
	}
	if err := h.Check(); err != nil {
		return r.fail(n, "", "%v", err)
	}
	r.out.Handlers = append(r.out.Handlers, h)
	return nil
}

// events reads which events a handler gets. The vendor's emulator calls
// userEventPattern eventPattern.
func (r *reader) events(m map[string]*yaml.Node, h *emulator.EventHandler) (err error) {
	pattern, other := m["userEventPattern"], m["eventPattern"]
	switch {
	case isNull(pattern):
		pattern = other
	case !isNull(other):
		return r.fail(other, "leave one of them out", "eventPattern and userEventPattern are two names of one setting")
	}
	if !r.selective && isNull(m["systemEvents"]) && isNull(pattern) {
		h.SystemEvents, h.EventPattern = emulator.AllSystemEvents(), emulator.EveryEvent
		return nil
	}
	if h.SystemEvents, err = r.texts(m["systemEvents"], "systemEvents"); err != nil {
		return err
	}
	names, err := r.texts(pattern, "userEventPattern")
	h.EventPattern = strings.Join(names, ",")
	return err
}

// auth accepts that an event handler wants no authentication.
func (r *reader) auth(n *yaml.Node) error {
	m, err := r.members(n, "auth", "type", "managedIdentity")
	if err != nil {
		return err
	}
	kind, err := r.text(m["type"], "type")
	if err != nil {
		return err
	}
	if kind != "" && !strings.EqualFold(kind, "None") || !isNull(m["managedIdentity"]) {
		return r.fail(n, "leave auth out, or put a secret into the URL: ?code=...", "the emulator has no managed identity to sign in with")
	}
	return nil
}
