// Package traffic is the JSON object for one thing that happens in the service or in
// an event handler: a connection opened, a frame, a REST request, an event with its
// answer. "wps emulator events", the inspector, recordings and "wps listen" show
// the same objects, one a line.
//
// It has the object, the bounds of its texts and payloads, what is masked in it, the
// filter of the commands, and the form of a recording. It keeps no objects and
// passes none on: that is internal/feed.
//
//	o := traffic.New(traffic.Message, now)
//	o.SetPayload(protocol.DataTypeText, []byte("hi"))
//	err := recording.Write(o)
package traffic

import (
	"time"

	"wps/protocol"
)

// Type is what has happened.
type Type string

// Types of an Object. The comment says which members an object has besides those
// of the connection.
const (
	Opened       Type = "opened"       // a connection is open: Opening, HTTP
	Closed       Type = "closed"       // it has ended: CloseCode, Reason
	Away         Type = "away"         // a reliable connection has lost its transport
	Recovered    Type = "recovered"    // and has another one
	Joined       Type = "joined"       // it has joined Group
	Left         Type = "left"         // it has left Group
	Received     Type = "received"     // a frame of a client has arrived: Frame, Payload
	Sent         Type = "sent"         // a frame for one client: Frame, Payload
	Message      Type = "message"      // a message for a target: Fanout, Payload
	REST         Type = "rest"         // a REST request was answered below 400: HTTP, Payload
	Refused      Type = "refused"      // a request or a frame was refused: HTTP or Frame, Reason
	Handled      Type = "event"        // an event was sent to its handler: Event, Handling
	Permission   Type = "permission"   // a permission was granted or revoked: Grant
	Throttled    Type = "throttled"    // a request was refused with 429 or 503: HTTP, Reason
	Fault        Type = "fault"        // a connection or an event was given up: Reason
	Note         Type = "note"         // a line of a hook, or of the program: Reason
	TunnelOpened Type = "tunnelOpened" // a tunnel connection is open; UserID is the id of its client
	TunnelClosed Type = "tunnelClosed" // it has ended: Reason
	Dropped      Type = "dropped"      // a slow reader has missed Count objects
	Sampled      Type = "sampled"      // Count objects were left out, because there were too many
	Alive        Type = "alive"        // nothing has happened, the stream is up
)

// Types returns the types that an Object of a stream can have, in the order in
// which help lists them.
func Types() []Type {
	return []Type{Opened, Closed, Away, Recovered, Joined, Left, Received, Sent, Message, REST, Refused, Handled, Permission, TunnelOpened, TunnelClosed, Throttled, Fault, Note, Dropped}
}

// Object is one line of a stream. Members that do not belong to its Type are empty.
// It is not changed once it is published. Its texts come from outside.
type Object struct {
	// ID is the place in the stream of one run, beginning with 1.
	ID   uint64    `json:"id,omitempty"`
	Time time.Time `json:"time"`
	Type Type      `json:"type"`
	// Chain is the same for all objects with one cause; 0 is unknown.
	Chain        uint64 `json:"chain,omitempty"`
	Hub          string `json:"hub,omitempty"`
	ConnectionID string `json:"connectionId,omitempty"`
	UserID       string `json:"userId,omitempty"`
	Subprotocol  string `json:"subprotocol,omitempty"`
	Group        string `json:"group,omitempty"`
	Event        string `json:"event,omitempty"`
	// Status is that of an HTTP answer; 0 when there was none.
	Status int `json:"status,omitempty"`
	// Milliseconds is how long an HTTP request took; Time is that of its answer.
	Milliseconds float64 `json:"milliseconds,omitempty"`
	CloseCode    int     `json:"closeCode,omitempty"`
	// Code is the name of an error in the protocol.
	Code   string `json:"code,omitempty"`
	Reason string `json:"reason,omitempty"`
	Count  int    `json:"count,omitempty"`
	*Opening
	*Frame
	*Fanout
	*HTTP
	*Handling
	*Grant
	*Payload

	// Detail marks an object that only readers who ask for details receive.
	Detail bool `json:"-"`
}

// Opening is the part of Opened about the rights of the connection.
type Opening struct {
	Groups []string `json:"groups,omitempty"`
	Roles  []string `json:"roles,omitempty"`
}

// Frame is the part of Received and Sent about the frame, as the subprotocols name
// it.
type Frame struct {
	Request    string  `json:"request"`
	AckID      *uint64 `json:"ackId,omitempty"`
	NoEcho     bool    `json:"noEcho,omitempty"`
	TTLSeconds uint32  `json:"ttlSeconds,omitempty"`
}

// Fanout is the part of Message about who gets it. The connection of the object is
// the sender; it has none when the message was sent over REST.
type Fanout struct {
	Target    protocol.TargetKind `json:"target"`
	TargetID  string              `json:"targetId,omitempty"`
	Receivers int                 `json:"receivers"`
}

// HTTP is the part of an object about a request of a client. Path has no token.
type HTTP struct {
	Method string `json:"method"`
	Path   string `json:"path"`
}

// Handling is the part of an event about its handler and the answer.
type Handling struct {
	EventType protocol.EventKind `json:"eventType"`
	EventID   string             `json:"eventId,omitempty"`
	// Hook is the name of the hook, or the URL of the handler without its secrets.
	Hook string `json:"hook,omitempty"`
	// Repeated reports that the answer is that of an earlier request.
	Repeated bool `json:"repeated,omitempty"`
	// Attempts are present when the first was not the last.
	Attempts        []Attempt           `json:"attempts,omitempty"`
	RequestHeaders  map[string][]string `json:"requestHeaders,omitempty"`
	ResponseHeaders map[string][]string `json:"responseHeaders,omitempty"`
	// The answer, in the form of Payload.
	ReplyDataType protocol.DataType `json:"replyDataType,omitempty"`
	ReplyBytes    int               `json:"replyBytes,omitempty"`
	Reply         string            `json:"reply,omitempty"`
	ReplyBase64   []byte            `json:"replyBase64,omitempty"`
	ReplyLeft     int               `json:"replyLeft,omitempty"`
}

// Attempt is one try to reach a handler. Status is 0 when there was no answer.
type Attempt struct {
	Status       int     `json:"status,omitempty"`
	Milliseconds float64 `json:"milliseconds"`
	Error        string  `json:"error,omitempty"`
}

// Grant is the part of Permission.
type Grant struct {
	Permission protocol.Permission `json:"permission"`
	Granted    bool                `json:"granted"`
}

// New returns an object with a type and a time, which is rounded to microseconds in
// UTC.
func New(t Type, now time.Time) *Object {
	return &Object{Type: t, Time: now.UTC().Round(time.Microsecond)}
}

// Milliseconds returns a duration as objects have it.
func Milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
