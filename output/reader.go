package output

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// MaxObjectSize limits one event object in a stream, in bytes: enough for a
// message of the largest size written as the numbers of a Buffer.
const MaxObjectSize = 8 << 20

// LineError is a fault of the event object that begins on a line, counted from 1.
type LineError struct {
	Line int
	// Item is the number of the object in its array, counted from 1; 0: it is in
	// none, or not known.
	Item int
	Err  error
	// Ends reports that the stream cannot be read any further.
	Ends bool
}

// Error returns the line, and the item, and what is wrong with it.
func (e *LineError) Error() string {
	if e.Item > 0 {
		return fmt.Sprintf("line %d, item %d: %v", e.Line, e.Item, e.Err)
	}
	return fmt.Sprintf("line %d: %v", e.Line, e.Err)
}

// Unwrap returns what is wrong.
func (e *LineError) Unwrap() error { return e.Err }

// lineFault returns a fault of a line after which the stream continues.
func lineFault(line int, text string) *LineError {
	return &LineError{Line: line, Err: faultText(text)}
}

// Reader reads a stream of event objects: one a line, or one array of them. An
// object may also run over several lines, as long as none of the later ones begins
// with "{", so that an object which is cut off does not swallow the next. Blank
// lines, and byte order marks between objects, are skipped. Memory holds one
// object. A Reader is a [Source] and not safe for concurrent use.
type Reader struct {
	in      *bufio.Reader
	line    int
	started bool
	array   bool // the stream is one array
	open    bool // the array has not ended
	first   bool // no element of the array was read yet
	buf     []byte
	members []jsonMember // of the object in buf, if split
	split   bool
	scan    objectScanner // of the object in buf, if it is not on one line
	skip    skipKind
	err     error
}

// jsonMember is a member of a JSON object: its name with quotes, and its value.
type jsonMember struct{ name, value []byte }

// skipKind is what remains to be skipped of a faulty object. It is skipped by the
// next read, so that the fault is returned before all of it has arrived.
type skipKind int

const (
	skipNothing skipKind = iota
	skipLine             // to the end of the line
	skipObject           // to the brace that closes the object
)

// NewReader returns a Reader of in.
func NewReader(in io.Reader) *Reader {
	return &Reader{in: bufio.NewReaderSize(in, 64<<10), line: 1}
}

// Next returns the next event and its line. The error is io.EOF at the end, or a
// *LineError; the stream continues after a fault that does not end it.
func (r *Reader) Next() (Event, int, error) {
	raw, line, err := r.Read()
	if err != nil {
		return nil, line, err
	}
	ev, err := r.Decode(raw)
	if err != nil {
		return nil, line, &LineError{Line: line, Err: err}
	}
	return ev, line, nil
}

// Decode implements [Source] by the function of that name.
func (r *Reader) Decode(raw []byte) (Event, error) {
	if !r.split || len(raw) != len(r.buf) || &raw[0] != &r.buf[0] {
		return Decode(raw)
	}
	return decodeMembers(raw, r.members) // as Read has split it
}

// Read implements [Source].
func (r *Reader) Read() ([]byte, int, error) {
	if r.err != nil {
		return nil, r.line, r.err
	}
	if err := r.begin(); err != nil {
		return nil, r.line, r.end(err)
	}
	if err := r.separator(); err != nil {
		return nil, r.line, err
	}
	line := r.line
	raw, err := r.object()
	return raw, line, err
}

// InArray reports whether the stream is an array, as far as it was read.
func (r *Reader) InArray() bool { return r.array }

// end returns the error of the last read before io.EOF.
func (r *Reader) end(err error) error {
	r.err = io.EOF
	if errors.Is(err, io.EOF) {
		return err
	}
	return &LineError{Line: r.line, Err: err, Ends: true}
}

// errUTF16 is an input that is refused because of its encoding.
var errUTF16 = errors.New("this is UTF-16 text: write it as UTF-8")

// isUTF16 reports whether start, the first two bytes of a text, are a byte order
// mark of UTF-16.
func isUTF16(start []byte) bool { return string(start) == "\xff\xfe" || string(start) == "\xfe\xff" }

// begin reads the bracket of an array, if the stream begins with one.
func (r *Reader) begin() error {
	if r.started {
		return nil
	}
	r.started = true
	if start, _ := r.in.Peek(2); isUTF16(start) {
		return errUTF16
	}
	b, err := r.skipBlanks()
	if err != nil {
		return err
	}
	if b == '[' {
		r.discard(1)
		r.array, r.open, r.first = true, true, true
	}
	return nil
}

// separator skips what comes before the next object: blanks and, in an array, a
// comma. The end of the array is io.EOF.
func (r *Reader) separator() error {
	b, err := r.skipBlanks()
	switch {
	case r.open && errors.Is(err, io.EOF):
		return r.end(errors.New("the array is not closed"))
	case err != nil:
		return r.end(err)
	case r.array && !r.open:
		return r.end(errors.New("there is more after the array"))
	case !r.array:
		return nil
	case b == ']':
		r.discard(1)
		r.open = false
		return r.separator()
	case r.first:
		r.first = false
		return nil
	case b != ',':
		return r.refuse(r.line, "a comma is missing before this object")
	}
	r.discard(1)
	b, err = r.skipBlanks()
	if err == nil && b == ']' {
		err = errors.New("there is a comma before the end of the array")
	}
	if errors.Is(err, io.EOF) {
		err = errors.New("the array is not closed")
	}
	if err != nil {
		return r.end(err)
	}
	return nil
}

// skipFaulty skips what remains of a faulty object.
func (r *Reader) skipFaulty() error {
	for r.skip != skipNothing {
		b, err := r.in.ReadByte()
		if err != nil {
			return err
		}
		if r.skip == skipObject && (r.scanByte(b) || r.scan.done) {
			r.skip = skipNothing
		} else if r.skip == skipLine && b == '\n' {
			r.line++
			r.skip = skipNothing
		}
	}
	return nil
}

// byteOrderMark begins files of Windows programs, and so may occur within a
// stream that is made of several.
const byteOrderMark = "\ufeff"

// skipBlanks skips white space and byte order marks and returns the byte after
// them, which is read next.
func (r *Reader) skipBlanks() (byte, error) {
	if err := r.skipFaulty(); err != nil {
		return 0, err
	}
	for {
		b, err := r.in.ReadByte()
		if err != nil {
			return 0, err
		}
		switch b {
		case '\n':
			r.line++
		case ' ', '\t', '\r':
		case byteOrderMark[0]:
			_ = r.in.UnreadByte() // it was just read
			if next, _ := r.in.Peek(len(byteOrderMark)); string(next) != byteOrderMark {
				return b, nil
			}
			r.discard(len(byteOrderMark))
		default:
			return b, r.in.UnreadByte()
		}
	}
}

// discard skips bytes that were peeked at.
func (r *Reader) discard(n int) { _, _ = r.in.Discard(n) }

// refuse returns a fault of the object that begins on a line and skips the rest of
// the current line. An array cannot be read any further after it.
func (r *Reader) refuse(line int, text string) error {
	r.skip = skipLine
	return r.fault(line, text)
}

// fault returns a fault that ends an array.
func (r *Reader) fault(line int, text string) error {
	if r.array {
		r.err = io.EOF
	}
	fault := lineFault(line, text)
	fault.Ends = r.array
	return fault
}
