// Package tunnel is the wire of the tunnel, over which the service sends requests
// to an event handler that has connected to it, and over which that program sends
// REST requests: the messages, their frames and their limits. It opens no socket.
//
// One binary WebSocket message is one frame:
//
//	frame, err := tunnel.Append(nil, tunnel.Client, &tunnel.Response{AckID: 7, Status: 204})
//	m, err := tunnel.Parse(frame)
//
// Source: the tunnel client of the service team in the npm package
// @azure/web-pubsub-socket.io, and frames in its unit tests; the side of the
// service is not published.
package tunnel

import "wps/protocol"

// Path is where the service accepts tunnels, below the path of its endpoint. The hub
// is the query parameter "hub"; "target" names the instance that a Reconnect or a
// Rebalance has named.
const Path = "/server/tunnel"

// Scheme is what the URL template of an event handler begins with that is reached
// through a tunnel.
const Scheme = "tunnel:///"

// Limits of a frame, in bytes. Those of the service are not published; its client
// has an unused constant of 1 MiB, which PartSize keeps to.
const (
	// MaxProperties limits the JSON of a message.
	MaxProperties = 1 << 20
	// MaxRequest limits a frame with a request, whose body is a message or a REST
	// body.
	MaxRequest = protocol.MaxMessageSize + MaxProperties + overhead
	// MaxResponse limits a frame with a response of an event handler.
	MaxResponse = protocol.MaxUpstreamResponse + MaxProperties + overhead
	// PartSize is how much of a body one response should have; a longer one is sent
	// in parts.
	PartSize = 1<<20 - 64<<10
)

// overhead is the length before the frame, the kind, and the headers of the other
// two items.
const overhead = 4 + 1 + 9 + 5 + 5

// Kind is the number of a message type.
type Kind uint64

// The message types. Others are reserved.
const (
	KindRequest   Kind = 1
	KindResponse  Kind = 2
	KindStatus    Kind = 5
	KindReconnect Kind = 6
	KindClose     Kind = 7
	KindRebalance Kind = 8
	KindConnected Kind = 10
)

// Side is the writer of a frame. The service writes absent properties as null, its
// client leaves them out; each has its own order of properties.
type Side int

// The two sides.
const (
	Service Side = iota
	Client
)

// Message is one of the message types below, as a pointer.
type Message interface{ Kind() Kind }

// Request is an HTTP request for the other side. Body is nil or empty if it has
// none.
type Request struct {
	AckID  int64 // chosen by the sender; the response has the same
	Method string
	// URL is absolute. Its scheme and host have no meaning.
	URL    string
	Header map[string][]string
	// LocalRouting and ChannelName are returned in the response. A client sends true
	// and "".
	LocalRouting bool
	ChannelName  string
	// TracingID is a number as the service has written it, for logs; "" is none.
	TracingID string
	Body      []byte
}

// Response is the answer to a request, or a part of it: the first part has status
// and headers, and all but the last have NotCompleted.
type Response struct {
	AckID        int64
	Status       int
	Header       map[string][]string
	LocalRouting bool
	ChannelName  string
	NotCompleted bool
	Body         []byte
}

// Status is a notice of the service for its client's log.
type Status struct{ Text string }

// Reconnect asks a client to close this connection and to open another one to
// Endpoint, or to the same one if that is empty, with the given target.
type Reconnect struct{ TargetID, Endpoint, Text string }

// Close asks a client to close this connection for good.
type Close struct{ Text string }

// Rebalance asks a client to open another connection and to keep this one.
type Rebalance struct{ TargetID, Endpoint, Text string }

// Connected is the first message of the service on a connection.
type Connected struct{ ConnectionID, UserID, ReconnectionToken string }

// Unknown is a message of a type that this package does not know. It should be
// ignored.
type Unknown struct{ Number Kind }

// Kind implements [Message].
func (*Request) Kind() Kind { return KindRequest }

// Kind implements [Message].
func (*Response) Kind() Kind { return KindResponse }

// Kind implements [Message].
func (*Status) Kind() Kind { return KindStatus }

// Kind implements [Message].
func (*Reconnect) Kind() Kind { return KindReconnect }

// Kind implements [Message].
func (*Close) Kind() Kind { return KindClose }

// Kind implements [Message].
func (*Rebalance) Kind() Kind { return KindRebalance }

// Kind implements [Message].
func (*Connected) Kind() Kind { return KindConnected }

// Kind implements [Message].
func (m *Unknown) Kind() Kind { return m.Number }
