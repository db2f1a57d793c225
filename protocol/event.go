package protocol

import (
	"fmt"
	"net/http"
	"net/textproto"
	"strings"
	"sync"
	"time"
)

// Headers of an event that is sent to an event handler: CloudEvents 1.0 in binary
// mode, so the attributes are headers and the body is the data. The spelling is
// that of the service; http.Header finds them in any case.
//
// Source: product documentation, CloudEvents extension for Web PubSub and, for
// the last two ce- headers, events of MQTT clients; HeaderAWPSVersion and
// HeaderRequestID as the vendor's emulator sends them.
const (
	headerSpecVersion          = "ce-specversion"
	HeaderAWPSVersion          = "ce-awpsversion"
	HeaderType                 = "ce-type"
	headerSource               = "ce-source"
	HeaderID                   = "ce-id"
	HeaderTime                 = "ce-time"
	HeaderConnectionID         = "ce-connectionId"
	HeaderHub                  = "ce-hub"
	HeaderEventName            = "ce-eventName"
	HeaderSignature            = "ce-signature"
	HeaderUserID               = "ce-userId"
	HeaderSubprotocol          = "ce-subprotocol"
	HeaderConnectionState      = "ce-connectionState"
	headerPhysicalConnectionID = "ce-physicalConnectionId"
	headerSessionID            = "ce-sessionId"
	HeaderRequestID            = "x-ms-client-request-id"
)

// Headers of the validation of an event handler (abuse protection): the service
// sends its host, and the handler answers with the hosts that it accepts.
const (
	HeaderRequestOrigin = "WebHook-Request-Origin"
	HeaderAllowedOrigin = "WebHook-Allowed-Origin"
)

// EventVersion is the value of ce-specversion and ce-awpsversion.
const EventVersion = "1.0"

// ValidateEvent replaces {event} in the address that is validated.
const ValidateEvent = "validate"

// MaxUpstreamResponse limits the body of an event handler's answer, in bytes.
//
// Source: the vendor's emulator.
const MaxUpstreamResponse = 16 << 20

// EventKind is the family of an event.
type EventKind string

// The kinds of events, as the bindings spell them.
const (
	EventSystem EventKind = "system"
	EventUser   EventKind = "user"
	EventGroup  EventKind = "group"
)

// System events, the events of groups, and the user event that the messages of
// simple clients become.
const (
	EventConnect      = "connect"
	EventConnected    = "connected"
	EventDisconnected = "disconnected"
	EventJoined       = "joined"
	EventLeft         = "left"
	EventMessage      = "message"
)

var typePrefixes = map[EventKind]string{
	EventSystem: "azure.webpubsub.sys.",
	EventUser:   "azure.webpubsub.user.",
	EventGroup:  "azure.webpubsub.gp.",
}

// EventContext holds the headers of an event: the ConnectionContext of the
// bindings.
type EventContext struct {
	Kind         EventKind
	Event        string // without the prefix of its type
	Hub          string
	ConnectionID string
	// UserID is "" for an anonymous connection.
	UserID string
	// Subprotocol is "" on connect and for simple clients.
	Subprotocol string
	// ID counts the events of a connection from 0 (connect). With ConnectionID it
	// identifies an event, and is the same when the event is sent again.
	ID string
	// Time is in UTC with whole seconds; zero when absent or not a time.
	Time time.Time
	// Source is ce-source; SetHeader writes the usual one for "".
	Source string
	// Signature holds one value for each key, separated by commas.
	Signature string
	// Origin is the host of the service.
	Origin string
	// State is the opaque connection state. It may be empty if HasState.
	State    string
	HasState bool
	// RequestID is the same when an event is sent again.
	RequestID string
	// PhysicalConnectionID and SessionID belong to MQTT clients.
	PhysicalConnectionID string
	SessionID            string
}

// Type returns the value of ce-type.
func (c *EventContext) Type() string { return typePrefixes[c.Kind] + c.Event }

// Blocking reports whether the service waits for the answer, as it does for
// connect and user events.
func (c *EventContext) Blocking() bool {
	return c.Kind == EventUser || c.Kind == EventSystem && c.Event == EventConnect
}

// MQTT reports whether the event comes from an MQTT client.
//
// Source: the official Node middleware; the header for the subprotocol is not on
// every sample of the documentation, so the physical connection decides.
func (c *EventContext) MQTT() bool { return c.PhysicalConnectionID != "" }

// HeaderError is the error of a header of an event that is missing or wrong.
type HeaderError struct{ Name, Problem string }

func (e *HeaderError) Error() string { return "header " + e.Name + " " + e.Problem }

// ReadEventContext reads the headers of an event. The error is a *HeaderError for
// the first header that is missing or wrong. The signature is not verified.
func ReadEventContext(h http.Header) (EventContext, error) {
	c := EventContext{
		Subprotocol: first(h, HeaderSubprotocol), ID: first(h, HeaderID), Source: first(h, headerSource),
		Signature: first(h, HeaderSignature), Origin: first(h, HeaderRequestOrigin), UserID: first(h, HeaderUserID),
		RequestID: first(h, HeaderRequestID), PhysicalConnectionID: first(h, headerPhysicalConnectionID),
		SessionID: first(h, headerSessionID),
	}
	if at, err := time.Parse(time.RFC3339, first(h, HeaderTime)); err == nil {
		c.Time = at.UTC().Truncate(time.Second)
	}
	if values := h[canonical()[HeaderConnectionState]]; len(values) > 0 {
		c.State, c.HasState = values[len(values)-1], true
	}
	if version, given := h[canonical()[headerSpecVersion]]; given && (len(version) != 1 || version[0] != EventVersion) {
		return c, &HeaderError{headerSpecVersion, fmt.Sprintf("is %.20q, not %s", version, EventVersion)}
	}
	var typ string
	for _, required := range []struct {
		name string
		into *string
	}{{HeaderType, &typ}, {HeaderHub, &c.Hub}, {HeaderConnectionID, &c.ConnectionID}, {HeaderEventName, &c.Event}} {
		values := h[canonical()[required.name]]
		if len(values) != 1 || values[0] == "" {
			return c, &HeaderError{required.name, problemOf(values)}
		}
		*required.into = values[0]
	}
	return c, c.setKind(typ)
}

// canonical maps the names to the spelling of net/http. To compute that for each
// event would take longer than all the rest of reading it.
var canonical = sync.OnceValue(func() map[string]string {
	m := map[string]string{}
	for _, name := range []string{
		HeaderSubprotocol, HeaderID, headerSource, HeaderSignature, HeaderRequestOrigin, HeaderUserID, HeaderRequestID,
		headerPhysicalConnectionID, headerSessionID, HeaderTime, HeaderConnectionState, HeaderType, HeaderHub,
		HeaderConnectionID, HeaderEventName, headerSpecVersion, HeaderAWPSVersion,
	} {
		m[name] = textproto.CanonicalMIMEHeaderKey(name)
	}
	return m
})

func first(h http.Header, name string) string {
	if values := h[canonical()[name]]; len(values) > 0 {
		return values[0]
	}
	return ""
}

func problemOf(values []string) string {
	if len(values) > 1 {
		return "is given more than once"
	}
	return "is missing"
}

// setKind sets the kind and checks that the type and the name of the event agree
// without regard to case. Names of other than user events become lower case.
func (c *EventContext) setKind(typ string) error {
	for kind, prefix := range typePrefixes {
		if len(typ) <= len(prefix) || !strings.EqualFold(typ[:len(prefix)], prefix) {
			continue
		}
		if !strings.EqualFold(typ[len(prefix):], c.Event) {
			return &HeaderError{HeaderType, fmt.Sprintf("does not belong to the event %q", c.Event)}
		}
		c.Kind = kind
		if kind != EventUser {
			c.Event = strings.ToLower(c.Event)
		}
		return nil
	}
	return &HeaderError{HeaderType, fmt.Sprintf("%q is unknown", typ)}
}

// SetHeader sets the headers of c in h, in the spelling of the service. Empty
// values are omitted. The caller makes sure that values other than the user id
// are ASCII.
func (c *EventContext) SetHeader(h http.Header) {
	c.setHeader(h, func(name string) string { return name })
}

// SetCanonicalHeader is SetHeader with the names as a server of net/http finds
// them, for an event that does not travel as HTTP.
func (c *EventContext) SetCanonicalHeader(h http.Header) {
	names := canonical()
	c.setHeader(h, func(name string) string { return names[name] })
}

func (c *EventContext) setHeader(h http.Header, spelled func(name string) string) {
	source := c.Source
	if source == "" {
		source = "/hubs/" + c.Hub + "/client/" + c.ConnectionID
		if c.MQTT() {
			source += "/" + c.PhysicalConnectionID
		}
	}
	values := make([]string, 0, 18) // one array for all
	put := func(name, value string) {
		values = append(values, value)
		h[spelled(name)] = values[len(values)-1 : len(values) : len(values)]
	}
	set := func(name, value string) {
		if value != "" {
			put(name, value)
		}
	}
	set(headerSpecVersion, EventVersion)
	set(HeaderAWPSVersion, EventVersion)
	set(HeaderType, c.Type())
	set(headerSource, source)
	set(HeaderID, c.ID)
	if !c.Time.IsZero() {
		set(HeaderTime, c.Time.UTC().Format(time.RFC3339))
	}
	set(HeaderConnectionID, c.ConnectionID)
	set(HeaderHub, c.Hub)
	set(HeaderEventName, c.Event)
	set(HeaderRequestOrigin, c.Origin)
	set(HeaderRequestID, c.RequestID)
	set(HeaderSignature, c.Signature)
	set(HeaderUserID, c.UserID)
	set(HeaderSubprotocol, c.Subprotocol)
	if c.HasState {
		put(HeaderConnectionState, c.State)
	}
	set(headerPhysicalConnectionID, c.PhysicalConnectionID)
	set(headerSessionID, c.SessionID)
}
