package emulator

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"wps/emulator/internal/carrier"
	"wps/protocol/traffic"
	"wps/token"
)

// Resent is what a handler answered to an event that was sent again.
type Resent struct {
	Status int
	Took   time.Duration
	Header http.Header
	Body   []byte
}

// Resend sends an event to the handler that its hub has now, once, signed anew and
// with a new event id, so that a handler which remembers answers runs it again. The
// answer has no effect on the connection. The error says why the event was not sent,
// or not answered.
func (s *Server) Resend(ctx context.Context, o *traffic.Object) (*Resent, error) {
	e, err := o.EventRequest()
	if err != nil {
		return nil, err
	}
	h := s.settings.Load().rules(strings.ToLower(e.Hub)).handlerFor(e.Kind, e.Event)
	if h == nil {
		return nil, errNoHandler
	}
	ctx, cancel := context.WithTimeout(ctx, carrier.Timeout)
	defer cancel()
	e.Origin = "localhost"
	if err := s.up.validate(ctx, h, e.Hub, e.Origin); err != nil {
		return nil, fmt.Errorf("event handler not valid: %w", err)
	}
	e.ID, e.Time, e.RequestID = NewEventID(), s.now(), uuid.NewString()
	e.Signature = token.Signature(e.ConnectionID, s.key)
	r := &carrier.Request{
		Carrier: h.carrier, Method: http.MethodPost, URL: h.carrier.Address(e.Hub, e.Event), Hub: e.Hub, Body: e.Body,
		Header: resentHeader(e, h.carrier.Local()), Once: true,
	}
	began := time.Now()
	a, err := r.Send(ctx)
	if err != nil {
		return nil, err
	}
	return &Resent{a.Status, time.Since(began), a.Header, a.Body}, nil
}

// resentHeader returns the header of an event that is sent again.
func resentHeader(e *traffic.EventRequest, canonical bool) http.Header {
	h := http.Header{}
	if canonical {
		e.SetCanonicalHeader(h)
		carrier.AddCanonical(h, e.Header)
		return h
	}
	e.SetHeader(h)
	h["User-Agent"] = nil
	for name, values := range e.Header {
		h[name] = values
	}
	return h
}

// NewEventID returns the id of an event that is sent again: a number that no
// connection has reached.
func NewEventID() string { return strconv.FormatInt(time.Now().UnixNano(), 10) }
