package protocol

import (
	"encoding/json"
	"net/http"
	"net/textproto"
	"strings"
)

// ConnectRequest is the body of a connect event.
type ConnectRequest struct {
	Claims             map[string][]string `json:"claims"`
	Query              map[string][]string `json:"query"`
	Headers            map[string][]string `json:"headers"`
	Subprotocols       []string            `json:"subprotocols"`
	ClientCertificates []ClientCertificate `json:"clientCertificates"`
	// MQTT is kept as it came; nil for other clients.
	MQTT json.RawMessage `json:"mqtt,omitempty"`
}

// ClientCertificate is a certificate that a client showed: its SHA-1 thumbprint
// in hex and its PEM text.
type ClientCertificate struct {
	Thumbprint string `json:"thumbprint"`
	Content    string `json:"content"`
}

// DisconnectedRequest is the body of a disconnected event; MQTT is kept as it
// came.
type DisconnectedRequest struct {
	Reason string          `json:"reason"`
	MQTT   json.RawMessage `json:"mqtt,omitempty"`
}

// GroupRequest is the body of a joined or left event.
type GroupRequest struct {
	Group string `json:"group"`
}

// EventContentType is the Content-Type that the service gives the body of a user
// event.
func EventContentType(d DataType) string {
	if d == DataTypeText {
		return "text/plain; charset=utf-8"
	}
	return d.ContentType()
}

// ReadMetadata collects the metadata headers of a REST send or of an event
// handler's answer: of a repeated header the last counts, and of its value what
// stands behind the last comma. The error is that of CheckMetadata.
//
// Source: the vendor's emulator.
func ReadMetadata(h http.Header) (map[string]string, error) {
	var m map[string]string
	prefix := textproto.CanonicalMIMEHeaderKey(MetadataHeader)
	for name, values := range h {
		key, ok := strings.CutPrefix(textproto.CanonicalMIMEHeaderKey(name), prefix)
		if !ok || key == "" {
			continue
		}
		value := values[len(values)-1]
		value = strings.TrimSpace(value[strings.LastIndexByte(value, ',')+1:])
		if m == nil {
			m = map[string]string{}
		}
		m[strings.ToLower(key)] = value
	}
	return m, CheckMetadata(m)
}
