package trigger

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Protocol versions of MQTT in the body of connect.
const (
	mqtt311 = 4
	mqtt500 = 5
)

// mqttStatus returns the HTTP status for a CONNACK code: below 128 a return code
// of MQTT 3.1.1, from 128 a reason code of MQTT 5.
//
// Source: the official Node middleware.
func mqttStatus(code int) int {
	switch code {
	case 4, 5, 134, 135:
		return http.StatusUnauthorized
	case 1, 2, 129, 131, 132, 133, 140, 144, 149, 153, 154, 155:
		return http.StatusBadRequest
	case 3:
		return http.StatusServiceUnavailable
	case 151, 159:
		return http.StatusTooManyRequests
	case 138:
		return http.StatusForbidden
	}
	return http.StatusInternalServerError
}

// mqttRefusal returns the body that refuses the connect event of an MQTT client.
//
// Source: the official Node middleware.
func (ev *Event) mqttRefusal(e *Error) []byte {
	type refusal struct {
		Code   int    `json:"code"`
		Reason string `json:"reason,omitempty"`
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	// A struct of an int and a string always encodes.
	_ = enc.Encode(map[string]refusal{"mqtt": {ev.mqttCode(e.Status), e.Text}})
	return []byte(strings.TrimSuffix(b.String(), "\n"))
}

// mqttCode returns the CONNACK code for an HTTP status.
func (ev *Event) mqttCode(status int) int {
	codes, known := map[int][3]int{
		mqtt311: {4, 5, 3},
		mqtt500: {134, 135, 128},
	}[ev.mqttVersion()]
	switch {
	case !known:
		return 1
	case status == http.StatusBadRequest:
		return codes[0]
	case status == http.StatusUnauthorized:
		return codes[1]
	}
	return codes[2]
}

func (ev *Event) mqttVersion() int {
	var m struct {
		ProtocolVersion int `json:"protocolVersion"`
	}
	if ev.Connect == nil || json.Unmarshal(ev.Connect.MQTT, &m) != nil {
		return 0
	}
	return m.ProtocolVersion
}

// mqttError reads the mqtt member of an answer to connect, which refuses the
// client if it has a code. raw is compact. nil means that it does not refuse.
func mqttError(raw json.RawMessage) *Error {
	var m struct {
		Code   *int   `json:"code"`
		Reason string `json:"reason"`
	}
	if json.Unmarshal(raw, &m) != nil || m.Code == nil {
		return nil
	}
	body := append([]byte(`{"mqtt":`), raw...)
	return &Error{Status: mqttStatus(*m.Code), Text: m.Reason, MQTT: append(body, '}')}
}
