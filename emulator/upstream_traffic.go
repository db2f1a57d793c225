package emulator

import (
	"maps"
	"strconv"
	"time"

	"wps/emulator/internal/carrier"
	"wps/protocol"
	"wps/protocol/traffic"
)

// keepAttempt keeps what came of an attempt to send e.
func (e *sourceEvent) keepAttempt(a *carrier.Answer, err error, took time.Duration) {
	x := traffic.Attempt{Milliseconds: traffic.Milliseconds(took)}
	if a != nil {
		x.Status = a.Status
	}
	if err != nil {
		x.Error = traffic.Cut(reasonOf(err))
	}
	e.attempts = append(e.attempts, x)
}

// publish publishes an event with its outcome.
func (s *eventSource) publish(e *sourceEvent, a *carrier.Answer, took time.Duration, err error) {
	server := s.up.server
	o := server.newObject(traffic.Handled)
	s.mu.Lock()
	o.UserID, o.Subprotocol = s.userID, s.subprotocol
	s.mu.Unlock()
	o.Hub, o.ConnectionID, o.Event, o.Chain = s.hub, s.id, e.name, e.chain
	o.Milliseconds = traffic.Milliseconds(took)
	o.Handling = &traffic.Handling{EventType: e.kind, EventID: strconv.FormatUint(e.id, 10)}
	if a != nil {
		o.Status = a.Status
	}
	if err != nil {
		o.Reason = reasonOf(err)
	}
	if e.sent != nil {
		o.Hook = shownHook(e.sent, a)
		if e.watched {
			e.detail(o, a)
		}
	}
	server.feed.Publish(o)
}

// shownHook returns the name of a hook in this process, or the URL of a handler
// without its secrets.
func shownHook(r *carrier.Request, a *carrier.Answer) string {
	switch {
	case !r.Carrier.Local():
		return ShownURL(r.URL)
	case a != nil:
		return a.Hook
	}
	return ""
}

// detail adds the request and the answer to an object.
func (e *sourceEvent) detail(o *traffic.Object, a *carrier.Answer) {
	body, d := e.body, protocol.DataTypeJSON
	switch {
	case e.kind == protocol.EventUser:
		d, _, _ = protocol.DataTypeOf(e.contentType)
	case e.name == protocol.EventConnect:
		body = traffic.ConnectBody(body)
	}
	o.SetPayload(d, body)
	o.Metadata = maps.Clone(e.metadata)
	o.RequestHeaders = traffic.Headers(e.sent.Header)
	if len(e.attempts) > 1 {
		o.Attempts = e.attempts
	}
	if a == nil {
		return
	}
	o.ResponseHeaders = traffic.Headers(a.Header)
	reply, _, _ := protocol.DataTypeOf(a.Header.Get("Content-Type"))
	o.Handling.SetReply(reply, a.Body)
}
