package output

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// MaxObjectSize limits one event object in a stream, in bytes: room for a
// message of the largest size written as the numbers of a Buffer.
const MaxObjectSize = 8 << 20

// LineError is what is wrong with the event that begins on a line, counted from
// 1.
type LineError struct {
	Line int
	Err  error
	// Ends tells that nothing behind this line can be read.
	Ends bool
}

// Error names the line and what is wrong with it.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap gives what is wrong.
func (e *LineError) Unwrap() error { return e.Err }

// Reader reads a stream of event objects: one a line, or one array of them. An
// object may also run over several lines, as long as no further one begins with
// "{", so that an object that is cut off does not swallow the next. Blank lines,
// and byte order marks between objects, do not count. Memory holds one object. It
// is a [Source]. Not safe for concurrent use.
type Reader struct {
	in   *bufio.Reader
	line int
	// array tells that the stream is one array, open that it has not ended.
	array, open bool
	started     bool
	// first tells that no element of the array was read yet.
	first bool
	buf   []byte
	scan  scanner // of the object in buf
	left  leftover
	err   error
}

// leftover is what of a faulty object is still to be passed over. That is put
// off to the next read, so that a fault is told before all of it has come.
type leftover int

const (
	leftNothing leftover = iota
	leftLine             // to the end of the line
	leftObject           // to the brace that closes the object
)

// NewReader reads events from in.
func NewReader(in io.Reader) *Reader {
	return &Reader{in: bufio.NewReaderSize(in, 64<<10), line: 1}
}

// Next gives the next event and its line. A *LineError tells of a faulty one;
// the stream goes on behind it. io.EOF is the end; any other error ends the
// stream too.
func (r *Reader) Next() (Event, int, error) {
	raw, line, err := r.Read()
	if err != nil {
		return nil, line, err
	}
	ev, err := Decode(raw)
	if err != nil {
		return nil, line, &LineError{Line: line, Err: err}
	}
	return ev, line, nil
}

// Decode implements [Source] by the function of that name.
func (*Reader) Decode(raw []byte) (Event, error) { return Decode(raw) }

// Read implements [Source].
func (r *Reader) Read() ([]byte, int, error) {
	if r.err != nil {
		return nil, r.line, r.err
	}
	if err := r.start(); err != nil {
		return nil, r.line, r.end(err)
	}
	if err := r.separator(); err != nil {
		return nil, r.line, err
	}
	line := r.line
	raw, err := r.object()
	return raw, line, err
}

// end makes this the last answer but for io.EOF.
func (r *Reader) end(err error) error {
	r.err = io.EOF
	if err == io.EOF {
		return err
	}
	return &LineError{Line: r.line, Err: err, Ends: true}
}

// errUTF16 is an input that is refused because of its encoding.
var errUTF16 = errors.New("this is UTF-16 text: write it as UTF-8")

// isUTF16 reports whether start, the first two bytes of a text, are a byte order
// mark of UTF-16.
func isUTF16(start []byte) bool { return string(start) == "\xff\xfe" || string(start) == "\xfe\xff" }

// start skips the bracket of an array.
func (r *Reader) start() error {
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

// separator goes to the first byte of the next object: over blanks and, in an
// array, a comma. The end of the array is io.EOF.
func (r *Reader) separator() error {
	b, err := r.skipBlanks()
	switch {
	case err == io.EOF && r.open:
		return r.end(errors.New("the array is not closed"))
	case err != nil:
		return r.end(err)
	case r.array && !r.open:
		return r.end(errors.New("there is more behind the array"))
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
		return r.broken(r.line, "a comma is missing before this object")
	}
	r.discard(1)
	b, err = r.skipBlanks()
	if err == nil && b == ']' {
		err = errors.New("there is a comma before the end of the array")
	}
	if err == io.EOF {
		err = errors.New("the array is not closed")
	}
	if err != nil {
		return r.end(err)
	}
	return nil
}

// pass goes over what is left of a faulty object.
func (r *Reader) pass() error {
	for r.left != leftNothing {
		b, err := r.in.ReadByte()
		if err != nil {
			return err
		}
		if r.left == leftObject && (r.cuts(b) || r.scan.done) {
			r.left = leftNothing
		} else if r.left == leftLine && b == '\n' {
			r.line++
			r.left = leftNothing
		}
	}
	return nil
}

// byteOrderMark begins files of Windows programs, and stands in the middle of a
// stream that is made of several.
const byteOrderMark = "\ufeff"

// skipBlanks goes to the next byte that is not white space and gives it.
func (r *Reader) skipBlanks() (byte, error) {
	if err := r.pass(); err != nil {
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

// discard drops bytes that were peeked at.
func (r *Reader) discard(n int) { _, _ = r.in.Discard(n) }

// broken gives a fault of the object that began on a line; the stream goes on
// behind the end of this one, but an array cannot be read any further.
func (r *Reader) broken(line int, text string) error {
	if r.array {
		r.err = io.EOF
	}
	r.left = leftLine
	return &LineError{Line: line, Err: &FaultError{[]Fault{{"", text}}}, Ends: r.array}
}

// object reads to the brace that closes the object, and looks whether anything
// stands behind it that should not.
func (r *Reader) object() ([]byte, error) {
	start := r.line
	r.buf = r.buf[:0]
	if r.oneLine() {
		return r.rest(start)
	}
	for r.scan = (scanner{}); !r.scan.done; {
		b, err := r.in.ReadByte()
		switch {
		case err == io.EOF:
			return nil, r.cutOff(start)
		case err != nil:
			return nil, r.end(err)
		case len(r.buf) == MaxObjectSize:
			_ = r.in.UnreadByte() // it was just read
			return nil, r.tooLarge(start)
		case len(r.buf) == 0 && b != '{':
			_ = r.in.UnreadByte()
			return nil, r.broken(start, "not a JSON object")
		}
		r.buf = append(r.buf, b)
		if r.cuts(b) {
			return nil, r.cutOff(start)
		}
	}
	return r.rest(start)
}

// cuts takes the next byte of an object and tells whether it ends a line on
// which the object has been cut off.
func (r *Reader) cuts(b byte) bool {
	r.scan.byte(b)
	if b != '\n' {
		return false
	}
	r.line++
	return r.scan.inString || r.nextObject()
}

// tooLarge gives the fault of an object of which the end is not read yet.
func (r *Reader) tooLarge(line int) error {
	r.left = leftObject
	return &LineError{Line: line, Err: &FaultError{[]Fault{{"", fmt.Sprintf("the object is larger than %d bytes", MaxObjectSize)}}}}
}

// oneLine reads an object that ends on the coming line, when all of that has
// been buffered: the usual case, done without asking for each byte.
func (r *Reader) oneLine() bool {
	b, _ := r.in.Peek(r.in.Buffered())
	end := bytes.IndexByte(b, '\n')
	if end <= 0 || b[0] != '{' {
		return false
	}
	scan := scanner{}
	for i, c := range b[:end] {
		if scan.byte(c); scan.done {
			r.buf = append(r.buf, b[:i+1]...)
			r.discard(i + 1)
			return true
		}
	}
	return false
}

// nextObject tells whether the coming line begins with a brace.
func (r *Reader) nextObject() bool {
	b, err := r.in.Peek(1)
	return err == nil && b[0] == '{'
}

func (r *Reader) cutOff(line int) error {
	if r.array {
		r.err = io.EOF
	}
	return &LineError{Line: line, Err: &FaultError{[]Fault{{"", "the JSON object is cut off"}}}, Ends: r.array}
}

// rest looks at what follows an object on its line.
func (r *Reader) rest(start int) ([]byte, error) {
	for {
		b, err := r.in.Peek(1)
		if err != nil {
			return r.buf, nil
		}
		switch c := b[0]; {
		case c == ' ' || c == '\t' || c == '\r':
			r.discard(1)
		case c == '\n' || c == '{' || r.array && (c == ',' || c == ']'):
			return r.buf, nil
		default:
			return nil, r.broken(start, "there is more behind the object")
		}
	}
}
