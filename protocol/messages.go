package protocol

// RequestType is the type member of a client's frame.
type RequestType string

// Frames a client sends. Type values compare without regard to case.
const (
	RequestJoinGroup   RequestType = "joinGroup"
	RequestLeaveGroup  RequestType = "leaveGroup"
	RequestSendToGroup RequestType = "sendToGroup"
	RequestEvent       RequestType = "event"
	RequestPing        RequestType = "ping"
	RequestSequenceAck RequestType = "sequenceAck"
)

// Request is one frame from client to service.
type Request struct {
	Type  RequestType
	Group string
	Event string
	// AckID is meaningful when HasAckID; 0 is a valid id.
	AckID    uint64
	HasAckID bool
	// Data holds the bytes that the service keeps: UTF-8 text, the JSON text as
	// it was written, or decoded binary.
	DataType DataType
	Data     []byte
	NoEcho   bool
	// TTLSeconds is 0 (never expires) to 300.
	TTLSeconds uint32
	Metadata   map[string]string
	// SequenceID belongs to sequenceAck.
	SequenceID uint64
	// Stream belongs to streamData, streamEnd, and a sendToGroup that opens a
	// stream; else nil.
	Stream *StreamRequest
	// InvocationID belongs to invoke and cancelInvocation.
	InvocationID string
}

// ResponseType is the type member of a frame from the service.
type ResponseType string

// Frames the service sends.
const (
	ResponseMessage ResponseType = "message"
	ResponseAck     ResponseType = "ack"
	ResponseSystem  ResponseType = "system"
	ResponsePong    ResponseType = "pong"
)

// Where a message came from, and the two system events.
const (
	FromGroup  = "group"
	FromServer = "server"

	SystemConnected    = "connected"
	SystemDisconnected = "disconnected"
)

// Names of ack errors. Duplicate means that the work was already done.
const (
	AckForbidden           = "Forbidden"
	AckDuplicate           = "Duplicate"
	AckInternalServerError = "InternalServerError"
)

// Response is one frame from service to client.
type Response struct {
	Type ResponseType

	// Members of a message. FromUserID is "" for an anonymous or REST sender,
	// SequenceID 0 outside the reliable protocols.
	From       string
	Group      string
	FromUserID string
	DataType   DataType
	Data       []byte
	Metadata   map[string]string
	SequenceID uint64

	// Stream belongs to a fragment of a stream and to the streamAck, streamNack and
	// streamClosed responses; else nil.
	Stream *StreamInfo

	// InvocationID belongs to invokeResponse, whose answer is in the members of a
	// message (DataType "" when there is none) or in those of an ack.
	InvocationID string

	// Members of an ack. ErrorName is "" when Success.
	AckID        uint64
	Success      bool
	ErrorName    string
	ErrorMessage string

	// Members of a system frame: Message belongs to disconnected, the others to
	// connected. ReconnectionToken is a secret.
	Event             string
	UserID            string
	ConnectionID      string
	ReconnectionToken string
	Message           string
}
