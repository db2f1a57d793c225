// Package protocol is the wire format of Azure Web PubSub: names, messages,
// codecs and limits, each defined once. Both ends of every connection in this
// program use it, so its tests compare it with published examples.
//
// It opens no socket, starts no goroutine, logs nothing and reads no clock.
// Permissions, retries and queues are left to the packages that import it. It is
// one package because both formats encode the same messages by the same names.
//
//	req, err := protocol.FormatJSON.DecodeRequest(frame) // of a client
//	frame = protocol.FormatJSON.AppendResponse(nil, &protocol.Response{Type: protocol.ResponsePong})
//	path := "/api/hubs/" + protocol.EscapeSegment(hub) + "/:send"
package protocol

import (
	"fmt"
	"mime"
	"strings"
	"time"
	"unicode"
	"unicode/utf16"
)

// Service-defined subprotocols of the client WebSocket endpoint.
//
// Source: Azure/azure-webpubsub protocols/client/client-spec.md.
const (
	SubprotocolJSON             = "json.webpubsub.azure.v1"
	SubprotocolJSONReliable     = "json.reliable.webpubsub.azure.v1"
	SubprotocolProtobuf         = "protobuf.webpubsub.azure.v1"
	SubprotocolProtobufReliable = "protobuf.reliable.webpubsub.azure.v1"
)

// Limits of the service. Where a text says 1 MB we take 1<<20 bytes, as the
// vendor's emulator does.
const (
	// MaxMessageSize limits one client message and one REST body, in bytes.
	MaxMessageSize = 1 << 20
	// MaxHubName limits a hub name, in characters.
	MaxHubName = 128
	// MaxGroupName limits a group name, in UTF-16 code units.
	MaxGroupName = 1024
	// MaxEventName limits a user event's name, in characters.
	MaxEventName = 128
	// MaxTTL is the longest time to live of a message; zero means that it never
	// expires.
	MaxTTL = 300 * time.Second
	// MaxQueuedMessages and MaxQueuedBytes limit what waits for one receiver.
	MaxQueuedMessages = 1000
	MaxQueuedBytes    = 16 << 20
	// AckWindow is how many successful ack ids a connection remembers.
	AckWindow = 1000
	// ClockSkew is the tolerance on exp and nbf of a token, both ways.
	ClockSkew = 5 * time.Minute
)

// Roles of a client token. Each also exists with ".GROUP" after it, and in the
// plural ("webpubsub.sendToGroups.PATTERN") with a pattern.
const (
	RoleSendToGroup    = "webpubsub.sendToGroup"
	RoleJoinLeaveGroup = "webpubsub.joinLeaveGroup"
)

// DefaultEndpoint and DefaultAccessKey are the public defaults of a local
// emulator, the same as the vendor's.
const (
	DefaultEndpoint  = "http://localhost:8080"
	DefaultAccessKey = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789ABCDEFGH"
)

// DataType is the type of the bytes of a message.
type DataType string

// The data types of the service. Protobuf is a serialized google.protobuf.Any;
// only clients and event handlers send it.
const (
	DataTypeText     DataType = "text"
	DataTypeJSON     DataType = "json"
	DataTypeBinary   DataType = "binary"
	DataTypeProtobuf DataType = "protobuf"
)

// ParseDataType reads text, json or binary without regard to case.
func ParseDataType(s string) (DataType, error) {
	switch d := DataType(strings.ToLower(s)); d {
	case DataTypeText, DataTypeJSON, DataTypeBinary:
		return d, nil
	}
	return "", fmt.Errorf("unknown data type %q: use text, json or binary", s)
}

// ContentType returns the media type of d in REST and event requests.
func (d DataType) ContentType() string {
	switch d {
	case DataTypeText:
		return "text/plain"
	case DataTypeJSON:
		return "application/json"
	case DataTypeProtobuf:
		return "application/x-protobuf"
	default:
		return "application/octet-stream"
	}
}

// DataTypeOf returns the data type of a Content-Type header and its charset
// parameter in lower case ("" when there is none). An absent header means
// binary. ok is false for any other media type. REST requests do not take
// protobuf, only events and their answers do.
//
// Source: product documentation of the protobuf subprotocol, "Send custom
// events".
func DataTypeOf(contentType string) (d DataType, charset string, ok bool) {
	switch contentType { // the usual spellings
	case "", "application/octet-stream":
		return DataTypeBinary, "", true
	case "text/plain":
		return DataTypeText, "", true
	case "text/plain; charset=utf-8":
		return DataTypeText, "utf-8", true
	case "application/json":
		return DataTypeJSON, "", true
	}
	media, params, err := mime.ParseMediaType(contentType)
	if err != nil {
		return "", "", false
	}
	switch media {
	case "text/plain":
		return DataTypeText, strings.ToLower(params["charset"]), true
	case "application/json":
		return DataTypeJSON, "", true
	case "application/octet-stream":
		return DataTypeBinary, "", true
	case "application/x-protobuf":
		return DataTypeProtobuf, "", true
	}
	return "", "", false
}

// TargetKind is the kind of target of a REST operation.
type TargetKind string

// The four kinds of target.
const (
	TargetAll        TargetKind = "hub"
	TargetGroup      TargetKind = "group"
	TargetUser       TargetKind = "user"
	TargetConnection TargetKind = "connection"
)

// Target is the target of a REST operation. ID is empty for TargetAll, otherwise
// the group, user id or connection id, unescaped.
type Target struct {
	Kind TargetKind
	ID   string
}

// String returns a name for people: `group "g1"`, or `the hub`.
func (t Target) String() string {
	if t.Kind == TargetAll {
		return "the hub"
	}
	return fmt.Sprintf("%s %q", t.Kind, t.ID)
}

// Check returns an error unless t has a kind and a name that the service accepts.
// The ID of TargetAll is ignored.
func (t Target) Check() error {
	switch t.Kind {
	case TargetAll:
		return nil
	case TargetGroup:
		return CheckGroup(t.ID)
	case TargetUser:
		return CheckID("user id", t.ID)
	case TargetConnection:
		return CheckID("connection id", t.ID)
	}
	return fmt.Errorf("unknown kind of target %q", t.Kind)
}

// CheckHub returns an error unless name can be the name of a hub: 1 to 128
// characters, an ASCII letter followed by letters, digits and _ ` , . [ ]. Case is
// ignored.
//
// Source: REST description 2024-12-01, parameter hub.
func CheckHub(name string) error {
	if name == "" {
		return fmt.Errorf("hub name is empty")
	}
	if len(name) > MaxHubName {
		return fmt.Errorf("hub name has %d characters, at most %d are allowed", len(name), MaxHubName)
	}
	if !isLetter(name[0]) {
		return fmt.Errorf("hub name %q must begin with a letter", name)
	}
	for _, r := range name {
		if r > unicode.MaxASCII || !isHubByte(byte(r)) {
			return fmt.Errorf("hub name %q may hold letters, digits and _ ` , . [ ] only", name)
		}
	}
	return nil
}

func isLetter(b byte) bool { return 'a' <= b|0x20 && b|0x20 <= 'z' }
func isDigit(b byte) bool  { return '0' <= b && b <= '9' }

func isHubByte(b byte) bool {
	return isLetter(b) || isDigit(b) || strings.IndexByte("_`,.[]", b) >= 0
}

// CheckGroup returns an error unless name can be the name of a group: 1 to 1024
// UTF-16 code units, not only white space. Case matters.
func CheckGroup(name string) error {
	if strings.TrimSpace(name) == "" {
		return fmt.Errorf("group name is empty")
	}
	if len(name) <= MaxGroupName {
		return nil
	}
	if n := utf16Len(name); n > MaxGroupName {
		return fmt.Errorf("group name has %d characters, at most %d are allowed", n, MaxGroupName)
	}
	return nil
}

func utf16Len(s string) int {
	n := 0
	for _, r := range s {
		n += max(utf16.RuneLen(r), 1)
	}
	return n
}

// CheckID returns an error if a user or connection id is empty or blank. what is
// the name of the id in the error.
func CheckID(what, id string) error {
	if strings.TrimSpace(id) == "" {
		return fmt.Errorf("%s is empty", what)
	}
	return nil
}

// CheckEventName returns an error unless name can be the name of a user event: an
// ASCII letter followed by letters, digits and _ . -, at most 128 characters.
func CheckEventName(name string) error {
	if name == "" {
		return fmt.Errorf("event name is empty")
	}
	if len(name) > MaxEventName {
		return fmt.Errorf("event name has %d characters, at most %d are allowed", len(name), MaxEventName)
	}
	for i := 0; i < len(name); i++ {
		b := name[i]
		if !isLetter(b) && (i == 0 || !isDigit(b) && strings.IndexByte("_.-", b) < 0) {
			return fmt.Errorf("event name %q must be a letter, then letters, digits and _ . -", name)
		}
	}
	return nil
}
