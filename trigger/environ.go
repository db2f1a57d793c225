package trigger

import (
	"encoding/json"
	"net/http"
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

// hookContext is the ConnectionContext of the spec in its order, with what else
// is known behind it.
type hookContext struct {
	Type         protocol.EventKind  `json:"type"`
	Event        string              `json:"event"`
	Hub          string              `json:"hub"`
	ConnectionID string              `json:"connectionId"`
	UserID       string              `json:"userId"`
	Headers      map[string][]string `json:"headers"`
	Queries      map[string][]string `json:"queries"`
	Claims       map[string][]string `json:"claims"`
	Subprotocol  string              `json:"subprotocol,omitempty"`
	EventID      string              `json:"eventId,omitempty"`
	State        json.RawMessage     `json:"state,omitempty"`
	PhysicalID   string              `json:"physicalConnectionId,omitempty"`
	SessionID    string              `json:"sessionId,omitempty"`
}

// context is what a hook learns of an event beside its data. Headers are those
// of the client for connect, and those of the event for others, without what
// only concerns the two ends of the request.
func (ev *Event) context() hookContext {
	c := hookContext{
		Type: ev.Kind, Event: ev.EventContext.Event, Hub: ev.Hub, ConnectionID: ev.ConnectionID, UserID: ev.UserID,
		Subprotocol: ev.Subprotocol, EventID: ev.ID, PhysicalID: ev.PhysicalConnectionID, SessionID: ev.SessionID,
		Queries: map[string][]string{}, Claims: map[string][]string{},
	}
	if ev.HasState {
		c.State = ev.state()
		if !json.Valid(c.State) {
			c.State, _ = json.Marshal(ev.State) // a string always encodes
		}
	}
	if ev.Connect == nil {
		c.Headers = publicHeaders(ev.Header)
		return c
	}
	c.Headers, c.Queries, c.Claims = orEmpty(ev.Connect.Headers), orEmpty(ev.Connect.Query), orEmpty(ev.Connect.Claims)
	return c
}

func orEmpty(m map[string][]string) map[string][]string {
	if m == nil {
		return map[string][]string{}
	}
	return m
}

// privateHeaders concern the two ends of the request only.
var privateHeaders = []string{"Authorization", "Cookie", http.CanonicalHeaderKey(protocol.HeaderSignature)}

func publicHeaders(h http.Header) map[string][]string {
	m := make(map[string][]string, len(h))
	for name, values := range h {
		if !slices.Contains(privateHeaders, name) {
			m[name] = values
		}
	}
	return m
}

// json writes v on one line without escaping HTML.
func (c hookContext) json() ([]byte, error) {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(c)
	return []byte(strings.TrimSuffix(b.String(), "\n")), err
}
