package traffic

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"wps/protocol"
)

// EventRequest is an event of an object, to be sent to a handler again. Its context
// has neither a signature nor an origin: who sends it sets them.
type EventRequest struct {
	protocol.EventContext
	Header  http.Header // Content-Type, and the metadata of a user event
	Body    []byte
	Offered []string // subprotocols, of connect
}

// EventRequest returns the event of an object. The error says why it cannot be sent
// again: the object is no event, or has not all of its data.
func (o *Object) EventRequest() (*EventRequest, error) {
	if o.Type != Handled || o.Handling == nil || o.Event == "" {
		return nil, fmt.Errorf("%s is not an event for a handler", Cut(string(o.Type)))
	}
	if o.Payload == nil {
		return nil, errors.New("it was recorded without its data")
	}
	body, whole := o.Raw()
	if !whole {
		return nil, fmt.Errorf("its data was cut off: %d of %d bytes are missing", o.Bytes-len(body), o.Bytes)
	}
	r := &EventRequest{Header: http.Header{"Content-Type": {"application/json"}}, Body: body}
	r.Kind, r.Event, r.Hub, r.ConnectionID, r.UserID = o.EventType, o.Event, o.Hub, o.ConnectionID, o.UserID
	r.Subprotocol, r.ID = o.Subprotocol, o.EventID
	r.State, r.HasState = headerValue(o.RequestHeaders, protocol.HeaderConnectionState)
	switch {
	case r.Kind == protocol.EventUser:
		r.Header["Content-Type"] = []string{protocol.EventContentType(o.DataType)}
		for name, value := range o.Metadata {
			r.Header[protocol.MetadataHeader+name] = []string{value}
		}
	case r.Event == protocol.EventConnect:
		var c protocol.ConnectRequest
		if err := json.Unmarshal(body, &c); err != nil {
			return nil, errors.New("its data is not that of a connect event")
		}
		r.Offered = c.Subprotocols
	}
	return r, nil
}

// headerValue returns the value of a header line by its name in any case.
func headerValue(h map[string][]string, name string) (value string, found bool) {
	name = http.CanonicalHeaderKey(name)
	for given, values := range h {
		if http.CanonicalHeaderKey(given) == name && len(values) > 0 && values[0] != Masked {
			return values[0], true
		}
	}
	return "", false
}
