package protocol

import "errors"

// Frames of streams. A stream is a message to a group in numbered fragments. It is
// opened by a sendToGroup request with Stream and without data, and continued by
// the two requests below.
//
// Source: client specification of the service; product documentation; the
// service's own JavaScript client.
const (
	RequestStreamData RequestType = "streamData"
	RequestStreamEnd  RequestType = "streamEnd"

	ResponseStreamAck    ResponseType = "streamAck"
	ResponseStreamNack   ResponseType = "streamNack"
	ResponseStreamClosed ResponseType = "streamClosed"
)

// Names of the errors of a stream. StreamInvalidSequenceID leaves it open.
// StreamUserError is the only one with an error code of the publisher.
const (
	StreamInvalidSequenceID = "InvalidSequenceId"
	StreamNotFound          = "StreamNotFound"
	StreamForbidden         = "Forbidden"
	StreamBadRequest        = "BadRequest"
	StreamIdleTimeout       = "IdleTimeout"
	StreamCancelled         = "Cancelled"
	StreamUserError         = "UserError"
)

// StreamRequest is the part of a request about a stream.
type StreamRequest struct {
	ID string
	// IdleTimeout is used by a request that opens a stream, in milliseconds, if
	// HasIdleTimeout. The service refuses 0.
	IdleTimeout    uint32
	HasIdleTimeout bool
	// SequenceID numbers fragments from 1. A streamData without data keeps the
	// stream alive.
	SequenceID uint64
	KeepAlive  bool
	// Failed reports that the publisher ends its stream with an error.
	Failed        bool
	Message       string
	UserErrorCode string
}

// StreamInfo is the part of a response about a stream: the number of a fragment,
// or the state of the publisher's stream.
type StreamInfo struct {
	ID string
	// SequenceID is the number of a fragment. In an ack or nack it is the number
	// that is expected next.
	SequenceID uint64
	End        bool
	// ErrorName is "" if there is no error.
	ErrorName     string
	ErrorMessage  string
	UserErrorCode string
}

var errStreamStart = errors.New("the start of a stream takes neither data nor ackId")
