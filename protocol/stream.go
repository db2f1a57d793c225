package protocol

import "strconv"

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

func (m members) streamStart(r *Request) error {
	if m.has("data") || m.has("dataType") || r.HasAckID {
		return errStreamStart
	}
	s, err := decodeMembers(m.raw("stream"))
	if err != nil {
		return err
	}
	r.Stream = &StreamRequest{}
	if r.Stream.ID, err = s.str("streamId"); err != nil || !s.has("idleTimeoutMs") {
		return err
	}
	n, err := s.uint("idleTimeoutMs", 32)
	r.Stream.IdleTimeout, r.Stream.HasIdleTimeout = uint32(n), true
	return err
}

var errStreamStart = frameError("the start of a stream takes neither data nor ackId")

func (m members) streamData(r *Request) (err error) {
	s := &StreamRequest{KeepAlive: !m.has("data") && !m.has("streamSequenceId")}
	r.Stream = s
	if s.ID, err = m.str("streamId"); err != nil || s.KeepAlive {
		return err
	}
	if s.SequenceID, err = m.uint("streamSequenceId", 64); err != nil {
		return err
	}
	return m.payload(r)
}

func (m members) streamEnd(r *Request) (err error) {
	s := &StreamRequest{Failed: m.has("error")}
	r.Stream = s
	if s.ID, err = m.str("streamId"); err != nil || !s.Failed {
		return err
	}
	e, err := decodeMembers(m.raw("error"))
	if err != nil {
		return err
	}
	return e.optional(optional{"message", &s.Message}, optional{"userErrorCode", &s.UserErrorCode})
}

// appendStreamRequest appends the members of a request that concern its stream.
func appendStreamRequest(dst []byte, r *Request) []byte {
	s := r.Stream
	if r.Type == RequestSendToGroup {
		dst = append(dst, `,"stream":{"streamId":`...)
		dst = appendString(dst, s.ID)
		if s.HasIdleTimeout {
			dst = append(dst, `,"idleTimeoutMs":`...)
			dst = strconv.AppendUint(dst, uint64(s.IdleTimeout), 10)
		}
		return append(dst, '}')
	}
	dst = appendMember(dst, "streamId", s.ID)
	switch {
	case r.Type == RequestStreamData && !s.KeepAlive:
		dst = append(dst, `,"streamSequenceId":`...)
		dst = strconv.AppendUint(dst, s.SequenceID, 10)
		dst = appendMetadata(dst, r.Metadata)
		dst = appendData(dst, r.DataType, r.Data)
	case r.Type == RequestStreamEnd && s.Failed:
		dst = append(dst, `,"error":{"message":`...)
		dst = appendString(dst, s.Message)
		dst = appendMember(dst, "userErrorCode", s.UserErrorCode)
		dst = append(dst, '}')
	}
	return dst
}

// appendStreamInfo appends the member stream of a message.
func appendStreamInfo(dst []byte, s *StreamInfo) []byte {
	if s == nil {
		return dst
	}
	dst = append(dst, `,"stream":{"streamId":`...)
	dst = appendString(dst, s.ID)
	dst = append(dst, `,"streamSequenceId":`...)
	dst = strconv.AppendUint(dst, s.SequenceID, 10)
	if s.End {
		dst = append(dst, `,"endOfStream":true`...)
	}
	return append(appendStreamError(dst, s), '}')
}

func appendStreamError(dst []byte, s *StreamInfo) []byte {
	if s.ErrorName == "" {
		return dst
	}
	dst = append(dst, `,"error":{"name":`...)
	dst = appendString(dst, s.ErrorName)
	dst = appendMember(dst, "message", s.ErrorMessage)
	if s.UserErrorCode != "" {
		dst = appendMember(dst, "userErrorCode", s.UserErrorCode)
	}
	return append(dst, '}')
}

// appendStreamAnswer appends the members of a streamAck, streamNack or
// streamClosed.
func appendStreamAnswer(dst []byte, r *Response) []byte {
	dst = appendMember(dst, "streamId", r.Stream.ID)
	if r.Type == ResponseStreamClosed {
		return appendStreamError(dst, r.Stream)
	}
	dst = append(dst, `,"expectedSequenceId":`...)
	dst = strconv.AppendUint(dst, r.Stream.SequenceID, 10)
	if r.Type == ResponseStreamNack {
		dst = appendMember(dst, "name", r.Stream.ErrorName)
		dst = appendMember(dst, "message", r.Stream.ErrorMessage)
	}
	return dst
}

func (m members) streamInfo(r *Response) error {
	s, err := decodeMembers(m.raw("stream"))
	if err != nil {
		return err
	}
	r.Stream = &StreamInfo{}
	if r.Stream.ID, err = s.str("streamId"); err != nil {
		return err
	}
	if r.Stream.SequenceID, err = s.uint("streamSequenceId", 64); err != nil {
		return err
	}
	if r.Stream.End, err = s.bool("endOfStream"); err != nil {
		return err
	}
	return s.streamError(r.Stream)
}

func (m members) streamError(s *StreamInfo) error {
	if !m.has("error") {
		return nil
	}
	e, err := decodeMembers(m.raw("error"))
	if err != nil {
		return err
	}
	return e.optional(optional{"name", &s.ErrorName}, optional{"message", &s.ErrorMessage}, optional{"userErrorCode", &s.UserErrorCode})
}

func (m members) streamAnswer(r *Response) (err error) {
	s := &StreamInfo{}
	r.Stream = s
	if s.ID, err = m.str("streamId"); err != nil {
		return err
	}
	if r.Type == ResponseStreamClosed {
		return m.streamError(s)
	}
	if s.SequenceID, err = m.uint("expectedSequenceId", 64); err != nil {
		return err
	}
	return m.optional(optional{"name", &s.ErrorName}, optional{"message", &s.ErrorMessage})
}

// Field numbers of the messages about streams.
//
// Source: as those in protobuf.go.
const (
	upStreamData = 13
	upStreamEnd  = 14

	downStreamAck    = 6
	downStreamNack   = 7
	downStreamClosed = 8

	sendStream    = 7
	messageStream = 6
)

// stream gives r.Stream, which it makes when it is the first to ask.
func (r *Request) stream() *StreamRequest {
	if r.Stream == nil {
		r.Stream = &StreamRequest{}
	}
	return r.Stream
}

func (r *Request) decodeStreamStart(f field) error {
	switch {
	case f.is(1, wireBytes):
		return f.text(&r.Stream.ID)
	case f.is(2, wireVarint):
		r.Stream.IdleTimeout, r.Stream.HasIdleTimeout = uint32(f.n), true
	}
	return nil
}

func (r *Request) decodeStreamData(f field) error {
	switch {
	case f.is(1, wireBytes):
		return f.text(&r.stream().ID)
	case f.is(2, wireVarint):
		r.stream().SequenceID = f.n
	case f.is(3, wireBytes):
		return decodeDataField(f.b, &r.DataType, &r.Data)
	}
	return nil
}

func (r *Request) decodeStreamEnd(f field) error {
	s := r.stream()
	switch {
	case f.is(1, wireBytes):
		return f.text(&s.ID)
	case f.is(2, wireBytes):
		s.Failed = true
		return eachField(f.b, func(f field) error {
			switch {
			case f.is(1, wireBytes):
				return f.text(&s.Message)
			case f.is(2, wireBytes):
				return f.text(&s.UserErrorCode)
			}
			return nil
		})
	}
	return nil
}

// checkStream checks what concerns a stream in a protobuf request.
func (r *Request) checkStream() error {
	switch {
	case r.Type == RequestSendToGroup:
		if r.DataType != "" || r.HasAckID {
			return errStreamStart
		}
		return CheckMetadata(r.Metadata)
	case r.Type == RequestStreamEnd:
		return nil
	case r.DataType == "" && r.stream().SequenceID == 0:
		r.Stream.KeepAlive = true
		return nil
	case r.DataType == "":
		return frameError("data is missing")
	}
	return nil
}

func (r *Request) appendStreamStart(dst []byte) []byte {
	dst = appendTextField(dst, 1, r.Stream.ID)
	if r.Stream.HasIdleTimeout {
		dst = appendVarintField(dst, 2, uint64(r.Stream.IdleTimeout))
	}
	return dst
}

func (r *Request) appendStreamData(dst []byte) []byte {
	dst = appendTextField(dst, 1, r.Stream.ID)
	if r.Stream.KeepAlive {
		return dst
	}
	dst = appendVarintField(dst, 2, r.Stream.SequenceID)
	return appendDataField(dst, 3, r.DataType, r.Data)
}

func (r *Request) appendStreamEnd(dst []byte) []byte {
	dst = appendTextField(dst, 1, r.Stream.ID)
	if !r.Stream.Failed {
		return dst
	}
	return appendNested(dst, 2, func(dst []byte) []byte {
		dst = appendTextField(dst, 1, r.Stream.Message)
		return appendTextField(dst, 2, r.Stream.UserErrorCode)
	})
}

// appendInfo appends StreamInfo as the field of a DataMessage.
func (s *StreamInfo) appendInfo(dst []byte) []byte {
	if s == nil {
		return dst
	}
	return appendNested(dst, messageStream, func(dst []byte) []byte {
		dst = appendTextField(dst, 1, s.ID)
		dst = appendNumberField(dst, 2, s.SequenceID)
		if s.End {
			dst = appendVarintField(dst, 3, 1)
		}
		return s.appendError(dst, 4)
	})
}

func (s *StreamInfo) appendError(dst []byte, num fieldNumber) []byte {
	if s.ErrorName == "" {
		return dst
	}
	return appendNested(dst, num, func(dst []byte) []byte {
		dst = appendTextField(dst, 1, s.ErrorName)
		dst = appendTextField(dst, 2, s.ErrorMessage)
		return appendTextField(dst, 3, s.UserErrorCode)
	})
}

func (r *Response) appendStreamAck(dst []byte) []byte {
	dst = appendTextField(dst, 1, r.Stream.ID)
	return appendNumberField(dst, 2, r.Stream.SequenceID)
}

func (r *Response) appendStreamNack(dst []byte) []byte {
	dst = appendTextField(dst, 1, r.Stream.ID)
	dst = appendTextField(dst, 2, r.Stream.ErrorName)
	dst = appendTextField(dst, 3, r.Stream.ErrorMessage)
	return appendNumberField(dst, 4, r.Stream.SequenceID)
}

func (r *Response) appendStreamClosed(dst []byte) []byte {
	dst = appendTextField(dst, 1, r.Stream.ID)
	return r.Stream.appendError(dst, 2)
}

func (r *Response) stream() *StreamInfo {
	if r.Stream == nil {
		r.Stream = &StreamInfo{}
	}
	return r.Stream
}

func (s *StreamInfo) decodeInfo(f field) error {
	switch {
	case f.is(1, wireBytes):
		return f.text(&s.ID)
	case f.is(2, wireVarint):
		s.SequenceID = f.n
	case f.is(3, wireVarint):
		s.End = f.n != 0
	case f.is(4, wireBytes):
		return eachField(f.b, s.decodeError)
	}
	return nil
}

func (s *StreamInfo) decodeError(f field) error {
	switch {
	case f.is(1, wireBytes):
		return f.text(&s.ErrorName)
	case f.is(2, wireBytes):
		return f.text(&s.ErrorMessage)
	case f.is(3, wireBytes):
		return f.text(&s.UserErrorCode)
	}
	return nil
}

func (r *Response) decodeStreamAck(f field) error {
	switch {
	case f.is(1, wireBytes):
		return f.text(&r.stream().ID)
	case f.is(2, wireVarint):
		r.stream().SequenceID = f.n
	}
	return nil
}

func (r *Response) decodeStreamNack(f field) error {
	s := r.stream()
	switch {
	case f.is(1, wireBytes):
		return f.text(&s.ID)
	case f.is(2, wireBytes):
		return f.text(&s.ErrorName)
	case f.is(3, wireBytes):
		return f.text(&s.ErrorMessage)
	case f.is(4, wireVarint):
		s.SequenceID = f.n
	}
	return nil
}

func (r *Response) decodeStreamClosed(f field) error {
	switch {
	case f.is(1, wireBytes):
		return f.text(&r.stream().ID)
	case f.is(2, wireBytes):
		return eachField(f.b, r.stream().decodeError)
	}
	return nil
}
