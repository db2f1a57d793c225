package protocol

import (
	"errors"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of the messages about streams.
//
// Source: as in protobuf.go.
const (
	upStreamData = 13
	upStreamEnd  = 14

	downStreamAck    = 6
	downStreamNack   = 7
	downStreamClosed = 8

	sendStream    = 7
	messageStream = 6
)

// stream returns r.Stream, which it creates on the first call.
func (r *Request) stream() *StreamRequest {
	if r.Stream == nil {
		r.Stream = &StreamRequest{}
	}
	return r.Stream
}

func (r *Request) decodeStreamStart(f field) error {
	switch {
	case f.isBytes(1):
		return f.text(&r.Stream.ID)
	case f.isVarint(2):
		r.Stream.IdleTimeout, r.Stream.HasIdleTimeout = uint32(f.n), true
	}
	return nil
}

func (r *Request) decodeStreamData(f field) error {
	switch {
	case f.isBytes(1):
		return f.text(&r.stream().ID)
	case f.isVarint(2):
		r.stream().SequenceID = f.n
	case f.isBytes(3):
		return decodeDataField(f.b, &r.DataType, &r.Data)
	}
	return nil
}

func (r *Request) decodeStreamEnd(f field) error {
	s := r.stream()
	switch {
	case f.isBytes(1):
		return f.text(&s.ID)
	case f.isBytes(2):
		s.Failed = true
		return eachField(f.b, func(f field) error {
			switch {
			case f.isBytes(1):
				return f.text(&s.Message)
			case f.isBytes(2):
				return f.text(&s.UserErrorCode)
			}
			return nil
		})
	}
	return nil
}

// checkStream checks the stream of a protobuf request.
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
		return errors.New("data is missing")
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

func (s *StreamInfo) appendError(dst []byte, num protowire.Number) []byte {
	if s.ErrorName == "" && s.ErrorMessage == "" && s.UserErrorCode == "" {
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
	case f.isBytes(1):
		return f.text(&s.ID)
	case f.isVarint(2):
		s.SequenceID = f.n
	case f.isVarint(3):
		s.End = f.n != 0
	case f.isBytes(4):
		return eachField(f.b, s.decodeError)
	}
	return nil
}

func (s *StreamInfo) decodeError(f field) error {
	switch {
	case f.isBytes(1):
		return f.text(&s.ErrorName)
	case f.isBytes(2):
		return f.text(&s.ErrorMessage)
	case f.isBytes(3):
		return f.text(&s.UserErrorCode)
	}
	return nil
}

func (r *Response) decodeStreamAck(f field) error {
	switch {
	case f.isBytes(1):
		return f.text(&r.stream().ID)
	case f.isVarint(2):
		r.stream().SequenceID = f.n
	}
	return nil
}

func (r *Response) decodeStreamNack(f field) error {
	s := r.stream()
	switch {
	case f.isBytes(1):
		return f.text(&s.ID)
	case f.isBytes(2):
		return f.text(&s.ErrorName)
	case f.isBytes(3):
		return f.text(&s.ErrorMessage)
	case f.isVarint(4):
		s.SequenceID = f.n
	}
	return nil
}

func (r *Response) decodeStreamClosed(f field) error {
	switch {
	case f.isBytes(1):
		return f.text(&r.stream().ID)
	case f.isBytes(2):
		return eachField(f.b, r.stream().decodeError)
	}
	return nil
}
