package protocol

// RequestType is the type of a frame from a client.
type RequestType string

// Frames that a client sends. Their names are compared without regard to case.
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
	// AckID may be 0 if HasAckID.
	AckID    uint64
	HasAckID bool
	// Data is UTF-8 text, JSON text as it was written, or decoded binary.
	DataType DataType
	Data     []byte
	NoEcho   bool
	// TTLSeconds is 0 (never expires) to 300.
	TTLSeconds uint32
	Metadata   map[string]string
	// SequenceID is used by sequenceAck.
	SequenceID uint64
	// Stream is used by streamData, streamEnd, and a sendToGroup that opens a
	// stream; otherwise nil.
	Stream *StreamRequest
	// InvocationID is used by invoke and cancelInvocation.
	InvocationID string
}

// ResponseType is the type of a frame from the service.
type ResponseType string

// Frames that the service sends.
const (
	ResponseMessage ResponseType = "message"
	ResponseAck     ResponseType = "ack"
	ResponseSystem  ResponseType = "system"
	ResponsePong    ResponseType = "pong"
)

// Senders of a message, and the two system events.
const (
	FromGroup  = "group"
	FromServer = "server"

	SystemConnected    = "connected"
	SystemDisconnected = "disconnected"
)

// Names of ack errors. Duplicate means that the request was already executed.
const (
	AckBadRequest          = "BadRequest" // vendor's emulator
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

	// Stream is used by fragments of a stream and by streamAck, streamNack and
	// streamClosed; otherwise nil.
	Stream *StreamInfo

	// InvocationID is used by invokeResponse, whose answer is in the members of a
	// message (DataType "" for none), or in those of an ack.
	InvocationID string

	// Members of an ack. ErrorName is "" if Success.
	AckID        uint64
	Success      bool
	ErrorName    string
	ErrorMessage string

	// Members of a system frame: disconnected uses Message, connected the others.
	// ReconnectionToken is a secret.
	Event             string
	UserID            string
	ConnectionID      string
	ReconnectionToken string
	Message           string
}
