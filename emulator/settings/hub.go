package settings

import (
	"cmp"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"wps/emulator"
	"wps/protocol"
)

// minKeepAlive and maxKeepAlive are the limits of the interval of keep-alive pings,
// in seconds.
//
// Source: product documentation, hub setting webSocketKeepAliveIntervalInSeconds.
const minKeepAlive, maxKeepAlive = 1, 120

// defaultHub is a hub of the vendor's settings that no client can name: an early
// version of the vendor's emulator used it for every other hub.
const defaultHub = "_default"

// hub reads the settings of a hub, which may be null.
func (r *reader) hub(key, n *yaml.Node) error {
	name := key.Value
	if strings.EqualFold(name, defaultHub) {
		return r.unusedHub(key, n)
	}
	if err := r.checkHub(key); err != nil {
		return err
	}
	return r.hubMembers(name, n)
}

// unusedHub reads a hub that no client can name, and forgets it.
func (r *reader) unusedHub(key, n *yaml.Node) error {
	before := r.out
	before.KeepAlive = maps.Clone(before.KeepAlive)
	if err := r.hubMembers(key.Value, n); err != nil {
		return err
	}
	r.out = before
	r.warn(key, `hub %q has no clients; "*" is every hub`, key.Value)
	return nil
}

// hubMembers reads the members of a hub.
func (r *reader) hubMembers(name string, n *yaml.Node) error {
	m, err := r.members(n, "a hub", "eventHandlers", "eventListeners", "anonymousConnectPolicy", "webSocketKeepAliveIntervalInSeconds")
	if err != nil {
		return err
	}
	if err := cmp.Or(r.listeners(name, m["eventListeners"]), r.keepAlive(name, m["webSocketKeepAliveIntervalInSeconds"])); err != nil {
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

// listeners warns of event listeners, which get events through Event Hubs.
func (r *reader) listeners(hub string, n *yaml.Node) error {
	items, err := r.list(n, "eventListeners")
	if err == nil && len(items) > 0 {
		r.warn(n, "the eventListeners of hub %q get no events: the emulator has no Event Hub", hub)
	}
	return err
}

// keepAlive reads the interval of the keep-alive pings of a hub.
func (r *reader) keepAlive(hub string, n *yaml.Node) error {
	text, err := r.text(n, "webSocketKeepAliveIntervalInSeconds")
	if err != nil || text == "" {
		return err
	}
	seconds, err := strconv.Atoi(text)
	if err != nil || seconds < minKeepAlive || seconds > maxKeepAlive {
		return r.fail(n, fmt.Sprintf("use a number of seconds from %d to %d", minKeepAlive, maxKeepAlive), "webSocketKeepAliveIntervalInSeconds is %q", text)
	}
	if r.out.KeepAlive == nil {
		r.out.KeepAlive = map[string]time.Duration{}
	}
	r.out.KeepAlive[strings.ToLower(hub)] = time.Duration(seconds) * time.Second
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
	if err := r.events(n, m, &h.EventHandler); err != nil {
		return err
	}
	if err := h.Check(); err != nil {
		return r.fail(n, "", "%v", err)
	}
	if unknown := h.UnknownParameters(); len(unknown) > 0 {
		r.warn(n, "%s in the URL template is unknown and stays as it is: the names are {hub} and {event}", strings.Join(unknown, ", "))
	}
	if len(h.SystemEvents) == 0 && h.EventPattern == "" {
		r.warn(n, "an event handler of hub %q gets no events: it names none in systemEvents and %s", hub, r.patternName())
	}
	r.out.Handlers = append(r.out.Handlers, h)
	return nil
}

// events reads which events a handler gets, from its members. The vendor's emulator
// calls userEventPattern eventPattern.
func (r *reader) events(n *yaml.Node, m map[string]*yaml.Node, h *emulator.EventHandler) (err error) {
	pattern, other := m["userEventPattern"], m["eventPattern"]
	switch {
	case isNull(pattern):
		pattern = other
	case !isNull(other):
		return r.fail(other, "leave one of them out", "eventPattern and userEventPattern are two names of one setting")
	}
	if !r.selective && !r.fromVariable(n) && isNull(m["systemEvents"]) && isNull(pattern) {
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

// patternName returns what the form of the settings calls the user events of a
// handler.
func (r *reader) patternName() string {
	if r.selective {
		return "eventPattern"
	}
	return "userEventPattern"
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
