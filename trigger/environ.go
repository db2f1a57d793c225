package trigger

import (
	"slices"
	"strings"

	"wps/protocol"
)

// maxVariable is the longest value of an environment variable, in bytes: Linux
// starts no program with one of 128 KiB.
const maxVariable = 100 << 10

// Variables that a hook finds.
const (
	envResponse = "WPS_RESPONSE"
	envOutput   = "WPS_OUTPUT"
	envState    = "WPS_STATE"
	envContext  = "WPS_CONTEXT"
)

// environ is the environment of the hook of one event, beside what all hooks
// have. Values are what the event says and may hold anything but NUL, which no
// variable can; one that is too long is left out and named.
func (ev *Event) environ(context []byte) (vars, left []string) {
	add := func(name, value string) {
		if len(value) > maxVariable {
			left = append(left, name)
			return
		}
		vars = append(vars, name+"="+strings.ReplaceAll(value, "\x00", "\uFFFD"))
	}
	add("WPS_EVENT", ev.EventContext.Event)
	add("WPS_EVENT_TYPE", string(ev.Kind))
	add("WPS_HUB", ev.Hub)
	add("WPS_CONNECTION_ID", ev.ConnectionID)
	add("WPS_USER_ID", ev.UserID)
	add("WPS_DATA_TYPE", string(ev.DataType))
	add("WPS_SUBPROTOCOL", ev.Subprotocol)
	add("WPS_REASON", ev.reason())
	add("WPS_GROUP", ev.Group)
	add("WPS_EVENT_ID", ev.ID)
	add(envState, string(ev.state()))
	add(envContext, string(context))
	return vars, left
}

func (ev *Event) reason() string {
	if ev.Disconnected == nil {
		return ""
	}
	return ev.Disconnected.Reason
}

// state is the connection state for a hook: the JSON object when it is one, else
// as it came.
func (ev *Event) state() []byte {
	if object, ok := protocol.DecodeState(ev.State); ok && ev.State != "" {
		return object
	}
	return []byte(ev.State)
}

// appendContext writes what a hook learns of an event beside its data: the
// ConnectionContext of the spec in its order, with what else is known behind it.
// Headers are those of the client for connect, and those of the event for
// others, without what only concerns the two ends of the request.
func (ev *Event) appendContext(b []byte) []byte {
	text := func(name, value string) {
		b = append(b, name...)
		b = protocol.AppendJSONString(b, value)
	}
	text(`{"type":`, string(ev.Kind))
	text(`,"event":`, ev.EventContext.Event)
	text(`,"hub":`, ev.Hub)
	text(`,"connectionId":`, ev.ConnectionID)
	text(`,"userId":`, ev.UserID)
	headers, queries, claims := map[string][]string(ev.Header), map[string][]string(nil), map[string][]string(nil)
	if ev.Connect != nil {
		headers, queries, claims = ev.Connect.Headers, ev.Connect.Query, ev.Connect.Claims
	}
	b = appendLists(append(b, `,"headers":`...), headers, ev.Connect == nil)
	b = appendLists(append(b, `,"queries":`...), queries, false)
	b = appendLists(append(b, `,"claims":`...), claims, false)
	for _, more := range [...]struct{ name, value string }{
		{`,"subprotocol":`, ev.Subprotocol}, {`,"eventId":`, ev.ID},
		{`,"physicalConnectionId":`, ev.PhysicalConnectionID}, {`,"sessionId":`, ev.SessionID},
	} {
		if more.value != "" {
			text(more.name, more.value)
		}
	}
	if ev.HasState {
		b = ev.appendState(append(b, `,"state":`...))
	}
	return append(b, '}')
}

// appendState writes the state as JSON: the object, or a string.
func (ev *Event) appendState(b []byte) []byte {
	if object, ok := protocol.DecodeState(ev.State); ok {
		return append(b, object...)
	}
	return protocol.AppendJSONString(b, ev.State)
}

// appendLists writes lists by name, in the order of the names; public leaves out
// privateHeaders.
func appendLists(b []byte, lists map[string][]string, public bool) []byte {
	var room [32]string
	names := room[:0]
	for name := range lists {
		if !public || !slices.Contains(privateHeaders, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	b = append(b, '{')
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(protocol.AppendJSONString(b, name), ':', '[')
		for k, value := range lists[name] {
			if k > 0 {
				b = append(b, ',')
			}
			b = protocol.AppendJSONString(b, value)
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

// privateHeaders concern the two ends of the request only. The last is
// protocol.HeaderSignature as net/http spells it.
var privateHeaders = []string{"Authorization", "Cookie", "Ce-Signature"}
