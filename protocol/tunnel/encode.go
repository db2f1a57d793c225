package tunnel

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// encode returns the properties and the body of a message.
func encode(side Side, m Message) (properties, body []byte, err error) {
	switch m := m.(type) {
	case *Request:
		if side == Client {
			return encodeJSON(clientRequest{m.AckID, m.LocalRouting, m.ChannelName, m.Method, m.URL, headers(m.Header), KindRequest}, m.Body)
		}
		return encodeJSON(serviceRequest{KindRequest, m.AckID, m.Method, m.URL, headers(m.Header), m.LocalRouting, m.ChannelName, tracing(m.TracingID)}, m.Body)
	case *Response:
		if side == Client {
			return encodeJSON(clientResponse{m.AckID, m.LocalRouting, m.Status, m.ChannelName, m.NotCompleted, headers(m.Header), KindResponse}, m.Body)
		}
		return encodeJSON(serviceResponse{KindResponse, m.AckID, m.LocalRouting, m.Status, m.ChannelName, m.NotCompleted, headers(m.Header)}, m.Body)
	case *Status:
		return encodeJSON(text{KindStatus, m.Text, nil}, nil)
	case *Close:
		return encodeJSON(text{KindClose, m.Text, nil}, nil)
	case *Reconnect:
		return encodeJSON(place{KindReconnect, m.TargetID, m.Endpoint, m.Text, nil}, nil)
	case *Rebalance:
		return encodeJSON(place{KindRebalance, m.TargetID, m.Endpoint, m.Text, nil}, nil)
	case *Connected:
		return encodeJSON(connected{KindConnected, m.ConnectionID, optional(m.UserID), optional(m.ReconnectionToken), nil}, nil)
	}
	return nil, nil, fmt.Errorf("messages of type %d cannot be written", m.Kind())
}

// The properties of each message, in the order of its writer.
type (
	serviceRequest struct {
		Type         Kind
		AckID        int64  `json:"AckId"`
		HTTPMethod   string `json:"HttpMethod"`
		URL          string `json:"Url"`
		Headers      map[string][]string
		LocalRouting bool
		ChannelName  string
		TracingID    *json.Number `json:"TracingId"`
	}
	clientRequest struct {
		AckID        int64 `json:"AckId"`
		LocalRouting bool
		ChannelName  string
		HTTPMethod   string `json:"HttpMethod"`
		URL          string `json:"Url"`
		Headers      map[string][]string
		Type         Kind
	}
	serviceResponse struct {
		Type         Kind
		AckID        int64 `json:"AckId"`
		LocalRouting bool
		StatusCode   int
		ChannelName  string
		NotCompleted bool
		Headers      map[string][]string
	}
	clientResponse struct {
		AckID        int64 `json:"AckId"`
		LocalRouting bool
		StatusCode   int
		ChannelName  string
		NotCompleted bool
		Headers      map[string][]string
		Type         Kind
	}
	text struct {
		Type      Kind
		Message   string
		TracingID *json.Number `json:"TracingId"`
	}
	place struct {
		Type      Kind
		TargetID  string `json:"TargetId"`
		Endpoint  string
		Message   string
		TracingID *json.Number `json:"TracingId"`
	}
	connected struct {
		Type              Kind
		ConnectionID      string  `json:"ConnectionId"`
		UserID            *string `json:"UserId"`
		ReconnectionToken *string
		TracingID         *json.Number `json:"TracingId"`
	}
)

// headers returns h, or an empty map for nil: clients read it without a check.
func headers(h map[string][]string) map[string][]string {
	if h == nil {
		return map[string][]string{}
	}
	return h
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func tracing(id string) *json.Number {
	if id == "" {
		return nil
	}
	n := json.Number(id)
	return &n
}

// encodeJSON writes v without escapes for HTML, and returns the body beside it.
func encodeJSON(v any, body []byte) ([]byte, []byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), body, nil
}
