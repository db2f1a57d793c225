package hooks

import (
	"net/http"
	"time"

	"wps/protocol"
	"wps/protocol/traffic"
	"wps/trigger"
)

// eventObject returns the traffic object of an event and its answer.
func eventObject(r trigger.Report) *traffic.Object {
	c := r.Event
	o := traffic.New(traffic.Handled, time.Now())
	o.Hub, o.ConnectionID, o.UserID, o.Event, o.Subprotocol = c.Hub, c.ConnectionID, c.UserID, c.Event, c.Subprotocol
	o.Status, o.Milliseconds, o.Reason = r.Status, traffic.Milliseconds(r.Took), r.Problem
	o.Handling = &traffic.Handling{EventType: c.Kind, EventID: c.ID, Hook: r.Hook, Repeated: r.Repeated}
	if ev := r.Received; ev != nil {
		o.Group = ev.Group
		o.RequestHeaders = traffic.Headers(ev.Header)
		setData(o, ev)
	}
	o.ResponseHeaders = traffic.Headers(r.Header)
	if len(r.Body) > 0 {
		d, _, _ := protocol.DataTypeOf(firstValue(r.Header, "Content-Type"))
		o.SetReply(d, r.Body)
	}
	o.Bound()
	return o
}

// setData sets the payload of an event's object. The secrets that a client has sent
// at its connect are masked.
func setData(o *traffic.Object, ev *trigger.Event) {
	switch {
	case ev.Kind == protocol.EventUser:
		o.SetPayload(ev.DataType, ev.Body)
		o.Metadata, _ = protocol.ReadMetadata(ev.Header) // the service has checked them
	case ev.Connect != nil:
		o.SetPayload(protocol.DataTypeJSON, traffic.ConnectBody(ev.Body))
	default:
		o.SetPayload(protocol.DataTypeJSON, ev.Body)
	}
}

// firstValue returns a header line by a name in any case.
func firstValue(h http.Header, name string) string {
	for given, values := range h {
		if http.CanonicalHeaderKey(given) == name && len(values) > 0 {
			return values[0]
		}
	}
	return ""
}

// refusedObject returns the traffic object of a request that is no valid event.
func refusedObject(r trigger.Refusal) *traffic.Object {
	o := traffic.New(traffic.Refused, time.Now())
	o.Status, o.Reason = r.Status, r.Reason
	o.HTTP = &traffic.HTTP{Method: r.Method, Path: r.Path}
	o.Bound()
	return o
}
