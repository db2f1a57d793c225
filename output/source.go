package output

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"wps/protocol"
)

// Source is a stream of event objects that is read one after the other. Not
// safe for concurrent use.
type Source interface {
	// Read gives the bytes of the next object, good until the next call, and its
	// line. A *LineError tells of one that cannot be read; io.EOF is the end.
	Read() (raw []byte, line int, err error)
	// Decode makes the event of what Read gave, and checks it.
	Decode(raw []byte) (Event, error)
}

// Lines is a Source in which each line is the message of one event. A line feed
// ends a line, with a carriage return before it or without. A byte order mark at
// the start is no part of text or JSON.
type Lines struct {
	in   *bufio.Reader
	form MessageEvent
	line int
	buf  []byte
	left bool // of a line that is too long, something is still to be passed over
	err  error
}

// NewLines reads messages from in; all else of each event is as in form.
func NewLines(in io.Reader, form MessageEvent) *Lines {
	return &Lines{in: bufio.NewReaderSize(in, 64<<10), form: form}
}

// Read implements [Source]. A line over protocol.MaxMessageSize is a fault, and
// the stream goes on behind it.
func (l *Lines) Read() ([]byte, int, error) {
	if l.err != nil {
		return nil, l.line, l.err
	}
	if err := l.pass(); err != nil {
		l.buf = l.buf[:0]
		return l.end(err)
	}
	l.line++
	for l.buf = l.buf[:0]; ; {
		piece, err := l.in.ReadSlice('\n')
		l.buf = append(l.buf, piece...)
		l.left = errors.Is(err, bufio.ErrBufferFull)
		switch {
		case !l.left:
			return l.end(err)
		case len(l.buf) > protocol.MaxMessageSize+len("\r\n"):
			return nil, l.line, l.tooLong()
		}
	}
}

// pass goes behind the end of a line that was too long.
func (l *Lines) pass() error {
	for l.left {
		_, err := l.in.ReadSlice('\n')
		if l.left = errors.Is(err, bufio.ErrBufferFull); !l.left {
			return err
		}
	}
	return nil
}

// end gives the line that was read.
func (l *Lines) end(err error) ([]byte, int, error) {
	if err != nil {
		l.err = io.EOF
	}
	switch {
	case err != nil && !errors.Is(err, io.EOF):
		return nil, l.line, &LineError{Line: l.line, Err: fmt.Errorf("read: %w", err), Ends: true}
	case err != nil && len(l.buf) == 0:
		return nil, l.line, io.EOF
	}
	b, ended := bytes.CutSuffix(l.buf, []byte("\n"))
	if ended {
		b = bytes.TrimSuffix(b, []byte("\r"))
	}
	if l.line == 1 && (l.form.DataType == protocol.DataTypeText || l.form.DataType == protocol.DataTypeJSON) {
		b = bytes.TrimPrefix(b, []byte("\ufeff"))
	}
	if len(b) > protocol.MaxMessageSize {
		return nil, l.line, l.tooLong()
	}
	return b, l.line, nil
}

func (l *Lines) tooLong() error {
	text := fmt.Sprintf("is larger than %d bytes, which is the most the service takes", protocol.MaxMessageSize)
	return &LineError{Line: l.line, Err: &FaultError{[]Fault{{"message", text}}}}
}

// Decode implements [Source].
func (l *Lines) Decode(raw []byte) (Event, error) {
	ev := l.form
	ev.Message = bytes.Clone(raw)
	if ev.Message == nil {
		ev.Message = []byte{}
	}
	if err := ev.Check(); err != nil {
		return nil, err
	}
	return &ev, nil
}
