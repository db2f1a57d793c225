package trigger

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"wps/protocol"
)

// maxVariable is the longest value of an environment variable, in bytes: Linux
// does not start a program with one of 128 KiB.
const maxVariable = 100 << 10

// variable is a value for a hook.
type variable struct{ name, value string }

// fileName returns the name of the variable that holds the path of a file with the
// value of another one.
func fileName(name string) string { return name + "_FILE" }

// Environment variables of a hook.
const (
	envResponse = "WPS_RESPONSE"
	envOutput   = "WPS_OUTPUT"
	envState    = "WPS_STATE"
	envContext  = "WPS_CONTEXT"
	envReason   = "WPS_REASON"
)

// environ returns the variables that the hook of one event gets beside those of
// all hooks and those of its files. Values come from the event and may hold
// anything but NUL, which is replaced. Those that are too long are returned as
// large.
func (ev *Event) environ(context string) (vars []string, large []variable) {
	add := func(name, value string) {
		if len(value) > maxVariable {
			large = append(large, variable{name, value})
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
	add(envReason, ev.reason())
	add("WPS_GROUP", ev.Group)
	add("WPS_EVENT_ID", ev.ID)
	add(envState, string(ev.state()))
	add(envContext, context)
	return vars, large
}

// tooLarge returns an error if a hook that does not get these variables could
// decide with less knowledge than it needs: a connect hook, which is a guard, and
// any hook without a word that identifies the event.
func (ev *Event) tooLarge(large []variable) *Error {
	isConnect := ev.Kind == protocol.EventSystem && ev.EventContext.Event == protocol.EventConnect
	for _, v := range large {
		if isConnect || v.name != envContext && v.name != envState && v.name != envReason {
			text := fmt.Sprintf("the event is too large: %s would have %d bytes, more than the %d that a hook can get", v.name, len(v.value), maxVariable)
			return &Error{Status: http.StatusRequestHeaderFieldsTooLarge, Text: text}
		}
	}
	return nil
}

func (ev *Event) reason() string {
	if ev.Disconnected == nil {
		return ""
	}
	return ev.Disconnected.Reason
}

// state returns the connection state for a hook: the JSON object if it is one,
// otherwise the value as received.
func (ev *Event) state() []byte {
	if object, ok := protocol.DecodeState(ev.State); ok && ev.State != "" {
		return object
	}
	return []byte(ev.State)
}

// appendContext appends everything about an event but its data: the members of
// the ConnectionContext of the specification in its order, then further ones.
// Headers are those of the client for connect and those of the event request for
// other events, without privateHeaders.
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

// appendState appends the state as JSON: the object, or a string.
func (ev *Event) appendState(b []byte) []byte {
	if object, ok := protocol.DecodeState(ev.State); ok {
		return append(b, object...)
	}
	return protocol.AppendJSONString(b, ev.State)
}

// appendLists appends lists by name, sorted by name. public omits
// privateHeaders.
func appendLists(b []byte, lists map[string][]string, public bool) []byte {
	var buf [32]string
	names := buf[:0]
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

// privateHeaders are not passed to hooks: they concern the service and this
// handler only. The last is protocol.HeaderSignature as net/http spells it.
var privateHeaders = []string{"Authorization", "Cookie", "Ce-Signature"}
