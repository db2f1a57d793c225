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
	// MQTT is unchanged JSON; nil for other clients.
	MQTT json.RawMessage `json:"mqtt,omitempty"`
}

// ClientCertificate is a certificate of the client: its SHA-1 thumbprint in hex
// and its PEM text.
type ClientCertificate struct {
	Thumbprint string `json:"thumbprint"`
	Content    string `json:"content"`
}

// DisconnectedRequest is the body of a disconnected event. MQTT is unchanged JSON;
// nil for other clients.
type DisconnectedRequest struct {
	Reason string          `json:"reason"`
	MQTT   json.RawMessage `json:"mqtt,omitempty"`
}

// GroupRequest is the body of a joined or left event.
type GroupRequest struct {
	Group string `json:"group"`
}

// EventContentType returns the Content-Type of the body of a user event.
func EventContentType(d DataType) string {
	if d == DataTypeText {
		return "text/plain; charset=utf-8"
	}
	return d.ContentType()
}

// ReadMetadata returns the metadata in the headers of a REST send or of an event
// handler's answer. Of a repeated header the last one counts, and of its value
// the part after the last comma. The error is that of CheckMetadata.
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
