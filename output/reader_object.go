package output

import (
	"bytes"
	"fmt"
	"io"

	"wps/protocol"
)

// object reads the next object and checks what follows it on its last line.
func (r *Reader) object() ([]byte, error) {
	start := r.line
	if r.split = r.splitLine(); !r.split {
		if err := r.scanObject(start); err != nil {
			return nil, err
		}
	}
	if err := r.checkAfter(start); err != nil {
		return nil, err
	}
	return r.buf, nil
}

// splitLine reads and splits an object that ends on the current line, if all of
// the line is in the buffer: the usual case, in one pass over the line.
func (r *Reader) splitLine() bool {
	b, _ := r.in.Peek(r.in.Buffered())
	lineEnd := bytes.IndexByte(b, '\n')
	if lineEnd <= 0 {
		return false
	}
	line, members := append(r.buf[:0], b[:lineEnd]...), r.members[:0]
	end, ok := protocol.ScanObject(line, func(name, value []byte) { members = append(members, jsonMember{name, value}) })
	r.buf, r.members = line[:end], members
	if !ok {
		return false
	}
	r.discard(end)
	return true
}

// scanObject reads an object byte by byte to the brace that closes it: one over
// several lines, one that is not all in the buffer, or a faulty one.
func (r *Reader) scanObject(start int) error {
	r.buf = r.buf[:0]
	for r.scan = (objectScanner{}); !r.scan.done; {
		b, err := r.in.ReadByte()
		switch {
		case err == io.EOF:
			return r.fault(start, cutOffText)
		case err != nil:
			return r.end(err)
		case len(r.buf) == MaxObjectSize:
			_ = r.in.UnreadByte() // it was just read
			r.skip = skipObject
			return lineFault(start, fmt.Sprintf("the object is larger than %d bytes", MaxObjectSize))
		case len(r.buf) == 0 && b != '{':
			_ = r.in.UnreadByte()
			return r.refuse(start, notObjectText)
		}
		r.buf = append(r.buf, b)
		if r.scanByte(b) {
			return r.fault(start, cutOffText)
		}
	}
	return nil
}

// scanByte scans the next byte of an object and reports whether it ends a line on
// which the object is cut off.
func (r *Reader) scanByte(b byte) bool {
	r.scan.byte(b)
	if b != '\n' {
		return false
	}
	r.line++
	next, err := r.in.Peek(1)
	return r.scan.inString || err == nil && next[0] == '{'
}

// checkAfter checks what follows an object on its line.
func (r *Reader) checkAfter(start int) error {
	for {
		b, err := r.in.Peek(1)
		if err != nil {
			return nil
		}
		switch c := b[0]; {
		case c == ' ' || c == '\t' || c == '\r':
			r.discard(1)
		case c == '\n' || c == '{' || r.array && (c == ',' || c == ']'):
			return nil
		default:
			return r.refuse(start, moreAfterText)
		}
	}
}

// objectScanner finds the end of an object that arrives byte by byte, valid or
// not, by its braces and strings.
type objectScanner struct {
	depth                   int
	inString, escaped, done bool
}

func (s *objectScanner) byte(b byte) {
	switch {
	case s.escaped:
		s.escaped = false
	case s.inString && b == '\\':
		s.escaped = true
	case b == '"':
		s.inString = !s.inString
	case s.inString:
	case b == '{':
		s.depth++
	case b == '}':
		s.depth--
		s.done = s.depth == 0
	}
}
