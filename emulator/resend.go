package emulator

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"github.com/google/uuid"

	"wps/emulator/internal/carrier"
	"wps/protocol"
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

// Resend sends an event to the handler that its hub has now, once, with a new event
// id, so that a handler which remembers answers runs it again. The answer has no
// effect on the connection. The object is one of a recording or of the server, with
// all of its data; the error says why it was not sent, or not answered.
func (s *Server) Resend(ctx context.Context, o *traffic.Object) (*Resent, error) {
	if o.Handling == nil {
		return nil, errors.New("not an event")
	}
	body, whole := o.Raw()
	if !whole {
		return nil, errors.New("the data of the event is not kept as a whole")
	}
	h := s.settings.Load().rules(strings.ToLower(o.Hub)).handlerFor(o.EventType, o.Event)
	if h == nil {
		return nil, errNoHandler
	}
	ctx, cancel := context.WithTimeout(ctx, carrier.Timeout)
	defer cancel()
	if err := s.up.validate(ctx, h, o.Hub, "localhost"); err != nil {
		return nil, fmt.Errorf("event handler not valid: %w", err)
	}
	r := &carrier.Request{Carrier: h.carrier, Method: http.MethodPost, URL: h.carrier.Address(o.Hub, o.Event), Hub: o.Hub, Body: body, Once: true}
	r.Header = s.resentHeader(o, h.carrier.Local())
	began := time.Now()
	a, err := r.Send(ctx)
	if err != nil {
		return nil, err
	}
	return &Resent{a.Status, time.Since(began), a.Header, a.Body}, nil
}

// resentHeader returns the header of an event that is sent again, signed anew.
func (s *Server) resentHeader(o *traffic.Object, canonical bool) http.Header {
	recorded := http.Header{}
	carrier.AddCanonical(recorded, o.RequestHeaders)
	c := protocol.EventContext{
		Kind: o.EventType, Event: o.Event, Hub: o.Hub, ConnectionID: o.ConnectionID, UserID: o.UserID,
		Subprotocol: o.Subprotocol, ID: strconv.FormatInt(time.Now().UnixMilli(), 10), Time: s.now(),
		Signature: token.Signature(o.ConnectionID, s.key), Origin: "localhost", RequestID: uuid.NewString(),
	}
	if states := recorded[textproto.CanonicalMIMEHeaderKey(protocol.HeaderConnectionState)]; len(states) > 0 {
		c.State, c.HasState = states[0], true
	}
	h := http.Header{}
	if canonical {
		c.SetCanonicalHeader(h)
	} else {
		c.SetHeader(h)
		h["User-Agent"] = nil
	}
	h["Content-Type"] = []string{jsonType}
	if o.EventType == protocol.EventUser && o.Payload != nil {
		h["Content-Type"] = []string{protocol.EventContentType(o.DataType)}
		setMetadata(h, o.Metadata, canonical)
	}
	return h
}
