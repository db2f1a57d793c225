package protocol

import "strconv"

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

// appendStreamRequest appends the members of a request about its stream.
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
