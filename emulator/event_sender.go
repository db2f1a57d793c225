package emulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/google/uuid"

	"wps/emulator/internal/carrier"
	"wps/protocol"
)

// EventSender sends single events to an event handler, with the code of the
// emulator but without retries, to try out a handler. All methods may be called
// concurrently.
type EventSender struct {
	carrier carrier.Carrier
	client  *http.Client // of the carrier; nil for a handler in this process
	origin  string
}

// NewEventSender returns an EventSender for a handler. origin is the host that
// events name as the service. A nil transport is HTTP over the network.
func NewEventSender(template, origin string, t http.RoundTripper) (*EventSender, error) {
	h := EventHandler{URLTemplate: template, EventPattern: EveryEvent}
	if err := h.Check(); err != nil {
		return nil, err
	}
	if h.Tunnel() {
		return nil, errors.New("an event handler with a tunnel has no address of its own: use http://HOST:PORT/PATH")
	}
	if t == nil {
		t = carrier.NewTransport()
	}
	c := carrier.NewClient(t)
	return &EventSender{carrier.HTTP{Client: c, Template: template}, c, origin}, nil
}

// NewLocalEventSender returns an EventSender for a handler in this process.
func NewLocalEventSender(h http.Handler, origin string) *EventSender {
	return &EventSender{&carrier.Local{Handler: h}, nil, origin}
}

// Close closes idle connections.
func (s *EventSender) Close() {
	if s.client != nil {
		s.client.CloseIdleConnections()
	}
}

// Validate asks the handler whether it accepts events of the origin. The error is
// the reason for which a service would send it none.
func (s *EventSender) Validate(ctx context.Context, hub string) error {
	return carrier.Validate(ctx, s.carrier, s.carrier.Address(hub, protocol.ValidateEvent), s.origin, true, nil)
}

// EventResult is what a handler answered, and what a service would make of it.
type EventResult struct {
	Status int
	Header http.Header
	// Body is the answer's; that of a refusal is cut short.
	Body []byte
	// Problem is why the event failed; "" when it was accepted.
	Problem string
	// Retried reports that a service would send the event again.
	Retried bool
	// ClientStatus is what a refused client gets; only for connect.
	ClientStatus int
	// UserID, Roles, Groups and Subprotocol are those that connect changes; nil
	// leaves them. An empty list of Roles removes all of them.
	UserID      *string
	Roles       []string
	Groups      []string
	Subprotocol *string
	// Message is what the sender of a user event gets; nil: nothing.
	Message *protocol.Response
	// State is what is kept for the connection; nil: no change.
	State *string
}

// Send sends an event whose context is complete but for the origin. offered are
// the subprotocols of a connect event. The error is that of the network.
func (s *EventSender) Send(ctx context.Context, c protocol.EventContext, h http.Header, body []byte, offered []string) (*EventResult, error) {
	c.Origin, c.RequestID = s.origin, uuid.NewString()
	header := s.header(&c, h)
	r := &carrier.Request{Carrier: s.carrier, Method: http.MethodPost, URL: s.carrier.Address(c.Hub, c.Event), Header: header, Body: body, Once: true}
	a, err := r.Send(ctx)
	if err != nil {
		return nil, err
	}
	v := &EventResult{Status: a.Status, Header: a.Header, Body: a.Body}
	v.readAnswer(&c, a, offered)
	return v, nil
}

// header returns the header of an event, with the lines of h.
func (s *EventSender) header(c *protocol.EventContext, h http.Header) http.Header {
	header := http.Header{}
	if s.carrier.Local() {
		carrier.AddCanonical(header, h)
		c.SetCanonicalHeader(header)
		return header
	}
	header["User-Agent"] = nil
	for name, values := range h {
		header[name] = values
	}
	c.SetHeader(header)
	return header
}

// readAnswer reads the answer as the emulator does.
func (v *EventResult) readAnswer(c *protocol.EventContext, a *carrier.Answer, offered []string) {
	var err error
	switch {
	case !a.OK():
		v.Retried = carrier.Retried(a.Status)
		v.Problem = fmt.Sprintf("status %d", a.Status)
		v.ClientStatus = refusedStatus(a.Status)
		return
	case !c.Blocking():
		return
	case c.Kind == protocol.EventUser:
		var m *message
		if m, err = readReply(a.Header, a.Body); m != nil {
			v.Message = &m.response
		}
	default:
		var o overrides
		if o, err = readOverrides(a.Body, offered); err == nil {
			v.setOverrides(&o)
		}
	}
	if err != nil {
		v.Problem, v.ClientStatus = err.Error(), http.StatusInternalServerError
		return
	}
	if states := a.Header.Values(protocol.HeaderConnectionState); len(states) > 0 {
		v.State = &states[len(states)-1]
	}
}

func (v *EventResult) setOverrides(o *overrides) {
	v.UserID, v.Subprotocol = o.UserID, o.Subprotocol
	if o.Roles != nil {
		v.Roles = values(o.Roles)
	}
	if len(o.Groups) > 0 {
		v.Groups = slices.Clone(values(o.Groups))
	}
}
