package protocol

import "errors"

// A stream is a message to a group that comes in numbered fragments. It is
// opened by a sendToGroup request with Stream and without data, and goes on with
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

// Names of what may go wrong with a stream. StreamInvalidSequenceID leaves it
// open. StreamUserError is the only one that carries a code of the publisher.
const (
	StreamInvalidSequenceID = "InvalidSequenceId"
	StreamNotFound          = "StreamNotFound"
	StreamForbidden         = "Forbidden"
	StreamBadRequest        = "BadRequest"
	StreamIdleTimeout       = "IdleTimeout"
	StreamCancelled         = "Cancelled"
	StreamUserError         = "UserError"
)

// StreamRequest is what a request says about a stream.
type StreamRequest struct {
	ID string
	// IdleTimeout belongs to a start, in milliseconds, when HasIdleTimeout; 0 is
	// then a value that the service refuses.
	IdleTimeout    uint32
	HasIdleTimeout bool
	// SequenceID numbers data from 1; a streamData without data keeps the stream
	// alive.
	SequenceID uint64
	KeepAlive  bool
	// Failed tells that the publisher ends its stream with an error.
	Failed        bool
	Message       string
	UserErrorCode string
}

// StreamInfo is what a response says about a stream: of a message which fragment
// it is, of the others where the publisher stands.
type StreamInfo struct {
	ID string
	// SequenceID is that of a fragment, or the one expected next of an ack or nack.
	SequenceID uint64
	End        bool
	// ErrorName is "" when nothing went wrong.
	ErrorName     string
	ErrorMessage  string
	UserErrorCode string
}

var errStreamStart = errors.New("the start of a stream takes neither data nor ackId")
