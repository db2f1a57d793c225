package output

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"

	"wps/protocol"
)

// Lines is a [Source] in which each line is the message of one event. A line ends
// with a line feed, with or without a carriage return before it. A byte order mark
// at the start does not belong to text or JSON.
type Lines struct {
	in   *bufio.Reader
	form MessageEvent
	line int
	buf  []byte
	skip bool // the rest of a line that is too long
	err  error
}

// NewLines returns a Lines of in. Each event is a copy of form with its message.
func NewLines(in io.Reader, form MessageEvent) *Lines {
	return &Lines{in: bufio.NewReaderSize(in, 64<<10), form: form}
}

// Read implements [Source]. A line over protocol.MaxMessageSize is a fault, after
// which the stream continues.
func (l *Lines) Read() ([]byte, int, error) {
	if l.err != nil {
		return nil, l.line, l.err
	}
	if err := l.skipLine(); err != nil {
		l.buf = l.buf[:0]
		return l.end(err)
	}
	if err := l.begin(); err != nil {
		return nil, l.line, err
	}
	l.line++
	for l.buf = l.buf[:0]; ; {
		piece, err := l.in.ReadSlice('\n')
		l.buf = append(l.buf, piece...)
		l.skip = errors.Is(err, bufio.ErrBufferFull)
		switch {
		case !l.skip:
			return l.end(err)
		case len(l.buf) > protocol.MaxMessageSize+len("\r\n"):
			return nil, l.line, l.tooLong()
		}
	}
}

// begin refuses text and JSON in UTF-16, whose lines are not those of bytes.
func (l *Lines) begin() error {
	if l.line > 0 || l.form.DataType != protocol.DataTypeText && l.form.DataType != protocol.DataTypeJSON {
		return nil
	}
	if start, _ := l.in.Peek(2); !isUTF16(start) {
		return nil
	}
	l.err = io.EOF
	return &LineError{Line: 1, Err: errUTF16, Ends: true}
}

// skipLine skips the rest of a line that is too long.
func (l *Lines) skipLine() error {
	for l.skip {
		_, err := l.in.ReadSlice('\n')
		if l.skip = errors.Is(err, bufio.ErrBufferFull); !l.skip {
			return err
		}
	}
	return nil
}

// end returns the line that was read, with err.
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
		b = bytes.TrimPrefix(b, []byte(byteOrderMark))
	}
	if len(b) > protocol.MaxMessageSize {
		return nil, l.line, l.tooLong()
	}
	return b, l.line, nil
}

func (l *Lines) tooLong() error {
	text := fmt.Sprintf("is larger than %d bytes, which is the most the service accepts", protocol.MaxMessageSize)
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
