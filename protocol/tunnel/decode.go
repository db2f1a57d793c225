package tunnel

import (
	"encoding/json"
	"errors"
	"fmt"

	"wps/protocol"
)

// decode returns the message of a type, with the given properties and body.
func decode(kind Kind, properties, body []byte) (Message, error) {
	switch kind {
	case KindRequest:
		m := &Request{Body: body}
		return m, decodeRequest(m, properties)
	case KindResponse:
		m := &Response{Body: body}
		return m, decodeResponse(m, properties)
	case KindStatus:
		m := &Status{}
		return m, read(kind, properties, fields{"Message": &m.Text})
	case KindClose:
		m := &Close{}
		return m, read(kind, properties, fields{"Message": &m.Text})
	case KindReconnect:
		m := &Reconnect{}
		return m, read(kind, properties, fields{"TargetId": &m.TargetID, "Endpoint": &m.Endpoint, "Message": &m.Text})
	case KindRebalance:
		m := &Rebalance{}
		return m, read(kind, properties, fields{"TargetId": &m.TargetID, "Endpoint": &m.Endpoint, "Message": &m.Text})
	case KindConnected:
		m := &Connected{}
		return m, read(kind, properties, fields{
			"ConnectionId": &m.ConnectionID, "UserId": &m.UserID, "ReconnectionToken": &m.ReconnectionToken,
		})
	}
	return &Unknown{kind}, nil
}

func decodeRequest(m *Request, properties []byte) error {
	var tracingID json.Number
	err := read(KindRequest, properties, fields{
		"AckId": &m.AckID, "HttpMethod": &m.Method, "Url": &m.URL, "Headers": &m.Header,
		"LocalRouting": &m.LocalRouting, "ChannelName": &m.ChannelName, "TracingId": &tracingID,
	})
	m.TracingID = tracingID.String()
	return err
}

func decodeResponse(m *Response, properties []byte) error {
	return read(KindResponse, properties, fields{
		"AckId": &m.AckID, "StatusCode": &m.Status, "Headers": &m.Header,
		"LocalRouting": &m.LocalRouting, "ChannelName": &m.ChannelName, "NotCompleted": &m.NotCompleted,
	})
}

// fields are where the properties of a message belong, by name.
type fields map[string]any

// read reads properties: names are compared as they are, null and absent are the
// same, unknown ones are ignored. The property Type must be that of the frame.
func read(kind Kind, properties []byte, to fields) (err error) {
	repeated := kind
	to["Type"] = &repeated
	end, ok := protocol.ScanObject(properties, func(name, value []byte) {
		into, known := to[string(name[1:len(name)-1])]
		if !known || err != nil {
			return
		}
		if wrong := json.Unmarshal(value, into); wrong != nil {
			err = fmt.Errorf("property %s: %w", name, wrong)
		}
	})
	switch {
	case !ok || end != len(properties):
		return errors.New("the properties are not a JSON object")
	case err != nil:
		return err
	case repeated != kind:
		return fmt.Errorf("the frame has the type %d, its properties have %d", kind, repeated)
	}
	return nil
}
