package trigger

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"wps/internal/reason"
	"wps/protocol"
)

// Event is one event of the service. It must not be changed.
type Event struct {
	protocol.EventContext
	// Header holds the headers of the request.
	Header http.Header
	// Body is the data, byte for byte.
	Body []byte
	// DataType is the data type of a user event; "" for others.
	DataType protocol.DataType
	// Connect is the body of a connect event, nil for others.
	Connect *protocol.ConnectRequest
	// Disconnected is the body of a disconnected event, nil for others.
	Disconnected *protocol.DisconnectedRequest
	// Group is the group of joined and left; "" for others.
	Group string
}

// maxShownBytes limits how much untrusted text an error or a log line repeats.
const maxShownBytes = 100

// decode reads the data of an event. The error is sent to the service.
func (ev *Event) decode() error {
	switch ev.Kind {
	case protocol.EventUser:
		return ev.decodeUser()
	case protocol.EventGroup:
		var g protocol.GroupRequest
		err := ev.decodeJSON(&g)
		ev.Group = g.Group
		return err
	}
	switch ev.Event {
	case protocol.EventConnect:
		ev.Connect = &protocol.ConnectRequest{}
		return ev.decodeJSON(ev.Connect)
	case protocol.EventDisconnected:
		ev.Disconnected = &protocol.DisconnectedRequest{}
		if len(ev.Body) == 0 {
			return nil
		}
		return ev.decodeJSON(ev.Disconnected)
	}
	return nil // connected has no data
}

func (ev *Event) decodeJSON(v any) error {
	if err := json.Unmarshal(ev.Body, v); err != nil {
		return fmt.Errorf("the body of %s cannot be read: %s", ev.Event, reason.JSON(err))
	}
	return nil
}

// decodeUser sets the data type. An MQTT client may use any media type.
func (ev *Event) decodeUser() error {
	contentType := ev.Header.Get("Content-Type")
	d, _, ok := protocol.DataTypeOf(contentType)
	switch {
	case ok:
		ev.DataType = d
	case ev.MQTT():
		ev.DataType = protocol.DataTypeBinary
	default:
		return fmt.Errorf("Content-Type %q is not one of text/plain, application/json, application/octet-stream, application/x-protobuf", shorten(contentType))
	}
	if d == protocol.DataTypeJSON && !json.Valid(ev.Body) {
		return fmt.Errorf("the body of %s is not JSON: %s", ev.Event, shorten(string(ev.Body)))
	}
	return nil
}

// shorten returns at most the first maxShownBytes of untrusted text.
func shorten(s string) string {
	if len(s) <= maxShownBytes {
		return s
	}
	return strings.ToValidUTF8(s[:maxShownBytes], "") + "..."
}
