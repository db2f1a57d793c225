package emulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"wps/emulator/internal/carrier"
	"wps/internal/shownurl"
	"wps/protocol"
)

// AnyHub in Options.Hubs is every hub that is not named there.
const AnyHub = "*"

// HubSettings configure one hub.
type HubSettings struct {
	// Handlers are ordered: an event is sent to the first that has it among its
	// events.
	Handlers []EventHandler
	// KeepAlive is the time between two WebSocket pings to each client of the hub;
	// 0 is that of Options.KeepAlive. It is the service's hub setting
	// webSocketKeepAliveIntervalInSeconds.
	KeepAlive time.Duration
}

// EveryEvent is the EventPattern of a handler of all user events.
const EveryEvent = "*"

// EventHandler is a receiver of events.
type EventHandler struct {
	// URLTemplate is an absolute http or https URL, or tunnel:///PATH for a handler
	// that has opened a tunnel for the hub, which is not validated. {hub} and
	// {event} in it, in any case and not in the host, are replaced by their
	// percent-encoded values; other names in braces stay as they are, see
	// UnknownParameters. Exactly one of URLTemplate and Handler is set.
	URLTemplate string
	// Handler receives the events in this process, with no socket between. It is
	// not validated. It runs in the goroutine of the event, sees requests as a
	// server would, for the path /{hub}/{event}, and must return soon after the
	// request's context ends. Its 408 and 5xx are retried as those of a server,
	// unless it calls the method Final() of the ResponseWriter before it answers.
	Handler http.Handler
	// SystemEvents are any of connect, connected and disconnected.
	SystemEvents []string
	// EventPattern is a user event's name, several with commas between, or
	// EveryEvent; "" means no user events.
	EventPattern string
	// Transport carries the requests to URLTemplate; nil is HTTP over the network
	// with the system's roots of trust.
	Transport http.RoundTripper
}

// AllSystemEvents returns the events that SystemEvents may contain.
func AllSystemEvents() []string {
	return []string{protocol.EventConnect, protocol.EventConnected, protocol.EventDisconnected}
}

// Check returns an error that says why a handler is invalid.
//
// Source: product documentation on event handlers; the refusal of patterns other
// than a lone star as the vendor's emulator has it.
func (h *EventHandler) Check() error {
	switch {
	case h.Handler != nil && (h.URLTemplate != "" || h.Transport != nil):
		return errors.New("an event handler in this process has no URL template and no transport")
	case h.Handler != nil:
	default:
		if err := carrier.CheckTemplate(h.URLTemplate); err != nil {
			return fmt.Errorf("URL template %q: %w", ShownURL(h.URLTemplate), err)
		}
		if h.Transport != nil && h.Tunnel() {
			return errors.New("an event handler with a tunnel has no transport")
		}
	}
	for _, name := range h.SystemEvents {
		if !slices.ContainsFunc(AllSystemEvents(), func(s string) bool { return strings.EqualFold(s, name) }) {
			return fmt.Errorf("system event %q is unknown: use connect, connected or disconnected", name)
		}
	}
	if h.EventPattern == EveryEvent || h.EventPattern == "" {
		return nil
	}
	for name := range strings.SplitSeq(h.EventPattern, ",") {
		name = strings.TrimSpace(name)
		if strings.ContainsAny(name, `*?\`) {
			return fmt.Errorf("event pattern %q: only a star alone is allowed, no other wildcards", h.EventPattern)
		}
		if err := protocol.CheckEventName(name); err != nil {
			return fmt.Errorf("event pattern %q: %w", h.EventPattern, err)
		}
	}
	return nil
}

// Tunnel reports whether the events are sent through the tunnels that the handler has
// opened.
func (h *EventHandler) Tunnel() bool { return carrier.IsTunnel(h.URLTemplate) }

// UnknownParameters returns what of the URL template is a name in braces but
// neither {hub} nor {event}. A name that may be part of a secret is "{...}".
func (h *EventHandler) UnknownParameters() []string { return carrier.UnknownParameters(h.URLTemplate) }

// handler is an EventHandler prepared for use.
type handler struct {
	carrier carrier.Carrier
	system  map[string]bool
	every   bool            // every user event
	user    map[string]bool // else these, in lower case
}

func (h *handler) wants(kind protocol.EventKind, event string) bool {
	event = strings.ToLower(event)
	switch kind {
	case protocol.EventSystem:
		return h.system[event]
	case protocol.EventUser:
		return h.every || h.user[event]
	}
	return false
}

// hubRules are the settings of a hub, prepared for use.
type hubRules struct {
	handlers  []*handler
	keepAlive time.Duration // 0: that of the server
}

// handlerFor returns the handler of an event, or nil.
func (r *hubRules) handlerFor(kind protocol.EventKind, event string) *handler {
	for _, h := range r.handlers {
		if h.wants(kind, event) {
			return h
		}
	}
	return nil
}

// upstream calls the event handlers of a server.
type upstream struct {
	server      *Server
	shared      *http.Client
	validations validations

	// ctx outlives that of the server by closeGrace, so that the disconnected events
	// of connections which a closing server ends are still sent.
	ctx        context.Context
	cancel     context.CancelFunc
	unblocking atomic.Int64 // unblocking events in progress
}

// closeGrace is how long a closing server still delivers events; maxUnblocking is
// how many unblocking events may be in progress: further ones are dropped.
const (
	closeGrace    = 2 * time.Second
	maxUnblocking = 10_000
)

func newUpstream(s *Server) *upstream {
	u := &upstream{server: s, shared: carrier.NewClient(carrier.NewTransport())}
	u.ctx, u.cancel = context.WithCancel(context.Background())
	return u
}

func (u *upstream) newHandler(o *EventHandler) (*handler, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	h := &handler{
		every: o.EventPattern == EveryEvent, system: map[string]bool{}, user: map[string]bool{},
	}
	switch {
	case o.Tunnel():
		h.carrier = u.server.tunnels.Carrier(o.URLTemplate)
	case o.Handler != nil:
		h.carrier = &carrier.Local{Handler: o.Handler}
	case o.Transport != nil:
		h.carrier = carrier.HTTP{Client: carrier.NewClient(o.Transport), Template: o.URLTemplate}
	default:
		h.carrier = carrier.HTTP{Client: u.shared, Template: o.URLTemplate}
	}
	for _, name := range o.SystemEvents {
		h.system[strings.ToLower(name)] = true
	}
	for name := range strings.SplitSeq(o.EventPattern, ",") {
		h.user[strings.ToLower(strings.TrimSpace(name))] = true
	}
	return h, nil
}

// close cancels the events still in progress after closeGrace; wait returns when
// there are none.
func (u *upstream) close(wait func()) {
	late := time.AfterFunc(closeGrace, u.cancel)
	defer late.Stop()
	wait()
	u.cancel()
	u.shared.CloseIdleConnections()
}

// ShownURL returns a handler's URL or URL template without its query, fragment and
// user information, which may be secret.
func ShownURL(text string) string { return shownurl.Of(text) }
