package emulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"wps/protocol"
)

// AnyHub in Options.Hubs is every hub that is not named there.
const AnyHub = "*"

// HubSettings configure one hub.
type HubSettings struct {
	// Handlers are ordered: an event is sent to the first that has it among its
	// events.
	Handlers []EventHandler
}

// EveryEvent is the EventPattern of a handler of all user events.
const EveryEvent = "*"

// EventHandler is a receiver of events.
type EventHandler struct {
	// URLTemplate is an absolute http or https URL. {hub} and {event} in it, in
	// any case and not in the host, are replaced by their percent-encoded values.
	// Exactly one of URLTemplate and Handler is set.
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
		if err := checkTemplate(h.URLTemplate); err != nil {
			return fmt.Errorf("URL template %q: %w", ShownURL(h.URLTemplate), err)
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

var placeholder = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\{[^{}]*\}`) })

func checkTemplate(template string) error {
	for _, p := range placeholder().FindAllString(template, -1) {
		switch {
		case strings.EqualFold(p, "{hub}"), strings.EqualFold(p, "{event}"):
		case strings.HasPrefix(strings.ToLower(p), "{@microsoft.keyvault"):
			return errors.New("a Key Vault reference works in the cloud only")
		case strings.Contains(ShownURL(template), p):
			return fmt.Errorf("%s is unknown: use {hub} and {event}", p)
		default: // it may be part of a secret
			return errors.New("a name in braces is unknown: use {hub} and {event}")
		}
	}
	one, err := url.Parse(resolve(template, "a", "b"))
	if err != nil {
		return errors.New("not a URL") // the error would repeat it, with its secrets
	}
	other, err := url.Parse(resolve(template, "c", "d"))
	switch {
	case err != nil || one.Host != other.Host:
		return errors.New("{hub} and {event} are not allowed in the host")
	case one.Scheme != "http" && one.Scheme != "https" || one.Hostname() == "":
		return errors.New("it must begin with http:// or https:// and a host")
	case strings.ContainsAny(resolve(template, "a", "b"), "{}"):
		return errors.New("a brace is unbalanced")
	}
	return nil
}

// resolve puts hub and event into a URL template.
func resolve(template, hub, event string) string {
	return placeholder().ReplaceAllStringFunc(template, func(p string) string {
		switch strings.ToLower(p) {
		case "{hub}":
			return protocol.EscapeSegment(hub)
		case "{event}":
			return protocol.EscapeSegment(event)
		}
		return p
	})
}

// handler is an EventHandler prepared for use.
type handler struct {
	carrier carrier
	system  map[string]bool
	every   bool            // every user event
	user    map[string]bool // else these, in lower case
}

// carrier sends requests to an event handler and returns its answers, over a
// network or within the process.
type carrier interface {
	// address returns the URL of an event.
	address(hub, event string) string
	// attempt sends a request once. An error is a connection that failed, which
	// may be tried again, or an *unusableAnswer.
	attempt(context.Context, *upstreamRequest) (*answer, error)
	// local reports whether the handler is in this process: it needs no
	// validation, reports its own failures, and sees canonical header names.
	local() bool
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
type hubRules struct{ handlers []*handler }

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
	u := &upstream{server: s, shared: newUpstreamClient(newUpstreamTransport())}
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
	case o.Handler != nil:
		h.carrier = &localCarrier{o.Handler}
	case o.Transport != nil:
		h.carrier = httpCarrier{newUpstreamClient(o.Transport), o.URLTemplate}
	default:
		h.carrier = httpCarrier{u.shared, o.URLTemplate}
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
